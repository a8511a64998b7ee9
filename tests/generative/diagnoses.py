"""Owns Conditions: codes, hedged texts, statuses and dates of every kind."""

from __future__ import annotations

from random import Random

from tests.generative.times import Times, some
from tests.screened import Resource

ICD = "http://hl7.org/fhir/sid/icd-10"
ICD_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_CN = "urn:oid:2.16.156.10011.2.3.3.11"
SITE_ICD = "http://hospital.example/icd"
SNOMED = "http://snomed.info/sct"
LOCAL = "http://hospital.example/diagnosis"

_ICD_CODES = (
    *(
        "M05.9",
        "M05.90",
        "M06.9",
        "M060",
        "M06.8",
        "M06",
        "M06.2",
        "M06.3",
        "M06.1",
        "M08.0",
        "m05.9",
        "M05.900x001",
        "M05.9†",
    ),
    *(
        "I10",
        "I10.x00x032",
        "E11.9",
        "J45",
        "A15.0",
        "C50.9",
        "Z85.3",
        "D05.1",
        "K29.5",
        "M05.3+ I39.8*",
        "XYZ",
        "",
        "M0",
        "M05 9",
    ),
)
_SNOMED_CODES = (
    "69896004",
    "239791005",
    "161567008",
    "410795001",
    "239873007",
    "363346000",
    "38341003",
    "999999",
    "195967001",
)
_TEXTS = (
    *(
        "类风湿关节炎",
        "类风湿性关节炎",
        "Rheumatoid  Arthritis",
        "疑似类风湿关节炎",
        "类风湿关节炎?",
        "类风湿关节炎？",
        "类风湿关节炎待排",
    ),
    *(
        "r/o rheumatoid arthritis",
        "类风湿关节炎病史8年",
        "否认类风湿关节炎",
        "母亲类风湿关节炎",
        "家族史：类风湿关节炎；高血压",
        "幼年类风湿关节炎",
    ),
    *(
        "骨关节炎",
        "高血压病3级",
        "糖尿病、类风湿关节炎",
        "无菌性坏死",
        "肺癌",
        "原位癌",
        "history of rheumatoid arthritis",
        "不明",
        "",
        "  ",
    ),
    *(
        "no evidence of rheumatoid arthritis",
        "juvenile rheumatoid arthritis",
        "类风湿关节炎,母亲高血压",
        "乙肝",
        "结核",
    ),
)
_VERIFICATION = ("confirmed",) * 10 + (
    "provisional",
    "differential",
    "unconfirmed",
    "refuted",
    "entered-in-error",
    "perhaps",
)
_CLINICAL = ("active",) * 6 + ("recurrence", "relapse", "inactive", "remission", "resolved", "unknown", "odd")


def condition(rng: Random, times: Times) -> Resource:
    """One Condition without id and subject."""
    found: Resource = {"resourceType": "Condition", "code": _code(rng)}
    if some(rng, 1, 40):
        del found["code"]
    if not some(rng, 1, 6):
        found["verificationStatus"] = _status(rng, rng.choice(_VERIFICATION))
    if not some(rng, 1, 4):
        found["clinicalStatus"] = _status(rng, rng.choice(_CLINICAL))
    if some(rng, 2, 3):
        found["recordedDate"] = times.moment(rng)
    if some(rng, 1, 3):
        found |= rng.choice(
            (
                {"onsetDateTime": times.moment(rng)},
                {"onsetPeriod": {"start": times.moment(rng), "end": times.moment(rng)}},
                {"onsetPeriod": {"end": times.moment(rng)}},
                {"onsetString": "去年"},
            )
        )
    if some(rng, 1, 4):
        found |= rng.choice(
            (
                {"abatementDateTime": times.moment(rng)},
                {"abatementPeriod": {"start": times.moment(rng)}},
                {"abatementPeriod": {}},
                {"abatementString": "治愈"},
                {"abatementAge": {"value": 40, "unit": "a"}},
                {"abatementRange": {"low": {"value": 30}}},
                {"abatementBoolean": True},
            )
        )
    return found


def _status(rng: Random, code: str) -> Resource:
    return rng.choice(
        (
            {"coding": [{"code": code}]},
            {"coding": [{"code": code}]},
            {"coding": [{"system": "http://x", "code": code}, {"code": "confirmed"}]},
            {"coding": [{"system": "http://x"}, {"code": code}]},
            {"text": code},
            {"coding": []},
        )
    )


def _code(rng: Random) -> Resource:
    codings: list[Resource] = []
    kind = rng.randrange(20)
    if kind < 11:
        system = rng.choice((ICD, ICD, ICD_CN, ICD_CM, SITE_ICD, "http://unknown.example"))
        codings.append({"system": system, "code": rng.choice(_ICD_CODES)})
    if kind in (9, 10, 11, 12, 13):
        codings.append({"system": SNOMED, "code": rng.choice(_SNOMED_CODES)})
    if kind in (8, 13, 14, 15, 16):
        codings.append({"system": LOCAL, "code": "D1", "display": rng.choice(_TEXTS)})
    found: Resource = {"coding": codings} if codings or kind == 19 else {}
    if kind > 15 or some(rng, 1, 3):
        found["text"] = rng.choice(_TEXTS)
    return found
