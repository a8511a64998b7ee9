"""What the server takes in: JSON without traps, resources of R4's shape (two of R5's), in JSON's media types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from fhir_adapter.testing.hospital import population
from fhir_adapter.testing.server import documents, schema, validation
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES
from tests.unit.testing.server.asking import Asking, Resource, asking, condition, issue, patient

PATIENT = b'{"resourceType":"Patient","id":"1"%s}'


@pytest.fixture
def ask() -> Iterator[Asking]:
    with asking() as one:
        yield one


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (PATIENT % b"", 201),
        (PATIENT % b',"active":true,"active":true', 400),
        (PATIENT % b',"name":[{"text":"a","text":"b"}]', 400),
        (PATIENT % b',"multipleBirthInteger":NaN', 400),
        (PATIENT % b',"multipleBirthInteger":-Infinity', 400),
        (PATIENT % b',"multipleBirthInteger":1e99999999999999999999', 400),
        (PATIENT % b',"name":[{"text":"a\\u0000b"}]', 400),
        (PATIENT % b',"name":[{"text":"a\0b"}]', 400),
        (PATIENT % b',"name":[{"text":"\\ud800"}]', 400),
        (PATIENT % b',"name":[{"text":"\\uD83D\\uDE00"}]', 201),
        (PATIENT % b',"name":[{"text":"\\\\u0000"}]', 201),
        (PATIENT % b',"name":[{"text":"\xe5\xbc\xa0\xe4\xb8\x89"}]', 201),
        (PATIENT % b',"name":[{"text":"\xd5\xc5\xc8\xfd"}]', 400),
        (b"\xef\xbb\xbf" + PATIENT % b"", 400),
        (b'{"resourceType":"Patient","id":"1"', 400),
        (b"[]", 400),
        (b"null", 400),
        (b"", 400),
        (b"[" * 100_000, 400),
        (PATIENT % (b',"extension":' + b'[{"url":"u","extension":' * 5000 + b"[]" + b"}]" * 5000), 400),
    ],
)
def test_json_with_traps(ask: Asking, body: bytes, status: int) -> None:
    response = ask("PUT", "Patient/1", body)
    assert response.status == status
    assert ask("GET", "Patient/1").status == (200 if status == 201 else 404)


def test_a_body_may_be_too_large(ask: Asking) -> None:
    text = b',"name":[{"text":"%s"}]' % (b"x" * documents.MAX_BYTES)
    assert ask("PUT", "Patient/1", PATIENT % text).status == 413


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), {1, 2}, b"x"])
def test_what_is_not_json_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        documents.write({"value": value})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Accept": "application/fhir+json"}, 200),
        ({"Accept": "application/json;q=0.9, text/html"}, 200),
        ({"Accept": "text/html, */*;q=0.1"}, 200),
        ({"Accept": "application/fhir+xml"}, 406),
        ({"Accept": "text/html"}, 406),
        ({"_format": "json"}, 200),
        ({"_format": "application/fhir+json"}, 200),
        ({"_format": "application/fhir%2Bjson"}, 200),
        ({"_format": "json", "Accept": "application/fhir+xml"}, 200),
        ({"_format": "xml"}, 406),
        ({"_format": "xml", "Accept": "application/fhir+json"}, 406),
    ],
)
def test_media_types_of_answers(ask: Asking, headers: dict[str, str], status: int) -> None:
    query = f"?_format={headers.pop('_format')}" if "_format" in headers else ""
    response = ask("GET", f"metadata{query}", **headers)
    assert response.status == status
    assert response.header("Content-Type") == "application/fhir+json;charset=utf-8"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/fhir+json", 201),
        ("application/json", 201),
        ("Application/FHIR+JSON; fhirVersion=4.0; charset=UTF-8", 201),
        ('application/fhir+json; charset="utf-8"', 201),
        ("application/fhir+json; charset=gb18030", 415),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_media_types_of_bodies(ask: Asking, content_type: str, status: int) -> None:
    assert ask("POST", "Patient", patient(), Content_Type=content_type).status == status
    assert ask("POST", "", {"resourceType": "Bundle", "type": "batch"}, Content_Type=content_type).status == (
        200 if status == 201 else status
    )


def test_a_search_is_posted_as_a_form(ask: Asking) -> None:
    form = "application/x-www-form-urlencoded"
    assert ask("POST", "Patient/_search", b"_id=1", Content_Type=form).status == 200
    assert ask("POST", "Patient/_search").status == 200
    assert ask("POST", "Patient/_search", b"{}").status == 415


CANARY = "canary-7351"
# what is wrong with a resource, and where the finding is
INVALID: list[tuple[Resource, str]] = [
    (patient(gender=CANARY), "Patient.gender"),
    (patient(birthDate=CANARY), "Patient.birthDate"),
    (patient(birthDate="2020-13-01"), "Patient.birthDate"),
    (patient(birthDate="2020-01-01T00:00:00Z"), "Patient.birthDate"),
    (patient(birthDate=2020), "Patient.birthDate"),
    (patient(birthDate=None), "Patient.birthDate"),
    (patient(active="true"), "Patient.active"),
    (patient(active=1), "Patient.active"),
    (patient(name={"text": CANARY}), "Patient.name"),
    (patient(name=[CANARY]), "Patient.name[0]"),
    (patient(name=[None]), "Patient.name[0]"),
    (patient(name=[{"given": ["a", 5]}]), "Patient.name[0].given[1]"),
    (patient(name=[{"text": ""}]), "Patient.name[0].text"),
    (patient(maritalStatus=[{"text": CANARY}]), "Patient.maritalStatus"),
    (patient(nonsense=CANARY), "Patient"),
    (patient(multipleBirthInteger=1.5), "Patient.multipleBirthInteger"),
    (patient(multipleBirthInteger=True), "Patient.multipleBirthInteger"),
    (patient(text={"status": "generated"}), "Patient.text.div"),
    (patient(text={"status": "generated", "div": 5}), "Patient.text.div"),
    (patient(photo=[{"data": "QUJD\r\n" * 400 + "!"}]), "Patient.photo[0].data"),
    (patient(contained=[{"resourceType": "Organization", "active": "no"}]), "Patient.contained[0].active"),
    (patient(contained=[{"resourceType": CANARY}]), "Patient.contained[0]"),
    (patient(contained=[{}]), "Patient.contained[0]"),
    (patient("not_an_id"), "Patient.id"),
    (patient(deceasedBoolean=True, deceasedDateTime="2024-01-31"), "Patient.deceased[x]"),
    (patient(deceasedDateTime="2024-02-30"), "Patient.deceasedDateTime"),
    (patient(birthDate="2023-02-29"), "Patient.birthDate"),
    (patient(name=[]), "Patient.name"),
    (patient(maritalStatus={}), "Patient.maritalStatus"),
    ({"resourceType": "Condition"}, "Condition.subject"),
    (condition(meta={"versionId": "x y"}), "Condition.meta.versionId"),
]


@pytest.mark.parametrize(("resource", "path"), INVALID)
def test_an_invalid_resource_is_refused_with_its_place_and_without_its_values(
    ask: Asking, resource: Resource, path: str
) -> None:
    response = ask("POST", resource["resourceType"], resource)
    assert response.status == 422
    content = response.json()
    assert [one["expression"] for one in content["issue"]] == [[path]]
    assert content["issue"][0]["diagnostics"].startswith(f"{path} ")
    assert CANARY.encode() not in response.content()
    ask.server.context.validate = False
    assert ask("POST", resource["resourceType"], resource).status == 201


@pytest.mark.parametrize(
    "resource",
    [
        patient(
            name=[{"given": ["A", None], "_given": [None, {"extension": [{"url": "u", "valueCode": "c"}]}]}]
        ),
        patient(_birthDate={"extension": [{"url": "u", "valueDateTime": "2020-01-01T10:00:00+08:00"}]}),
        patient(name=[{"text": "张\u3000三\u00a0先生\n"}]),
        patient(photo=[{"data": " QUJD\r\n" * 400}]),
        patient(multipleBirthInteger=0),
        patient(contained=[{"resourceType": "Organization", "id": "o", "active": True}]),
        patient(birthDate="2020"),
    ],
)
def test_what_is_valid_though_unusual(ask: Asking, resource: Resource) -> None:
    assert ask("POST", "Patient", resource).status == 201


def test_at_most_ten_findings_are_told(ask: Asking) -> None:
    assert len(ask("POST", "Patient", patient(name=[5] * 50)).json()["issue"]) == 10
    assert len(ask("POST", "Patient", patient(**{f"x{n}": 1 for n in range(50)})).json()["issue"]) == 10


def test_the_schemas_types_are_the_searchs() -> None:
    assert validation.types() == RESOURCE_TYPES


def test_the_checks_agree_with_a_general_validator() -> None:
    definitions = schema.r4()._definitions
    seen: dict[str, Resource] = {}
    for subject in population(40):
        for resource in subject.resources:
            seen.setdefault(resource["resourceType"], resource)
    assert len(seen) > 8
    for type_, resource in seen.items():
        validator = jsonschema.Draft6Validator({"$ref": f"#/definitions/{type_}", "definitions": definitions})
        for name in [*resource, "nonsense"]:
            for value in (None, "", "nonsense", 5, {"nonsense": 1}):
                changed = json.loads(json.dumps(resource)) | {name: value}
                if name != "resourceType" and not validator.is_valid(changed):
                    assert schema.r4().findings(changed), f"{type_}.{name}"


R5_EVENT = {
    "resourceType": "AdverseEvent",
    "status": "completed",
    "actuality": "actual",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/1"},
}
R5_SUBJECT = {
    "resourceType": "ResearchSubject",
    "status": "active",
    "study": {"reference": "ResearchStudy/1"},
    "subject": {"reference": "Patient/1"},
}
R4_EVENT = {
    "resourceType": "AdverseEvent",
    "actuality": "actual",
    "event": {"text": "x"},
    "subject": {"reference": "Patient/1"},
}
R4_SUBJECT = {
    "resourceType": "ResearchSubject",
    "status": "candidate",
    "study": {"reference": "ResearchStudy/1"},
    "individual": {"reference": "Patient/1"},
}


@pytest.mark.parametrize(
    ("resource", "r4", "r5"),
    [
        (R5_EVENT, 422, 201),
        (R5_SUBJECT, 422, 201),
        (R4_EVENT, 201, 422),
        (R4_SUBJECT, 201, 422),
        (R5_EVENT | {"status": CANARY}, 422, 422),
        (R5_SUBJECT | {"status": CANARY}, 422, 422),
        (R5_EVENT | {"occurrenceDateTime": CANARY}, 422, 422),
        (R5_EVENT | {"subject": {"reference": 5, "display": CANARY}}, 422, 422),
        (R5_EVENT | {"seriousness": [{"text": CANARY}]}, 422, 422),
        (patient(), 201, 201),
        (patient(gender=CANARY), 422, 422),
    ],
)
def test_two_types_have_r5s_shape_in_r5_mode(resource: Resource, r4: int, r5: int) -> None:
    for version, status in (("4.0.1", r4), ("5.0.0", r5)):
        with asking(fhir_version=version) as ask:
            response = ask("POST", resource["resourceType"], resource)
            assert response.status == status, response.content()
            assert status == 201 or issue(response)[0] == "invariant"
            assert status == 201 or CANARY.encode() not in response.content()
