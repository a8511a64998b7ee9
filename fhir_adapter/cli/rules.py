"""Owns a trial's rows in readable English, for `explain`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from fhir_adapter.model.criteria import Comparison, Condition, Part, ReviewRow, Row, Silence, Verb
from fhir_adapter.model.inputs import Input, QuantityInput

Inputs = Mapping[str, Input]

_OPERATORS: Final[Mapping[str, str]] = {
    "below": "is below",
    "above": "is above",
    "at_least": "is at least",
    "at_most": "is at most",
    "equals": "is exactly",
}
_SILENCE: Final[Mapping[Silence, str]] = {
    Silence.UNKNOWN: "silence is UNKNOWN",
    Silence.FALSE: "silence counts as absence",
    Silence.FALSE_IF_RECORDED: "silence counts as absence only in a record that holds other, mapped diagnoses of the "
    "last 2 years",
}


def part_rows(part: Part, inputs: Inputs) -> tuple[str, ...]:
    """The rows of a part in order, then what happens if none applies."""
    rows = [row_text(row, inputs) for row in part.rows]
    return (*rows, "UNKNOWN if no row applies")


def review_rows(part: Part, inputs: Inputs) -> tuple[str, ...]:
    """When a person must look, whatever the answer is."""
    return tuple(_review_text(row, inputs) for row in part.review)


def row_text(row: Row, inputs: Inputs) -> str:
    """`TRUE if the latest platelets within 28 d is below 80 10*9/L`."""
    reason = f" ({row.reason})" if row.reason else ""
    return f"{row.then.upper()}{reason} if {condition_text(row.when, inputs)}"


def condition_text(condition: Condition, inputs: Inputs) -> str:
    """One condition as a clause."""
    return _CLAUSES[condition.verb](condition, inputs)


def number(value: float) -> str:
    """A threshold as people write it: 80, not 80.0."""
    return repr(value).removesuffix(".0")


def _review_text(row: ReviewRow, inputs: Inputs) -> str:
    # Which variant comes first is said by the rows of the rule.
    when = replace(row.when, variants=())
    return f"if {condition_text(when, inputs)}: “{row.note}”"


def _latest(condition: Condition, inputs: Inputs) -> str:
    known = inputs.get(condition.input)
    unit = f" {known.unit}" if isinstance(known, QuantityInput) else ""
    return f"the latest {condition.input}{_within(condition)}{_questions(condition, unit)}"


def _score(condition: Condition, inputs: Inputs) -> str:
    which = f" ({', else '.join(condition.variants)})" if condition.variants else ""
    margin = ""
    if condition.three_variable_margin:
        margin = (
            f"; without the patient global it must clear that by {number(condition.three_variable_margin)}"
        )
    return f"the newest {condition.input}{_within(condition)}{which}{_questions(condition, '')}{margin}"


def _present(condition: Condition, inputs: Inputs) -> str:
    return f"a confirmed{_activity(condition)} diagnosis of {condition.input} is recorded"


def _absent(condition: Condition, inputs: Inputs) -> str:
    silence = _SILENCE[condition.silence] if condition.silence else "silence is not decided"
    return f"no{_activity(condition)} diagnosis of {condition.input} is recorded; {silence}"


def _age(condition: Condition, inputs: Inputs) -> str:
    return f"the age in completed {condition.input}{_questions(condition, '')}"


_CLAUSES: Final[Mapping[Verb, Callable[[Condition, Inputs], str]]] = {
    Verb.LATEST: _latest,
    Verb.SCORE: _score,
    Verb.PRESENT: _present,
    Verb.ABSENT: _absent,
    Verb.AGE: _age,
}


def _within(condition: Condition) -> str:
    return "" if condition.within_days is None else f" within {condition.within_days} d"


def _activity(condition: Condition) -> str:
    return " active" if condition.activity == "active" else ""


def _questions(condition: Condition, unit: str) -> str:
    """The comparisons and the operators of review rows; all of them must hold."""
    asked = [
        *(_comparison(each, unit) for each in condition.comparisons),
        *_review_questions(condition, unit),
    ]
    return " " + " and ".join(asked) if asked else ""


def _comparison(comparison: Comparison, unit: str) -> str:
    operator, threshold = _OPERATORS[comparison.operator], number(comparison.threshold)
    if comparison.times_uln:
        return f"{operator} {threshold} × its own upper limit of normal"
    return f"{operator} {threshold}{unit}"


def _review_questions(condition: Condition, unit: str) -> list[str]:
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
