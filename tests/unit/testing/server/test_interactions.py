"""One resource at a time: what each interaction answers, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.testing.server.asking import BASE, Asking, asking, condition, issue, patient


@pytest.fixture
def ask() -> Iterator[Asking]:
    with asking() as one:
        yield one


# What is asked of a server that holds Patient/1 (two versions) and Patient/gone (deleted), and the status.
STATUSES: list[tuple[str, str, Any, int]] = [
    ("GET", "Patient/1", None, 200),
    ("HEAD", "Patient/1", None, 200),
    ("GET", "Patient/none", None, 404),
    ("GET", "Patient/gone", None, 410),
    ("GET", "Patient/not_an_id", None, 404),
    ("GET", "Patient/1/_history/1", None, 200),
    ("GET", "Patient/1/_history/3", None, 404),
    ("GET", "Patient/1/_history/x", None, 404),
    ("GET", "Patient/1/_history/" + "9" * 30, None, 404),
    ("GET", "Patient/gone/_history/1", None, 200),
    ("GET", "Patient/gone/_history/2", None, 410),
    ("POST", "Patient", patient(), 201),
    ("POST", "Patient", patient("mine"), 201),
    ("POST", "Patient", condition(), 400),
    ("POST", "Patient", [], 400),
    ("POST", "Patient", patient(meta=[]), 400),
    ("POST", "Patient", patient(gender="nonsense"), 422),
    ("PUT", "Patient/1", patient("1", active=False), 200),
    ("PUT", "Patient/new", patient("new"), 201),
    ("PUT", "Patient/gone", patient("gone"), 201),
    ("PUT", "Patient/1", patient("2"), 400),
    ("PUT", "Patient/1", patient(), 400),
    ("PUT", "Patient/1", condition("1"), 400),
    ("PUT", "Patient/not_an_id", patient("not_an_id"), 400),
    ("PUT", "Patient/" + "x" * 65, patient("x" * 65), 400),
    ("DELETE", "Patient/1", None, 204),
    ("DELETE", "Patient/gone", None, 204),
    ("DELETE", "Patient/never", None, 204),
    ("PATCH", "Patient/1", [], 405),
    ("POST", "Patient/1", patient("1"), 405),
    ("DELETE", "metadata", None, 405),
    ("GET", "Nonsense/1", None, 404),
    ("POST", "Nonsense", {"resourceType": "Nonsense"}, 404),
    ("GET", "Patient/1/2/3/4/5", None, 404),
    ("GET", "Patient/1/$nonsense", None, 404),
    ("GET", "$nonsense", None, 404),
    ("GET", ".well-known/smart-configuration", None, 404),
]


@pytest.mark.parametrize(("method", "url", "body", "status"), STATUSES)
def test_status(ask: Asking, method: str, url: str, body: Any, status: int) -> None:
    for sent in (patient("1"), patient("1", active=True), patient("gone")):
        ask("PUT", f"Patient/{sent['id']}", sent)
    ask("DELETE", "Patient/gone")
    before = ask.versions()
    response = ask(method, url, body)
    assert response.status == status
    assert response.header("Date") == "Tue, 30 Jun 2026 12:00:00 GMT"
    if status >= 400:
        issue(response)
        assert ask.versions() == before


def test_a_created_resource_has_the_servers_id_and_addresses(ask: Asking) -> None:
    response = ask("POST", "Patient", patient("mine", active=True))
    content = response.json()
    assert content["id"] != "mine"
    assert content["active"] is True
    assert content["meta"] == {"versionId": "1", "lastUpdated": "2026-06-30T12:00:00.000Z"}
    assert response.header("Location") == f"{BASE}/Patient/{content['id']}/_history/1"
    assert response.header("ETag") == 'W/"1"'
    assert response.header("Last-Modified") == "Tue, 30 Jun 2026 12:00:00 GMT"
    assert ask("GET", f"Patient/{content['id']}").json() == content


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for seed in (1, 1, 2):
        with asking(seed=seed) as ask:
            ids.append([ask("POST", "Patient", patient()).json()["id"] for _ in range(3)])
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_an_id_that_is_taken_is_not_given_again() -> None:
    with asking() as ask:
        first = ask("POST", "Patient", patient()).json()["id"]
    with asking() as ask:
        ask("PUT", f"Patient/{first}", patient(first))
        assert ask("POST", "Patient", patient()).json()["id"] != first


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ({}, "Patient"),
        ({"Prefer": "return=representation"}, "Patient"),
        ({"Prefer": "return=OperationOutcome"}, "OperationOutcome"),
        ({"Prefer": "return=minimal"}, None),
        ({"Prefer": "handling=strict; return=minimal"}, None),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_returns_what_the_client_prefers(
    ask: Asking, method: str, prefer: dict[str, str], kind: str | None
) -> None:
    url = "Patient" if method == "POST" else "Patient/1"
    response = ask(method, url, patient("1"), **prefer)
    assert response.status == 201
    assert (response.json()["resourceType"] if response.content() else None) == kind


def test_the_same_content_makes_no_new_version(ask: Asking) -> None:
    first = ask("PUT", "Patient/1", patient("1", active=True, gender="male"))
    ask.clock.advance(60)
    own = first.json()["meta"]
    for same in (
        patient("1", active=True, gender="male"),
        patient("1", gender="male", active=True),
        patient("1", gender="male", active=True, meta={**own, "versionId": "9"}),
    ):
        response = ask("PUT", "Patient/1", same)
        assert (response.status, response.header("ETag")) == (200, 'W/"1"')
        assert response.json() == first.json()
    for other in (patient("1", active=True), patient("1", active=True, meta={"tag": [{"code": "x"}]})):
        assert ask("PUT", "Patient/1", other).status == 200
    assert ask.versions() == 3


def test_a_decimals_precision_is_content(ask: Asking) -> None:
    body = b'{"resourceType":"Observation","id":"1","status":"final","code":{"text":"x"},"valueQuantity":{"value":%s}}'
    for value, version in ((b"20.10", 1), (b"20.10", 1), (b"20.1", 2), (b"1e2", 3)):
        response = ask("PUT", "Observation/1", body % value)
        assert response.header("ETag") == f'W/"{version}"'
    assert b'"value":20.10}' in ask("GET", "Observation/1/_history/1").content()


def test_a_deleted_resource_is_recreated_with_its_next_version(ask: Asking) -> None:
    ask("PUT", "Patient/1", patient("1"))
    assert ask("DELETE", "Patient/1").header("ETag") == 'W/"2"'
    gone = ask("GET", "Patient/1")
    assert (gone.status, gone.header("ETag"), issue(gone)[0]) == (410, 'W/"2"', "deleted")
    response = ask("PUT", "Patient/1", patient("1"))
    assert (response.status, response.header("ETag")) == (201, 'W/"3"')


@pytest.mark.parametrize("id_", ["1", "never"])
def test_a_delete_tells_its_outcome_when_asked(ask: Asking, id_: str) -> None:
    ask("PUT", "Patient/1", patient("1"))
    response = ask("DELETE", f"Patient/{id_}", Prefer="return=OperationOutcome")
    assert response.status == 200
    assert response.json()["resourceType"] == "OperationOutcome"


def test_head_has_the_headers_of_get_and_no_body(ask: Asking) -> None:
    ask("PUT", "Patient/1", patient("1"))
    head, get = ask("HEAD", "Patient/1"), ask("GET", "Patient/1")
    assert head.headers == get.headers
    assert head.content() == b""


def test_without_update_as_create_only_the_server_gives_ids(ask: Asking) -> None:
    ask("PUT", "Patient/1", patient("1"))
    ask("DELETE", "Patient/1")
    ask.quirk(update_create=False)
    assert ask("PUT", "Patient/2", patient("2")).status == 405
    assert ask("PUT", "Patient/1", patient("1")).status == 201


@pytest.mark.parametrize(
    ("form", "tag"), [("weak", 'W/"1"'), ("strong", '"1"'), ("none", None)], ids=["weak", "strong", "none"]
)
def test_entity_tags_have_the_servers_form(ask: Asking, form: str, tag: str | None) -> None:
    ask.quirk(etag=form)
    assert ask("PUT", "Patient/1", patient("1")).header("ETag") == tag
    assert ask("GET", "Patient/1").header("ETag") == tag


@pytest.mark.parametrize(("keeps", "kept"), [(True, "Patient/1/_history/2"), (False, "Patient/1")])
def test_versions_in_references(ask: Asking, keeps: bool, kept: str) -> None:
    ask.quirk(keep_versions=keeps)
    sent = condition("1", "Patient/1/_history/2", note=[{"text": "Patient/1/_history/2"}])
    for status in (201, 200):
        response = ask("PUT", "Condition/1", sent)
        assert (response.status, response.header("ETag")) == (status, 'W/"1"')
    assert response.json()["subject"]["reference"] == kept
    assert response.json()["note"] == sent["note"]


@pytest.mark.parametrize(
    ("reference", "status"),
    [
        ("Patient/1", 201),
        (f"{BASE}/Patient/1", 201),
        ("Patient/1/_history/7", 201),
        ("Patient/none", 400),
        (f"{BASE}/Patient/none", 400),
        ("Patient/gone", 400),
        ("http://elsewhere.example/fhir/Patient/none", 201),
        ("urn:uuid:3d1b8f0c-7f6e-4a83-9d0e-4d6c6f9a0c11", 201),
        ("#inside", 201),
    ],
)
def test_a_server_that_holds_references(ask: Asking, reference: str, status: int) -> None:
    for id_ in ("1", "gone"):
        ask("PUT", f"Patient/{id_}", patient(id_))
    ask("DELETE", "Patient/gone")
    ask.quirk(referential=True)
    before = ask.versions()
    assert ask("POST", "Condition", condition(subject=reference)).status == status
    assert ask("PUT", "Condition/1", condition("1", reference)).status == status
    assert ask.versions() == before + (2 if status == 201 else 0)


def test_what_is_referred_to_is_not_deleted(ask: Asking) -> None:
    ask("PUT", "Patient/1", patient("1"))
    ask("PUT", "Patient/10", patient("10"))
    ask("PUT", "Condition/1", condition("1", f"{BASE}/Patient/1"))
    ask.quirk(referential=True)
    assert [ask("DELETE", f"Patient/{id_}").status for id_ in ("1", "10", "1")] == [409, 204, 409]
    ask("DELETE", "Condition/1")
    assert ask("DELETE", "Patient/1").status == 204


def test_reads_see_what_searches_do_not_see_yet(ask: Asking) -> None:
    ask.quirk(late_visible_s=60)
    ask("PUT", "Patient/1", patient("1"))
    assert ask("GET", "Patient/1").status == 200
    assert ask("GET", "Patient/_history").json()["total"] == 0
    ask.clock.advance(60)
    assert ask("GET", "Patient/_history").json()["total"] == 1


def test_the_clock_of_last_updated_may_be_ahead(ask: Asking) -> None:
    ask.quirk(clock_skew_s=90)
    response = ask("POST", "Patient", patient())
    assert response.json()["meta"]["lastUpdated"] == "2026-06-30T12:01:30.000Z"
    assert response.header("Date") == "Tue, 30 Jun 2026 12:00:00 GMT"


def test_a_load_gives_ids_where_there_are_none(ask: Asking) -> None:
    assert ask.server.load([patient("1"), patient(gender="not checked"), patient("1", active=True)]) == 3
    assert ask("GET", "Patient/1").json()["meta"]["versionId"] == "2"
    assert ask.server.context.store.query("SELECT count(*) FROM current") == [(2,)]


@pytest.mark.parametrize(
    "error", [RuntimeError("a secret"), KeyError("a secret"), RecursionError("a secret")]
)
def test_an_unexpected_error_is_answered_and_tells_nothing(
    ask: Asking, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(ask.server.context.store, "current", fail)
    response = ask("GET", "Patient/1")
    assert response.status == (400 if isinstance(error, RecursionError) else 500)
    assert b"secret" not in response.content()
    assert "secret" not in caplog.text


def test_an_unknown_version_of_fhir_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"4\.0\.1 or 5\.0\.0"), asking(fhir_version="3.0.2"):
        pass
