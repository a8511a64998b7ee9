"""Owns the resources that the cases write: minimal, valid R4, and marked with the tag of their test.

The tag keeps tests apart on a server that many of them share: each searches for its own only.
"""

from __future__ import annotations

import uuid
from typing import Any

from tests.interop.target import Resource

TAG = "https://fhir-adapter.example/interop"
MRN = "https://hospital.example/mrn"
TRIAL = "https://registry.example/trials"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CRP = {"system": LOINC, "code": "1988-5", "display": "C reactive protein"}


def own(tag: str) -> str:
    """The `_tag` that finds what a test wrote."""
    return f"{TAG}|{tag}"


def marked(tag: str, resource_type: str, **elements: Any) -> Resource:
    """A resource of a test; an element that is None is left out."""
    given = {name: value for name, value in elements.items() if value is not None}
    return {"resourceType": resource_type, "meta": {"tag": [{"system": TAG, "code": tag}]}, **given}


def identifier(value: str, system: str = MRN) -> list[dict[str, str]]:
    """One identifier, in the list that FHIR wants."""
    return [{"system": system, "value": value}]


def concept(code: str, system: str = LOINC, display: str | None = None) -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def patient(tag: str, **elements: Any) -> Resource:
    """A patient without any mandatory element: R4 asks for none."""
    return marked(tag, "Patient", **elements)


def observation(tag: str, subject: str | None = None, **elements: Any) -> Resource:
    """A final C-reactive protein, unless the elements say otherwise."""
    return marked(
        tag,
        "Observation",
        **{
            "status": "final",
            "code": {"coding": [CRP]},
            "subject": {"reference": subject} if subject else None,
            **elements,
        },
    )


def quantity(value: float, unit: str = "mg/L") -> Resource:
    """A quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def study(tag: str, **elements: Any) -> Resource:
    """A trial."""
    return marked(tag, "ResearchStudy", status="active", **elements)


def enrolment(tag: str, subject: str, trial: str, **elements: Any) -> Resource:
    """A patient on a trial's list: R4 calls the patient `individual`."""
    return marked(
        tag,
        "ResearchSubject",
        **{
            "status": "candidate",
            "individual": {"reference": subject},
            "study": {"reference": trial},
            **elements,
        },
    )


def adverse_event(tag: str, subject: str, **elements: Any) -> Resource:
    """An adverse event that happened."""
    return marked(tag, "AdverseEvent", actuality="actual", subject={"reference": subject}, **elements)


def provenance(tag: str, target: str, **elements: Any) -> Resource:
    """Who wrote a resource."""
    return marked(
        tag,
        "Provenance",
        target=[{"reference": target}],
        recorded="2024-05-10T12:00:00Z",
        agent=[{"who": {"display": "fhir-adapter"}}],
        **elements,
    )


def bundle(kind: str, *entries: Resource) -> Resource:
    """A batch or transaction."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(
    method: str, url: str, resource: Resource | None = None, full_url: str | None = None, **request: str
) -> Resource:
    """One entry; further keywords go into its request (ifNoneExist, ifMatch)."""
    row: Resource = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        row["resource"] = resource
    if full_url is not None:
        row["fullUrl"] = full_url
    return row


def urn() -> str:
    """A name for a resource within one transaction."""
    return f"urn:uuid:{uuid.uuid4()}"
