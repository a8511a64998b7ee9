"""Owns what a row asks of a number or an answer, in words: comparators, review operators, windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fhir_adapter.model.criteria import Comparison, Condition, Span

_OPERATORS: Final[Mapping[str, str]] = {
    "below": "is below",
    "above": "is above",
    "at_least": "is at least",
    "at_most": "is at most",
    "equals": "is exactly",
}
_ANSWERS: Final[Mapping[str, str]] = {"below-limit": "below its limit of detection"}
_UNITS: Final[Mapping[str, str]] = {"d": "day", "y": "calendar year"}


def number(value: float) -> str:
    """A threshold as people write it: 80, not 80.0."""
    return repr(value).removesuffix(".0")


def last_days(days: int) -> str:
    """`the last 28 days`."""
    return f"the last {days} days" if days > 1 else "the last day"


def last(span: Span) -> str:
    """`the last 5 calendar years`."""
    unit = _UNITS[span.unit]
    return f"the last {span.count} {unit}s" if span.count > 1 else f"the last {unit}"


def of_window(condition: Condition, without: str = "") -> str:
    """` of the last 28 days`; other words where there is no window."""
    return without if condition.within_days is None else f" of {last_days(condition.within_days)}"


def either(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, end = words
    return f"{', '.join(first)} or {end}" if first else end


def questions(condition: Condition, unit: str) -> str:
    """What must hold of a result: its answer, the comparisons, the operators of review rows."""
    asked = [
        *_answers(condition),
        *(_comparison(each, unit) for each in condition.comparisons),
        *_near(condition, unit),
        *_of_variants(condition),
    ]
    return " " + " and ".join(asked) if asked else ""


def _answers(condition: Condition) -> list[str]:
    words = [_ANSWERS.get(answer, answer) for answer in condition.answers]
    return [f"is {either(words)}"] if words else []


def _comparison(comparison: Comparison, unit: str) -> str:
    operator, threshold = _OPERATORS[comparison.operator], number(comparison.threshold)
    if comparison.times_uln:
        return f"{operator} {threshold} × its own upper limit of normal"
    return f"{operator} {threshold}{unit}"


def _near(condition: Condition, unit: str) -> list[str]:
    asked = []
    if condition.near is not None and condition.near_by_fraction is not None:
        percent = number(round(condition.near_by_fraction * 100, 6))
        asked.append(f"lies within {percent} % of {number(condition.near)}{unit}")
    if condition.near is not None and condition.near_closer_than is not None:
        asked.append(
            f"lies closer than {number(condition.near_closer_than)} to {number(condition.near)}{unit}"
        )
    if condition.flag is not None:
        asked.append(f"carries the flag {condition.flag}")
    return asked


def _of_variants(condition: Condition) -> list[str]:
    asked = []
    if condition.three_variables:
        asked.append("lacks the patient global")
    if condition.variant_in:
        asked.append(f"is one of {', '.join(condition.variant_in)}")
    if condition.recorded_differs_by is not None:
        asked.append(f"differs from the recorded total by more than {number(condition.recorded_differs_by)}")
    if condition.variants_disagree_at is not None:
        asked.append(
            f"lies on both sides of {number(condition.variants_disagree_at)}, depending on the variant"
        )
    return asked
