"""Batches: https://hl7.org/fhir/R4/http.html#transaction."""

from __future__ import annotations

from tests.interop.bundling import located, sent, statuses
from tests.interop.making import MRN, bundle, entry, identifier, own, patient, urn
from tests.interop.target import Target, address


def test_batch_of_many_kinds(server: Target, tag: str) -> None:
    """http.html#batch: each entry has its own outcome, in the order of the entries."""
    known, gone = server.create(patient(tag)), server.create(patient(tag))
    content = bundle(
        "batch",
        entry("POST", "Patient", patient(tag), urn()),
        entry("GET", address(known)),
        entry("GET", f"Patient/{tag}-nobody"),
        entry("DELETE", address(gone)),
        entry("PUT", address(known), {**known, "gender": "male"}, f"{server.url}/{address(known)}"),
    )
    assert statuses(sent(server, content)) in ([201, 200, 404, 204, 200], [201, 200, 404, 200, 200])


def test_batch_tells_versions_and_places(server: Target, tag: str) -> None:
    """bundle.html: response.location and response.etag."""
    (row,) = sent(server, bundle("batch", entry("POST", "Patient", patient(tag), urn())))
    assert row["response"]["etag"] == server.says("entry-etag", 'W/"1"')
    assert server.get(located(row)).status_code == 200


def test_batch_keeps_what_succeeded(server: Target, tag: str) -> None:
    """http.html#batch: the failure of one entry is not the others'."""
    stale = server.update({**server.create(patient(tag)), "gender": "male"})
    content = bundle(
        "batch",
        entry("POST", "Patient", patient(f"{tag}-a"), urn()),
        entry("PUT", address(stale), {**stale, "gender": "female"}, ifMatch='W/"1"'),
        entry("POST", "Patient", patient(f"{tag}-b"), urn()),
    )
    first, second, third = statuses(sent(server, content))
    assert (first, third) == (201, 201)
    assert second in (409, 412)
    assert server.get(address(stale)).json()["gender"] == "male"


def test_batch_says_why_an_entry_failed(server: Target, tag: str) -> None:
    """http.html#batch: response.outcome is an OperationOutcome."""
    (row,) = sent(server, bundle("batch", entry("GET", f"Patient/{tag}-nobody")))
    assert row["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_batch_reads_and_searches(server: Target, tag: str) -> None:
    """http.html#batch: a search answers with a Bundle in its entry's resource."""
    known = server.create(patient(tag))
    content = bundle(
        "batch", entry("GET", f"Patient?_tag={own(tag).replace('|', '%7C')}"), entry("GET", address(known))
    )
    found, read = sent(server, content)
    assert found["resource"]["type"] == "searchset"
    assert [row["resource"]["id"] for row in found["resource"]["entry"]] == [known["id"]]
    assert read["resource"]["id"] == known["id"]


def test_batch_creates_if_none_exists(server: Target, tag: str) -> None:
    """http.html#batch: entries may have conditions."""
    server.create(patient(tag, identifier=identifier(tag)))
    content = bundle(
        "batch", entry("POST", "Patient", patient(tag), urn(), ifNoneExist=f"identifier={MRN}|{tag}")
    )
    assert statuses(sent(server, content)) == [200]
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1
