"""Owns the reading of one row of a decision list: its verb, the verb's keys, and whether its input fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fhir_adapter.definitions.exact import days, share
from fhir_adapter.definitions.files import Table
from fhir_adapter.definitions.problems import Place, one_of
from fhir_adapter.model.criteria import Comparison, Condition, Silence, Verb
from fhir_adapter.model.inputs import ConditionInput, Input, QuantityInput, ScoreInput

_COMPARATORS = frozenset({"below", "above", "at_least", "at_most", "equals", "between"})
_NEAR = frozenset({"near", "by", "closer_than"})
_NOT_OF_THE_CONDITION = frozenset({"then", "reason", "note"})
_COMPUTED_FLAGS = frozenset(
    {
        "no-zone",
        "no-effective",
        "unit-conflict-mass-molar",
        "global-unit-guess",
        "conflicting",
        "esr-floor",
        "esr-unusable",
        "crp-unusable",
        "global-unusable",
        "global-missing",
    }
)
"""Flags that the engines raise themselves (docs/semantics.md); an input's `note_flags` adds its own."""


@dataclass(frozen=True)
class _Grammar:
    """What one verb takes: `keys` on every row, `review` keys in review rows only, `needs` ever.

    A verb that `asks` compares a number: a row without comparator or review operator would ask nothing.
    """

    input_kind: type[Input] | None
    kind_name: str
    keys: frozenset[str]
    review: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    asks: bool = False


_GRAMMAR: Mapping[Verb, _Grammar] = {
    Verb.LATEST: _Grammar(
        QuantityInput,
        "quantity",
        _COMPARATORS | {"within", "uln"},
        review=_NEAR | {"flag"},
        asks=True,
    ),
    Verb.SCORE: _Grammar(
        ScoreInput,
        "score",
        _COMPARATORS | {"within", "variants", "three_variable_margin"},
        review=_NEAR
        | {"flag", "three_variables", "variant_in", "recorded_differs_by", "variants_disagree_at"},
        needs=frozenset({"variants"}),
        asks=True,
    ),
    Verb.PRESENT: _Grammar(ConditionInput, "condition", frozenset({"activity"})),
    Verb.ABSENT: _Grammar(
        ConditionInput, "condition", frozenset({"activity", "silence"}), needs=frozenset({"silence"})
    ),
    Verb.AGE: _Grammar(None, "", _COMPARATORS, asks=True),
}


def read_condition(
    row: Table, inputs: Mapping[str, Input], place: Place, *, is_review: bool
) -> Condition | None:
    """The condition of a row whose shape is checked; None if it names no verb or several."""
    verbs = [verb for verb in Verb if verb in row]
    if len(verbs) != 1:
        place.expected("expected exactly one verb, " + one_of(Verb))
        return None
    verb = verbs[0]
    _check_keys(row, verb, place, is_review=is_review)
    _check_numbers(row, place)
    if verb is not Verb.AGE:
        _check_input(str(row[verb]), _GRAMMAR[verb], inputs, place.at(verb))
    of = inputs.get(str(row[verb]))
    if "flag" in row:
        _check_flag(row, of, place.at("flag"))
    if "uln" in row and isinstance(of, QuantityInput) and not of.reference_range:
        place.at("uln").expected(f"expected an input with reference_range = true, which {of.id} is not")
    return _condition(row, verb)


def _condition(row: Table, verb: Verb) -> Condition:
    return Condition(
        verb=verb,
        input=str(row[verb]),
        within_days=days(row.get("within")),
        comparisons=_comparisons(row),
        activity=str(row.get("activity", "any")),
        silence=Silence(str(row["silence"])) if "silence" in row else None,
        variants=tuple(cast(list[str], row.get("variants", []))),
        three_variable_margin=_number(row, "three_variable_margin") or 0.0,
        near=_number(row, "near"),
        near_by_fraction=share(row.get("by")),
        near_closer_than=_number(row, "closer_than"),
        flag=cast(str | None, row.get("flag")),
        three_variables=bool(row.get("three_variables", False)),
        variant_in=tuple(cast(list[str], row.get("variant_in", []))),
        recorded_differs_by=_number(row, "recorded_differs_by"),
        variants_disagree_at=_number(row, "variants_disagree_at"),
    )


def _comparisons(row: Table) -> tuple[Comparison, ...]:
    """The comparators in the order of the file; `between` is closed on both sides."""
    times_uln = bool(row.get("uln", False))
    comparisons: list[Comparison] = []
    for key, value in row.items():
        if key == "between":
            low, high = cast(list[float], value)
            comparisons.append(Comparison("at_least", float(low), times_uln))
            comparisons.append(Comparison("at_most", float(high), times_uln))
        elif key in _COMPARATORS:
            comparisons.append(Comparison(key, float(cast(float, value)), times_uln))
    return tuple(comparisons)


def _check_keys(row: Table, verb: Verb, place: Place, *, is_review: bool) -> None:
    grammar = _GRAMMAR[verb]
    allowed = grammar.keys | (grammar.review if is_review else frozenset())
    questions = (allowed & _COMPARATORS) | (grammar.review - _NEAR | {"near"} if is_review else frozenset())
    keys = row.keys() - _NOT_OF_THE_CONDITION - {verb}
    for key in sorted(keys - allowed):
        row_kind = "a review row" if is_review else "a row"
        place.at(key).expected(f"unknown key of {verb} in {row_kind}, expected {one_of(allowed)}")
    for key in sorted(grammar.needs - keys):
        place.at(key).expected(f"missing: {verb} needs it")
    if grammar.asks and not keys & questions:
        place.expected(f"expected a comparator for {verb}, {one_of(questions)}")
    if "uln" in keys and not keys & _COMPARATORS:
        place.at("uln").expected("expected only beside a comparator")
    if ("near" in keys) != (len(keys & {"by", "closer_than"}) == 1):
        place.at("near").expected("expected near together with either by or closer_than")


def _check_numbers(row: Table, place: Place) -> None:
    """TOML knows inf and nan, which compare with nothing; a `between` must run upwards."""
    for key, value in row.items():
        numbers = value if isinstance(value, list) else [value]
        if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
            place.at(key).expected("expected a finite number")
    if "between" in row:
        low, high = cast(list[float], row["between"])
        if low > high:
            place.at("between").expected("expected two numbers, [lowest, highest]")


def _check_input(name: str, grammar: _Grammar, inputs: Mapping[str, Input], place: Place) -> None:
    kind = grammar.input_kind
    if kind is None or isinstance(inputs.get(name), kind):
        return
    found = (
        f"{name}, which is of another kind" if name in inputs else f"{name}, which no file in inputs/ defines"
    )
    fitting = one_of(known.id for known in inputs.values() if isinstance(known, kind))
    place.expected(f"expected a {grammar.kind_name} input, {fitting}; found {found}")


def _check_flag(row: Table, of: Input | None, place: Place) -> None:
    known = _COMPUTED_FLAGS | (of.note_flags.keys() if isinstance(of, QuantityInput) else set())
    beside = sorted(row.keys() & (_COMPARATORS | _NEAR | {"uln"}))
    if beside:
        place.expected(f"alone on its row, not beside {beside[0]}")
    if row["flag"] not in known:
        place.expected(f"expected {one_of(known)}")


def _number(row: Table, key: str) -> float | None:
    return float(cast(float, row[key])) if key in row else None
