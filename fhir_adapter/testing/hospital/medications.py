"""Owns the pen for medication records: statements, prescriptions, administrations, and how they name the drug."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fhir_adapter.testing.hospital.analytes import Resource, number, quantity
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.drugs import OTHERS, Drug
from fhir_adapter.testing.hospital.systems import ATC, BASE_URL, PHARMACY, RXNORM, SNOMED

LIST_WINDOW = 90  # days: how recently a medication record must touch for the list to be kept
_TIMING = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
_TIMES = {1: "QD", 2: "BID", 3: "TID"}
ROUTES = {
    "口服": {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}], "text": "口服"},
    "静脉": {
        "coding": [{"system": SNOMED, "code": "47625008", "display": "Intravenous route"}],
        "text": "静脉滴注",
    },
    "关节腔": {"coding": [{"system": SNOMED, "code": "12130007"}], "text": "关节腔注射"},
    "皮下": {"coding": [{"system": SNOMED, "code": "34206005"}], "text": "皮下注射"},
    "外用": {"coding": [{"system": SNOMED, "code": "6064005", "display": "Topical route"}], "text": "外用"},
}


def coded_drug(chart: Chart, drug: Drug) -> Resource:
    """A CodeableConcept: standard codes, the hospital's own code, or words alone."""
    text = chart.rng.choice(drug.names)
    codings: list[Resource] = [{"system": ATC, "code": code} for code in drug.atc]
    if drug.rxnorm:
        codings.append({"system": RXNORM, "code": drug.rxnorm})
    if drug.local:
        codings.append({"system": PHARMACY, "code": drug.local})
    pick = chart.rng.random()
    if not codings or pick < 0.2:
        return {"text": text}
    if pick < 0.35:
        return {
            "coding": [{"system": PHARMACY, "code": f"ZY{chart.rng.randint(1000, 9999)}", "display": text}]
        }
    chosen = chart.rng.choice(codings)
    return {"coding": [chosen]} if pick < 0.45 else {"coding": [chosen | {"display": text}], "text": text}


def drug_element(chart: Chart, drug: Drug, days: int) -> Resource:
    """medication[x] in one of the ways that servers write it, with the strength where a Medication stands."""
    concept = coded_drug(chart, drug)
    pick = chart.rng.random()
    if pick < 0.6:
        return {"medicationCodeableConcept": concept}
    if pick < 0.65:
        return {
            "medicationReference": {"reference": f"Medication/{chart.new_id()}", "display": drug.names[0]}
        }
    body: Resource = {"code": concept, "status": "active", "ingredient": [_ingredient(drug)]}
    if pick < 0.8:
        inside = {"resourceType": "Medication", "id": "med1"} | body
        return {"contained": [inside], "medicationReference": {"reference": "#med1"}}
    identifier = chart.write("Medication", body, days=days + 400)
    prefix = f"{BASE_URL}/" if pick < 0.85 else ""
    suffix = "/_history/1" if pick > 0.95 else ""
    return {"medicationReference": {"reference": f"{prefix}Medication/{identifier}{suffix}"}}


def _ingredient(drug: Drug) -> Resource:
    strength = {"numerator": quantity(drug.mg, "mg", "mg"), "denominator": {"value": 1, "unit": drug.unit}}
    return {"itemCodeableConcept": {"text": drug.names[0]}, "strength": strength}


def daily(chart: Chart, mg: str, times: int = 1, route: str = "口服", **more: Any) -> Resource:
    """A Dosage of `mg` a day in `times` doses, with a timing that a machine can read."""
    one = Decimal(mg) / times
    if chart.rng.random() < 0.3:
        timing: Resource = {"code": {"coding": [{"system": _TIMING, "code": _TIMES[times]}]}}
    else:
        timing = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
    return {
        "text": f"{route} 每次{number(one)}mg 每日{times}次",
        "timing": timing,
        "route": ROUTES[route],
        "doseAndRate": [{"doseQuantity": quantity(one, "mg", "mg")}],
    } | more


def weekly(mg: str, route: str = "口服") -> Resource:
    """A Dosage once a week."""
    return {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
        "route": ROUTES[route],
        "doseAndRate": [{"doseQuantity": quantity(mg, "mg", "mg")}],
    }


def statement(
    chart: Chart,
    drug: Drug | Resource,
    start: int | None,
    end: int | None = None,
    *,
    dosage: Resource | None = None,
    status: str | None = None,
    **more: Any,
) -> str:
    """A MedicationStatement with its period in days; no end is still going on, no start no period at all."""
    asserted = max(end or 0, 0)
    body: Resource = {
        "status": status or ("active" if end is None else "completed"),
        **(drug if isinstance(drug, dict) else drug_element(chart, drug, asserted)),
        "subject": chart.reference(),
        **({"effectivePeriod": _period(chart, start, end)} if start is not None else {}),
        "dateAsserted": chart.clock.stamp(asserted),
        **({"dosage": [dosage]} if dosage else {}),
    }
    chart.standing.list_kept |= (
        start is not None and body["status"] in ("active", "completed") and (end or 0) <= LIST_WINDOW
    )
    return chart.write("MedicationStatement", body | more, days=asserted)


def _period(chart: Chart, start: int, end: int | None) -> Resource:
    period = {"start": chart.clock.day(start)}
    return period if end is None else period | {"end": chart.clock.day(end)}


def request(
    chart: Chart,
    drug: Drug | Resource,
    authored: int,
    days: int | None = None,
    *,
    dosage: Resource | None = None,
    bounds: bool = False,
    repeats: int = 0,
    status: str = "active",
    **more: Any,
) -> str:
    """A MedicationRequest; `days` of supply (times the repeats), or of a bounded timing; None says nothing."""
    body: Resource = {
        "status": status,
        "intent": "order",
        **(drug if isinstance(drug, dict) else drug_element(chart, drug, authored)),
        "subject": chart.reference(),
        "authoredOn": chart.clock.stamp(authored, 10),
        "requester": {"display": "风湿免疫科 王医生"},
    }
    dosage = dosage or {"text": "遵医嘱"}
    if days is not None and bounds:
        repeat = {"boundsPeriod": _period(chart, authored, authored - days + 1)}
        timing = dosage.get("timing", {})
        dosage = dosage | {"timing": timing | {"repeat": timing.get("repeat", {}) | repeat}}
    elif days is not None:
        supply = {"expectedSupplyDuration": {"value": days, "unit": "天", **_DAY}}
        body["dispenseRequest"] = supply | ({"numberOfRepeatsAllowed": repeats} if repeats else {})
    body["dosageInstruction"] = [dosage]
    if status in ("active", "completed", "stopped") and "intent" not in more and "doNotPerform" not in more:
        # without a duration only the first day is certain
        ended = authored if days is None else authored - days * (1 + repeats) + 1
        chart.standing.list_kept |= ended <= LIST_WINDOW
    return chart.write("MedicationRequest", body | more, days=authored)


_DAY = {"system": "http://unitsofmeasure.org", "code": "d"}


def administer(
    chart: Chart, drug: Drug | Resource, day: int, mg: str, route: str = "皮下", **more: Any
) -> str:
    """A MedicationAdministration of one day."""
    body: Resource = {
        "status": "completed",
        **(drug if isinstance(drug, dict) else drug_element(chart, drug, day)),
        "subject": chart.reference(),
        "effectiveDateTime": chart.clock.stamp(day, 10, 30),
        "dosage": {"route": ROUTES[route], "dose": quantity(mg, "mg", "mg")},
    }
    if "status" not in more:
        chart.standing.list_kept |= day <= LIST_WINDOW
    return chart.write("MedicationAdministration", body | more, days=day)


def ordinary_drugs(chart: Chart) -> None:
    """Two to four drugs of the last months that no line reads: they keep the list."""
    for drug in chart.rng.sample(OTHERS, chart.rng.randint(2, 4)):
        start = chart.rng.randint(20, 400)
        dosage = daily(chart, drug.mg)
        if chart.rng.random() < 0.5:
            statement(chart, drug, start, dosage=dosage)
        else:
            request(chart, drug, start % LIST_WINDOW, 28, dosage=dosage, bounds=chart.rng.random() < 0.5)


def text(words: str) -> Resource:
    """medicationCodeableConcept of words alone."""
    return {"medicationCodeableConcept": {"text": words}}
