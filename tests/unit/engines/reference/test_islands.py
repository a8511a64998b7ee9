"""docs/semantics.md §8.3: islands of days on a drug, and the score found during one."""

from __future__ import annotations

from typing import Any

import pytest


def ongoing(clinic: Any, days: int = 90, gap: int = 30) -> Any:
    return clinic.when("exposed_for", "agent", days=days, gap_days=gap, ongoing=True)


def ended(clinic: Any, **keys: Any) -> Any:
    return clinic.when(
        "exposed_for",
        "agent",
        days=90,
        gap_days=30,
        ended_within_days=180,
        score="das28",
        score_after_days=28,
        variants=("esr3",),
        at_least=2.6,
        **keys,
    )


def refs(*records: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(f"{r['resourceType']}/{r['id']}" for r in records))


@pytest.mark.parametrize(
    ("start", "truth", "until"),
    [
        ("2026-04-02", "true", None),  # 90 days, both ends included
        ("2026-04-03", "unknown", "2026-07-01"),  # 89 days: FALSE, and the row after it is none
    ],
)
def test_length_counts_both_ends(clinic: Any, start: str, truth: str, until: str | None) -> None:
    verdict = clinic.answer(ongoing(clinic), clinic.statement("mtx", start))
    assert (verdict.truth, verdict.valid_until) == (truth, until)


@pytest.mark.parametrize(("second", "truth"), [("2026-04-01", "true"), ("2026-04-02", "unknown")])
def test_gap_is_bridged_up_to_its_days(clinic: Any, second: str, truth: str) -> None:
    first = clinic.statement("mtx", "2026-02-01", "2026-03-01", status="completed")
    then = clinic.statement("mtx", second)  # 30 uncovered days, then 31
    assert clinic.answer(ongoing(clinic, days=120), first, then).truth == truth


def test_overlap_counts_once_and_drugs_are_apart(clinic: Any) -> None:
    mtx = clinic.statement("mtx", "2026-05-01")
    again = clinic.request("mtx", "2026-05-01", 61)
    lef = clinic.statement("lef", "2026-01-01", "2026-04-30", status="completed")
    assert clinic.answer(ongoing(clinic), mtx, again, lef).reason == "NO_RECORD"


def test_days_that_are_only_possible_make_it_uncertain(clinic: Any) -> None:
    verdict = clinic.answer(ongoing(clinic), clinic.statement("mtx", "2026-01-01", status="completed"))
    assert verdict.reason == "PARTIAL_DATE"


def test_orders_alone_are_noted(clinic: Any) -> None:
    order = clinic.request("mtx", "2026-01-01", 200)
    assert clinic.answer(ongoing(clinic), order).notes == ("requests-only",)
    given = clinic.administration("mtx", "2026-03-01")
    verdict = clinic.answer(ongoing(clinic), order, given)
    assert (verdict.notes, verdict.evidence) == ((), refs(order, given))


def test_list_that_is_not_whole(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete.add(("MedicationStatement", "p"))

    short = clinic.request("mtx", "2026-06-01", 30)
    assert clinic.answer(ongoing(clinic), short, change=change).reason == "INCOMPLETE_DATA"


def test_score_during_an_island_that_ended(clinic: Any) -> None:
    taken = clinic.statement("mtx", "2026-01-01", "2026-04-30", status="completed")
    active = clinic.visit("2026-04-15", tender=8, swollen=8, esr=40)
    verdict = clinic.answer(ended(clinic), taken, *active)
    assert verdict.truth == "true"
    assert verdict.evidence == (*refs(taken), *(f"Observation/{o['id']}" for o in active))
    assert verdict.unit == "{score}"
    assert verdict.valid_until == "2026-10-28"


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-03-30", "NO_RECORD"),  # before the 90th day
        ("2026-03-31", None),
        ("2026-05-28", None),  # 28 days after its end
        ("2026-05-29", "NO_RECORD"),
    ],
)
def test_score_is_looked_for_between_day_90_and_28_days_after_the_end(
    clinic: Any, day: str, reason: str | None
) -> None:
    taken = clinic.statement("mtx", "2026-01-01", "2026-04-30", status="completed")
    verdict = clinic.answer(ended(clinic), taken, *clinic.visit(day, tender=8, swollen=8, esr=40))
    assert verdict.reason == reason


def test_remission_is_false_and_no_score_is_unknown(clinic: Any) -> None:
    taken = clinic.statement("mtx", "2026-01-01", "2026-04-30", status="completed")
    rows = [clinic.row("true", ended(clinic)), clinic.row("false", clinic.when("exposed", "agent"))]
    well = clinic.visit("2026-04-15", tender=0, swollen=0, esr=2)
    assert clinic.verdict(rows, [taken, *well]).truth == "false"
    assert clinic.verdict(rows, [taken]).reason == "NO_RECORD"


def test_island_that_ended_long_ago_is_too_old(clinic: Any) -> None:
    old = clinic.statement("mtx", "2025-01-01", "2025-10-01", status="completed")
    short = clinic.statement("lef", "2025-01-01", "2025-02-01", status="completed")
    assert clinic.answer(ended(clinic), old).reason == "TOO_OLD"
    assert clinic.answer(ended(clinic), short).reason == "TOO_OLD"
