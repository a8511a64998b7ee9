"""Owns the hospital's URIs and local codes, and the Site that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_adapter.model.inputs import Site

AS_OF = "2026-06-30"  # default index date, Asia/Shanghai
BASE_URL = "http://hospital.example/fhir"
LAB = "http://hospital.example/lab"
LOCAL_DIAGNOSIS = "http://hospital.example/diagnosis"
MRN = "http://hospital.example/mrn"
ICD_CN = "urn:oid:2.16.156.10011.2.3.3.11"
ICD = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"

LAB_CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "PLT": (LOINC, "777-3"),
        "WBC": (LOINC, "6690-2"),
        "ALT": (LOINC, "1742-6"),
        "AST": (LOINC, "1920-8"),
        "CREA": (LOINC, "14682-9"),
        "ESR": (LOINC, "4537-7"),
        "CRP": (LOINC, "1988-5"),
        "TJC28": (SNOMED, "442736000"),
        "SJC28": (SNOMED, "442687006"),
        "PGA": (LOINC, "75894-6"),
        "DAS28": (SNOMED, "441870009"),
    }
)
"""The hospital's local laboratory codes and what each means: its codes.csv."""

SITE = Site(
    id="hospital-example",
    title="示例医院",
    time_zone="Asia/Shanghai",
    base_urls=(BASE_URL,),
    systems=MappingProxyType({ICD_CN: "icd-10-cn"}),
    code_maps=MappingProxyType({(LAB, code): (target,) for code, target in LAB_CODES.items()}),
)
"""The site whose records these are: screening the population needs exactly this mapping."""
