"""Transactions: https://hl7.org/fhir/R4/http.html#transaction and #trules."""

from __future__ import annotations

import pytest

from tests.interop.bundling import located, sent, statuses
from tests.interop.making import (
    MRN,
    bundle,
    entry,
    identifier,
    observation,
    own,
    patient,
    provenance,
    urn,
)
from tests.interop.target import Target, address, refused


def test_transaction_of_many_kinds(server: Target, tag: str) -> None:
    """http.html#trules: the answers come in the order of the entries, whatever the order of the work."""
    known, gone = server.create(patient(tag)), server.create(patient(f"{tag}-gone"))
    content = bundle(
        "transaction",
        entry("GET", address(known)),
        entry("PUT", address(known), {**known, "gender": "male"}, f"{server.url}/{address(known)}"),
        entry("POST", "Patient", patient(tag), urn()),
        entry("DELETE", address(gone)),
    )
    rows = sent(server, content)
    assert statuses(rows) in ([200, 200, 201, 204], [200, 200, 201, 200])
    assert rows[0]["resource"]["gender"] == "male", "reads come last and see what was written"
    assert server.get(address(gone)).status_code == 410


def test_transaction_rewrites_the_names_of_its_own(server: Target, tag: str) -> None:
    """http.html#trules: a urn:uuid that names an entry becomes the address of what was created."""
    one = urn()
    rows = sent(
        server,
        bundle(
            "transaction",
            entry("POST", "Observation", observation(tag, one), urn()),
            entry("POST", "Patient", patient(tag), one),
        ),
    )
    stored = server.get(located(rows[0])).json()
    assert stored["subject"]["reference"] == located(rows[1])


def test_transaction_rewrites_references_within_lists(server: Target, tag: str) -> None:
    """http.html#trules: wherever they stand."""
    subject, reading = urn(), urn()
    rows = sent(
        server,
        bundle(
            "transaction",
            entry("POST", "Patient", patient(tag), subject),
            entry("POST", "Observation", observation(tag, subject), reading),
            entry("POST", "Provenance", provenance(tag, reading), urn()),
        ),
    )
    stored = server.get(located(rows[2])).json()
    assert stored["target"] == [{"reference": located(rows[1])}]


def test_transaction_allows_circles(server: Target, tag: str) -> None:
    """http.html#trules: entries may refer to each other."""
    one, other = urn(), urn()
    rows = sent(
        server,
        bundle(
            "transaction",
            entry(
                "POST",
                "Patient",
                patient(tag, link=[{"other": {"reference": other}, "type": "seealso"}]),
                one,
            ),
            entry(
                "POST",
                "Patient",
                patient(tag, link=[{"other": {"reference": one}, "type": "seealso"}]),
                other,
            ),
        ),
    )
    stored = server.get(located(rows[0])).json()
    assert stored["link"][0]["other"]["reference"] == located(rows[1])


def test_transaction_with_clients_ids(server: Target, tag: str) -> None:
    """http.html#trules: PUT entries create with the client's id; references by type and id need no rewriting."""
    rows = sent(
        server,
        bundle(
            "transaction",
            entry("PUT", f"Observation/{tag}-o", {**observation(tag, f"Patient/{tag}-p"), "id": f"{tag}-o"}),
            entry("PUT", f"Patient/{tag}-p", {**patient(tag), "id": f"{tag}-p"}),
        ),
    )
    assert statuses(rows) == [201, 201]
    assert server.get(f"Observation/{tag}-o").json()["subject"]["reference"] == f"Patient/{tag}-p"


def test_transaction_resolves_conditional_references(server: Target, tag: str) -> None:
    """http.html#trules: a reference may be a search that has one match."""
    known = server.create(patient(tag, identifier=identifier(tag)))
    written = observation(tag, f"Patient?identifier={MRN}|{tag}")
    (row,) = sent(server, bundle("transaction", entry("POST", "Observation", written, urn())))
    assert server.get(located(row)).json()["subject"]["reference"] == address(known)


@pytest.mark.parametrize("count", [0, 2])
def test_transaction_with_an_unclear_conditional_reference_fails(
    server: Target, tag: str, count: int
) -> None:
    """http.html#trules: none or many matches fail the whole transaction."""
    for _ in range(count):
        server.create(patient(f"{tag}-p", identifier=identifier(tag)))
    written = observation(tag, f"Patient?identifier={MRN}|{tag}")
    content = bundle(
        "transaction",
        entry("POST", "Patient", patient(tag), urn()),
        entry("POST", "Observation", written, urn()),
    )
    refused(server.post("", content), 400, 404, 412)
    assert server.ids("Patient", {"_tag": own(tag)}) == []
    assert server.ids("Observation", {"_tag": own(tag)}) == []


def test_transaction_deletes_first(server: Target, tag: str) -> None:
    """http.html#trules: DELETE, POST, PUT, GET; so what a delete takes away is no match for a create."""
    known = server.create(patient(tag, identifier=identifier(tag)))
    content = bundle(
        "transaction",
        entry(
            "POST",
            "Patient",
            patient(tag, identifier=identifier(tag)),
            urn(),
            ifNoneExist=f"identifier={MRN}|{tag}",
        ),
        entry("DELETE", address(known)),
    )
    assert statuses(sent(server, content))[0] == 201


def test_transaction_updates_by_a_condition(server: Target, tag: str) -> None:
    """http.html#trules: PUT with a search."""
    known = server.create(patient(tag, identifier=identifier(tag)))
    changed = patient(tag, identifier=identifier(tag), gender="male")
    content = bundle("transaction", entry("PUT", f"Patient?identifier={MRN}|{tag}", changed, urn()))
    assert statuses(sent(server, content)) == [200]
    assert server.get(address(known)).json()["gender"] == "male"


def test_transaction_deletes_by_a_condition(server: Target, tag: str) -> None:
    """http.html#trules: DELETE with a search."""
    known = server.create(patient(tag, identifier=identifier(tag)))
    content = bundle("transaction", entry("DELETE", f"Patient?identifier={MRN}|{tag}"))
    assert statuses(sent(server, content))[0] in (200, 204)
    assert server.get(address(known)).status_code == 410


def test_transaction_searches(server: Target, tag: str) -> None:
    """http.html#trules: GET entries may search, and see what the transaction wrote."""
    content = bundle(
        "transaction",
        entry("GET", f"Patient?_tag={own(tag).replace('|', '%7C')}"),
        entry("PUT", f"Patient/{tag}", {**patient(tag), "id": tag}),
    )
    found = sent(server, content)[0]["resource"]
    assert [row["resource"]["id"] for row in found["entry"]] == [tag]


def test_transaction_of_nothing(server: Target) -> None:
    """http.html#trules: no entries, nothing to do."""
    response = server.post("", {"resourceType": "Bundle", "type": "transaction"})
    assert response.status_code == 200
    assert response.json()["type"] == "transaction-response"


@pytest.mark.parametrize("kind", ["collection", "searchset"])
def test_a_bundle_of_another_type_is_refused(server: Target, tag: str, kind: str) -> None:
    """http.html#transaction: the base address takes batch and transaction."""
    refused(server.post("", bundle(kind, {"resource": patient(tag)})), 400, 422)
    assert server.ids("Patient", {"_tag": own(tag)}) == []


def test_something_else_than_a_bundle_is_refused(server: Target, tag: str) -> None:
    """http.html#transaction."""
    refused(server.post("", patient(tag)), 400, 422)
