"""What a server must not take: https://hl7.org/fhir/R4/http.html#Status-Codes, #general."""

from __future__ import annotations

import json

import pytest

from tests.interop.making import identifier, observation, own, patient
from tests.interop.target import Target, refused

BODIES: dict[str, bytes] = {
    "no JSON": b"not json",
    "JSON cut off": b'{"resourceType": "Patient", "active": tr',
    "a list": b"[]",
    "nothing": b"",
    "no resourceType": b'{"active": true}',
    "another type": b'{"resourceType": "Observation", "status": "final", "code": {"text": "x"}}',
    "a type that does not exist": b'{"resourceType": "Pationt"}',
    "a date that is none": b'{"resourceType": "Patient", "birthDate": "2024-13-45"}',
    "a date in local form": b'{"resourceType": "Patient", "birthDate": "10.05.2024"}',
}


@pytest.mark.parametrize("reason", BODIES)
def test_bad_bodies_are_refused(server: Target, reason: str) -> None:
    """http.html#create: 400 for what cannot be parsed, 422 for what breaks the rules."""
    refused(server.post("Patient", BODIES[reason]), 400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/pdf"])
def test_another_media_type_is_415(server: Target, kind: str) -> None:
    """http.html#mime-type."""
    response = server.send("POST", "Patient", b'{"resourceType": "Patient"}', headers={"Content-Type": kind})
    assert response.status_code == server.says("media-type", 415)


@pytest.mark.parametrize(
    "kind", ["application/fhir+json", "application/json", "application/fhir+json; charset=utf-8"]
)
def test_media_types_of_json(server: Target, tag: str, kind: str) -> None:
    """http.html#mime-type: the old names are taken too."""
    content = json.dumps(patient(tag, name=[{"family": "欧阳"}]), ensure_ascii=False).encode()
    response = server.send("POST", "Patient", content, headers={"Content-Type": kind})
    assert response.status_code == 201
    assert server.get(response.headers["Location"]).json()["name"][0]["family"] == "欧阳"


def test_an_unknown_element(server: Target, tag: str) -> None:
    """json.html: there are no unknown elements; a server may yet be lenient."""
    response = server.post("Patient", {**patient(tag), "favouriteColour": "blue"})
    assert response.ok is server.says("unknown-element", False)


def test_a_mandatory_concept_that_is_missing(server: Target, tag: str) -> None:
    """observation.html: code is mandatory."""
    response = server.post("Observation", observation(tag, code=None))
    assert response.ok is server.says("missing-concept", False)


def test_a_mandatory_code_that_is_missing(server: Target, tag: str) -> None:
    """observation.html: status is mandatory."""
    response = server.post("Observation", observation(tag, status=None))
    assert response.ok is server.says("missing-element", False)


def test_a_code_outside_its_list(server: Target, tag: str) -> None:
    """patient.html: gender has four codes."""
    response = server.post("Patient", patient(tag, gender="f"))
    refused(response, 400, 422)


@pytest.mark.parametrize("name", ["a_b", "a" * 65, "a b"], ids=["underscore", "65 characters", "space"])
def test_ids_have_a_form(server: Target, name: str) -> None:
    """datatypes.html#id: 1 to 64 of A-Z, a-z, 0-9, - and ."""
    response = server.put(f"Patient/{name.replace(' ', '%20')}", {"resourceType": "Patient", "id": name})
    refused(response, 400, 422)


def test_the_longest_id(server: Target, tag: str) -> None:
    """datatypes.html#id: 64 characters are allowed, with - and ."""
    name = f"{tag}-.".ljust(64, "Z")
    server.update({**patient(tag), "id": name}, 201)
    assert server.get(f"Patient/{name}").json()["id"] == name


def test_ids_keep_their_case(server: Target, tag: str) -> None:
    """datatypes.html#id: ids are case sensitive."""
    server.update({**patient(tag), "id": f"{tag}-Ab"}, 201)
    refused(server.get(f"Patient/{tag}-aB"), 404)


@pytest.mark.parametrize("path", ["Pationt/1", "Pationt", "patient/1"])
def test_an_unknown_type_is_404(server: Target, path: str) -> None:
    """http.html#read: types are case sensitive as well."""
    refused(server.get(path), 404)


@pytest.mark.parametrize("path", ["Patient/$no-such-operation", "$no-such-operation"])
def test_an_unknown_operation_is_refused(server: Target, path: str) -> None:
    """operations.html."""
    refused(server.get(path), 400, 404, 405)


def test_a_method_of_no_meaning_is_refused(server: Target, tag: str) -> None:
    """http.html: DELETE of the whole server is nothing that FHIR knows."""
    response = server.delete("")
    assert response.status_code in (400, 404, 405)


def test_delete_of_a_whole_type_is_refused(server: Target, tag: str) -> None:
    """http.html#delete: without a condition there is nothing to delete by."""
    stored = server.create(patient(tag))
    response = server.delete("Patient")
    assert response.status_code in (400, 404, 405, 412)
    assert server.get(f"Patient/{stored['id']}").status_code == 200


def test_what_was_refused_is_not_there(server: Target, tag: str) -> None:
    """http.html#create: a refusal leaves nothing behind."""
    body = patient(tag, birthDate="2024-13-45", identifier=identifier(tag))
    refused(server.post("Patient", body), 400, 422)
    assert server.ids("Patient", {"_tag": own(tag)}) == []
