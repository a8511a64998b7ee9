"""docs/semantics.md §6.5 and §6.6: coded answers, and verbs that look at several results."""

from __future__ import annotations

from typing import Any

import pytest


def refs(*results: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"Observation/{result['id']}" for result in results)


def test_latest_answer(clinic: Any) -> None:
    positive = clinic.when("latest", "hbsag", 365, answers=("positive",))
    old, new = clinic.answered("阳性", "2026-01-10"), clinic.answered("阴性", "2026-06-10")
    assert clinic.answer(positive, old).truth == "true"
    assert clinic.answer(positive, old, new).truth == "unknown"
    fact = clinic.screen([clinic.line(_part(clinic, positive))], [clinic.patient(), new]).facts[0]
    assert (fact.kind, fact.answer, fact.low) == ("coded", "negative", None)


def _part(clinic: Any, condition: Any) -> Any:
    from fhir_adapter.model.criteria import Part

    return Part((clinic.row("true", condition),))


def test_latest_answer_that_cannot_be_read_hides_the_older_one(clinic: Any) -> None:
    positive = clinic.when("latest", "hbsag", 365, answers=("positive",))
    verdict = clinic.answer(positive, clinic.answered("阳性", "2026-01-10"), clinic.answered("见报告"))
    assert verdict.reason == "UNREADABLE_VALUE"


def test_newer_draft_that_says_something_else(clinic: Any) -> None:
    positive = clinic.when("latest", "hbsag", 365, answers=("positive",))
    old = clinic.answered("阳性", "2026-01-10")
    assert clinic.answer(positive, old, clinic.answered("阴性", status="preliminary")).reason == "PRELIMINARY"
    assert clinic.answer(positive, old, clinic.answered("阳性", status="preliminary")).notes == (
        "preliminary",
    )


@pytest.mark.parametrize(
    ("dates", "truth"),
    [
        ({"recordedDate": "2026-06-19"}, "true"),
        ({"recordedDate": "2026-06-20"}, "unknown"),
        ({"recordedDate": "2026-06"}, "unknown"),
        ({"recordedDate": "2026-01-01", "abatementDateTime": "2026-06-25"}, "unknown"),
    ],
)
def test_after(clinic: Any, dates: dict[str, Any], truth: str) -> None:
    asked = clinic.when("latest", "hbsag", 365, answers=("negative",), after=("infection",))
    verdict = clinic.answer(asked, clinic.answered("阴性"), clinic.diagnosis("A15.0", **dates))
    assert verdict.truth == truth


def test_ever(clinic: Any) -> None:
    asked = clinic.when("ever", "hbsag", answers=("positive",))
    positive = clinic.answered("阳性", "2010")
    verdict = clinic.answer(asked, positive, clinic.answered("阴性"), clinic.answered("见报告"))
    assert (verdict.truth, verdict.evidence) == ("true", refs(positive))
    assert clinic.answer(asked, clinic.answered("见报告")).reason == "NO_RECORD"


def test_mean_of_the_newest_two(clinic: Any) -> None:
    results = [clinic.platelets(value, f"2026-06-{day}") for value, day in ((10, 10), (60, 12), (90, 14))]
    verdict = clinic.answer(clinic.when("mean_of", "platelets", 28, how_many=2, below=80), *results)
    assert (verdict.truth, verdict.value) == ("true", 75.0)
    assert verdict.evidence == refs(results[2], results[1])
    assert verdict.valid_until == "2026-07-11"


def test_results_of_one_time_are_one_reading(clinic: Any) -> None:
    same = [clinic.platelets(value, "2026-06-14T08:00:00+08:00") for value in (70, 90)]
    before = clinic.platelets(75, "2026-06-10")
    mean = clinic.when("mean_of", "platelets", 28, how_many=2, below=80)
    assert clinic.answer(mean, *same).reason == "NO_RECORD"
    assert clinic.answer(mean, *same, before).reason == "CENSORED_VALUE"  # 72.5 to 82.5


def test_mean_of_fewer_is_false_and_leaves_a_trail_only_where_nothing_is_in_reach(clinic: Any) -> None:
    mean = clinic.when("mean_of", "platelets", 28, how_many=2, below=80)
    assert clinic.answer(mean, clinic.platelets(70, "2026-01-10")).reason == "TOO_OLD"
    both = clinic.platelets(70, "2026-01-10"), clinic.platelets(70, "2026-06-10")
    assert clinic.answer(mean, *both).reason == "NO_RECORD"


def test_unsure_date_makes_a_mean_doubtful(clinic: Any) -> None:
    mean = clinic.when("mean_of", "platelets", 28, how_many=1, below=80)
    assert clinic.answer(mean, clinic.platelets(70, "2026-06-10")).truth == "true"
    unsure = clinic.platelets(90, "2026")
    assert clinic.answer(mean, clinic.platelets(70, "2026-06-10"), unsure).reason == "PARTIAL_DATE"


def test_any_of_last(clinic: Any) -> None:
    asked = clinic.when("any_of_last", "platelets", 28, how_many=2, below=80)
    low, high = clinic.platelets(70, "2026-06-12"), clinic.platelets(90, "2026-06-14")
    verdict = clinic.answer(asked, low, high)
    assert (verdict.truth, verdict.evidence, verdict.value) == ("true", refs(low), None)
    newer = clinic.platelets(85, "2026-06-15")
    assert clinic.answer(asked, low, high, newer).reason == "NO_RECORD"
    unreadable = clinic.lab("777-3", {"valueString": "see report"}, "2026-06-16")
    assert clinic.answer(asked, low, high, unreadable).reason == "UNREADABLE_VALUE"


def test_readings(clinic: Any) -> None:
    asked = clinic.when("readings", "platelets", 28, how_many=2)
    one, two = clinic.platelets(70, "2026-06-12"), clinic.platelets(90, "2026-06-14")
    assert clinic.answer(asked, one).reason == "NO_RECORD"
    assert clinic.answer(asked, one, two).evidence == refs(two, one)


@pytest.mark.parametrize(
    ("platelets", "said"), [(75, ("true", None, ("preliminary",))), (90, ("unknown", "PRELIMINARY", ()))]
)
def test_newer_draft_is_noted_or_leaves_it_open(clinic: Any, platelets: int, said: tuple[Any, ...]) -> None:
    asked = clinic.when("any_of_last", "platelets", 28, how_many=1, below=80)
    draft = clinic.platelets(platelets, "2026-06-15", status="preliminary")
    verdict = clinic.answer(asked, clinic.platelets(70, "2026-06-12"), draft)
    assert (verdict.truth, verdict.reason, verdict.notes) == said
