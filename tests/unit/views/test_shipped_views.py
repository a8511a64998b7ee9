"""The shipped views, each over one resource that says everything it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., list[dict[str, Any]]]

FOLDER = Path(__file__).parents[3] / "mappings" / "views"
PERSON = {"reference": "Patient/p", "identifier": {"system": "s", "value": "1"}}
CODED = {"coding": [{"system": "s", "code": "c", "display": "d"}], "text": "t"}
MG = {"value": 2.50, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
PERIOD = {"start": "2026-01-01", "end": "2026-02"}
META = {"versionId": "7", "lastUpdated": "2026-01-01T00:00:00Z"}
TABLET = {
    "resourceType": "Medication",
    "id": "m",
    "status": "active",
    "code": CODED,
    "form": CODED,
    "ingredient": [{"strength": {"numerator": MG, "denominator": {"value": 1, "unit": "片"}}}],
}
DOSAGE = {
    "text": "one",
    "asNeededBoolean": True,
    "timing": {
        "event": ["2026-01-01"],
        "repeat": {
            "boundsPeriod": PERIOD,
            "frequency": 1,
            "frequencyMax": 2,
            "period": 1,
            "periodMax": 2,
            "periodUnit": "d",
            "dayOfWeek": ["mon"],
            "timeOfDay": ["08:00:00"],
            "when": ["PC"],
        },
        "code": CODED,
    },
    "route": CODED,
    "doseAndRate": [
        {"doseQuantity": MG, "rateQuantity": MG},
        {"doseRange": {"low": MG, "high": MG}, "rateRatio": {"numerator": MG}},
    ],
}
GIVEN: dict[str, dict[str, Any]] = {
    "MedicationStatement": {
        "status": "stopped",
        "statusReason": [CODED],
        "medicationReference": {
            "reference": "#m",
            "display": "d",
            "identifier": {"system": "s", "value": "1"},
        },
        "contained": [TABLET],
        "subject": PERSON,
        "effectivePeriod": PERIOD,
        "dosage": [DOSAGE],
    },
    "MedicationRequest": {
        "status": "active",
        "statusReason": CODED,
        "intent": "order",
        "doNotPerform": False,
        "medicationCodeableConcept": CODED,
        "subject": PERSON,
        "authoredOn": "2026-01-01",
        "dosageInstruction": [DOSAGE],
        "dispenseRequest": {
            "validityPeriod": PERIOD,
            "expectedSupplyDuration": {"value": 30, "unit": "d", "code": "d"},
            "numberOfRepeatsAllowed": 3,
        },
    },
    "MedicationAdministration": {
        "status": "completed",
        "medicationCodeableConcept": CODED,
        "subject": PERSON,
        "effectiveDateTime": "2026-01-01",
        "dosage": {"route": CODED, "dose": MG, "rateRatio": {"numerator": MG}, "text": "iv"},
    },
    "Medication": TABLET,
    "AllergyIntolerance": {
        "clinicalStatus": CODED,
        "verificationStatus": CODED,
        "code": CODED,
        "patient": PERSON,
        "recordedDate": "2026",
        "reaction": [{"substance": CODED}],
    },
    "Immunization": {
        "status": "completed",
        "vaccineCode": CODED,
        "patient": PERSON,
        "occurrenceDateTime": "2026",
    },
    "Procedure": {"status": "completed", "code": CODED, "subject": PERSON, "performedPeriod": PERIOD},
    "AdverseEvent": {
        "actuality": "actual",
        "event": CODED,
        "subject": PERSON,
        "date": "2026",
        "seriousness": CODED,
        "severity": CODED,
        "suspectEntity": [{"instance": {"reference": "#m", "display": "d"}}],
        "contained": [TABLET],
    },
    "ResearchSubject": {
        "status": "on-study",
        "individual": PERSON,
        "study": {"reference": "ResearchStudy/1", "identifier": {"system": "s", "value": "NCT02837978"}},
    },
    "ResearchStudy": {"status": "active", "identifier": [{"system": "s", "value": "NCT02837978"}]},
}


def rows(run: Run, name: str, **more: Any) -> dict[str, Any]:
    view = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    resource = GIVEN[name] | {"resourceType": name, "id": "1", "meta": META} | more
    (row,) = run(view, resource)
    return row


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_who_and_which_version(run: Run, name: str) -> None:
    row = rows(run, name)
    assert (row["id"], row["version"], row["updated"]) == ("1", "7", "2026-01-01T00:00:00Z")
    if "subject" in row:
        assert row["subject"] == "Patient/p"
        assert row["subject_identifier"] == {"system": "s", "value": "1"}


def test_a_contained_medication_with_its_strength(run: Run) -> None:
    row = rows(run, "MedicationStatement")
    assert row["medication_reference"]["reference"] == "#m"
    (held,) = row["contained"]
    assert (held["id"], held["code"]["text"], held["form"]["coding"][0]["code"]) == ("m", "t", "c")
    strength = held["ingredient"][0]["strength"]
    assert (strength["numerator"]["value"], strength["numerator"]["code"]) == ("2.5", "mg")
    assert (strength["denominator"]["value"], strength["denominator"]["unit"]) == ("1", "片")


def test_dosages_with_their_numbers_as_text(run: Run) -> None:
    (dosage,) = rows(run, "MedicationRequest")["dosage_instruction"]
    repeat = dosage["timing"]["repeat"]
    assert (repeat["frequency"], repeat["frequencyMax"], repeat["period"]) == ("1", "2", "1")
    assert (repeat["dayOfWeek"], repeat["timeOfDay"], repeat["when"]) == (["mon"], ["08:00:00"], ["PC"])
    assert (dosage["asNeededBoolean"], dosage["timing"]["event"]) == (True, ["2026-01-01"])
    first, second = dosage["doseAndRate"]
    assert first["doseQuantity"]["value"] == "2.5"
    said = [
        {name for name in ("doseRange", "rateRatio", "rateQuantity") if part[name] is not None}
        for part in (first, second)
    ]
    assert said == [{"rateQuantity"}, {"doseRange", "rateRatio"}]


def test_what_a_request_says_about_supply(run: Run) -> None:
    row = rows(run, "MedicationRequest")
    assert row["expected_supply_duration"]["value"] == "30"
    assert row["number_of_repeats_allowed"] == "3"
    assert row["validity_period"] == {"start": "2026-01-01", "end": "2026-02"}
    assert (row["intent"], row["do_not_perform"]) == ("order", False)


def test_interpretations_and_coded_values_of_results_and_components(run: Run) -> None:
    view = json.loads((FOLDER / "Observation.json").read_text(encoding="utf-8"))
    component = {"code": CODED, "valueBoolean": True, "interpretation": [CODED]}
    (row,) = run(
        view,
        {
            "resourceType": "Observation",
            "id": "1",
            "valueCodeableConcept": CODED,
            "interpretation": [CODED],
            "component": [component],
        },
    )
    assert row["concept"]["coding"][0]["code"] == "c"
    assert row["interpretation"][0]["text"] == "t"
    assert row["component"][0]["interpretation"][0]["coding"][0]["code"] == "c"
    assert row["component"][0]["valueBoolean"] is True
