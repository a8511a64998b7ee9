"""Owns the reading of one row of a decision list: a row whose keys are checked becomes a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from fhir_adapter.definitions.condition_checks import check_row
from fhir_adapter.definitions.exact import days, share, span
from fhir_adapter.definitions.files import Table
from fhir_adapter.definitions.problems import Place, one_of
from fhir_adapter.definitions.verbs import COMPARATORS, GRAMMAR, JOINING
from fhir_adapter.model.criteria import Comparison, Condition, Silence, Verb
from fhir_adapter.model.inputs import Input


def read_condition(
    row: Table, inputs: Mapping[str, Input], place: Place, *, is_review: bool
) -> Condition | None:
    """The condition of a row whose shape is checked; None if it names no verb or several."""
    verb = _verb(row, place)
    if verb is None:
        return None
    check_row(row, verb, inputs, place, is_review=is_review)
    if verb in JOINING:
        return _joined(row, verb, inputs, place)
    return _condition(row, verb)


def _verb(row: Table, place: Place) -> Verb | None:
    verbs = [verb for verb in Verb if verb in row]
    if Verb.EXPOSED_FOR in verbs and Verb.SCORE in verbs:
        verbs.remove(Verb.SCORE)  # there it is a key: the score that must be found during the exposure
    if len(verbs) == 1:
        return verbs[0]
    found = f"; found {', '.join(sorted(verbs))}" if verbs else ""
    place.expected(f"expected exactly one verb, {one_of(Verb)}{found}")
    return None


def _joined(row: Table, verb: Verb, inputs: Mapping[str, Input], place: Place) -> Condition | None:
    tables = cast(list[Table], row[verb])
    read = [
        read_condition(table, inputs, place.at(verb, index), is_review=False)
        for index, table in enumerate(tables)
    ]
    of = tuple(condition for condition in read if condition is not None)
    return Condition(verb, "", of=of) if len(of) == len(read) else None


def _condition(row: Table, verb: Verb) -> Condition:
    condition = Condition(
        verb=verb,
        input=_input(row, verb),
        within_days=days(row.get(Verb.LIST_KEPT if verb is Verb.LIST_KEPT else "within")),
        comparisons=_comparisons(row, verb),
        answers=_texts(row, "is"),
        how_many=cast(int, row[verb]) if isinstance(row[verb], int) and verb is not Verb.ON_STUDY else 0,
        after=() if verb is Verb.EXPOSED_FOR else _texts(row, "after"),
        undated_counts="undated_counts" in row,
        variants=_texts(row, "variants"),
        three_variable_margin=_number(row, "three_variable_margin") or 0.0,
    )
    if verb in (Verb.PRESENT, Verb.ABSENT):
        return _with_diagnosis(condition, row)
    if verb in (Verb.EXPOSED, Verb.EXPOSED_FOR, Verb.LIST_KEPT):
        return _with_exposure(condition, row)
    return _with_review(condition, row)


def _input(row: Table, verb: Verb) -> str:
    """The input's id; for age and gender, which have none, their own word."""
    key = verb if verb in (Verb.AGE, Verb.GENDER) else GRAMMAR[verb].input_key
    return str(row[key]) if key in row else ""


def _comparisons(row: Table, verb: Verb) -> tuple[Comparison, ...]:
    """The comparators in the order of the file; `between` is closed on both sides."""
    if verb is Verb.EXPOSED_FOR:
        at_least = _number(row, "at_least_score")
        return () if at_least is None else (Comparison("at_least", at_least),)
    times_uln = "uln" in row
    comparisons: list[Comparison] = []
    for key, value in row.items():
        if key == "between":
            low, high = cast(list[float], value)
            comparisons.append(Comparison("at_least", float(low), times_uln))
            comparisons.append(Comparison("at_most", float(high), times_uln))
        elif key in COMPARATORS and not isinstance(value, str):
            comparisons.append(Comparison(key, float(cast(float, value)), times_uln))
    return tuple(comparisons)


def _with_diagnosis(condition: Condition, row: Table) -> Condition:
    return replace(
        condition,
        activity=str(row.get("activity", "any")),
        silence=Silence(str(row["silence"])) if "silence" in row else None,
        since=span(row.get("since")),
        recorded_within=span(row.get("recorded_within")),
        ended_within=span(row.get("ended_within")),
        unless=cast(str | None, row.get("unless")),
        stale_after_days=days(row.get("stale_after")),
        no_status_after_days=days(row.get("no_status_after")),
    )


def _with_exposure(condition: Condition, row: Table) -> Condition:
    of_island = condition.verb is Verb.EXPOSED_FOR
    unmapped = row.get("unmapped_within")
    return replace(
        condition,
        possible="possible" in row,
        route=cast(str | None, row.get("route")),
        as_needed="as_needed" in row,
        dose_above=_number(row, "dose_above"),
        days=_length(row, "at_least") if of_island else 0,
        gap_days=_length(row, "gap"),
        ongoing="ongoing" in row,
        ended_within_days=_length(row, "ended_within") if "ended_within" in row else None,
        score=cast(str | None, row.get("score")),
        score_after_days=_length(row, "after") if of_island else 0,
        unmapped_within_days=None if unmapped == "ever" else days(unmapped),
    )


def _with_review(condition: Condition, row: Table) -> Condition:
    return replace(
        condition,
        near=_number(row, "near"),
        near_by_fraction=share(row.get("by")),
        near_closer_than=_number(row, "closer_than"),
        flag=cast(str | None, row.get("flag")),
        three_variables="three_variables" in row,
        variant_in=_texts(row, "variant_in"),
        recorded_differs_by=_number(row, "recorded_differs_by"),
        variants_disagree_at=_number(row, "variants_disagree_at"),
    )


def _texts(row: Table, key: str) -> tuple[str, ...]:
    found = row.get(key)
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _number(row: Table, key: str) -> float | None:
    return float(cast(float, row[key])) if key in row else None


def _length(row: Table, key: str) -> int:
    """The days of a key; 0 where it is missing or no length of days, which is reported elsewhere."""
    found = row.get(key)
    return (days(found) or 0) if isinstance(found, str) else 0
