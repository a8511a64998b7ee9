"""Owns resources in the shape of another release, from a server whose CapabilityStatement says R4.

https://hl7.org/fhir/R4/diff.html (STU3 to R4), https://hl7.org/fhir/R5/diff.html (R4 to R5)
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.testing.faults.kinds.contents import Resource, change_resources, set_body
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response

_STU3_NAMES = {
    "Observation": {"encounter": "context"},
    "Condition": {"encounter": "context", "recordedDate": "assertedDate", "recorder": "asserter"},
    "AllergyIntolerance": {"recordedDate": "assertedDate", "recorder": "asserter"},
    "Encounter": {"reasonCode": "reason"},
    "Immunization": {"occurrenceDateTime": "date"},
    "MedicationRequest": {"encounter": "context"},
    "MedicationStatement": {"context": "context", "statusReason": "reasonNotTaken"},
    "MedicationAdministration": {"statusReason": "reasonNotGiven", "request": "prescription"},
    "Procedure": {"encounter": "context", "statusReason": "notDoneReason"},
}
_STU3_CODES = {
    "Condition": ("clinicalStatus", "verificationStatus"),
    "AllergyIntolerance": ("clinicalStatus", "verificationStatus"),
}
_STU3_NOT = {
    "MedicationAdministration": ("not-done", "notGiven"),
    "Immunization": ("not-done", "notGiven"),
    "Procedure": ("not-done", "notDone"),
}
_R5_NAMES = {
    "Encounter": {"period": "actualPeriod"},
    "MedicationStatement": {"context": "encounter"},
    "MedicationAdministration": {
        "context": "encounter",
        "effectiveDateTime": "occurenceDateTime",
        "effectivePeriod": "occurencePeriod",
    },
    "ResearchSubject": {"individual": "subject"},
    "AdverseEvent": {"event": "code", "date": "occurrenceDateTime"},
    "Procedure": {"performedDateTime": "occurrenceDateTime", "performedPeriod": "occurrencePeriod"},
}
_R5_CODEABLE = ("MedicationStatement", "MedicationRequest", "MedicationAdministration")


@kind("shape", of=Choice("stu3", "r5"))
def shape(call: Call) -> Response:
    """Write resources as STU3 or R5 would, where that differs from R4."""
    response = call.proceed(call.request)
    if not call.rule.looks_at(response):
        return response
    body = change_resources(response, stu3 if call.option("of") == "stu3" else r5)
    if body is not None and call.fires(response):
        set_body(response, body)
    return response


def stu3(resource: Resource) -> Resource | None:
    """The resource as STU3 wrote it; None when STU3 wrote it alike."""
    type_ = resource["resourceType"]
    new = _renamed(resource, _STU3_NAMES.get(type_, {}))
    for name in _STU3_CODES.get(type_, ()):
        if name in new:
            new[name] = _code(new[name])
    if type_ in _STU3_NOT:
        status, flag = _STU3_NOT[type_]
        new[flag] = new.get("status") == status
        if new[flag]:
            new["status"] = "completed"
    if type_ == "MedicationStatement":
        new["taken"] = "n" if new.get("status") == "not-taken" else "y"
        if new["taken"] == "n":
            new["status"] = "completed"
    if type_ == "Observation" and new.get("note"):
        new["comment"] = "; ".join(note.get("text", "") for note in new.pop("note"))
    return new if new != resource else None


def r5(resource: Resource) -> Resource | None:
    """The resource as R5 writes it; None when R5 writes it alike."""
    type_ = resource["resourceType"]
    new = _renamed(resource, _R5_NAMES.get(type_, {}))
    if type_ in _R5_CODEABLE:
        _medication(new)
    if type_ == "MedicationStatement" and new.get("status") in ("active", "completed", "not-taken"):
        taking = "not-taking" if new["status"] == "not-taken" else "taking"
        new["status"] = "recorded"
        new["adherence"] = {"code": {"coding": [{"code": taking}]}}
    if type_ == "Encounter":
        new["class"] = [{"coding": [new["class"]]}] if "class" in new else []
        new["status"] = {"finished": "completed"}.get(new.get("status", ""), new.get("status"))
    if type_ == "AllergyIntolerance" and isinstance(new.get("type"), str):
        new["type"] = {"coding": [{"code": new["type"]}]}
    if type_ == "ResearchSubject":
        new["progress"] = [{"subjectState": {"coding": [{"code": new.get("status")}]}}]
        new["status"] = "active"
    if type_ == "AdverseEvent":
        new["status"] = "completed"
        new["outcome"] = [new["outcome"]] if "outcome" in new else []
    return new if new != resource else None


def _renamed(resource: Resource, names: dict[str, str]) -> Resource:
    return {names.get(key, key): value for key, value in resource.items()}


def _code(concept: Any) -> Any:
    """The first code of a CodeableConcept."""
    coding = concept.get("coding") if isinstance(concept, dict) else None
    return coding[0].get("code") if coding else concept


def _medication(resource: Resource) -> None:
    """`medication[x]` as the CodeableReference of R5."""
    if "medicationCodeableConcept" in resource:
        resource["medication"] = {"concept": resource.pop("medicationCodeableConcept")}
    if "medicationReference" in resource:
        resource["medication"] = {"reference": resource.pop("medicationReference")}
