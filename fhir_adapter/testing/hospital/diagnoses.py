"""Owns words and codes of diagnoses: rheumatoid arthritis and what stands beside it in ordinary records."""

from __future__ import annotations

from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.systems import ICD_CN, SNOMED

# (code, words) of the Chinese extension of ICD-10
RA_CODES = (
    ("M06.900", "类风湿关节炎"),
    ("M05.900", "血清阳性类风湿关节炎"),
    ("M06.000", "血清阴性类风湿关节炎"),
    ("M05.800", "其他血清阳性类风湿关节炎"),
    ("M06.800x071", "类风湿关节炎多部位"),
)
OTHER_CODES = (
    ("J45.900", "支气管哮喘"),
    ("H04.100", "干眼症"),
    ("K21.900", "胃食管反流病"),
    ("M81.900", "骨质疏松"),
    ("M17.900", "膝骨关节炎"),
    ("E78.500", "高脂血症"),
    ("D64.900", "贫血"),
)


def coded(code: str, text: str = "", system: str = ICD_CN) -> Resource:
    """A CodeableConcept with one coding, and its words where given."""
    coding = {"system": system, "code": code}
    return {"coding": [coding | {"display": text}], "text": text} if text else {"coding": [coding]}


def ra(chart: Chart) -> Resource:
    """Rheumatoid arthritis in one of the codes that every reader must know."""
    pick = chart.rng.random()
    code, text = chart.rng.choice(RA_CODES)
    if pick < 0.7:
        return coded(code, text)
    snomed = {"system": SNOMED, "code": "69896004", "display": "Rheumatoid arthritis"}
    if pick < 0.85:
        return {"coding": [snomed], "text": "类风湿关节炎"}
    return {"coding": [{"system": ICD_CN, "code": code, "display": text}, snomed], "text": text}


def others(chart: Chart, at_least: int = 1) -> None:
    """Ordinary diagnoses of the last months, all of them mapped and none of them rheumatoid arthritis."""
    for code, text in chart.rng.sample(OTHER_CODES, chart.rng.randint(at_least, 4)):
        chart.diagnose(coded(code, text), recorded=chart.rng.randint(3, 600))
