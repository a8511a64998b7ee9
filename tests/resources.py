"""Owns small builders of resources: only what is mandatory is filled, every keyword is FHIR's own element.

Ids and subjects are left out: whoever puts the resources together (tests/spec/cases.py) knows whose they are.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.screened import AS_OF, Resource

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ICD = "http://hl7.org/fhir/sid/icd-10"
ICD_CN = "urn:oid:2.16.156.10011.2.3.3.11"
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
