"""docs/semantics.md §8.4: a dose that stayed the same, one that changed, and what leaves it open."""

from __future__ import annotations

from typing import Any

import pytest


def ask(clinic: Any, *records: dict[str, Any], of: str = "steroid") -> tuple[str, str]:
    """What both verbs say: "t", "f", or the reason."""
    said = []
    for verb in ("changed_dose", "stable_dose"):
        row = clinic.row("true", clinic.when(verb, of, 30))
        otherwise = clinic.row("false", clinic.when("age", "years", at_least=0))
        verdict = clinic.verdict([row, otherwise], list(records))
        said.append(verdict.reason or verdict.truth)
    return said[0], said[1]


def test_same_dose_on_every_day(clinic: Any) -> None:
    record = clinic.statement("pred", "2026-01-01", "2026-08-15", mg=10)
    assert ask(clinic, record) == ("false", "true")
    verdict = clinic.answer(clinic.when("stable_dose", "steroid", 30), record)
    assert (verdict.value, verdict.unit, verdict.valid_until) == (10.0, "mg/d", "2026-08-16")


def test_nothing_taken_is_neither(clinic: Any) -> None:
    assert ask(clinic) == ("false", "false")


@pytest.mark.parametrize(
    ("start", "expected"),
    [("2026-05-31", ("false", "true")), ("2026-06-01", ("true", "false"))],
)
def test_start_in_the_window(clinic: Any, start: str, expected: tuple[str, str]) -> None:
    assert ask(clinic, clinic.statement("pred", start, mg=10)) == expected


def test_start_with_an_unknown_dose_is_a_change(clinic: Any) -> None:
    assert ask(clinic, clinic.statement("pred", "2026-06-10")) == ("true", "false")


def test_change_is_over_when_it_has_left_the_window(clinic: Any) -> None:
    record = clinic.statement("pred", "2026-06-10", mg=10)
    verdict = clinic.answer(clinic.when("changed_dose", "steroid", 30), record)
    assert (verdict.truth, verdict.valid_until) == ("true", "2026-07-10")


def test_recorded_stop_is_a_change_and_a_supply_that_ran_out_is_not(clinic: Any) -> None:
    stopped = clinic.statement("pred", "2026-01-01", "2026-06-20", status="completed", mg=10)
    ran_out = clinic.request("pred", "2026-06-01", 20, mg=10)
    assert ask(clinic, stopped) == ("true", "false")
    before = clinic.request("pred", "2026-05-02", 30, mg=10)
    assert ask(clinic, before, ran_out) == ("SUPPLY_ENDED", "SUPPLY_ENDED")


def test_supply_that_ran_out_long_before_the_window_was_a_stop(clinic: Any) -> None:
    assert ask(clinic, clinic.request("pred", "2026-04-01", 30, mg=10)) == ("false", "false")
    assert ask(clinic, clinic.request("pred", "2026-04-01", 31, mg=10)) == ("SUPPLY_ENDED", "SUPPLY_ENDED")


@pytest.mark.parametrize(
    ("again", "mg", "expected"),
    [
        ("2026-06-08", 10, ("false", "true")),  # 7 uncovered days
        ("2026-06-09", 10, ("SUPPLY_ENDED", "SUPPLY_ENDED")),
        ("2026-06-08", 5, ("true", "false")),
    ],
)
def test_refills(clinic: Any, again: str, mg: float, expected: tuple[str, str]) -> None:
    first = clinic.request("pred", "2026-05-02", 30, mg=10)  # to 31 May
    assert ask(clinic, first, clinic.request("pred", again, 60, mg=mg)) == expected


def test_switch_at_equal_equivalents_is_stable(clinic: Any) -> None:
    pred = clinic.statement("pred", "2026-01-01", "2026-06-14", status="completed", mg=5)
    methyl = clinic.statement("mpred", "2026-06-15", mg=4)
    assert ask(clinic, pred, methyl) == ("false", "true")
    assert ask(clinic, pred, clinic.statement("mpred", "2026-06-15", mg=8)) == ("true", "false")


def test_overlapping_doses(clinic: Any) -> None:
    five = clinic.statement("pred", "2026-01-01", mg=5)
    ten = clinic.statement("pred", "2026-06-10", mg=10)
    assert ask(clinic, five, ten) == ("CONFLICTING_VALUES", "CONFLICTING_VALUES")
    assert ask(clinic, five, clinic.request("pred", "2026-06-01", 60, mg=5)) == ("false", "true")
    ended = clinic.statement("pred", "2026-01-01", "2026-06-09", status="completed", mg=2)
    higher = clinic.statement("pred", "2026-01-01", "2026-06-09", status="completed", mg=3)
    assert ask(clinic, ended, higher, ten) == ("true", "false")  # whichever was right, it is another one now


def test_unknown_dose_and_unknown_dates(clinic: Any) -> None:
    assert ask(clinic, clinic.statement("pred", "2026-01-01")) == ("DOSE_NOT_CODED", "DOSE_NOT_CODED")
    assert ask(clinic, clinic.statement("pred", mg=5)) == ("PARTIAL_DATE", "PARTIAL_DATE")
    nobody_knows = clinic.statement(None, "2026-01-01", mg=5)
    assert ask(clinic, nobody_knows) == ("UNMAPPED_CODE", "UNMAPPED_CODE")


def test_injections_are_no_daily_dose(clinic: Any) -> None:
    injected = clinic.administration("pred", "2026-06-10", 40)
    injected["dosage"]["route"] = {"text": "注射"}
    assert ask(clinic, injected) == ("false", "false")


def test_administrations_of_one_day_add_up_where_nothing_else_covers_it(clinic: Any) -> None:
    ordered = clinic.statement("pred", "2026-01-01", mg=10)
    given = [clinic.administration("pred", f"2026-06-10T{hour}:00:00+08:00", 5) for hour in ("08", "20")]
    assert ask(clinic, ordered, *given) == ("false", "true")
    assert ask(clinic, *given) == ("true", "false")


def test_without_equivalents_each_drug_is_looked_at_by_itself_and_as_needed_is_not(clinic: Any) -> None:
    daily = clinic.statement("nsaid", "2026-01-01", mg=200)
    now_and_then = clinic.statement("nsaid", "2026-06-10", mg=200)
    now_and_then["dosage"][0]["asNeededBoolean"] = True
    assert ask(clinic, daily, now_and_then, of="painkiller") == ("false", "true")


def test_list_that_is_not_whole(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete.add(("MedicationRequest", "p"))

    same, started = (
        clinic.statement("pred", "2026-01-01", mg=10),
        clinic.statement("pred", "2026-06-10", mg=1),
    )
    stable, changed = clinic.when("stable_dose", "steroid", 30), clinic.when("changed_dose", "steroid", 30)
    assert clinic.answer(stable, same, change=change).reason == "INCOMPLETE_DATA"
    assert clinic.answer(changed, same, change=change).reason == "INCOMPLETE_DATA"
    assert clinic.answer(changed, started, change=change).truth == "true"
