"""Owns a population of thirty resources, written by hand, and how a test asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.search.answering import search

BASE = "http://here.test/fhir"
LOINC, LAB, MRN = "http://loinc.org", "urn:lab", "urn:mrn"

Ask = Callable[..., dict[str, Any]]


def code(code: str, system: str | None = LOINC, display: str | None = None, text: str | None = None) -> Any:
    coding = {"system": system, "code": code, "display": display}
    concept: dict[str, Any] = {"coding": [{key: value for key, value in coding.items() if value}]}
    return concept | ({"text": text} if text else {})


def observation(id_: str, subject: Any, concept: Any, **more: Any) -> dict[str, Any]:
    about = {"reference": subject} if isinstance(subject, str) else subject
    rest = {"status": "final", "code": concept, "subject": about, **more}
    return {"resourceType": "Observation", "id": id_, **rest}


def resource(type_: str, id_: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": type_, "id": id_, **elements}


def amount(value: float, unit: str = "U/L", printed: str | None = None) -> dict[str, Any]:
    return {"value": value, "unit": printed or unit, "system": "http://unitsofmeasure.org", "code": unit}


P1 = {"reference": "Patient/p1"}
POPULATION: list[dict[str, Any]] = [
    resource(
        "Patient", "p1", active=True, gender="male", birthDate="1960-10-13",
        identifier=[{"system": MRN, "value": "QL1", "type": {**code("MR", "urn:kind"), "text": "病案号"}}],
        name=[{"text": "刘海涛", "family": "刘", "given": ["海涛"]}], address=[{"city": "济南市", "use": "home"}],
        telecom=[{"system": "phone", "value": "555"}], managingOrganization={"reference": "Organization/o1"},
        meta={"tag": [{"system": "urn:tag", "code": "first"}], "profile": ["http://p.test/pat|2"]},
    ),
    resource(
        "Patient", "p2", gender="female", birthDate="1985-02", deceasedBoolean=False,
        identifier=[{"value": "QL2"}], name=[{"family": "Müller-Lüdenscheidt", "given": ["Anna", "Änne"]}],
        telecom=[{"system": "email", "value": "555"}], generalPractitioner=[{"reference": "Practitioner/d1"}],
        meta={"tag": [{"code": "second"}], "source": "urn:hospital:his", "profile": ["http://p.test/pat/sub"]},
    ),
    resource(
        "Patient", "p3", deceasedDateTime="2023-05-06", birthDate="1940",
        identifier=[{"system": MRN, "value": "a,b|c$d\\e"}], name=[{"family": "O'Brien, Jr", "given": ["Ｊｉｍ"]}],
    ),
    resource("Patient", "p4", deceasedBoolean=True, name=[{"text": "Annabel"}]),
    resource("Organization", "o1", name="St. Elsewhere", alias=["Elsa"]),
    resource("Organization", "o2", name="Maker"),
    resource("Practitioner", "d1", name=[{"family": "Who"}], gender="male"),
    resource(
        "PractitionerRole", "pr1", practitioner={"reference": "Practitioner/d1"},
        organization={"reference": "Organization/o1"},
    ),
    resource("Medication", "m1", code=code("MTX", LAB), manufacturer={"reference": "Organization/o2"}),
    resource("Group", "g1", type="person", actual=True, member=[{"entity": P1}]),
    resource("Encounter", "e1", status="finished", **{"class": {"code": "AMB"}}, subject=P1,
             participant=[{"individual": {"reference": "Practitioner/d1"}}],
             length={"value": 90, "unit": "min", "code": "min"}),
    observation("b1", "Patient/p1", code("1742-6", LOINC, "Alanine aminotransferase"), issued="2024-03-05T03:00:00Z",
                effectiveDateTime="2024-03-05T10:00:00+08:00", valueQuantity=amount(5.4),
                encounter={"reference": "Encounter/e1"}, performer=[{"reference": "Practitioner/d1"}]),
    observation("b2", "Patient/p1", code("ALT", LAB), effectiveDateTime="2024-03-05", valueQuantity=amount(5.44)),
    observation("b3", "Patient/p2", code("CRP", None, "C-reaktives Protein"), status="preliminary",
                effectivePeriod={"start": "2024-01-01", "end": "2024-02-29"}, valueQuantity=amount(100, "mg/L", "mg")),
    observation("b4", "Patient/p2", {"text": "谷丙转氨酶"}, effectivePeriod={"start": "2024-06"},
                valueCodeableConcept=code("high", LAB)),
    observation("b5", f"{BASE}/Patient/p3", code("1742-6"), effectiveInstant="2024-03-05T23:59:59.500Z",
                valueString="Größer als"),
    observation("b6", "http://other.test/fhir/Patient/p1", code("x,y|z", LAB), effectiveDateTime="2023",
                category=[code("laboratory", "urn:cat")]),
    observation("b7", "urn:uuid:0c3f", code("1742-6", "urn:other")),
    observation("b8", {"identifier": {"system": MRN, "value": "QL1"}}, code("log", LAB)),
    observation("b9", "Patient/p1/_history/1", code("85354-9"), effectiveTiming={"event": ["2024-05-01", "2024-05-03"]},
                component=[{"code": code("8480-6"), "valueQuantity": amount(120, "mm[Hg]")}],
                derivedFrom=[{"reference": "Observation/b1"}]),
    observation("b10", "Group/g1", code("grp", LAB)),
    resource("Condition", "c1", subject=P1, code=code("M06", "urn:icd"), onsetAge=amount(40, "a"),
             clinicalStatus=code("active", "urn:cs")),
    resource("Condition", "c2", subject={"reference": "Patient/p2"}, code=code("M05", "urn:icd"),
             onsetDateTime="2020-02"),
    resource("MedicationRequest", "r1", status="active", intent="order", subject=P1,
             medicationReference={"reference": "Medication/m1"}, authoredOn="2024-01-31"),
    resource("MedicationRequest", "r2", status="stopped", intent="order", subject={"reference": "Patient/p2"},
             medicationCodeableConcept=code("MTX", LAB)),
    resource("AllergyIntolerance", "a1", patient=P1, reaction=[{"substance": code("nut", LAB), "severity": "mild"}]),
    resource("AdverseEvent", "ae1", actuality="actual", subject=P1, date="2024-02-03",
             study=[{"reference": "ResearchStudy/t1"}], identifier={"value": "AE-1"}),
    resource("ResearchStudy", "t1", status="active", title="Étude", identifier=[{"value": "NCT1"}]),
    resource("ResearchSubject", "s1", status="candidate", study={"reference": "ResearchStudy/t1"}, individual=P1,
             identifier=[{"system": MRN, "value": "S-1"}]),
    resource("Procedure", "pc1", status="completed", subject=P1, instantiatesUri=["http://uri.test/a/b"],
             performedPeriod={"end": "2022-03-04"}),
    resource("Provenance", "pv1", target=[{"reference": "Observation/b1"}, P1], recorded="2024-03-06T00:00:00Z",
             agent=[{"who": {"reference": "Practitioner/d1"}}]),
    resource("ServiceRequest", "sr1", status="active", intent="order", subject=P1,
             meta={"tag": [{"system": "urn:tag", "code": "first"}]}),
]  # fmt: skip


def request(path: str, method: str = "GET", body: str = "", **headers: str) -> Request:
    where, _, query = path.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Request(method, where, pairs, tuple(headers.items()), body.encode(), BASE)


def answer(context: Context, path: str, **headers: str) -> Response:
    return search(context, path.partition("?")[0] or None, request(path, **headers))


def ids(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    found = (one for one in bundle.get("entry", []) if one["search"]["mode"] == mode)
    return [one["resource"]["id"] for one in found]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)
