"""Owns medication records and what names a medication: every status, date, dosage and reference of them."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.generative.times import Times, some
from tests.screened import Resource

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"

_NAMES = (
    *(
        "甲氨蝶呤片 2.5mg",
        "泼尼松片",
        "醋酸泼尼松片5mg",
        "甲泼尼龙片 4mg",
        "泼尼松龙",
        "塞来昔布胶囊 0.2g",
        "双氯芬酸钠缓释片",
    ),
    *(
        "双氯芬酸乳胶剂",
        "阿司匹林肠溶片 100mg",
        "环孢素软胶囊",
        "他克莫司",
        "阿巴西普",
        "白芍总苷",
        "硫唑嘌呤",
        "缬沙坦胶囊",
    ),
    *("某某中药", "methotrexate 10 mg", "prednisone", "", "来氟米特片、甲氨蝶呤", "地塞米松注射液"),
)
_CODES = (
    *(
        (RXNORM, "6851"),
        (RXNORM, "8640"),
        (RXNORM, "999999"),
        (ATC, "L04AX03"),
        (ATC, "H02AB07"),
        (ATC, "M01AH01"),
    ),
    *((ATC, "D11AH01"), (ATC, "C09CA03"), (ATC, "H02AB"), (ATC, "x"), ("http://hospital.example/drug", "D1")),
)
_STATUS = {
    "MedicationStatement": (
        *("active", "active", "active", "completed", "completed", "stopped", "on-hold", "intended"),
        *("not-taken", "entered-in-error", "unknown", None),
    ),
    "MedicationRequest": (
        *("active", "active", "completed", "completed", "stopped", "on-hold", "cancelled", "draft"),
        *("entered-in-error", "unknown", None),
    ),
    "MedicationAdministration": (
        *("completed", "completed", "completed", "in-progress", "stopped", "on-hold", "not-done"),
        *("entered-in-error", "unknown"),
    ),
}
_REASONS = (
    {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason",
                "code": "sintol",
            }
        ]
    },
    {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason",
                "code": "drughigh",
            }
        ]
    },
    {"text": "不良反应"},
    {"text": "肝损，停药"},
    {"text": "疗程结束"},
    {"text": "无不良反应"},
    {},
)
_UNITS = ("d", "d", "wk", "mo", "a", "h", "天", None)


def concept(rng: Random) -> Resource:
    """A CodeableConcept of a medication."""
    found: Resource = {}
    if some(rng, 1, 3):
        found["coding"] = [
            {"system": system, "code": code, **({"display": rng.choice(_NAMES)} if some(rng, 1, 2) else {})}
            for system, code in rng.sample(_CODES, rng.choice((1, 1, 2)))
        ]
    if not found or some(rng, 1, 2):
        found["text"] = rng.choice(_NAMES)
    return {} if some(rng, 1, 25) else found


def medication(rng: Random) -> Resource:
    """A Medication, to be referred to."""
    found: Resource = {"resourceType": "Medication", "code": concept(rng)}
    if some(rng, 1, 4):
        found["form"] = {"text": rng.choice(("片剂", "注射液", "乳膏", "胶囊"))}
    if some(rng, 1, 4):
        amount = {"value": rng.choice((5, 2.5, 100)), "unit": "mg"}
        found["ingredient"] = [
            {"strength": {"numerator": amount, "denominator": {"value": 1, "unit": rng.choice(("片", "mL"))}}}
        ]
    return found


def medication_record(rng: Random, times: Times, medications: list[str]) -> Resource:
    """One of the three kinds."""
    kind = rng.choice(
        ("MedicationStatement", "MedicationStatement", "MedicationRequest", "MedicationAdministration")
    )
    found: Resource = {"resourceType": kind, **_named(rng, medications)}
    status = rng.choice(_STATUS[kind])
    if status is not None:
        found["status"] = status
    if some(rng, 1, 4):
        reason = rng.choice(_REASONS)
        found["statusReason"] = reason if kind == "MedicationRequest" else [reason]
    if kind == "MedicationRequest":
        return found | _request(rng, times)
    return found | _effective(rng, times) | _administered(rng, kind)


def _named(rng: Random, medications: list[str]) -> Resource:
    if some(rng, 3, 4):
        return {"medicationCodeableConcept": concept(rng)}
    if some(rng, 1, 4):
        contained = {"id": "m1", **medication(rng)}
        return {"contained": [contained], "medicationReference": {"reference": rng.choice(("#m1", "#m2"))}}
    target = rng.choice([*medications, "nobody"])
    spelling = rng.choice(
        (
            f"Medication/{target}",
            f"Medication/{target}/_history/2",
            f"http://h.example/fhir/Medication/{target}",
            "urn:uuid:" + target,
        )
    )
    display = {"display": rng.choice(_NAMES)} if some(rng, 1, 2) else {}
    return {"medicationReference": {"reference": spelling, **display}}


def _effective(rng: Random, times: Times) -> Resource:
    if some(rng, 1, 15):
        return {}
    if some(rng, 1, 4):
        return {"effectiveDateTime": times.moment(rng)}
    return {"effectivePeriod": _period(rng, times)}


def _period(rng: Random, times: Times) -> Resource:
    period: Resource = {}
    if not some(rng, 1, 12):
        period["start"] = times.moment(rng)
    if some(rng, 1, 2):
        period["end"] = times.moment(rng)
    return period


def _request(rng: Random, times: Times) -> Resource:
    found: Resource = {"intent": rng.choice(("order", "order", "order", "plan", "proposal", "filler-order"))}
    if some(rng, 1, 20):
        found["doNotPerform"] = rng.choice((True, False))
    if not some(rng, 1, 8):
        found["authoredOn"] = times.moment(rng)
    if some(rng, 4, 5):
        found["dosageInstruction"] = _dosages(rng, times)
    supply: Resource = {}
    if some(rng, 1, 2):
        supply["expectedSupplyDuration"] = _length(rng)
        if some(rng, 1, 3):
            supply["numberOfRepeatsAllowed"] = rng.choice((0, 1, 3, 99999))
    if some(rng, 1, 5):
        supply["validityPeriod"] = _period(rng, times)
    return {**found, **({"dispenseRequest": supply} if supply else {})}


def _length(rng: Random) -> Resource:
    found: Resource = {"value": rng.choice((7, 10, 14, 28, 30, 90, 1.5, 0, 90000))}
    unit = rng.choice(_UNITS)
    return found if unit is None else {**found, rng.choice(("unit", "code")): unit}


def _administered(rng: Random, kind: str) -> Resource:
    if some(rng, 1, 5):
        return {}
    if kind == "MedicationStatement":
        return {"dosage": _dosages(rng, None)}
    dosage: Resource = {"dose": _amount(rng)}
    if some(rng, 1, 3):
        dosage["route"] = {"text": rng.choice(("口服", "静脉滴注", "外用", "关节腔注射"))}
    return {"dosage": dosage}


def _dosages(rng: Random, times: Times | None) -> list[Resource]:
    return [_dosage(rng, times) for _ in range(rng.choice((1, 1, 1, 1, 2)))]


def _dosage(rng: Random, times: Times | None) -> Resource:
    found: Resource = {}
    if some(rng, 1, 8):
        return {"text": "每日一次，每次5mg"}
    if not some(rng, 1, 8):
        found["doseAndRate"] = [{"doseQuantity": _amount(rng)}]
    repeat: dict[str, Any] = {}
    if some(rng, 4, 5):
        repeat |= {
            "frequency": rng.choice((1, 1, 1, 2)),
            "period": rng.choice((1, 1, 1, 2)),
            "periodUnit": rng.choice(("d", "d", "d", "wk")),
        }
    if times is not None and some(rng, 1, 3):
        repeat |= rng.choice(({"boundsPeriod": _period(rng, times)}, {"boundsDuration": _length(rng)}))
    if repeat and some(rng, 1, 15):
        repeat["count"] = 1
    if repeat:
        found["timing"] = {"repeat": repeat}
    elif some(rng, 1, 2):
        found["timing"] = {
            "code": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
                        "code": rng.choice(("QD", "BID", "X")),
                    }
                ]
            }
        }
    if some(rng, 1, 10):
        found["asNeededBoolean"] = rng.choice((True, False))
    if some(rng, 1, 6):
        found["route"] = {"text": rng.choice(("口服", "静脉注射", "外用"))}
    return found


def _amount(rng: Random) -> Resource:
    return {
        "value": rng.choice((5, 5, 5, 10, 2.5, 200, 100, 101)),
        "unit": rng.choice(("mg", "mg", "mg", "片", "g", "?")),
    }
