"""docs/semantics.md §8, §8.1, §8.2 and §8.5: which days a record proves, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.exposures import Exposure


def exposure(clinic: Any, *records: dict[str, Any]) -> list[Exposure]:
    line = clinic.line(_part(clinic))
    return list(clinic.screen([line], [clinic.patient(), *records]).exposures)


def _part(clinic: Any) -> Any:
    from fhir_adapter.model.criteria import Part

    return Part((clinic.row("true", clinic.when("exposed", "agent")),))


def days(one: Exposure) -> tuple[str | None, str | None, str | None, str, str, str | None]:
    return (
        one.certain_low,
        one.certain_high,
        one.possible_low,
        one.possible_high,
        one.ends,
        one.runs_to,
    )


TODAY = "2026-06-30"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"start": "2026-01-01"}, ("2026-01-01", TODAY, "2026-01-01", TODAY, "open", None)),
        ({"start": "2026-01"}, ("2026-01-31", TODAY, "2026-01-01", TODAY, "open", None)),
        (
            {"start": "2026-01-01", "status": "completed"},
            ("2026-01-01", "2026-01-01", "2026-01-01", TODAY, "unknown", None),
        ),
        ({"start": "2026-01", "status": "stopped"}, (None, None, "2026-01-01", TODAY, "unknown", None)),
        ({"start": "2026-01-01", "status": None}, (None, None, "2026-01-01", TODAY, "unknown", None)),
        (
            {"start": "2026-01-01", "end": "2026-03", "status": "completed"},
            ("2026-01-01", "2026-03-01", "2026-01-01", "2026-03-31", "recorded", None),
        ),
        (
            {"start": "2026-01-01", "end": "2026-12-31"},
            ("2026-01-01", TODAY, "2026-01-01", TODAY, "recorded", "2026-12-31"),
        ),
        (
            {"start": "2026-01-01", "end": "2026-12-31", "status": "stopped"},
            ("2026-01-01", "2026-01-01", "2026-01-01", TODAY, "unknown", None),
        ),
        ({"start": "2026-02-01", "end": "2026-01-01"}, (None, None, None, TODAY, "unknown", None)),
        ({"start": "2026-01-01", "end": "soon"}, (None, None, None, TODAY, "unknown", None)),
        ({"end": "2026-01-01"}, (None, None, None, "2026-01-01", "recorded", None)),
        ({}, (None, None, None, TODAY, "unknown", None)),
        (
            {"effectiveDateTime": "2026-01-01"},
            ("2026-01-01", "2026-01-01", None, TODAY, "unknown", None),
        ),
        (
            {"effectiveDateTime": "2026-01-01", "status": "completed"},
            ("2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01", "recorded", None),
        ),
        (
            {"effectiveDateTime": "2026-01-01", "status": "unknown"},
            (None, None, None, TODAY, "unknown", None),
        ),
    ],
)
def test_days_of_a_statement(clinic: Any, more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = exposure(clinic, clinic.statement("mtx", **more))
    assert [days(one) for one in found] == [expected]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"days": 30}, ("2026-06-01", TODAY, "2026-06-01", TODAY, "supply", TODAY)),
        ({"days": 10}, ("2026-06-01", "2026-06-10", "2026-06-01", "2026-06-10", "supply", None)),
        ({}, ("2026-06-01", "2026-06-01", "2026-06-01", TODAY, "unknown", None)),
        (
            {"dispenseRequest": {"validityPeriod": {"start": "2026-05-01", "end": "2026-05-31"}}},
            ("2026-05-01", "2026-05-31", "2026-05-01", "2026-05-31", "recorded", None),
        ),
        (
            {
                "dispenseRequest": {
                    "expectedSupplyDuration": {"value": 1, "code": "wk"},
                    "numberOfRepeatsAllowed": 1,
                }
            },
            ("2026-06-01", "2026-06-14", "2026-06-01", "2026-06-14", "supply", None),
        ),
        (
            {"dosageInstruction": [{"timing": {"repeat": {"boundsDuration": {"value": 2, "code": "wk"}}}}]},
            ("2026-06-01", "2026-06-14", "2026-06-01", "2026-06-14", "recorded", None),
        ),
        (
            {
                "dosageInstruction": [
                    {"timing": {"repeat": {"boundsPeriod": {"start": "2026-05-01", "end": "2026-05-10"}}}},
                    {"timing": {"repeat": {"boundsPeriod": {"start": "2026-05-11", "end": "2026-05-20"}}}},
                    {"text": "no timing at all"},
                ]
            },
            ("2026-05-01", "2026-05-01", "2026-05-01", TODAY, "unknown", None),
        ),
    ],
)
def test_days_of_a_request(clinic: Any, more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = exposure(clinic, clinic.request("mtx", "2026-06-01", **more))
    assert [days(one) for one in found] == [expected]


@pytest.mark.parametrize(
    "more",
    [
        {"status": "not-taken"},
        {"status": "entered-in-error"},
        {"start": "2026-07-01"},
        {"dosage": [{"route": {"text": "外用"}}]},
    ],
)
def test_no_exposure(clinic: Any, more: dict[str, Any]) -> None:
    start = more.pop("start", "2026-01-01")
    assert exposure(clinic, clinic.statement("mtx", start, **more)) == []


@pytest.mark.parametrize("more", [{"intent": "plan"}, {"doNotPerform": True}, {"status": "draft"}])
def test_no_order(clinic: Any, more: dict[str, Any]) -> None:
    assert exposure(clinic, clinic.request("mtx", "2026-06-01", **more)) == []


def test_counts_tell_records_that_are_no_exposure(clinic: Any) -> None:
    records = [clinic.statement("mtx", "2026-01-01"), clinic.statement("mtx", status="not-taken")]
    screening = clinic.screen([clinic.line(_part(clinic))], [clinic.patient(), *records])
    counts = screening.counts["MedicationStatement"]
    assert (counts["seen"], counts["used"], counts["not_needed"]) == (2, 1, 1)


def test_medication_by_reference(clinic: Any) -> None:
    medication = {"resourceType": "Medication", "id": "1", "code": {"text": "mtx"}}
    contained = {"resourceType": "Medication", "id": "in", "code": {"text": "lef"}}
    outside = {"medicationReference": {"reference": "Medication/1/_history/7"}}
    inside = {"medicationReference": {"reference": "#in"}, "contained": [contained]}
    dangling = {"medicationReference": {"reference": "Medication/9", "display": "pred"}}
    records = [clinic.statement(None, "2026-01-01", **given) for given in (outside, inside, dangling)]
    for record in records:
        del record["medicationCodeableConcept"]
    found = exposure(clinic, medication, *records)
    assert [one.drug for one in found] == ["lef", "mtx", "pred"]


def test_exposed_in_a_window(clinic: Any) -> None:
    asked = clinic.when("exposed", "agent", 30)
    past = clinic.statement("mtx", "2026-01-01", "2026-05-30", status="completed")
    inside = clinic.statement("lef", "2026-01-01", "2026-06-10", status="completed")
    assert clinic.answer(asked, past).reason == "NO_RECORD"
    verdict = clinic.answer(asked, past, inside)
    assert verdict.truth == "true"
    assert verdict.evidence == (f"MedicationStatement/{inside['id']}",)
    assert verdict.valid_until == "2026-07-11"


def test_exposed_doubts(clinic: Any) -> None:
    asked = clinic.when("exposed", "agent", 30)
    nameless = clinic.statement(None, "2026-01-01")
    undated = clinic.statement("mtx")
    assert clinic.answer(asked, nameless).reason == "UNMAPPED_CODE"
    assert clinic.answer(asked, nameless, undated).reason == "PARTIAL_DATE"
    assert clinic.answer(clinic.when("exposed", "agent", 30, possible=True), undated).truth == "true"


def test_exposed_needs_the_whole_list_only_when_it_finds_nothing(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete.add(("MedicationRequest", "p"))

    asked = clinic.when("exposed", "agent")
    assert clinic.answer(asked, change=change).reason == "INCOMPLETE_DATA"
    assert clinic.answer(asked, clinic.statement("mtx", "2026-01-01"), change=change).truth == "true"


def test_dose_above(clinic: Any) -> None:
    asked = clinic.when("exposed", "painkiller", 30, dose_above=100.0)
    assert clinic.answer(asked, clinic.statement("nsaid", "2026-01-01", mg=200)).truth == "true"
    assert clinic.answer(asked, clinic.statement("nsaid", "2026-01-01", mg=100)).reason == "NO_RECORD"
    assert clinic.answer(asked, clinic.statement("nsaid", "2026-01-01")).reason == "DOSE_NOT_CODED"


def test_orders_alone_are_for_a_person(clinic: Any) -> None:
    asked, order = clinic.when("exposed", "agent"), clinic.request("mtx", "2026-06-01", 30)
    assert clinic.answer(asked, order).notes == ("requests-only",)
    assert clinic.answer(asked, order, clinic.statement("mtx", "2026-06-01")).notes == ()


@pytest.mark.parametrize(
    ("text", "truth", "notes"),
    [
        ("不耐受", "true", ("stop-from-text",)),
        ("血药浓度高", "true", ("intolerance-doubtful",)),
        ("好转", None, ()),
    ],
)
def test_stopped_for(clinic: Any, text: str, truth: str | None, notes: tuple[str, ...]) -> None:
    record = clinic.statement("mtx", "2026-01-01", status="stopped", statusReason=[{"text": text}])
    verdict = clinic.answer(clinic.when("stopped_for", "agent"), record)
    assert (verdict.truth, verdict.notes) == (truth or "unknown", notes)


def test_list_kept(clinic: Any) -> None:
    kept = clinic.when("list_kept", "", 90, unmapped_within_days=90)
    ever = clinic.when("list_kept", "", 90)
    recent = clinic.statement("other", "2026-01-01", "2026-05-01", status="completed")
    old = clinic.statement("something", "2020-01-01", "2020-02-01", status="completed")
    assert clinic.answer(kept).reason == "NO_RECORD"
    verdict = clinic.answer(kept, recent, old)
    assert (verdict.truth, verdict.valid_until) == ("true", "2026-07-31")
    assert clinic.answer(ever, recent, old).reason == "UNMAPPED_CODE"
