"""Create, read, update, delete: https://hl7.org/fhir/R4/http.html#general."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime

from tests.interop.making import CRP, concept, identifier, observation, own, patient, quantity
from tests.interop.target import Target, address, refused


def test_create_answers_201_with_the_address_of_version_1(server: Target, tag: str) -> None:
    """http.html#create: Location is [base]/[type]/[id]/_history/[vid]."""
    response = server.post("Patient", patient(tag))
    assert response.status_code == 201
    location = response.headers["Location"]
    assert location.startswith(f"{server.url}/Patient/")
    assert location.endswith("/_history/1")
    assert server.get(location).json()["meta"]["versionId"] == "1"


def test_create_chooses_the_id_itself(server: Target, tag: str) -> None:
    """http.html#create: an id in the body is ignored."""
    stored = server.create({**patient(tag), "id": f"{tag}-mine"})
    assert stored["id"] != f"{tag}-mine"
    assert server.get(f"Patient/{tag}-mine").status_code == 404


def test_create_twice_makes_two(server: Target, tag: str) -> None:
    """http.html#create: POST without a condition is not idempotent."""
    assert server.create(patient(tag))["id"] != server.create(patient(tag))["id"]


def test_create_with_representation(server: Target, tag: str) -> None:
    """http.html#ops: Prefer return=representation asks for the whole resource."""
    response = server.post("Patient", patient(tag, gender="female"), Prefer="return=representation")
    assert response.json()["gender"] == "female"


def test_create_with_minimal_return(server: Target, tag: str) -> None:
    """http.html#ops: Prefer return=minimal asks for no body."""
    response = server.post("Patient", patient(tag), Prefer="return=minimal")
    assert response.status_code == 201
    assert response.content == b""
    assert "Location" in response.headers


def test_update_with_minimal_return(server: Target, tag: str) -> None:
    """http.html#ops: Prefer holds for updates too."""
    stored = server.create(patient(tag))
    response = server.put(address(stored), {**stored, "gender": "male"}, Prefer="return=minimal")
    assert response.status_code == 200
    assert response.content == b""


def test_read_gives_back_what_was_written(server: Target, tag: str) -> None:
    """http.html#read: the content is kept; the server adds id, version and time."""
    written = observation(tag, valueQuantity=quantity(4.5), effectiveDateTime="2024-05-10")
    stored = server.create(written)
    read = server.get(address(stored)).json()
    assert {name: value for name, value in read.items() if name not in ("id", "meta")} == {
        name: value for name, value in written.items() if name != "meta"
    }
    assert read["id"] == stored["id"]
    assert read["meta"]["versionId"] == "1"
    assert read["meta"]["tag"] == written["meta"]["tag"]


def test_read_says_its_version_in_the_etag(server: Target, tag: str) -> None:
    """http.html#concurrency: ETag is a weak tag of the version."""
    response = server.get(address(server.create(patient(tag))))
    assert response.headers["ETag"] == 'W/"1"'


def test_read_says_when_it_was_written(server: Target, tag: str) -> None:
    """http.html#read: Last-Modified agrees with meta.lastUpdated."""
    response = server.get(address(server.create(patient(tag))))
    header = parsedate_to_datetime(response.headers["Last-Modified"])
    assert response.json()["meta"]["lastUpdated"][14:19] == header.strftime("%M:%S")


def test_read_answers_fhir_json(server: Target, tag: str) -> None:
    """json.html: the media type is application/fhir+json, in UTF-8."""
    kind = server.get(address(server.create(patient(tag)))).headers["Content-Type"].replace(" ", "").lower()
    assert kind == "application/fhir+json;charset=utf-8"


def test_format_parameter_asks_for_json(server: Target, tag: str) -> None:
    """http.html#parameters: _format may stand for the Accept header."""
    response = server.get(address(server.create(patient(tag))), {"_format": "json"}, Accept="*/*")
    assert response.json()["resourceType"] == "Patient"


def test_read_of_an_unknown_id_is_404(server: Target, tag: str) -> None:
    """http.html#read: with an OperationOutcome."""
    refused(server.get(f"Patient/{tag}"), 404)


def test_decimals_keep_their_digits(server: Target, tag: str) -> None:
    """datatypes.html#decimal: 20.10 is not 20.1; the precision is part of the value."""
    body = json.dumps(observation(tag, valueQuantity={"value": 77})).replace("77", "20.10")
    location = server.post("Observation", body.encode()).headers["Location"]
    assert '"value":20.10' in server.get(location).text.replace(" ", "")


def test_text_of_any_script_survives(server: Target, tag: str) -> None:
    """json.html: strings are Unicode."""
    names = [{"family": "欧阳", "given": ["雪 𠮷", "Zoë 🩺"], "text": 'a "quoted" \\ name\n'}]
    stored = server.create(patient(tag, name=names))
    assert server.get(address(stored)).json()["name"] == names


def test_extensions_of_primitives_survive(server: Target, tag: str) -> None:
    """json.html#primitive: _birthDate holds what says why birthDate is absent."""
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    stored = server.create(patient(tag, _birthDate={"extension": [absent]}))
    read = server.get(address(stored)).json()
    assert read["_birthDate"] == {"extension": [absent]}
    assert "birthDate" not in read


def test_contained_resources_survive(server: Target, tag: str) -> None:
    """references.html#contained: a contained resource travels with its container."""
    drug = {"resourceType": "Medication", "id": "m", "code": concept("6851")}
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "contained": [drug],
        "medicationReference": {"reference": "#m"},
        "subject": {"reference": address(server.create(patient(tag)))},
    }
    read = server.get(address(server.create(request))).json()
    assert read["contained"] == [drug]
    assert read["medicationReference"]["reference"] == "#m"


def test_update_makes_the_next_version(server: Target, tag: str) -> None:
    """http.html#update: 200, and the new version in body and ETag."""
    stored = server.create(patient(tag))
    response = server.put(address(stored), {**stored, "gender": "other"}, Prefer="return=representation")
    assert response.status_code == 200
    assert response.headers["ETag"] == 'W/"2"'
    assert response.json()["meta"]["versionId"] == "2"
    assert server.get(address(stored)).json()["gender"] == "other"


def test_update_replaces_the_whole_resource(server: Target, tag: str) -> None:
    """http.html#update: an element that is left out is gone."""
    stored = server.create(patient(tag, gender="female", birthDate="1970-01-02"))
    server.update({**patient(tag, gender="female"), "id": stored["id"]})
    assert "birthDate" not in server.get(address(stored)).json()


def test_update_moves_last_updated_on(server: Target, tag: str) -> None:
    """resource.html#Meta: lastUpdated changes with the version."""
    stored = server.create(patient(tag))
    changed = server.update({**stored, "gender": "male"})
    assert changed["meta"]["lastUpdated"] > stored["meta"]["lastUpdated"]


def test_update_ignores_the_version_in_the_body(server: Target, tag: str) -> None:
    """http.html#update: versionId and lastUpdated of the body are the server's to set."""
    stored = server.create(patient(tag))
    meta = {**stored["meta"], "versionId": "77", "lastUpdated": "2001-01-01T00:00:00Z"}
    changed = server.update({**stored, "gender": "male", "meta": meta})
    assert changed["meta"]["versionId"] == "2"
    assert changed["meta"]["lastUpdated"] > "2020"


def test_update_with_the_same_content(server: Target, tag: str) -> None:
    """http.html#update leaves open whether that is a new version; here it is none."""
    stored = server.create(patient(tag, gender="female"))
    again = server.update({**patient(tag, gender="female"), "id": stored["id"]})
    assert again["meta"]["versionId"] == "1"


def test_update_without_tags(server: Target, tag: str) -> None:
    """http.html#update replaces the content; what becomes of its tags is left to the server."""
    stored = server.create(patient(tag))
    changed = server.update({"resourceType": "Patient", "id": stored["id"], "gender": "male"})
    assert len(changed.get("meta", {}).get("tag", [])) == server.says("tags-stay", 0)


def test_update_may_create_with_the_clients_id(server: Target, tag: str) -> None:
    """http.html#upsert: 201 with its Location, and the id is the one the client chose."""
    response = server.put(f"Patient/{tag}", {**patient(tag), "id": tag})
    assert response.status_code == 201
    header = server.says("put-create-location", "Location")
    assert response.headers[header] == f"{server.url}/Patient/{tag}/_history/1"
    assert server.get(f"Patient/{tag}").status_code == 200


def test_the_same_id_may_stand_in_two_types(server: Target, tag: str) -> None:
    """resource.html#id: ids are unique within a type only."""
    server.update({**patient(tag), "id": tag}, 201)
    server.update({**observation(tag, f"Patient/{tag}"), "id": tag}, 201)
    assert server.get(f"Patient/{tag}").json()["resourceType"] == "Patient"
    assert server.get(f"Observation/{tag}").json()["resourceType"] == "Observation"


def test_update_with_another_id_in_the_body_is_400(server: Target, tag: str) -> None:
    """http.html#update: the body's id must be the address's."""
    stored = server.create(patient(tag))
    refused(server.put(address(stored), {**stored, "id": f"{tag}-other"}), 400)


def test_update_without_an_id_in_the_body_is_400(server: Target, tag: str) -> None:
    """http.html#update: the body must carry the id."""
    stored = server.create(patient(tag))
    refused(server.put(address(stored), patient(tag)), 400)


def test_update_with_another_type_in_the_body_is_400(server: Target, tag: str) -> None:
    """http.html#update: the body's type must be the address's."""
    stored = server.create(patient(tag))
    refused(server.put(address(stored), {**observation(tag), "id": stored["id"]}), 400)


def test_delete_then_read_is_410(server: Target, tag: str) -> None:
    """http.html#read: gone, which is not the same as never there."""
    stored = server.create(patient(tag))
    assert server.delete(address(stored)).status_code in (200, 204)
    refused(server.get(address(stored)), 410)


def test_delete_twice_is_no_error(server: Target, tag: str) -> None:
    """http.html#delete: deleting what is deleted already has no effect and succeeds."""
    stored = server.create(patient(tag))
    server.delete(address(stored))
    assert server.delete(address(stored)).status_code in (200, 204)


def test_deleted_resources_are_not_found(server: Target, tag: str) -> None:
    """http.html#delete: searches do not return them."""
    kept, gone = server.create(patient(tag)), server.create(patient(tag))
    server.delete(address(gone))
    assert server.ids("Patient", {"_tag": own(tag)}) == [kept["id"]]


def test_deleted_resources_keep_their_versions(server: Target, tag: str) -> None:
    """http.html#delete: earlier versions may be read on; the deleted one is 410."""
    stored = server.create(patient(tag, gender="female"))
    server.delete(address(stored))
    assert server.get(f"{address(stored)}/_history/1").json()["gender"] == "female"
    refused(server.get(f"{address(stored)}/_history/2"), 410)


def test_a_deleted_resource_may_be_brought_back(server: Target, tag: str) -> None:
    """http.html#delete: a PUT to its address makes the version after the deletion."""
    stored = server.create(patient(tag))
    server.delete(address(stored))
    back = server.update(stored, 200, 201)
    assert back["meta"]["versionId"] == "3"
    assert server.get(address(stored)).status_code == 200


def test_delete_of_what_is_referred_to(server: Target, tag: str) -> None:
    """http.html#delete: a server may refuse for referential integrity, with 409."""
    subject = server.create(patient(tag))
    server.create(observation(tag, address(subject)))
    assert (server.delete(address(subject)).status_code == 409) is server.says("delete-of-referred", False)


def test_reference_to_what_is_not_there(server: Target, tag: str) -> None:
    """http.html#create: a server may check references; R4 does not ask for it."""
    response = server.post("Observation", observation(tag, f"Patient/{tag}-nobody"))
    assert response.status_code == server.says("missing-reference", 201)


def test_an_id_is_found_below_its_own_type_only(server: Target, tag: str) -> None:
    """http.html#read: an id of another type is unknown here."""
    stored = server.create(observation(tag, code={"coding": [CRP]}, identifier=identifier(tag)))
    refused(server.get(f"Condition/{stored['id']}"), 404)
