"""Owns one patient's chart: a resource of each type that a trial reads or writes, by its type."""

from __future__ import annotations

from tests.interop.making import (
    LOINC,
    adverse_event,
    concept,
    enrolment,
    identifier,
    marked,
    observation,
    provenance,
    quantity,
)
from tests.interop.target import Resource

ICD = "http://hl7.org/fhir/sid/icd-10"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_SNOMED = "http://snomed.info/sct"
_CVX = "http://hl7.org/fhir/sid/cvx"
_HL7 = "http://terminology.hl7.org/CodeSystem"
METHOTREXATE = concept("6851", RXNORM, "Methotrexate")
PERIOD = {"start": "2024-03-01", "end": "2024-04-01"}


def findings(tag: str, subject: str) -> list[Resource]:
    """What is known of the patient."""
    whose = {"reference": subject}
    return [
        marked(
            tag,
            "Condition",
            subject=whose,
            code=concept("M05.8", ICD),
            clinicalStatus=concept("active", f"{_HL7}/condition-clinical"),
            onsetDateTime="2019",
            recordedDate="2024-05-10",
        ),
        observation(
            tag,
            subject,
            category=[concept("laboratory", f"{_HL7}/observation-category")],
            code=concept("1988-5", LOINC),
            valueQuantity=quantity(12),
            issued="2024-05-10T12:00:00Z",
            effectiveDateTime="2024-05-10",
        ),
        marked(tag, "AllergyIntolerance", patient=whose, code=concept("7980", RXNORM), criticality="high"),
    ]


def treatments(tag: str, subject: str, medication: str) -> list[Resource]:
    """What was given and done."""
    whose = {"reference": subject}
    drug = {"medicationCodeableConcept": METHOTREXATE}
    request = {"status": "active", "intent": "order", "authoredOn": "2024-03-01", "subject": whose, **drug}
    statement = {"status": "active", "subject": whose, "effectivePeriod": PERIOD}
    given = {"status": "completed", "subject": whose, "effectivePeriod": PERIOD, **drug}
    done = {"status": "completed", "subject": whose, "performedPeriod": PERIOD}
    shot = {"status": "completed", "patient": whose, "occurrenceDateTime": "2024-03-10"}
    return [
        marked(tag, "MedicationRequest", **request),
        marked(tag, "MedicationStatement", medicationReference={"reference": medication}, **statement),
        marked(tag, "MedicationAdministration", **given),
        marked(tag, "Procedure", code=concept("80146002", _SNOMED), **done),
        marked(tag, "Immunization", vaccineCode=concept("33", _CVX), **shot),
    ]


def trial_records(tag: str, subject: str, trial: str) -> list[Resource]:
    """What a trial writes."""
    return [
        enrolment(tag, subject, trial, identifier=identifier(tag), period=PERIOD),
        adverse_event(
            tag,
            subject,
            event=concept("10019211", f"{_HL7}/mdr"),
            date="2024-05-10",
            study=[{"reference": trial}],
            seriousness=concept("Non-serious", f"{_HL7}/adverse-event-seriousness"),
        ),
        provenance(tag, subject),
    ]
