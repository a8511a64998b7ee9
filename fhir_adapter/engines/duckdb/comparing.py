"""Owns comparing intervals with thresholds in SQL: an outcome is 1 (T), 0 (F), or 10 + the code of a reason (U)."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapter.engines.duckdb.run import Run, code_of
from fhir_adapter.model.answers import ANSWERS
from fhir_adapter.model.criteria import Comparison, Condition, Verb
from fhir_adapter.model.das28 import VARIANTS
from fhir_adapter.model.truth import Reason

UNSURE = 10
"""Outcomes from here on are U, with the reason's code added."""


def _u(reason: Reason) -> int:
    return UNSURE + code_of(reason)


def _number(value: float) -> str:
    return f"{value!r}::DOUBLE"


def asks_flag_only(condition: Condition) -> bool:
    """Whether a condition asks nothing but whether a candidate carries a flag, readable or not."""
    return condition.flag is not None and not condition.comparisons and condition.near is None


def outcome(run: Run, condition: Condition) -> str:
    """SQL over the columns of `candidate`: what one candidate answers."""
    if asks_flag_only(condition):
        return _all_of(_reviews(run, condition))
    compared = _all_of([*_comparisons(condition), *_reviews(run, condition)])
    return f"(CASE WHEN unread IS NOT NULL THEN {UNSURE} + unread ELSE {compared} END)"


def _all_of(outcomes: list[str]) -> str:
    if len(outcomes) == 1:
        return outcomes[0]
    if not outcomes:
        return "1"
    any_false = " OR ".join(f"{one} = 0" for one in outcomes)
    first_unsure = " ".join(f"WHEN {one} >= {UNSURE} THEN {one}" for one in outcomes)
    return f"(CASE WHEN {any_false} THEN 0 {first_unsure} ELSE 1 END)"


def _comparisons(condition: Condition) -> list[str]:
    return [_with_margin(one, condition) for one in condition.comparisons]


def _with_margin(one: Comparison, condition: Condition) -> str:
    plain = _compare(one)
    margin = condition.three_variable_margin
    if condition.verb is not Verb.SCORE or not margin:
        return plain
    wide = _sides(
        one.operator,
        _number(one.threshold),
        _Ends(f"(low - {_number(margin)})", f"(high + {_number(margin)})"),
    )
    unsure = f"CASE WHEN {plain} >= {UNSURE} THEN {plain} ELSE {_u(Reason.COMPONENT_MISSING)} END"
    return f"(CASE WHEN NOT three THEN {plain} ELSE coalesce({wide}, {unsure}) END)"


def _compare(one: Comparison) -> str:
    if not one.times_uln:
        return f"coalesce({_sides(one.operator, _number(one.threshold))}, {UNSURE} + mixed)"
    low = f"coalesce({_sides(one.operator, f'{_number(one.threshold)} * uln')}, {UNSURE} + mixed)"
    high = f"coalesce({_sides(one.operator, f'{_number(one.threshold)} * uln_high')}, {UNSURE} + mixed)"
    return f"""(CASE WHEN uln IS NULL THEN {_u(Reason.NO_REFERENCE_RANGE)} WHEN {low} = {high} THEN {low}
        ELSE {_u(Reason.CONFLICTING_VALUES)} END)"""


@dataclass(frozen=True)
class _Ends:
    """SQL of an interval's ends."""

    low: str = "low"
    high: str = "high"
    low_open: str = "false"
    high_open: str = "false"


_VALUE = _Ends(low_open="low_open", high_open="high_open")


def _sides(operator: str, t: str, of: _Ends = _VALUE) -> str:
    """SQL: 1 if every value of the interval satisfies, 0 if none does, NULL if some do."""
    below = f"({of.high} < {t} OR ({of.high} = {t} AND {of.high_open}))"
    above = f"({of.low} > {t} OR ({of.low} = {t} AND {of.low_open}))"
    at_least, at_most = f"{of.low} >= {t}", f"{of.high} <= {t}"
    yes, no = {
        "below": (below, at_least),
        "at_least": (at_least, below),
        "above": (above, at_most),
        "at_most": (at_most, above),
        "equals": (f"({of.low} = {t} AND {of.high} = {t})", f"({below} OR {above})"),
    }[operator]
    return f"CASE WHEN {yes} THEN 1 WHEN {no} THEN 0 END"


def _reviews(run: Run, condition: Condition) -> list[str]:
    """The operators of review rows, in the order of the contract."""
    checks = []
    if condition.near is not None:
        checks.append(_near(condition.near, condition))
    if condition.answers:
        listed = ", ".join(f"{ANSWERS.index(answer)}" for answer in condition.answers)
        checks.append(_decided(f"low IN ({listed})"))
    if condition.flag is not None:
        checks.append(_decided(f"flags & {run.flag_bit(condition.flag)} <> 0"))
    if condition.three_variables:
        checks.append(_decided("three"))
    if condition.variant_in:
        listed = ", ".join(str(VARIANTS.index(v)) for v in condition.variant_in)
        checks.append(_decided(f"variant IN ({listed})"))
    if condition.recorded_differs_by is not None:
        by = _number(condition.recorded_differs_by)
        differs = f"greatest(abs(recorded_low - low), abs(recorded_high - low)) > {by}"
        checks.append(
            f"(CASE WHEN recorded_low IS NULL THEN 0 WHEN low IS NULL OR high IS NULL OR low <> high "
            f"THEN {UNSURE} + mixed WHEN {differs} THEN 1 ELSE 0 END)"
        )
    if condition.variants_disagree_at is not None:
        t = _number(condition.variants_disagree_at)
        checks.append(
            f"(CASE WHEN variant IS NULL OR all_low >= {t} OR all_high < {t} OR (all_high = {t} AND all_open) "
            "THEN 0 ELSE 1 END)"
        )
    return checks


def _decided(check: str) -> str:
    return f"(CASE WHEN {check} THEN 1 ELSE 0 END)"


def _near(near: float, condition: Condition) -> str:
    """Distance from a point, as an interval: from its nearest to its farthest value."""
    n = _number(near)
    low_gap, high_gap = f"abs(low - {n})", f"abs(high - {n})"
    nearest = f"(CASE WHEN low >= {n} THEN low - {n} WHEN high <= {n} THEN {n} - high ELSE 0.0::DOUBLE END)"
    nearest_open = f"(CASE WHEN low >= {n} THEN low_open WHEN high <= {n} THEN high_open ELSE false END)"
    farthest = f"(CASE WHEN low IS NOT NULL AND high IS NOT NULL THEN greatest({low_gap}, {high_gap}) END)"
    farthest_open = f"""(CASE WHEN {low_gap} > {high_gap} THEN low_open WHEN {low_gap} < {high_gap} THEN high_open
        ELSE low_open AND high_open END)"""
    gap = _Ends(nearest, farthest, nearest_open, farthest_open)
    if condition.near_closer_than is not None:
        compared = _sides("below", _number(condition.near_closer_than), gap)
    else:
        compared = _sides("at_most", _number(near * (condition.near_by_fraction or 0.0)), gap)
    return f"coalesce({compared}, {UNSURE} + mixed)"
