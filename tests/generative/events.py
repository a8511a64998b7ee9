"""Owns events and coded answers: allergies, vaccinations, procedures, adverse events, qualitative results."""

from __future__ import annotations

from random import Random

from tests.generative.medications import concept
from tests.generative.times import Times, some
from tests.screened import Resource

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
CVX = "http://hl7.org/fhir/sid/cvx"

_VACCINES = (
    {"coding": [{"system": CVX, "code": "03"}]},
    {"coding": [{"system": CVX, "code": "140"}]},
    {"text": "水痘减毒活疫苗"},
    {"text": "重组带状疱疹疫苗"},
    {"text": "流感疫苗"},
    {"coding": [{"system": "http://hospital.example/vaccine", "code": "1"}]},
)
_TESTS = ("5195-3", "42595-9", "16933-4", "71773-6", "2106-3", "82810-3", "63895-7", "71774-4")
_ANSWERS = (
    *(
        {"valueString": text}
        for text in ("阳性(+)", "阴性(-)", "阴性", "±", "<20 IU/mL", "弱阳性", "0.05", "未检出", "?", "")
    ),
    *(
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": code}]}}
        for code in ("10828004", "260385009", "77386006", "1")
    ),
    {"valueCodeableConcept": {"text": "阳性"}},
    {"valueBoolean": True},
    {"valueBoolean": False},
    {"valueQuantity": {"value": 20, "comparator": "<", "unit": "[IU]/mL"}},
    {"valueQuantity": {"value": 2500, "unit": "IU/mL"}},
    {
        "valueQuantity": {"value": 3, "unit": "mIU/mL"},
        "referenceRange": [{"low": {"value": 0}, "high": {"value": 5}}],
    },
    {
        "valueQuantity": {"value": 30, "unit": "mIU/mL"},
        "referenceRange": [{"high": {"value": 5, "unit": "mIU/mL"}}],
    },
    {"dataAbsentReason": {"text": "unknown"}},
    {"valueDateTime": "2026-01-01"},
    {},
)


def event(rng: Random, times: Times, records: list[str]) -> Resource:
    """One event; whose it is stands in `patient` or `subject`, as R4 says."""
    kind = rng.choice(("AllergyIntolerance", "Immunization", "Procedure", "AdverseEvent", "ResearchSubject"))
    found: Resource = {"resourceType": kind}
    match kind:
        case "AllergyIntolerance":
            found |= {"code": concept(rng)}
            if some(rng, 2, 3):
                status = rng.choice(("confirmed", "unconfirmed", "refuted", "entered-in-error", "presumed"))
                found["verificationStatus"] = {"coding": [{"code": status}]}
            if some(rng, 1, 4):
                found["reaction"] = [{"substance": concept(rng)}]
            if some(rng, 1, 2):
                found["recordedDate"] = times.moment(rng)
        case "Immunization":
            found |= {
                "vaccineCode": rng.choice(_VACCINES),
                "status": rng.choice(("completed", "completed", "not-done")),
            }
            if some(rng, 4, 5):
                found["occurrenceDateTime"] = times.moment(rng)
        case "Procedure":
            found |= {
                "status": rng.choice(("completed", "in-progress")),
                "code": {"text": rng.choice(("子宫切除术", "阑尾切除术"))},
            }
            if some(rng, 1, 2):
                found["performedDateTime"] = times.moment(rng)
            elif some(rng, 1, 2):
                ends = {"start": times.moment(rng), "end": times.moment(rng)}
                found["performedPeriod"] = {name: ends[name] for name in ends if some(rng, 3, 4)}
        case "AdverseEvent":
            found |= _adverse_event(rng, times, records)
        case "ResearchSubject":
            found |= {
                "status": rng.choice(("on-study", "on-study-intervention", "off-study", "candidate")),
                "study": rng.choice(
                    (
                        {"identifier": {"value": "-"}},
                        {"reference": "ResearchStudy/s1"},
                        {"reference": "ResearchStudy/s2"},
                    )
                ),
            }
    return found


def _adverse_event(rng: Random, times: Times, records: list[str]) -> Resource:
    found: Resource = {"actuality": rng.choice(("actual", "actual", "actual", "potential"))}
    if some(rng, 1, 2):
        found["event"] = {"text": rng.choice(("甲氨蝶呤肝损", "皮疹", "恶心"))}
    if some(rng, 2, 3):
        target = rng.choice((*records, "Medication/med0", "Medication/nobody"))
        found["suspectEntity"] = [
            {
                "instance": rng.choice(
                    (
                        {"reference": target},
                        {"display": "来氟米特"},
                        {"reference": target, "display": "甲氨蝶呤"},
                    )
                )
            }
        ]
    if some(rng, 1, 3):
        found["seriousness"] = {"coding": [{"code": rng.choice(("Serious", "serious", "Non-serious"))}]}
    if some(rng, 1, 3):
        found["severity"] = {"coding": [{"code": rng.choice(("severe", "mild"))}]}
    if some(rng, 1, 2):
        found["date"] = times.moment(rng)
    return found


def coded_result(rng: Random, times: Times) -> Resource:
    """A qualitative result, or a blood pressure as a panel."""
    found: Resource = {
        "resourceType": "Observation",
        "status": rng.choice(("final",) * 6 + ("preliminary", "cancelled", "amended")),
    }
    if not some(rng, 1, 20):
        found["effectiveDateTime"] = times.moment(rng)
    if some(rng, 1, 3):
        found["issued"] = times.instant(rng)
    if some(rng, 1, 3):
        return found | _blood_pressure(rng)
    code = {"coding": [{"system": LOINC, "code": rng.choice(_TESTS)}]}
    if some(rng, 1, 10):
        code = {"text": rng.choice(("乙肝表面抗原", "妊娠试验", "某项目"))}
    interpretation = (
        {"interpretation": [{"coding": [{"code": rng.choice(("POS", "NEG", "H", "N"))}]}]}
        if some(rng, 1, 8)
        else {}
    )
    return {**found, "code": code, **rng.choice(_ANSWERS), **interpretation}


def _blood_pressure(rng: Random) -> Resource:
    values = {"8480-6": rng.choice((120, 159, 160, 170, 180, 181)), "8462-4": rng.choice((80, 99, 100, 110))}
    components = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {"value": value, "unit": rng.choice(("mmHg", "mm[Hg]", "?"))},
        }
        for code, value in values.items()
    ]
    if some(rng, 1, 4):
        one = rng.choice(components)
        return {"code": one["code"], "valueQuantity": one["valueQuantity"]}
    return {"code": {"coding": [{"system": LOINC, "code": "85354-9"}]}, "component": components}
