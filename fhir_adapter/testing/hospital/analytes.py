"""Owns the tests that the trial reads: codes, units as a hospital writes them, clear values on both sides."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fhir_adapter.testing.hospital.systems import LAB, LOINC, SNOMED, UCUM

Resource = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A spelling of the unit: number = canonical x `per`, rounded to `digits`; `code` where UCUM is sent."""

    unit: str | None
    code: str | None = None
    per: Decimal = Decimal(1)
    digits: int = 2


@dataclass(frozen=True)
class Test:
    """`fine` and `bad` are canonical values that lie clearly on the FALSE and the TRUE side of the line."""

    local: str
    codes: tuple[tuple[str, str, str], ...]
    text: str
    category: str
    forms: tuple[Form, ...]
    fine: tuple[float, float] = (0, 0)
    bad: tuple[float, float] = (0, 0)
    unknown_unit: str = (
        "单位"  # what no allow-list may hold: `×10^3/` is cut off, of a litre or of a microlitre
    )
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None  # of women, of men

    def form(self, rng: random.Random) -> Form:
        """One of the readable spellings."""
        return self.forms[rng.randrange(len(self.forms))]


@lru_cache(maxsize=1 << 16)
def number(value: Decimal | float | int | str) -> float | int:
    """The JSON number that spells this decimal."""
    exact = Decimal(str(value))
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def quantity(value: Decimal | float | int | str, unit: str | None, code: str | None = None) -> Resource:
    """A Quantity exactly as given."""
    answer: Resource = {"value": number(value)}
    if unit is not None:
        answer["unit"] = unit
    if code is not None:
        answer |= {"system": UCUM, "code": code}
    return answer


def spelled(canonical: float, form: Form) -> Resource:
    """A clear canonical value in one of the unit's spellings, rounded as an analyser rounds."""
    return quantity(round(Decimal(str(canonical)) * form.per, form.digits), form.unit, form.code)


def concept(test: Test, rng: random.Random) -> Resource:
    """The test's code: a standard code, the hospital's own beside it, or the hospital's own alone."""
    pick = rng.random()
    codings = []
    if pick < 0.75:
        system, code, display = test.codes[rng.randrange(len(test.codes))]
        codings.append({"system": system, "code": code, "display": display})
    if pick > 0.30:
        codings.append({"system": LAB, "code": test.local, "display": test.text})
    return {"coding": codings, "text": test.text}


def _loinc(display: str, *codes: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((LOINC, code, display) for code in codes)


_COUNTS = (
    Form("10*9/L", "10*9/L"),
    Form("×10^9/L", "10*9/L"),
    Form("10^9/L"),
    Form("×10^9/L"),
    Form("x10^9/L"),
    Form("10E9/L"),
    Form("×１０＾９／Ｌ"),
    Form("10*3/uL", "10*3/uL"),
    Form("10^3/uL"),
    Form("×10^3/μl"),  # Greek mu
    Form("10^3/µL"),  # micro sign
    Form("K/uL"),
    Form("/uL", "/uL", Decimal(1000), 0),
    Form("/mm3", None, Decimal(1000), 0),
    Form("cells/uL", None, Decimal(1000), 0),
    Form("万/μl", None, Decimal("0.1"), 3),
)
_ENZYMES = (
    Form("U/L", "U/L", digits=1),
    Form("U/L", digits=0),
    Form("IU/L", digits=1),
    Form("[IU]/L", "[IU]/L", digits=1),
    Form("u/l", digits=0),
    Form("lU/L", digits=0),  # a letter l in place of the I: seen
    Form("Ｕ／Ｌ", digits=0),
    Form("U/L/37℃", digits=0),
    Form("ukat/L", "ukat/L", Decimal(1) / Decimal(60), 3),
)
_CREATININE = (
    Form("umol/L", "umol/L", digits=0),
    Form("μmol/L", "umol/L", digits=1),
    Form("μmol/L", digits=0),
    Form("µmol/L", digits=1),
    Form("μmol／L", digits=0),
    Form("mg/dL", "mg/dL", Decimal(1) / Decimal("88.4")),
    Form("㎎/dl", None, Decimal(1) / Decimal("88.4")),
    Form("ｍｇ／ｄｌ", None, Decimal(1) / Decimal("88.4")),
    Form("mmol/L", "mmol/L", Decimal("0.001"), 3),
)

PLT = Test(
    "PLT", _loinc("Platelets [#/volume] in Blood", "777-3", "26515-7"), "血小板计数", "laboratory",
    _COUNTS, (95, 380), (20, 74), "×10^3/", ((125, 350), (125, 350)),
)  # fmt: skip
WBC = Test(
    "WBC", _loinc("Leukocytes [#/volume] in Blood", "6690-2"), "白细胞计数", "laboratory",
    _COUNTS, (3.4, 11), (0.9, 2.7), "×10^3/", ((3.5, 9.5), (3.5, 9.5)),
)  # fmt: skip
ALT = Test(
    "ALT", _loinc("Alanine aminotransferase", "1742-6", "1743-4", "1744-2"), "丙氨酸氨基转移酶", "laboratory",
    _ENZYMES, (8, 62), (130, 420), "卡门单位", ((7, 40), (9, 50)),
)  # fmt: skip
AST = Test(
    "AST", _loinc("Aspartate aminotransferase", "1920-8", "30239-8"), "天门冬氨酸氨基转移酶", "laboratory",
    _ENZYMES, (10, 60), (120, 380), "卡门单位", ((13, 35), (15, 40)),
)  # fmt: skip
CREA = Test(
    "CREA", _loinc("Creatinine", "14682-9"), "肌酐", "laboratory",
    _CREATININE, (40, 160), (195, 520), "单位", ((41, 73), (57, 97)),
)  # fmt: skip
ESR = Test(
    "ESR", _loinc("Erythrocyte sedimentation rate", "4537-7", "30341-2"), "红细胞沉降率(血沉)", "laboratory",
    (Form("mm/h", "mm/h"), Form("mm/h"), Form("mm/hr"), Form("mm/1h"), Form("毫米/小时")),
)  # fmt: skip
CRP = Test(
    "CRP", _loinc("C reactive protein", "1988-5", "30522-7"), "C反应蛋白", "laboratory",
    (
        Form("mg/L", "mg/L"), Form("mg/L"), Form("ｍｇ／Ｌ"), Form("ug/mL"),
        Form("mg/dL", "mg/dL", Decimal("0.1"), 4), Form("mg/dl", None, Decimal("0.1"), 4),
    ),
)  # fmt: skip
TENDER = Test(
    "TJC28", ((SNOMED, "442736000", "Tender joint count 28"), (LOINC, "56813-8", "Tender joints")),
    "压痛关节数(28)", "exam", (Form("{#}", "{#}"), Form(None)),
)  # fmt: skip
SWOLLEN = Test(
    "SJC28", ((SNOMED, "442687006", "Swollen joint count 28"), (LOINC, "56812-0", "Swollen joints")),
    "肿胀关节数(28)", "exam", (Form("{#}", "{#}"), Form(None)),
)  # fmt: skip
GLOBAL = Test(
    "PGA", _loinc("Patient global assessment of arthritis", "75894-6"), "患者总体评估", "survey",
    (
        Form("mm", "mm"), Form("mm"), Form("cm", "cm", Decimal("0.1")), Form("cm", None, Decimal("0.1")),
        Form("{score}", "{score}", Decimal("0.1")),
    ),
)  # fmt: skip
TOTAL = Test(
    "DAS28", ((SNOMED, "441870009", "Disease activity score using 28 joint count"),), "DAS28评分", "survey",
    (Form("{score}", "{score}"),),
)  # fmt: skip
