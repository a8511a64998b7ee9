"""Owns Observations: results as laboratories send them, and as they should not."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.generative.times import Times, some
from tests.screened import Resource, raw_number

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
LAB = "http://hospital.example/lab"


@dataclass(frozen=True)
class Analyte:
    """`codes` as (system, code); `local` the example hospital's; `units` with numbers around the thresholds."""

    codes: tuple[tuple[str, str], ...]
    local: str
    name: str
    units: tuple[tuple[str, tuple[float, ...]], ...]
    strange: tuple[str, ...] = ("单位", "×10^3/", "")


_COUNTS = (
    ("10*9/L", (79, 79.9999999999, 80, 80.0, 84, 76, 84.0000001, 3, 2.9999, 3.15, 150)),
    ("×10^9/L", (80, 3, 200, 79.5)),
    ("10*3/uL", (80, 79.99999999999999, 3, 2.9999999999999996)),
    ("/uL", (80000, 79999, 3000, 2999.9)),
    ("万/μl", (8, 0.3, 7.9999)),
)
_ENZYMES = (
    ("U/L", (80, 80.0000001, 79, 100, 40, 101, 20, 0)),
    ("IU/L", (80, 81, 100)),
    ("ukat/L", (1.3333333, 1.34, 0.5)),
)
ANALYTES = (
    Analyte(((LOINC, "777-3"), (LOINC, "26515-7")), "PLT", "血小板计数", _COUNTS),
    Analyte(((LOINC, "6690-2"), (LOINC, "26464-8")), "WBC", "白细胞", _COUNTS),
    Analyte(((LOINC, "1742-6"), (LOINC, "1743-4")), "ALT", "谷丙转氨酶", _ENZYMES, ("卡门单位",)),
    Analyte(((LOINC, "1920-8"),), "AST", "谷草转氨酶", _ENZYMES),
    Analyte(
        ((LOINC, "14682-9"), (LOINC, "2160-0"), (LOINC, "77140-2")),
        "CREA",
        "肌酐",
        (
            ("umol/L", (176, 175.9999, 172, 181, 90)),
            ("mg/dL", (1.99, 2, 2.0, 1.991, 1.95)),
            ("mmol/L", (0.176, 0.1)),
        ),
    ),
    Analyte(
        ((LOINC, "4537-7"), (LOINC, "30341-2")),
        "ESR",
        "血沉",
        (("mm/h", (0, 0.5, 1, 7, 20, 44, 100)), ("mm/hr", (20, 8)), ("cm/h", (2,))),
        ("mm/2h",),
    ),
    Analyte(
        ((LOINC, "1988-5"), (LOINC, "30522-7"), (LOINC, "76485-2")),
        "CRP",
        "C反应蛋白",
        (("mg/L", (0, 0.5, 1, 5, 8, 44)), ("mg/dL", (0.5, 4.4)), ("ug/mL", (5,))),
        ("nmol/L", "mg"),
    ),
    Analyte(
        ((SNOMED, "442736000"), (LOINC, "56813-8")),
        "TJC28",
        "压痛关节数",
        (("{#}", (0, 1, 4, 16, 28, 29, 2.5)), ("", (0, 4, 16))),
    ),
    Analyte(
        ((SNOMED, "442687006"), (LOINC, "88980-8")),
        "SJC28",
        "肿胀关节数",
        (("{#}", (0, 1, 5, 9, 28, 30)), ("", (0, 5, 1))),
    ),
    Analyte(
        ((LOINC, "75894-6"),),
        "PGA",
        "患者总体评估",
        (("mm", (0, 10, 50, 100, 101)), ("cm", (5, 1, 11)), ("{score}", (5, 10, 11)), ("", (0.5, 5, 10, 50))),
    ),
    Analyte(
        ((SNOMED, "441870009"),),
        "DAS28",
        "DAS28评分",
        (("{score}", (3.2, 3.19, 3.3, 2.6, 5.1, 11)), ("", (3.2, 4))),
    ),
)
_OTHER_CODES = (
    (LOINC, "718-7", "Hemoglobin"),
    (LOINC, "6301-6", "INR"),
    ("http://elsewhere.example", "777-3", "PLT"),
    (LAB, "PLTBC", "血小板(枸橼酸抗凝)"),
    (LAB, "CRE", "肌酐(血或尿)"),
    (LAB, "NEW", "血小板计数"),
    (LAB, "NEW2", "平均血小板体积"),
    (LAB, "NEW3", "ＷＢＣ　白细胞"),
    (LAB, "NEW4", "DAS28 血沉"),
)
_STATUSES = ("final",) * 12 + (
    *(
        "amended",
        "corrected",
        "preliminary",
        "preliminary",
        "preliminary",
        "cancelled",
        "entered-in-error",
        "registered",
    ),
    *("unknown", "done", ""),
)
_COMPARATORS = ("<", "<=", ">", ">=", "ad", "~", "")
_STRINGS = (
    *(
        "45 x10^9/L",
        "80×10^9/L",
        "<5 mg/L",
        "< 80 10*9/L",
        "≥ 80 10*9/L",
        ">176 umol/L",
        "2.0 mg/dL",
        "80 U/L",
        "<=80 U/L",
        "80",
    ),
    *(
        "5",
        "阴性",
        "溶血",
        "",
        " ",
        "5-10 mg/L",
        "5 foo",
        "1e2 U/L",
        "80.000 U/L",
        "０",
        "－5",
        "20 mm/h",
        "+",
        "80 U/L H",
    ),
)
_SPELLINGS = (
    "80.000",
    "8E1",
    "8e+1",
    "0.8e2",
    "79.99999999999999999999",
    "-0",
    "-0.0",
    "1e-400",
    "1e300",
    "3.20",
    "176.00",
    "1.6E2",
)
_OTHER_VALUES: tuple[Resource, ...] = (
    {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "260385009"}], "text": "阴性"}},
    {"valueBoolean": True},
    {"valueBoolean": False},
    {"valueDateTime": "2026-06-01"},
    {"valueTime": "08:00:00"},
    {"valueRatio": {"numerator": {"value": 1}}},
    {"valueSampledData": {"data": "1 2 3"}},
    {"valuePeriod": {"start": "2026-06-01"}},
)
_LIMITS = (40, 40, 50, 39.9999, 0.6666, 9, 0)
_APPLIES: tuple[Resource, ...] = (
    {"text": "男"},
    {"text": "女"},
    {"text": "male"},
    {"text": "Women"},
    {"text": "男女"},
    {"text": "成人"},
    {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}]},
    {"coding": [{"system": SNOMED, "code": "248153007"}]},
    {"coding": [{"code": "F"}]},
    {"coding": [{"system": "http://x", "code": "M", "display": "女性"}]},
)
_AGES: tuple[Resource, ...] = (
    {"low": {"value": 18, "unit": "a"}},
    {"high": {"value": 18, "unit": "岁"}},
    {"low": {"value": 65, "unit": "years"}, "high": {"value": 120}},
    {"high": {"value": 216, "code": "mo"}},
    {"low": {"value": 18, "unit": "parsec"}},
)
_RANGE_TEXTS = (
    "0-40",
    "9~50 U/L",
    "<40",
    "≤40",
    "40以下",
    "9～50",
    "(7-40)",
    "男:0-40",
    "阴性",
    "",
    "50-9",
    "0-40 卡门单位",
    ">9",
    "0.15-0.67 ukat/L",
)
_NOTES = ("血小板聚集", "疑假性血小板减少", "PLATELET CLUMPS seen", "复查", "")


def observation(rng: Random, times: Times) -> Resource:
    """One Observation without id and subject."""
    analyte = rng.choice(ANALYTES)
    found: Resource = {
        "resourceType": "Observation",
        "status": rng.choice(_STATUSES),
        **_result(rng, analyte),
    }
    if some(rng, 1, 60):
        del found["status"]
    found |= _effective(rng, times)
    if some(rng, 1, 2):
        found["issued"] = times.instant(rng)
    if some(rng, 1, 12):
        found["note"] = [{"text": rng.choice(_NOTES)} for _ in range(1 + rng.randrange(2))]
    if some(rng, 1, 8):
        found["component"] = [_result(rng, rng.choice(ANALYTES)) for _ in range(1 + rng.randrange(3))]
        if some(rng, 1, 2):
            for name in [name for name in found if name.startswith("value")]:
                del found[name]
    return found


def visit(rng: Random, times: Times) -> list[Resource]:
    """Observations of one day, most of the components of a DAS28 among them."""
    day = times.day(rng)
    names = [name for name in ("TJC28", "SJC28", "ESR", "CRP", "PGA", "DAS28") if some(rng, 7, 10)]
    found = []
    for analyte in (one for one in ANALYTES if one.local in names):
        made: Resource = {"resourceType": "Observation", "status": "final", **_plain(rng, analyte)}
        made["effectiveDateTime"] = str(day) if some(rng, 1, 2) else f"{day}T08:00:00+08:00"
        if some(rng, 1, 8):
            made = observation(rng, times) | {"code": made["code"]}
        found.append(made)
    return found


def _plain(rng: Random, analyte: Analyte) -> Resource:
    system, code = rng.choice(analyte.codes)
    unit, numbers = analyte.units[0]
    value = rng.choice(numbers[:-1])
    return {
        "code": {"coding": [{"system": system, "code": code}]},
        "valueQuantity": {"value": value, "unit": unit},
    }


def _result(rng: Random, analyte: Analyte) -> Resource:
    """What an Observation and a component have in common: code, value, ranges."""
    found: Resource = {"code": _code(rng, analyte)}
    if not some(rng, 1, 20):
        found |= _value(rng, analyte)
    if some(rng, 1, 20):
        found |= rng.choice(_OTHER_VALUES)
    if some(rng, 1, 20):
        found["dataAbsentReason"] = rng.choice(({"coding": [{"code": "error"}]}, {"text": "溶血"}, {}))
    if some(rng, 9 if analyte.local in ("ALT", "AST") else 1, 10):
        found["referenceRange"] = [_range(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 0)))]
    return found


def _code(rng: Random, analyte: Analyte) -> Resource:
    system, code = rng.choice(analyte.codes)
    own: Resource = {"system": system, "code": code}
    local: Resource = {"system": LAB, "code": analyte.local, "display": analyte.name}
    other_system, other_code, display = rng.choice(_OTHER_CODES)
    other: Resource = {"system": other_system, "code": other_code, "display": display}
    second, second_code = rng.choice(rng.choice(ANALYTES).codes)
    kind = rng.randrange(40)
    if kind < 24:
        return {"coding": [own]}
    if kind < 28:
        return {"coding": [local], "text": analyte.name}
    if kind < 31:
        return {"coding": [other, own]}
    if kind < 34:
        return {"coding": [other]}
    if kind < 35:
        return {"coding": [own, {"system": second, "code": second_code}]}
    return rng.choice(
        (
            {"text": analyte.name},
            {"coding": [{"display": analyte.name}]},
            {"coding": [{"system": system}]},
            {"coding": [], "text": f"{analyte.name} 比值"},
            {},
            {"coding": [{"code": code}]},
        )
    )


def _value(rng: Random, analyte: Analyte) -> Resource:
    kind = rng.randrange(20)
    if kind < 14:
        return {"valueQuantity": _quantity(rng, analyte)}
    if kind < 17:
        return {"valueString": rng.choice(_STRINGS)}
    if kind < 18:
        return {"valueInteger": rng.choice((0, 3, 4, 16, 80, 176, 29, -1))}
    low, high = _quantity(rng, analyte), _quantity(rng, analyte)
    return {"valueRange": rng.choice(({"low": low, "high": high}, {"low": low}, {"high": high}, {}))}


def _quantity(rng: Random, analyte: Analyte) -> Resource:
    unit, numbers = rng.choice(analyte.units)
    found: Resource = {"value": rng.choice(numbers)}
    if some(rng, 1, 15):
        found["value"] = raw_number(rng.choice(_SPELLINGS))
    kind = rng.randrange(20)
    if kind < 9:
        found["unit"] = unit
    elif kind < 13:
        found |= {"unit": unit, "system": UCUM, "code": unit}
    elif kind < 15:
        found |= {"system": UCUM, "code": unit}
    elif kind < 17:
        found["unit"] = rng.choice(analyte.strange)
    elif kind < 18:  # code and text that may convert differently
        found |= {"unit": rng.choice(analyte.units)[0], "system": UCUM, "code": rng.choice(analyte.units)[0]}
    elif kind < 19:
        found |= rng.choice(
            (
                {"code": unit},
                {"unit": unit, "system": UCUM, "code": "furlong"},
                {"unit": "furlong", "system": UCUM, "code": unit},
            )
        )
    if some(rng, 1, 9):
        found["comparator"] = rng.choice(_COMPARATORS)
    if some(rng, 1, 60):
        del found["value"]
    return found


def _range(rng: Random) -> Resource:
    found: Resource = {}
    kind = rng.randrange(10)
    if kind < 6:
        found["high"] = _limit(rng)
    if kind in (4, 5, 6):
        found["low"] = _limit(rng)
    if kind > 6 or some(rng, 1, 10):
        found["text"] = rng.choice(_RANGE_TEXTS)
    if some(rng, 1, 3):
        found["appliesTo"] = [rng.choice(_APPLIES) for _ in range(rng.choice((1, 1, 2)))]
    if some(rng, 1, 6):
        found["age"] = rng.choice(_AGES)
    if some(rng, 1, 6):
        found["type"] = {"coding": [{"code": rng.choice(("normal", "treatment", "recommended"))}]}
    return found


def _limit(rng: Random) -> Resource:
    limit: Resource = {"value": rng.choice(_LIMITS)}
    unit = rng.choice((None, None, "U/L", "IU/L", "ukat/L", "卡门单位", ""))
    if unit is not None:
        limit["unit"] = unit
    return limit


def _effective(rng: Random, times: Times) -> Resource:
    kind = rng.randrange(20)
    if kind < 14:
        return {"effectiveDateTime": times.moment(rng)}
    if kind < 15:
        return {"effectiveInstant": times.instant(rng)}
    if kind < 18:
        period: dict[str, Any] = {}
        if some(rng, 2, 3):
            period["start"] = times.moment(rng)
        if some(rng, 2, 3):
            period["end"] = times.moment(rng)
        return {"effectivePeriod": period}
    return {} if kind < 19 else {"effectiveTiming": {"event": [times.moment(rng)]}}
