"""Owns small builders of resources: only what is mandatory is filled, every keyword is FHIR's own element.

Ids and subjects are left out: whoever puts the resources together (tests/spec/cases.py) knows whose they are.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from tests.screened import AS_OF, Resource

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ICD = "http://hl7.org/fhir/sid/icd-10"
ICD_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_CN = "urn:oid:2.16.156.10011.2.3.3.11"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
CVX = "http://hl7.org/fhir/sid/cvx"
REGISTRY = "https://clinicaltrials.gov"
REGISTRY_ID = "NCT02837978"
LAB = "http://hospital.example/lab"

CODES = {
    "platelets": (LOINC, "777-3"),
    "wbc": (LOINC, "6690-2"),
    "alt": (LOINC, "1742-6"),
    "ast": (LOINC, "1920-8"),
    "creatinine": (LOINC, "14682-9"),
    "creatinine-mass": (LOINC, "2160-0"),
    "esr": (LOINC, "4537-7"),
    "crp": (LOINC, "1988-5"),
    "crp-molar": (LOINC, "76485-2"),
    "tender": (SNOMED, "442736000"),
    "swollen": (SNOMED, "442687006"),
    "global": (LOINC, "75894-6"),
    "das28": (SNOMED, "441870009"),
    "hbsag": (LOINC, "5196-1"),
    "hbv-dna": (LOINC, "42595-9"),
    "anti-hbc": (LOINC, "16933-4"),
    "igra": (LOINC, "71773-6"),
    "hcg": (LOINC, "2106-3"),
    "hcg-number": (LOINC, "19080-1"),
    "pregnancy-status": (LOINC, "82810-3"),
    "breastfeeding": (LOINC, "63895-7"),
    "menopause": (SNOMED, "161712005"),
    "systolic": (LOINC, "8480-6"),
    "diastolic": (LOINC, "8462-4"),
    "hba1c": (LOINC, "4548-4"),
    "lvef": (LOINC, "10230-1"),
    "nyha": (LOINC, "88020-3"),
}


def day(ago: int) -> str:
    """The date so many days before the index."""
    return (date.fromisoformat(AS_OF) - timedelta(days=ago)).isoformat()


def patient(born: str | None = "1980-05-05", **more: Any) -> Resource:
    """A Patient; `born` None has no birthDate."""
    known = {} if born is None else {"birthDate": born}
    return {"resourceType": "Patient", **known, **more}


def coded(what: str) -> Resource:
    """The code of a test by its plain name."""
    system, code = CODES[what]
    return {"coding": [{"system": system, "code": code}]}


def observation(what: str | Resource, value: Resource, when: str | None = day(5), **more: Any) -> Resource:
    """A final result; `what` is a name in CODES or a whole CodeableConcept, `value` the value[x]."""
    timed = {} if when is None else {"effectiveDateTime": when}
    code = coded(what) if isinstance(what, str) else what
    return {"resourceType": "Observation", "status": "final", "code": code, **timed, **value, **more}


def quantity(value: Any, unit: str | None, **more: Any) -> Resource:
    """valueQuantity with the unit as printed."""
    printed = {} if unit is None else {"unit": unit}
    return {"valueQuantity": {"value": value, **printed, **more}}


def platelets(value: Any, unit: str | None = "10*9/L", when: str | None = day(5), **more: Any) -> Resource:
    return observation("platelets", quantity(value, unit), when, **more)


def wbc(value: Any, unit: str | None = "10*9/L", when: str | None = day(5), **more: Any) -> Resource:
    return observation("wbc", quantity(value, unit), when, **more)


def upper_limit(high: float, unit: str | None = None, **more: Any) -> Resource:
    """One referenceRange with an upper bound."""
    printed = {} if unit is None else {"unit": unit}
    return {"high": {"value": high, **printed}, **more}


def enzyme(
    what: str, value: Any, *ranges: Resource, unit: str = "U/L", when: str = day(5), **more: Any
) -> Resource:
    """ALT or AST with its reference ranges."""
    ranged = {"referenceRange": list(ranges)} if ranges else {}
    return observation(what, quantity(value, unit), when, **ranged, **more)


def creatinine(value: Any, unit: str | None = "umol/L", when: str | None = day(5), **more: Any) -> Resource:
    return observation("creatinine", quantity(value, unit), when, **more)


def visit(when: str = day(5), **components: Any) -> list[Resource]:
    """Results of one visit: tender, swollen, esr, crp, ptga (mm), das28; a dict is taken as value[x]."""
    units = {
        "tender": "{#}",
        "swollen": "{#}",
        "esr": "mm/h",
        "crp": "mg/L",
        "ptga": "mm",
        "das28": "{score}",
    }
    return [
        observation(
            "global" if name == "ptga" else name,
            value if isinstance(value, dict) else quantity(value, units[name]),
            when,
        )
        for name, value in components.items()
    ]


def icd(code: str, system: str = ICD) -> Resource:
    """A CodeableConcept with an ICD-10 code."""
    return {"coding": [{"system": system, "code": code}]}


def snomed(code: str) -> Resource:
    """A CodeableConcept with a SNOMED CT code."""
    return {"coding": [{"system": SNOMED, "code": code}]}


def status(code: str) -> Resource:
    """clinicalStatus or verificationStatus."""
    return {"coding": [{"code": code}]}


def condition(code: Resource, recorded: str | None = day(100), **more: Any) -> Resource:
    """A confirmed, active Condition; `verificationStatus=None` leaves an element out."""
    found = {
        "resourceType": "Condition",
        "clinicalStatus": status("active"),
        "verificationStatus": status("confirmed"),
        "code": code,
        "recordedDate": recorded,
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def said(text: str) -> Resource:
    """valueCodeableConcept in words."""
    return {"valueCodeableConcept": {"text": text}}


def said_code(code: str, system: str = SNOMED) -> Resource:
    """valueCodeableConcept as a code."""
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def positive(what: str, when: str | None = day(5), **more: Any) -> Resource:
    return observation(what, said("阳性"), when, **more)


def negative(what: str, when: str | None = day(5), **more: Any) -> Resource:
    return observation(what, said("阴性"), when, **more)


def pressure(systolic: float, diastolic: float, when: str = day(5), **more: Any) -> Resource:
    """A blood pressure panel."""
    parts = {"systolic": systolic, "diastolic": diastolic}
    component = [{"code": coded(name), **quantity(value, "mm[Hg]")} for name, value in parts.items()]
    panel = {"coding": [{"system": LOINC, "code": "85354-9"}]}
    return observation(panel, {}, when, component=component, **more)


def drug(name: str) -> Resource:
    """A medication: an RxNorm number, an ATC code, or else text."""
    if name.isdigit():
        return {"coding": [{"system": RXNORM, "code": name}]}
    if re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", name):
        return {"coding": [{"system": ATC, "code": name}]}
    return {"text": name}


def dose(amount: Any, unit: str = "mg", every: int = 1, **more: Any) -> Resource:
    """A Dosage: so much, once in so many days."""
    repeat = {"frequency": 1, "period": every, "periodUnit": "d"}
    rate = [{"doseQuantity": {"value": amount, "unit": unit}}]
    return {"timing": {"repeat": repeat}, "doseAndRate": rate, **more}


def period(start: str | None, end: str | None = None) -> Resource:
    """A Period; what is None is left out."""
    return {name: value for name, value in (("start", start), ("end", end)) if value is not None}


def _medicated(kind: str, name: str | Resource, **more: Any) -> Resource:
    """A record of one medication; a dict is the medication[x] itself."""
    named = {"medicationCodeableConcept": drug(name)} if isinstance(name, str) else name
    return {"resourceType": kind, **named, **{key: value for key, value in more.items() if value is not None}}


def statement(
    name: str | Resource, start: str | None = None, end: str | None = None, *doses: Resource, **more: Any
) -> Resource:
    """MedicationStatement over a period; completed where it has an end."""
    dated = {"effectivePeriod": period(start, end)} if start or end else {}
    status_ = "active" if end is None else "completed"
    dosed = {"dosage": list(doses)} if doses else {}
    return _medicated("MedicationStatement", name, **{"status": status_, **dated, **dosed, **more})


def request(name: str | Resource, authored: str | None, *doses: Resource, **more: Any) -> Resource:
    """An active MedicationRequest, an order."""
    dosed = {"dosageInstruction": list(doses)} if doses else {}
    told = {"status": "active", "intent": "order", "authoredOn": authored}
    return _medicated("MedicationRequest", name, **{**told, **dosed, **more})


def supply(days: int, repeats: int = 0) -> Resource:
    """dispenseRequest: what was handed out lasts so long."""
    lasts = {"value": days, "unit": "d", "system": UCUM, "code": "d"}
    return {"dispenseRequest": {"expectedSupplyDuration": lasts, "numberOfRepeatsAllowed": repeats}}


def administration(name: str | Resource, when: str, milligrams: Any = None, **more: Any) -> Resource:
    """A completed MedicationAdministration of one day."""
    given = {} if milligrams is None else {"dosage": {"dose": {"value": milligrams, "unit": "mg"}}}
    told = {"status": "completed", "effectiveDateTime": when}
    return _medicated("MedicationAdministration", name, **{**told, **given, **more})


def allergy(name: str | None, recorded: str | None = day(100), **more: Any) -> Resource:
    """A confirmed AllergyIntolerance; `name` None leaves the code out."""
    told = {"verificationStatus": status("confirmed"), "recordedDate": recorded}
    named = {} if name is None else {"code": drug(name)}
    given = {**told, **named, **more}
    return {"resourceType": "AllergyIntolerance", **{k: v for k, v in given.items() if v is not None}}


def vaccination(vaccine: Resource, when: str | None = day(5), **more: Any) -> Resource:
    """A completed Immunization."""
    dated = {} if when is None else {"occurrenceDateTime": when}
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": vaccine,
        **dated,
        **more,
    }


def adverse_event(suspect: Resource | None = None, when: str = day(50), **more: Any) -> Resource:
    """An actual AdverseEvent; `suspect` is the suspected entity's instance."""
    suspected = {} if suspect is None else {"suspectEntity": [{"instance": suspect}]}
    return {"resourceType": "AdverseEvent", "actuality": "actual", "date": when, **suspected, **more}


def enrolled(status_: str = "on-study", number: str = REGISTRY_ID, **more: Any) -> Resource:
    """A ResearchSubject of a study that is told by its registry id."""
    study = {"identifier": {"system": REGISTRY, "value": number}}
    return {"resourceType": "ResearchSubject", "status": status_, "study": study, **more}
