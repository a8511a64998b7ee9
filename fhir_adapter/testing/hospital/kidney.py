"""Owns what only E4 has: creatinine >= 176 umol/L, in mass and molar units, at the threshold, with bounds."""

from __future__ import annotations

from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import CREA, Resource, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Archetype, Chart, unknown
from fhir_adapter.testing.hospital.systems import LAB, LOINC

_CENSORED = unknown(Reason.CENSORED_VALUE)
_MOLAR, _MASS = "14682-9", "2160-0"
# (name, LOINC code or "" for the hospital's own, value, answer)
_EXACT: tuple[tuple[str, str, Resource, Answer], ...] = (
    ("exactly_176", _MOLAR, quantity("176", "μmol/L", "umol/L"), MET),
    ("just_below_176", _MOLAR, quantity("175.9999999999", "umol/L"), CLEAR),
    ("exactly_0_176_mmol", _MOLAR, quantity("0.176", "mmol/L", "mmol/L"), MET),
    ("near_176", _MOLAR, quantity("172", "umol/L", "umol/L"), CLEAR),
    ("mass_1_99", _MASS, quantity("1.99", "mg/dL", "mg/dL"), CLEAR),
    ("mass_2_00", _MASS, quantity("2.00", "mg/dL", "mg/dL"), MET),
    ("mass_compatibility_form", "", quantity("2", "㎎/dl"), MET),
    ("mass_code_with_molar_unit", _MASS, quantity("88", "μmol/L", "umol/L"), CLEAR),
    ("molar_code_with_mass_unit", _MOLAR, quantity("2.1", "mg/dL", "mg/dL"), MET),
    ("at_least_176", _MOLAR, quantity("176", "umol/L", "umol/L") | {"comparator": ">="}, MET),
    ("above_176", _MOLAR, quantity("176", "umol/L", "umol/L") | {"comparator": ">"}, MET),
    ("below_176", _MOLAR, quantity("176", "umol/L", "umol/L") | {"comparator": "<"}, CLEAR),
    ("at_most_176", _MOLAR, quantity("176", "umol/L", "umol/L") | {"comparator": "<="}, _CENSORED),
    ("below_200", _MOLAR, quantity("200", "umol/L", "umol/L") | {"comparator": "<"}, _CENSORED),
    ("below_18", _MOLAR, quantity("18", "umol/L", "umol/L") | {"comparator": "<"}, CLEAR),
)
_TEXTS: tuple[tuple[str, str, Answer], ...] = (
    ("text_mass_2_00", "2.00 mg/dL", MET),
    ("text_mass_1_99", "1.99mg/dL", CLEAR),
    ("text_molar", "88.4 μmol/L", CLEAR),
    ("text_bound", "<200 umol/L", _CENSORED),
    ("text_bound_decides", "<18 umol/L", CLEAR),
)


def _given(chart: Chart, loinc: str, value: Resource, answer: Answer) -> Answer:
    coding = {"system": LOINC, "code": loinc} if loinc else {"system": LAB, "code": "CREA"}
    code = {"coding": [coding], "text": "肌酐"}
    chart.observe(CREA, chart.clock.at(chart.rng.randint(1, 27)), value, code=code)
    return answer


KIDNEY = (
    *(
        Archetype(name, partial(_given, loinc=loinc, value={"valueQuantity": value}, answer=answer))
        for name, loinc, value, answer in _EXACT
    ),
    *(
        Archetype(name, partial(_given, loinc="", value={"valueString": text}, answer=answer))
        for name, text, answer in _TEXTS
    ),
)
