"""Which resources a query finds: a table of queries over the population of thirty."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.unit.testing.server.search.population import BASE, Ask, ids

Case = tuple[str, str, str, str]

TOKENS: list[Case] = [
    ("Observation", "code", "1742-6", "b1 b5 b7"),
    ("Observation", "code", "http://loinc.org|1742-6", "b1 b5"),
    ("Observation", "code", "|CRP", "b3"),
    ("Observation", "code", "|1742-6", ""),
    ("Observation", "code", "urn:lab|", "b2 b6 b8 b10"),
    ("Observation", "code", "urn:lab|ALT,|CRP,1742-6", "b1 b2 b3 b5 b7"),
    ("Observation", "code", r"urn:lab|x\,y\|z", "b6"),
    ("Observation", "code", "alt", ""),
    ("Observation", "code:not", "1742-6", "b2 b3 b4 b6 b8 b9 b10"),
    ("Observation", "code:not", "1742-6,|CRP", "b2 b4 b6 b8 b9 b10"),
    ("Observation", "code:missing", "true", ""),
    ("Observation", "category:missing", "false", "b6"),
    ("Observation", "category:missing", "true", "b1 b2 b3 b4 b5 b7 b8 b9 b10"),
    ("Observation", "code:text", "谷丙", "b4"),
    ("Observation", "code:text", "ALANINE", "b1"),
    ("Observation", "code:text", "aminotransferase", ""),
    ("Observation", "combo-code", "8480-6,85354-9", "b9"),
    ("Observation", "component-code", "8480-6", "b9"),
    ("Observation", "status", "preliminary", "b3"),
    ("Observation", "status", "http://hl7.org/fhir/observation-status|preliminary", "b3"),
    ("Observation", "status", "urn:other|preliminary", ""),
    ("Observation", "value-concept", "high", "b4"),
    ("AllergyIntolerance", "code", "nut", "a1"),
    ("AllergyIntolerance", "severity", "mild", "a1"),
    ("Patient", "identifier", "urn:mrn|QL1", "p1"),
    ("Patient", "identifier", "|QL2", "p2"),
    ("Patient", "identifier", r"urn:mrn|a\,b\|c\$d\\e", "p3"),
    ("Patient", "identifier:of-type", "urn:kind|MR|QL1", "p1"),
    ("Patient", "identifier:of-type", "urn:kind|MR|QL2", ""),
    ("Patient", "identifier:text", "病案", "p1"),
    ("Patient", "gender", "female", "p2"),
    ("Patient", "gender:not", "male", "p2 p3 p4"),
    ("Patient", "active", "true", "p1"),
    ("Patient", "deceased", "true", "p3 p4"),
    ("Patient", "deceased", "false", "p1 p2"),
    ("Patient", "phone", "555", "p1"),
    ("Patient", "email", "555", "p2"),
    ("Patient", "telecom", "555", "p1 p2"),
    ("Patient", "phone:missing", "true", "p2 p3 p4"),
    ("Patient", "address-use", "home", "p1"),
    ("Patient", "_tag", "urn:tag|first", "p1"),
    ("Patient", "_tag", "second", "p2"),
    ("Patient", "_tag:not", "second", "p1 p3 p4"),
    ("Encounter", "class", "AMB", "e1"),
    ("Group", "actual", "true", "g1"),
]
URIS: list[Case] = [
    ("Patient", "_source", "urn:hospital:his", "p2"),
    ("Patient", "_profile", "http://p.test/pat", "p1"),
    ("Patient", "_profile", "http://p.test/pat|2", "p1"),
    ("Patient", "_profile", "http://p.test/pat|3", ""),
    ("Patient", "_profile:below", "http://p.test/pat", "p1 p2"),
    ("Procedure", "instantiates-uri:above", "http://uri.test/a/b/c", "pc1"),
    ("Procedure", "instantiates-uri:above", "http://uri.test/a", ""),
]
STRINGS: list[Case] = [
    ("Patient", "name", "刘", "p1"),
    ("Patient", "name", "海涛", "p1"),
    ("Patient", "name", "涛", ""),
    ("Patient", "name:contains", "涛", "p1"),
    ("Patient", "name", "ann", "p2 p4"),
    ("Patient", "name", "anna", "p2 p4"),
    ("Patient", "name:exact", "Anna", "p2"),
    ("Patient", "name:exact", "anna", ""),
    ("Patient", "family", "MULLER", "p2"),
    ("Patient", "family:contains", "ludenscheidt", "p2"),
    ("Patient", "given", "anne", "p2"),
    ("Patient", "given", "jim", "p3"),
    ("Patient", "family", r"o'brien\, j", "p3"),
    ("Patient", "family", "刘,who,o'b", "p1 p3"),
    ("Patient", "family:missing", "true", "p4"),
    ("Patient", "address", "济南", "p1"),
    ("Patient", "address-city", "济南市", "p1"),
    ("Organization", "name", "els", "o1"),
    ("ResearchStudy", "title", "etude", "t1"),
    ("Observation", "value-string", "grosser", "b5"),
]
DATES: list[Case] = [
    ("Observation", "date", "2024-03-05", "b1 b2 b5"),
    ("Observation", "date", "2024", "b1 b2 b3 b5 b9"),
    ("Observation", "date", "2024-03-05T10:00:00+08:00", "b1"),
    ("Observation", "date", "2024-03-05T02:00:00Z", "b1"),
    ("Observation", "date", "2024-03-05T02:00", "b1"),
    ("Observation", "date", "2024-03-05T02:00Z", "b1"),
    ("Observation", "date", "ne2024-03-05", "b3 b4 b6 b9"),
    ("Observation", "date", "gt2024-03-05", "b4 b9"),
    ("Observation", "date", "gt2024-03-05T12:00:00Z", "b2 b4 b5 b9"),
    ("Observation", "date", "ge2024-03-05", "b1 b2 b4 b5 b9"),
    ("Observation", "date", "lt2024-03-05", "b3 b6"),
    ("Observation", "date", "le2024-03-05", "b1 b2 b3 b5 b6"),
    ("Observation", "date", "lt2024-02-01", "b3 b6"),
    ("Observation", "date", "sa2024-02-01", "b1 b2 b4 b5 b9"),
    ("Observation", "date", "eb2024-02-29", "b6"),
    ("Observation", "date", "eb2024-03-01", "b3 b6"),
    ("Observation", "date", "gt2030", "b4"),
    ("Observation", "date", "ap2024-03-01", "b1 b2 b3 b5 b6 b9"),
    ("Observation", "date", "2023,2024-05", "b6 b9"),
    ("Observation", "date:missing", "true", "b7 b8 b10"),
    ("Patient", "birthdate", "1960-10-13", "p1"),
    ("Patient", "birthdate", "1960", "p1"),
    ("Patient", "birthdate", "1940-01", ""),
    ("Patient", "birthdate", "lt1960", "p3"),
    ("Patient", "death-date", "2023", "p3"),
    ("Procedure", "date", "lt1800", "pc1"),
    ("Patient", "_lastUpdated", "2026-06-30T12:00:00Z", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "2026-06-30T12:00:00.000Z", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "gt2026-06-30T12:00:00.000Z", ""),
    ("Patient", "_lastUpdated", "gt2026-06-30T11:59:59.999Z", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "sa2026-06-29", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "ge2026-06-30T12:00:00.001Z", ""),
    ("Patient", "_lastUpdated", "le2026-06-30", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "lt2026-06-30", ""),
    ("Patient", "_lastUpdated", "eb2026-07", "p1 p2 p3 p4"),
    ("Patient", "_lastUpdated", "ne2026-06-30", ""),
    ("Patient", "_lastUpdated", "ap2026-06-30", "p1 p2 p3 p4"),
]
REFERENCES: list[Case] = [
    ("Observation", "subject", "Patient/p1", "b1 b2 b9"),
    ("Observation", "subject", "p1", "b1 b2 b9"),
    ("Observation", "subject", "Patient/p1/_history/1", "b1 b2 b9"),
    ("Observation", "patient", "Patient/p3", "b5"),
    ("Observation", "patient", "p3", "b5"),
    ("Observation", "subject", f"{BASE}/Patient/p1", "b1 b2 b9"),
    ("Observation", "subject", f"{BASE}/Patient/p3", "b5"),
    ("Observation", "subject", "http://other.test/fhir/Patient/p1", "b6"),
    ("Observation", "subject", "urn:uuid:0c3f", "b7"),
    ("Observation", "subject", "Patient/p2,Group/g1", "b3 b4 b10"),
    ("Observation", "subject:Patient", "p2", "b3 b4"),
    ("Observation", "subject:Group", "p2", ""),
    ("Observation", "subject:Patient", "Patient/p2", "b3 b4"),
    ("Observation", "patient", "Group/g1", ""),
    ("Observation", "subject:identifier", "urn:mrn|QL1", "b8"),
    ("Observation", "subject:identifier", "QL1,QL2", "b8"),
    ("Observation", "subject:missing", "true", ""),
    ("Observation", "patient:missing", "true", "b7 b8 b10"),
    ("Observation", "encounter:missing", "false", "b1"),
    ("Observation", "derived-from", "Observation/b1", "b9"),
    ("MedicationRequest", "medication", "m1", "r1"),
    ("Provenance", "target", "Observation/b1", "pv1"),
    ("Provenance", "patient", "p1", "pv1"),
    ("ResearchSubject", "patient", "Patient/p1", "s1"),
    ("Encounter", "practitioner", "d1", "e1"),
]
CHAINS: list[Case] = [
    ("Observation", "subject.identifier", "urn:mrn|QL1", "b1 b2 b9"),
    ("Observation", "patient.birthdate", "ge1980", "b3 b4"),
    ("Observation", "subject:Patient.name", "müller", "b3 b4"),
    ("Observation", "subject:Patient.name:exact", "müller", ""),
    ("Observation", "subject:Group.type", "person", "b10"),
    ("Observation", "patient.organization.name", "st.", "b1 b2 b9"),
    ("Observation", "patient.gender:missing", "true", "b5"),
    ("Observation", "subject._id", "p2,g1", "b3 b4 b10"),
    ("Observation", "patient._has:Condition:patient:code", "M06", "b1 b2 b9"),
    ("ResearchSubject", "study.identifier", "NCT1", "s1"),
    ("Patient", "_has:Observation:patient:code", "1742-6", "p1 p3"),
    ("Patient", "_has:Observation:subject:code:not", "1742-6", "p1 p2"),
    ("Patient", "_has:Observation:patient:_has:Provenance:target:agent", "d1", "p1"),
    ("Patient", "_has:ResearchSubject:individual:study.title", "etude", "p1"),
    ("Group", "_has:Observation:subject:code", "grp", "g1"),
    ("Medication", "_has:MedicationRequest:medication:status", "active", "m1"),
]
QUANTITIES: list[Case] = [
    ("Observation", "value-quantity", "5.4", "b1 b2"),
    ("Observation", "value-quantity", "5.40", "b1"),
    ("Observation", "value-quantity", "5.4|http://unitsofmeasure.org|U/L", "b1 b2"),
    ("Observation", "value-quantity", "5.4||U/L", "b1 b2"),
    ("Observation", "value-quantity", "5.4|urn:x|U/L", ""),
    ("Observation", "value-quantity", "100||mg", "b3"),
    ("Observation", "value-quantity", "100||mg/L", "b3"),
    ("Observation", "value-quantity", "gt5.4", "b2 b3"),
    ("Observation", "value-quantity", "sa5.4", "b2 b3"),
    ("Observation", "value-quantity", "ge5.4", "b1 b2 b3"),
    ("Observation", "value-quantity", "lt5.44", "b1"),
    ("Observation", "value-quantity", "eb5.44", "b1"),
    ("Observation", "value-quantity", "le5.44", "b1 b2"),
    ("Observation", "value-quantity", "ne5.4", "b3"),
    ("Observation", "value-quantity", "ap5", "b1 b2"),
    ("Observation", "value-quantity", "ap95", "b3"),
    ("Observation", "value-quantity", "1e2", "b3"),
    ("Observation", "value-quantity", "5.44,100", "b2 b3"),
    ("Observation", "value-quantity:missing", "false", "b1 b2 b3"),
    ("Observation", "combo-value-quantity", "gt99", "b3 b9"),
    ("Condition", "onset-age", "40||a", "c1"),
    ("Encounter", "length", "gt60||min", "e1"),
]
IDS: list[Case] = [
    ("Patient", "_id", "p2", "p2"),
    ("Patient", "_id", "p2,p1,nobody", "p1 p2"),
    ("AdverseEvent", "_id", "ae1", "ae1"),
    ("ServiceRequest", "_tag", "first", "sr1"),
]


@pytest.mark.parametrize(
    ("type_", "name", "value", "expected"),
    TOKENS + URIS + STRINGS + DATES + REFERENCES + CHAINS + QUANTITIES + IDS,
    ids=lambda text: text,
)
def test_query_finds(ask: Ask, type_: str, name: str, value: str, expected: str) -> None:
    bundle = ask(f"{type_}?{urlencode({name: value})}")
    assert ids(bundle) == expected.split()
    assert bundle["total"] == len(expected.split())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("patient=p1&code=1742-6", "b1"),
        ("patient=Patient/p1&code=1742-6,ALT&date=ge2024-03-05T12:00:00Z", "b2"),
        ("date=ge2024-03-05&date=lt2024-03-06", "b1 b2 b5"),
        ("code=1742-6&code=ALT", ""),
        ("_id=b1,b2,b3&code=ALT", "b2"),
        ("patient.identifier=urn:mrn|QL1&code=ALT", "b2"),
        ("patient.name=刘&subject._id=p1", "b1 b2 b9"),
        ("code=1742-6&patient.gender=male&_lastUpdated=ge2020", "b1"),
        ("status=final&code:not=1742-6&patient=p1", "b2 b9"),
    ],
)
def test_all_criteria_hold(ask: Ask, query: str, expected: str) -> None:
    assert ids(ask(f"Observation?{query}")) == expected.split()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("_id", "b1 b10 b2 b3 b4 b5 b6 b7 b8 b9"),
        ("-_id", "b9 b8 b7 b6 b5 b4 b3 b2 b10 b1"),
        ("date", "b6 b3 b2 b1 b5 b9 b4 b7 b8 b10"),
        ("-date", "b4 b9 b5 b1 b2 b3 b6 b7 b8 b10"),
        ("-status,-_id", "b3 b9 b8 b7 b6 b5 b4 b2 b10 b1"),
        ("-value-quantity", "b3 b2 b1 b4 b5 b6 b7 b8 b9 b10"),
        ("-_lastUpdated,subject", "b10 b1 b2 b6 b9 b3 b4 b5 b7 b8"),
        ("code,date", "b1 b5 b7 b9 b2 b3 b10 b8 b6 b4"),
    ],
)
def test_sort_orders_missing_values_last(ask: Ask, sort: str, expected: str) -> None:
    assert ids(ask(f"Observation?_sort={sort}")) == expected.split()


def test_sort_by_string_uses_folded_text(ask: Ask) -> None:
    assert ids(ask("Patient?_sort=family&family:missing=false")) == ["p2", "p3", "p1"]
