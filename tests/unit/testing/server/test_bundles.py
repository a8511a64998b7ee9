"""Batches, whose entries stand alone, and transactions: all or nothing, with their references resolved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_adapter.testing.server import bundles
from tests.unit.testing.server.asking import BASE, Asking, Resource, asking, condition, issue, patient

URN = "urn:uuid:3d1b8f0c-7f6e-4a83-9d0e-4d6c6f9a0c11"
OTHER = "urn:uuid:9a7f2f4e-0a53-4a8e-8a9c-1f3b8a1f7d22"


@pytest.fixture
def ask() -> Iterator[Asking]:
    """A server with Patient/1 (mrn 1), two Patients with mrn 2, and Patient/3."""
    with asking() as one:
        for id_, mrn in (("1", "1"), ("2a", "2"), ("2b", "2"), ("3", "3")):
            one("PUT", f"Patient/{id_}", patient(id_, mrn))
        yield one


def entry(
    method: str, url: str, resource: Resource | None = None, full_url: str = "", **request: str
) -> Resource:
    content: Resource = {"request": {"method": method, "url": url, **request}}
    if full_url:
        content["fullUrl"] = full_url
    return content | ({"resource": resource} if resource else {})


def bundle(type_: str, *entries: Any) -> Resource:
    return {"resourceType": "Bundle", "type": type_, "entry": list(entries)}


def statuses(answer: Any) -> list[str]:
    return [one["response"]["status"][:3] for one in answer["entry"]]


MANY: list[tuple[Resource, str]] = [
    (entry("POST", "Patient", patient()), "201"),
    (entry("PUT", "Patient/1", patient("1", active=True)), "200"),
    (entry("PUT", "/Patient/new", patient("new")), "201"),
    (entry("PUT", f"{BASE}/Patient/1", patient("1", "1")), "200"),
    (entry("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1")), "200"),
    (entry("POST", "Patient", patient(mrn="1"), ifNoneExist="identifier=urn:mrn|1"), "200"),
    (entry("GET", "Patient/1"), "200"),
    (entry("GET", "Patient?_id=1"), "200"),
    (entry("GET", "Patient/1", ifNoneMatch='W/"1"'), "304"),
    (entry("DELETE", "Patient/2a"), "204"),
    (entry("DELETE", "Patient?identifier=urn:mrn|1"), "204"),
]
REFUSED: list[tuple[Any, str]] = [
    (entry("POST", "Patient", condition()), "400"),
    (entry("POST", "Patient", patient(gender="nonsense")), "422"),
    (entry("POST", "Patient", patient(), ifNoneExist="identifier=urn:mrn|2"), "412"),
    (entry("POST", "Patient", patient(), ifNoneExist=""), "400"),
    (entry("POST", "Patient"), "400"),
    (entry("POST", "Nonsense", {"resourceType": "Nonsense"}), "404"),
    (entry("POST", "", bundle("batch")), "400"),
    (entry("PUT", "Patient/1", patient("1", active=True), ifMatch='W/"9"'), "412"),
    (entry("PUT", "Patient/1", patient("1", active=True), ifMatch="9"), "400"),
    (entry("PUT", "Patient/1", patient("2")), "400"),
    (entry("PUT", "Patient/not_an_id", patient("not_an_id")), "400"),
    (entry("PUT", "Patient?identifier=urn:mrn|2", patient(mrn="2")), "412"),
    (entry("PUT", "Patient", patient(mrn="2")), "400"),
    (entry("PATCH", "Patient/1", patient("1")), "405"),
    (entry("DELETE", "Patient?identifier=urn:mrn|2"), "412"),
    (entry("DELETE", "Patient/1", ifMatch='W/"9"'), "412"),
    (entry("DELETE", "Patient"), "400"),
    (entry("GET", "Patient/none"), "404"),
    (entry("GET", "http://elsewhere.example/fhir/Patient/1"), "404"),
    (entry("BREW", "Patient/1"), "400"),
    ({"request": {"method": "GET"}}, "400"),
    ({"request": {"method": "GET", "url": "Patient/1", "ifNoneMatch": 1}}, "400"),
    ({"fullUrl": 1, "request": {"method": "GET", "url": "Patient/1"}}, "400"),
    ({"resource": patient()}, "400"),
    ("nonsense", "400"),
]


@pytest.mark.parametrize(("sent", "status"), MANY + REFUSED)
@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_one_entry(ask: Asking, type_: str, sent: Any, status: str) -> None:
    before = ask.versions()
    response = ask("POST", "", bundle(type_, sent))
    if status < "400" or type_ == "batch":
        assert response.status == 200
        assert response.json()["type"] == f"{type_}-response"
        assert statuses(response.json()) == [status]
        return
    assert response.status == int(status)
    assert response.json()["issue"][0]["expression"][0].startswith("Bundle.entry[0]")
    assert issue(response)[1].startswith("Bundle.entry[0]: ")
    assert ask.versions() == before


@pytest.mark.parametrize("bad", [sent for sent, _ in REFUSED])
def test_a_batchs_entries_stand_alone_and_a_transactions_fall_together(ask: Asking, bad: Any) -> None:
    first, last = entry("PUT", "Patient/x", patient("x")), entry("DELETE", "Patient/3")
    failed = ask("POST", "", bundle("transaction", first, bad, last))
    assert failed.status >= 400
    assert issue(failed)[1].startswith("Bundle.entry[1]: ")
    assert [ask("GET", f"Patient/{id_}").status for id_ in ("x", "3")] == [404, 200]
    answer = ask("POST", "", bundle("batch", first, bad, last)).json()
    assert [statuses(answer)[place] for place in (0, 2)] == ["201", "204"]
    assert answer["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_answers_come_in_the_entries_order(ask: Asking, type_: str) -> None:
    sent = [
        entry("GET", "Patient/1"),
        entry("PUT", "Patient/1", patient("1", active=True)),
        entry("POST", "Condition", condition()),
        entry("DELETE", "Patient/2a"),
    ]
    answer = ask("POST", "", bundle(type_, *sent)).json()
    assert statuses(answer) == ["200", "200", "201", "204"]
    # a transaction reads last
    assert ("active" in answer["entry"][0]["resource"]) == (type_ == "transaction")
    created = answer["entry"][2]["response"]
    assert created["location"].startswith("Condition/")
    assert created["location"].endswith("/_history/1")
    assert created["etag"] == 'W/"1"'
    assert created["lastModified"] == "2026-06-30T12:00:00.000Z"
    assert "resource" not in answer["entry"][2]


@pytest.mark.parametrize("type_", ["batch", "transaction"])
@pytest.mark.parametrize(
    ("prefer", "element"),
    [("representation", "resource"), ("minimal", None), ("OperationOutcome", "outcome")],
)
def test_entries_return_what_the_client_prefers(
    ask: Asking, type_: str, prefer: str, element: str | None
) -> None:
    sent = bundle(type_, entry("POST", "Patient", patient()))
    answer = ask("POST", "", sent, Prefer=f"return={prefer}").json()["entry"][0]
    assert {"resource": "resource" in answer, "outcome": "outcome" in answer["response"]} == {
        "resource": element == "resource",
        "outcome": element == "outcome",
    }


@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_nothing_is_answered_to_nothing(ask: Asking, type_: str) -> None:
    for sent in (bundle(type_), {"resourceType": "Bundle", "type": type_}):
        assert ask("POST", "", sent).json() == {"resourceType": "Bundle", "type": f"{type_}-response"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (bundle("collection"), 400),
        (bundle("searchset"), 400),
        ({"resourceType": "Bundle"}, 400),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, 400),
        (patient(), 400),
        ([], 400),
    ],
)
def test_what_is_no_batch_and_no_transaction(ask: Asking, sent: Any, status: int) -> None:
    response = ask("POST", "", sent)
    assert response.status == status
    issue(response)


def test_a_bundle_may_be_too_large(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bundles.MAX_ENTRIES == 10_000
    monkeypatch.setattr(bundles, "MAX_ENTRIES", 2)
    for type_ in ("batch", "transaction"):
        assert ask("POST", "", bundle(type_, *[entry("GET", "Patient/1")] * 2)).status == 200
        assert ask("POST", "", bundle(type_, *[entry("GET", "Patient/1")] * 3)).status == 413


def test_a_server_without_transactions_still_has_batches(ask: Asking) -> None:
    ask.quirk(transactions=False)
    sent = entry("GET", "Patient/1")
    assert [ask("POST", "", bundle(type_, sent)).status for type_ in ("batch", "transaction")] == [200, 400]


def written(ask: Asking, *entries: Resource) -> list[Resource]:
    """A transaction's resources in its entries' order, as they are stored."""
    answer = ask("POST", "", bundle("transaction", *entries)).json()
    assert answer["resourceType"] == "Bundle", answer
    return [ask("GET", one["response"]["location"]).json() for one in answer["entry"]]


def test_references_lead_to_what_the_entries_became(ask: Asking) -> None:
    first = condition(
        subject=URN,
        extension=[{"url": "urn:x", "valueUri": URN}],
        evidence=[{"detail": [{"reference": OTHER}]}],
    )
    found, finding, subject = written(
        ask,
        entry("POST", "Condition", first),
        entry("POST", "Condition", condition(subject=URN), OTHER),
        entry("POST", "Patient", patient(), URN),
    )
    address = f"Patient/{subject['id']}"
    assert found["subject"]["reference"] == finding["subject"]["reference"] == address
    assert found["extension"][0]["valueUri"] == address
    assert found["evidence"][0]["detail"][0]["reference"] == f"Condition/{finding['id']}"


@pytest.mark.parametrize(
    ("subject", "address"),
    [
        (entry("PUT", "Patient/own", patient("own"), URN), "Patient/own"),
        (entry("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1", active=True), URN), "Patient/1"),
        (entry("POST", "Patient", patient(mrn="1"), URN, ifNoneExist="identifier=urn:mrn|1"), "Patient/1"),
    ],
)
def test_references_to_what_is_not_simply_created(ask: Asking, subject: Resource, address: str) -> None:
    answer = ask("POST", "", bundle("transaction", entry("PUT", "Condition/1", condition("1", URN)), subject))
    assert answer.status == 200
    assert ask("GET", "Condition/1").json()["subject"]["reference"] == address


def test_an_identifiers_value_is_no_reference(ask: Asking) -> None:
    identifier = {"system": "urn:ietf:rfc:3986", "value": URN}
    [own] = written(ask, entry("POST", "Patient", patient(identifier=[identifier]), URN))
    assert own["identifier"] == [identifier]


def test_entries_with_http_addresses_mean_each_other(ask: Asking) -> None:
    elsewhere = "http://elsewhere.example/fhir"
    subject, relative, absolute = written(
        ask,
        entry("POST", "Patient", patient("7"), f"{elsewhere}/Patient/7"),
        entry("POST", "Condition", condition(subject="Patient/7")),
        entry("POST", "Condition", condition(subject=f"{elsewhere}/Patient/7")),
    )
    assert subject["id"] != "7"
    assert relative["subject"] == absolute["subject"] == {"reference": f"Patient/{subject['id']}"}


@pytest.mark.parametrize(
    ("reference", "status", "expected"),
    [
        ("Patient?identifier=urn:mrn|1", 200, "Patient/1"),
        (f"{BASE}/Patient?identifier=urn:mrn%7C1", 200, "Patient/1"),
        ("Patient/1", 200, "Patient/1"),
        ("Patient/none", 200, "Patient/none"),
        ("#inside", 200, "#inside"),
        ("Patient?identifier=urn:mrn|9", 404, ""),
        ("Patient?identifier=urn:mrn|2", 412, ""),
        ("Patient?nonsense=1", 400, ""),
        ("Nonsense?_id=1", 400, ""),
        (URN, 400, ""),
    ],
)
def test_references_to_what_is_not_in_the_bundle(
    ask: Asking, reference: str, status: int, expected: str
) -> None:
    response = ask("POST", "", bundle("transaction", entry("PUT", "Condition/1", condition("1", reference))))
    assert response.status == status
    if expected:
        assert ask("GET", "Condition/1").json()["subject"]["reference"] == expected


def test_a_conditional_reference_may_mean_what_the_bundle_creates(ask: Asking) -> None:
    subject, finding = written(
        ask,
        entry("POST", "Patient", patient(mrn="9"), ifNoneExist="identifier=urn:mrn|9"),
        entry("POST", "Condition", condition(subject="Patient?identifier=urn:mrn|9")),
    )
    assert finding["subject"]["reference"] == f"Patient/{subject['id']}"


@pytest.mark.parametrize(
    "entries",
    [
        [entry("PUT", "Patient/x", patient("x")), entry("PUT", "Patient/x", patient("x", active=True))],
        [entry("PUT", "Patient/1", patient("1")), entry("DELETE", "Patient/1")],
        [
            entry("PUT", "Patient/1", patient("1", "1")),
            entry("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1")),
        ],
        [entry("DELETE", "Patient/1"), entry("DELETE", "Patient/1")],
        [entry("POST", "Patient", patient(mrn="9"), ifNoneExist="identifier=urn:mrn|9")] * 2,
        [entry("POST", "Patient", patient(), URN), entry("POST", "Patient", patient(), URN)],
    ],
)
def test_an_identity_stands_once_in_a_transaction(ask: Asking, entries: list[Resource]) -> None:
    before = ask.versions()
    response = ask("POST", "", bundle("transaction", *entries))
    assert response.status == 400
    assert issue(response)[0] == "duplicate"
    assert ask.versions() == before


def test_what_exists_may_be_found_by_several_entries(ask: Asking) -> None:
    sent = entry("POST", "Patient", patient(mrn="1"), ifNoneExist="identifier=urn:mrn|1")
    assert statuses(ask("POST", "", bundle("transaction", sent, sent)).json()) == ["200", "200"]


def test_deletes_come_before_conditions(ask: Asking) -> None:
    answer = ask(
        "POST",
        "",
        bundle(
            "transaction",
            entry("POST", "Patient", patient(mrn="1"), ifNoneExist="identifier=urn:mrn|1"),
            entry("DELETE", "Patient?identifier=urn:mrn|1"),
        ),
    ).json()
    assert statuses(answer) == ["201", "204"]


def test_a_server_that_holds_references_looks_at_the_end(ask: Asking) -> None:
    ask.quirk(referential=True)
    together = bundle(
        "transaction",
        entry("PUT", "Condition/1", condition("1", "Patient/x")),
        entry("PUT", "Patient/x", patient("x")),
    )
    assert ask("POST", "", together).status == 200
    alone = ask(
        "POST", "", bundle("transaction", entry("PUT", "Condition/2", condition("2", "Patient/none")))
    )
    assert alone.status == 400
    assert ask("POST", "", bundle("transaction", entry("DELETE", "Patient/x"))).status == 409
    gone = bundle("transaction", entry("DELETE", "Patient/x"), entry("DELETE", "Condition/1"))
    assert statuses(ask("POST", "", gone).json()) == ["204", "204"]


def test_quirks_hold_inside_a_transaction(ask: Asking) -> None:
    again = bundle(
        "transaction", entry("POST", "Patient", patient(mrn="1"), ifNoneExist="identifier=urn:mrn|1")
    )
    stale = bundle("transaction", entry("PUT", "Patient/1", patient("1"), ifMatch='W/"9"'))
    create = bundle("transaction", entry("PUT", "Patient/new", patient("new")))
    matching = bundle("transaction", entry("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1")))
    for quirk, sent, status in (
        ({"conditional_create": "refused"}, again, 400),
        ({"guard_status": 409}, stale, 409),
        ({"update_create": False}, create, 405),
        ({"conditional_update": False}, matching, 400),
    ):
        ask.quirk(**quirk)
        assert ask("POST", "", sent).status == status
    ask.quirk(conditional_create="ignored")
    assert statuses(ask("POST", "", again).json()) == ["201"]
