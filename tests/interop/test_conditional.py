"""Writes on a condition: https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #3.1.0.7.1 (delete)."""

from __future__ import annotations

import pytest

from tests.interop.making import MRN, adverse_event, enrolment, identifier, observation, own, patient, study
from tests.interop.target import Resource, Target, address, refused


def condition(tag: str) -> str:
    """The identifier that a test's resources carry, as a search."""
    return f"identifier={MRN}|{tag}"


def known(tag: str, **elements: object) -> Resource:
    """A patient with the identifier of the test."""
    return patient(tag, identifier=identifier(tag), **elements)


def test_create_if_none_exists_creates(server: Target, tag: str) -> None:
    """http.html#ccreate: no match, so 201."""
    assert server.post("Patient", known(tag), If_None_Exist=condition(tag)).status_code == 201
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_create_if_none_exists_finds(server: Target, tag: str) -> None:
    """http.html#ccreate: one match, so 200, nothing is written, and the answer says where it is."""
    stored = server.create(known(tag, gender="female"))
    response = server.post("Patient", known(tag, gender="male"), If_None_Exist=condition(tag))
    assert response.status_code == 200
    assert f"Patient/{stored['id']}" in response.headers["Location"]
    assert server.get(address(stored)).json()["gender"] == "female"
    assert server.ids("Patient", {"_tag": own(tag)}) == [stored["id"]]


def test_create_if_none_exists_among_many_is_412(server: Target, tag: str) -> None:
    """http.html#ccreate: the condition was not selective enough."""
    server.create(known(tag))
    server.create(known(tag))
    refused(server.post("Patient", known(tag), If_None_Exist=condition(tag)), 412)
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 2


def test_create_if_none_exists_does_not_see_the_deleted(server: Target, tag: str) -> None:
    """http.html#ccreate: the condition is a search."""
    server.delete(address(server.create(known(tag))))
    assert server.post("Patient", known(tag), If_None_Exist=condition(tag)).status_code == 201


def test_create_if_none_exists_by_tag(server: Target, tag: str) -> None:
    """http.html#ccreate: any search parameter may be the condition; types without identifier have the tag."""
    subject = address(server.create(patient(f"{tag}-p")))
    event = adverse_event(tag, subject)
    statuses = [
        server.post("AdverseEvent", event, If_None_Exist=f"_tag={own(tag)}").status_code for _ in range(2)
    ]
    assert statuses == [201, 200]


def test_create_if_none_exists_by_a_parameter_of_no_meaning_is_refused(server: Target, tag: str) -> None:
    """adverseevent.html#search: R4's AdverseEvent has no `identifier`; ignoring it would match every event."""
    subject = address(server.create(patient(tag)))
    event = adverse_event(tag, subject, identifier=identifier(tag)[0])
    refused(server.post("AdverseEvent", event, If_None_Exist=condition(tag)), 400, 412)
    assert server.ids("AdverseEvent", {"_tag": own(tag)}) == []


@pytest.mark.parametrize("kind", ["ResearchSubject", "Observation"])
def test_create_if_none_exists_for_what_we_write(server: Target, tag: str, kind: str) -> None:
    """http.html#ccreate: sent twice, there is one."""
    subject = address(server.create(patient(tag)))
    if kind == "ResearchSubject":
        written = enrolment(tag, subject, address(server.create(study(tag))), identifier=identifier(tag))
    else:
        written = observation(tag, subject, identifier=identifier(tag))
    statuses = [server.post(kind, written, If_None_Exist=condition(tag)).status_code for _ in range(2)]
    assert statuses == [201, 200]
    assert len(server.ids(kind, {"_tag": own(tag)})) == 1


def test_many_creates_if_none_exists_make_one(server: Target, tag: str) -> None:
    """http.html#ccreate: the search and the create are one step; who loses the race may be told to repeat."""

    def create(client: Target, number: int) -> int:
        for _ in range(20):
            status = client.post("Patient", known(tag), If_None_Exist=condition(tag)).status_code
            if status in (200, 201):
                return status
            assert status in (409, 412, 503)
        raise AssertionError("refused twenty times")

    statuses = server.at_once(8, create)
    assert sorted(statuses) == [200] * 7 + [201]
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_conditional_update_without_a_match_creates(server: Target, tag: str) -> None:
    """http.html#cond-update: no match and no id, so the server creates."""
    response = server.put("Patient", known(tag), {"identifier": f"{MRN}|{tag}"})
    assert response.status_code == 201
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_conditional_update_without_a_match_takes_the_clients_id(server: Target, tag: str) -> None:
    """http.html#cond-update: no match but an id, so it is an update as create."""
    response = server.put("Patient", {**known(tag), "id": tag}, {"identifier": f"{MRN}|{tag}"})
    assert response.status_code == 201
    assert server.get(f"Patient/{tag}").status_code == server.says("conditional-update-new-id", 200)


def test_conditional_update_of_one_match_updates(server: Target, tag: str) -> None:
    """http.html#cond-update: the match gets a new version."""
    stored = server.create(known(tag, gender="female"))
    response = server.put("Patient", known(tag, gender="male"), {"identifier": f"{MRN}|{tag}"})
    assert response.status_code == 200
    read = server.get(address(stored)).json()
    assert (read["gender"], read["meta"]["versionId"]) == ("male", "2")


def test_conditional_update_with_the_id_of_another_is_400(server: Target, tag: str) -> None:
    """http.html#cond-update: the id in the body must be the match's."""
    other = server.create(patient(f"{tag}-other"))
    server.create(known(tag))
    changed = {**known(tag), "id": other["id"], "gender": "male"}
    response = server.put("Patient", changed, {"identifier": f"{MRN}|{tag}"})
    assert response.status_code == server.says("conditional-update-other-id", 400)
    assert len(server.ids("Patient", {"identifier": f"{MRN}|{tag}"})) == 1
    assert server.get(address(other)).json()["meta"]["versionId"] == "1"


def test_conditional_update_among_many_is_412(server: Target, tag: str) -> None:
    """http.html#cond-update: the condition was not selective enough."""
    for _ in range(2):
        server.create(known(tag))
    refused(server.put("Patient", known(tag, gender="male"), {"identifier": f"{MRN}|{tag}"}), 412)
    assert server.ids("Patient", {"_tag": own(tag), "gender": "male"}) == []


def test_conditional_delete_of_one_match_deletes(server: Target, tag: str) -> None:
    """http.html#delete: an ordinary delete of the match."""
    stored, other = server.create(known(tag)), server.create(patient(tag))
    assert server.delete("Patient", {"identifier": f"{MRN}|{tag}"}).status_code in (200, 204)
    assert server.get(address(stored)).status_code == 410
    assert server.get(address(other)).status_code == 200


def test_conditional_delete_without_a_match_harms_nobody(server: Target, tag: str) -> None:
    """http.html#delete: success without effect, or 404."""
    other = server.create(patient(tag))
    assert server.delete("Patient", {"identifier": f"{MRN}|{tag}"}).status_code in (200, 204, 404)
    assert server.get(address(other)).status_code == 200


def test_conditional_delete_of_many_is_all_or_none(server: Target, tag: str) -> None:
    """http.html#delete: the server deletes all matches, or refuses with 412."""
    stored = [server.create(known(tag)) for _ in range(2)]
    response = server.delete("Patient", {"identifier": f"{MRN}|{tag}"})
    after = 410 if response.status_code in (200, 204) else 200
    assert response.status_code in (200, 204, 412)
    assert [server.get(address(one)).status_code for one in stored] == [after, after]


def test_conditional_delete_by_a_parameter_of_no_meaning_is_refused(server: Target, tag: str) -> None:
    """http.html#delete: an ignored criterion would delete everything."""
    stored = server.create(patient(tag))
    response = server.delete("Patient", {"no-such-parameter": tag})
    refused(response, 400, 412)
    assert server.get(address(stored)).status_code == 200
