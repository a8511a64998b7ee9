"""The types that a trial reads and writes, each by the parameters that it is looked for by: R4's page of each type."""

from __future__ import annotations

import pytest

from tests.interop.charts import ICD, METHOTREXATE, RXNORM, findings, treatments, trial_records
from tests.interop.making import (
    MRN,
    TRIAL,
    adverse_event,
    enrolment,
    identifier,
    marked,
    observation,
    own,
    patient,
    provenance,
    quantity,
    study,
)
from tests.interop.target import Resource, Target, address


@pytest.fixture(scope="module")
def chart(server: Target, shared_tag: str) -> str:
    """One patient (…-p) with one resource of each type (…-r), a drug (…-m) and a trial (…-s)."""
    tag, subject, trial, drug = (
        shared_tag,
        f"Patient/{shared_tag}-p",
        f"ResearchStudy/{shared_tag}-s",
        f"Medication/{shared_tag}-m",
    )
    server.update({**patient(tag, birthDate="1970-01-02"), "id": f"{tag}-p"}, 201)
    server.update({**study(tag, identifier=identifier(tag, TRIAL)), "id": f"{tag}-s"}, 201)
    server.update({**marked(tag, "Medication", code=METHOTREXATE), "id": f"{tag}-m"}, 201)
    for row in (
        *findings(tag, subject),
        *treatments(tag, subject, drug),
        *trial_records(tag, subject, trial),
    ):
        server.update({**row, "id": f"{tag}-r"}, 201)
    return tag


FOUND = [
    ("Condition", "patient", "{}-p"),
    ("Condition", "code", f"{ICD}|M05.8"),
    ("Condition", "clinical-status", "active"),
    ("Condition", "onset-date", "2019"),
    ("Condition", "recorded-date", "ge2024-05-10"),
    ("Observation", "category", "laboratory"),
    ("Observation", "date", "2024-05-10"),
    ("MedicationRequest", "patient", "{}-p"),
    ("MedicationRequest", "code", f"{RXNORM}|6851"),
    ("MedicationRequest", "authoredon", "ge2024-01-01"),
    ("MedicationRequest", "status", "active,completed"),
    ("MedicationRequest", "intent", "order"),
    ("MedicationStatement", "patient", "{}-p"),
    ("MedicationStatement", "medication", "Medication/{}-m"),
    ("MedicationStatement", "medication.code", f"{RXNORM}|6851"),
    ("MedicationStatement", "effective", "ge2024-03"),
    ("MedicationAdministration", "effective-time", "ge2024-03-15"),
    ("MedicationAdministration", "subject", "Patient/{}-p"),
    ("Procedure", "code", "80146002"),
    ("Procedure", "date", "le2024-03-02"),
    ("Immunization", "patient", "{}-p"),
    ("Immunization", "vaccine-code", "33"),
    ("Immunization", "date", "2024-03-10"),
    ("AllergyIntolerance", "patient", "{}-p"),
    ("AllergyIntolerance", "code", "7980"),
    ("ResearchSubject", "patient", "{}-p"),
    ("ResearchSubject", "individual", "Patient/{}-p"),
    ("ResearchSubject", "study", "ResearchStudy/{}-s"),
    ("ResearchSubject", "study.identifier", f"{TRIAL}|{{}}"),
    ("ResearchSubject", "identifier", f"{MRN}|{{}}"),
    ("ResearchSubject", "status", "candidate"),
    ("ResearchSubject", "date", "le2024-03-02"),
    ("AdverseEvent", "subject", "Patient/{}-p"),
    ("AdverseEvent", "event", "10019211"),
    ("AdverseEvent", "date", "2024-05-10"),
    ("AdverseEvent", "study", "ResearchStudy/{}-s"),
    ("AdverseEvent", "actuality", "actual"),
    ("AdverseEvent", "seriousness", "Non-serious"),
    ("Provenance", "target", "Patient/{}-p"),
    ("Provenance", "recorded", "2024-05-10"),
    ("ResearchStudy", "identifier", f"{TRIAL}|{{}}"),
    ("ResearchStudy", "status", "active"),
    ("Medication", "code", f"{RXNORM}|6851"),
    ("Patient", "birthdate", "1970-01-02"),
]


@pytest.mark.parametrize(("kind", "name", "value"), FOUND, ids=[f"{row[0]}?{row[1]}" for row in FOUND])
def test_each_type_is_found(server: Target, chart: str, kind: str, name: str, value: str) -> None:
    """The parameter finds it, and really filters: another value finds nothing."""
    last = {"ResearchStudy": "s", "Medication": "m", "Patient": "p"}.get(kind, "r")
    found = server.ids(kind, {"_tag": own(chart), name: value.format(chart)})
    assert found == [f"{chart}-{last}"]


OTHER = {"reference": "Patient/nobody-here", "date": "1901-01-01", "token": "no-such-code"}
NOT_FOUND = [
    ("Condition", "patient", "reference"),
    ("Condition", "code", "token"),
    ("Condition", "onset-date", "date"),
    ("MedicationRequest", "code", "token"),
    ("MedicationRequest", "authoredon", "date"),
    ("MedicationStatement", "effective", "date"),
    ("MedicationAdministration", "effective-time", "date"),
    ("Procedure", "date", "date"),
    ("Immunization", "vaccine-code", "token"),
    ("ResearchSubject", "patient", "reference"),
    ("ResearchSubject", "status", "token"),
    ("AdverseEvent", "subject", "reference"),
    ("AdverseEvent", "date", "date"),
    ("Provenance", "recorded", "date"),
]


@pytest.mark.parametrize(("kind", "name", "sort"), NOT_FOUND, ids=[f"{row[0]}?{row[1]}" for row in NOT_FOUND])
def test_each_parameter_filters(server: Target, chart: str, kind: str, name: str, sort: str) -> None:
    """A parameter that does not filter hands out other people's records."""
    assert server.ids(kind, {"_tag": own(chart), name: OTHER[sort]}) == []


def written(server: Target, tag: str) -> tuple[Resource, str]:
    """An observation in its second version, and the versioned reference to its first."""
    stored = server.create(observation(tag))
    server.update({**stored, "valueQuantity": quantity(1)})
    return stored, f"{address(stored)}/_history/1"


def kept(server: Target, unversioned: str) -> str:
    """A versioned reference as the target keeps it."""
    return unversioned if server.says("version-in-reference", True) else unversioned.split("/_history/")[0]


def test_versions_in_provenance(server: Target, tag: str) -> None:
    """references.html#Reference: a reference may name a version; so Provenance says what was read."""
    stored, versioned = written(server, tag)
    trace = server.create(provenance(tag, versioned))
    assert server.get(address(trace)).json()["target"] == [{"reference": kept(server, versioned)}]
    assert server.ids("Provenance", {"target": address(stored)}) == [trace["id"]]


def test_versions_in_derived_from(server: Target, tag: str) -> None:
    """references.html#Reference: the same in a score that was made from readings."""
    _, versioned = written(server, tag)
    score = server.create(observation(tag, derivedFrom=[{"reference": versioned}]))
    assert server.get(address(score)).json()["derivedFrom"] == [{"reference": kept(server, versioned)}]


def test_display_beside_a_reference_survives(server: Target, tag: str) -> None:
    """references.html#Reference: where a server strips versions, the display still says what was read."""
    stored, versioned = written(server, tag)
    derived = [{"reference": address(stored), "display": versioned, "identifier": {"value": versioned}}]
    score = server.create(observation(tag, derivedFrom=derived))
    assert server.get(address(score)).json()["derivedFrom"] == derived


def test_an_enrolment_moves_on(server: Target, tag: str) -> None:
    """researchsubject.html: a status changes by an update under a guard, and old states are in the history."""
    subject, trial = address(server.create(patient(tag))), address(server.create(study(tag)))
    stored = server.create(enrolment(tag, subject, trial))
    changed = {**stored, "status": "screening"}
    assert server.put(address(stored), changed, If_Match='W/"1"').status_code == 200
    states = [row["resource"]["status"] for row in server.get(f"{address(stored)}/_history").json()["entry"]]
    assert states == ["screening", "candidate"]


def test_an_adverse_event_is_found_by_its_tag(server: Target, tag: str) -> None:
    """search.html#all: what R4 offers in place of an identifier parameter."""
    subject = address(server.create(patient(tag)))
    stored = server.create(adverse_event(tag, subject, identifier=identifier(tag)[0]))
    assert server.ids("AdverseEvent", {"_tag": own(tag), "subject": subject}) == [stored["id"]]
    assert server.get(address(stored)).json()["identifier"]["value"] == tag
