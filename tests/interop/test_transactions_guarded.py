"""Conditions, guards and refusals within transactions: https://hl7.org/fhir/R4/http.html#trules."""

from __future__ import annotations

import pytest

from tests.interop.bundling import located, sent, statuses
from tests.interop.making import (
    MRN,
    bundle,
    enrolment,
    entry,
    identifier,
    observation,
    own,
    patient,
    provenance,
    study,
    urn,
)
from tests.interop.target import Resource, Target, address, refused


def test_transaction_creates_if_none_exists(server: Target, tag: str) -> None:
    """http.html#trules: where the match was found, the entry's name stands for it."""
    known = server.create(patient(tag, identifier=identifier(tag)))
    one = urn()
    rows = sent(
        server,
        bundle(
            "transaction",
            entry("POST", "Patient", patient(tag), one, ifNoneExist=f"identifier={MRN}|{tag}"),
            entry("POST", "Observation", observation(tag, one), urn()),
        ),
    )
    assert statuses(rows) == [200, 201]
    assert server.get(located(rows[1])).json()["subject"]["reference"] == address(known)
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_transaction_sent_twice_makes_one(server: Target, tag: str) -> None:
    """http.html#trules: with conditions on its creates, a transaction may be repeated after a lost answer."""
    subject, trial = address(server.create(patient(tag))), address(server.create(study(tag)))
    written = enrolment(tag, subject, trial, identifier=identifier(tag))
    content = bundle(
        "transaction",
        entry("POST", "ResearchSubject", written, urn(), ifNoneExist=f"identifier={MRN}|{tag}"),
        entry("PUT", f"Provenance/{tag}", {**provenance(tag, subject), "id": tag}),
    )
    first, second = sent(server, content), sent(server, content)
    assert statuses(first) == [201, 201]
    assert statuses(second) == [200, 200]
    assert len(server.ids("ResearchSubject", {"_tag": own(tag)})) == 1


def test_many_transactions_with_a_condition_make_one(server: Target, tag: str) -> None:
    """http.html#trules: also when they come at once; who loses the race may be told to repeat."""
    content = bundle(
        "transaction",
        entry(
            "POST",
            "Patient",
            patient(tag, identifier=identifier(tag)),
            urn(),
            ifNoneExist=f"identifier={MRN}|{tag}",
        ),
    )

    def send(client: Target, number: int) -> int:
        for _ in range(20):
            response = client.post("", content)
            if response.status_code == 200:
                return statuses(response.json()["entry"])[0]
            assert response.status_code in (409, 412, 503), response.text
        raise AssertionError("refused twenty times")

    assert sorted(server.at_once(6, send)) == [200] * 5 + [201]
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_transaction_with_a_guard_writes(server: Target, tag: str) -> None:
    """http.html#trules: ifMatch of the current version."""
    known = server.create(patient(tag))
    content = bundle(
        "transaction", entry("PUT", address(known), {**known, "gender": "male"}, ifMatch='W/"1"')
    )
    assert statuses(sent(server, content)) == [200]
    assert server.get(address(known)).json()["meta"]["versionId"] == "2"


def test_transaction_with_a_failed_guard_writes_nothing(server: Target, tag: str) -> None:
    """http.html#trules: all or nothing."""
    known = server.update({**server.create(patient(f"{tag}-k")), "gender": "male"})
    content = bundle(
        "transaction",
        entry("POST", "Patient", patient(tag), urn()),
        entry("PUT", address(known), {**known, "gender": "female"}, ifMatch='W/"1"'),
    )
    refused(server.post("", content), 409, 412)
    assert server.ids("Patient", {"_tag": own(tag)}) == []
    assert server.get(address(known)).json()["gender"] == "male"


BROKEN: dict[str, tuple[Resource, tuple[int, ...]]] = {
    "a type that does not exist": (
        entry("POST", "Pationt", {"resourceType": "Pationt"}, urn()),
        (400, 404, 422),
    ),
    "a body of another type": (
        entry("PUT", "Patient/x-1", {"resourceType": "Group", "id": "x-1"}),
        (400, 422),
    ),
    "a method that does not exist": (entry("FETCH", "Patient/x-1"), (400, 422)),
    "no body to create": (entry("POST", "Patient", None, urn()), (400, 422)),
    "no request": ({"resource": {"resourceType": "Patient"}}, (400, 422)),
    "an address without a type": (entry("DELETE", ""), (400, 405, 422)),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_transaction_with_a_broken_entry_writes_nothing(server: Target, tag: str, reason: str) -> None:
    """http.html#trules: all or nothing."""
    broken, expected = BROKEN[reason]
    content = bundle("transaction", entry("POST", "Patient", patient(tag), urn()), broken)
    refused(server.post("", content), *expected)
    assert server.ids("Patient", {"_tag": own(tag)}) == []


def test_transaction_with_another_id_in_the_body_is_refused(server: Target, tag: str) -> None:
    """http.html#update: the rule of a PUT holds within a bundle."""
    content = bundle("transaction", entry("PUT", f"Patient/{tag}", {**patient(tag), "id": f"{tag}-other"}))
    assert server.post("", content).status_code == server.says("entry-with-other-id", 400)


def test_transaction_with_one_address_twice_is_refused(server: Target, tag: str) -> None:
    """http.html#trules: no resource may be the target of two entries."""
    known = server.create(patient(tag))
    content = bundle(
        "transaction",
        entry("PUT", address(known), {**known, "gender": "male"}),
        entry("PUT", address(known), {**known, "gender": "female"}),
    )
    refused(server.post("", content), 400)
    assert server.get(address(known)).json()["meta"]["versionId"] == "1"
