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
PHARMACY = "http://hospital.example/pharmacy"
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
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
        "HBSAG": (LOINC, "5196-1"),
        "HBVDNA": (LOINC, "42595-9"),
        "HBCAB": (LOINC, "16933-4"),
        "IGRA": (LOINC, "71773-6"),
        "HCG": (LOINC, "2106-3"),
        "PREG": (LOINC, "82810-3"),
        "BF": (LOINC, "63895-7"),
        "HBA1C": (LOINC, "4548-4"),
        "LVEF": (LOINC, "10230-1"),
        "SBP": (LOINC, "8480-6"),
        "DBP": (LOINC, "8462-4"),
    }
)
"""The hospital's local laboratory codes and what each means: its codes.csv."""

DRUG_CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "YP-MTX": (ATC, "L04AX03"),
        "YP-LEF": (RXNORM, "27169"),
        "YP-PRED": (ATC, "H02AB07"),
        "YP-MELO": (ATC, "M01AC06"),
        "YP-FOL": (ATC, "B03BB01"),
    }
)
"""Some of its pharmacy's codes, and what each means; the others only say it in words."""

SITE = Site(
    id="hospital-example",
    title="示例医院",
    time_zone="Asia/Shanghai",
    base_urls=(BASE_URL,),
    systems=MappingProxyType({ICD_CN: "icd-10-cn"}),
    code_maps=MappingProxyType(
        {
            (system, code): (target,)
            for system, codes in ((LAB, LAB_CODES), (PHARMACY, DRUG_CODES))
            for code, target in codes.items()
        }
    ),
)
"""The site whose records these are: screening the population needs exactly this mapping."""
