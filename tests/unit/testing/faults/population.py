"""A small hospital for the naive clients: names in Chinese, measured values, two statements about a drug."""

from __future__ import annotations

from typing import Any

PATIENTS = [f"p{number}" for number in range(1, 7)]
OBSERVATIONS = [f"o{number}" for number in range(1, 7)]
DRUG = {"text": "他克莫司", "coding": [{"system": "http://www.whocc.no/atc", "code": "L04AD02"}]}


def patient(id_: str) -> dict[str, Any]:
    """A patient with an identifier like its id."""
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": "urn:mrn", "value": id_}],
        "name": [{"family": "张", "given": ["三"]}],
    }


def observation(id_: str, value: float = 12.5, subject: str = "Patient/p1") -> dict[str, Any]:
    """A CRP of the first patient."""
    return {
        "resourceType": "Observation",
        "id": id_,
        "identifier": [{"system": "urn:lab", "value": id_}],
        "status": "final",
        "code": {"text": "C反应蛋白", "coding": [{"system": "http://loinc.org", "code": "1988-5"}]},
        "subject": {"reference": subject},
        "valueQuantity": {"value": value, "unit": "mg/L"},
    }


def statement(id_: str, status: str) -> dict[str, Any]:
    """What is said of a drug."""
    return {
        "resourceType": "MedicationStatement",
        "id": id_,
        "status": status,
        "medicationCodeableConcept": DRUG,
        "subject": {"reference": "Patient/p1"},
    }


def condition() -> dict[str, Any]:
    """A diagnosis."""
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"text": "类风湿关节炎"},
        "subject": {"reference": "Patient/p1"},
    }


def population() -> list[dict[str, Any]]:
    """All of it."""
    return [
        *map(patient, PATIENTS),
        *map(observation, OBSERVATIONS),
        statement("m1", "active"),
        statement("m2", "not-taken"),
        condition(),
    ]
