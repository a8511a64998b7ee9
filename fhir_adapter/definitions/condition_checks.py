"""Owns what must hold between the keys of one row: those its verb takes and needs, and inputs of the right kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from fhir_adapter.definitions.files import Table
from fhir_adapter.definitions.problems import Place, one_of
from fhir_adapter.definitions.verbs import (
    COMPARATORS,
    GRAMMAR,
    KIND_NAMES,
    NEAR,
    NEEDED_WITH_ENDED,
    ON_ANSWERS,
    ONLY_WITH_ENDED,
    Grammar,
)
from fhir_adapter.model.criteria import Verb
from fhir_adapter.model.inputs import AnswerInput, ConditionInput, Input, QuantityInput, ScoreInput

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


def check_row(row: Table, verb: Verb, inputs: Mapping[str, Input], place: Place, *, is_review: bool) -> None:
    """Report everything that is wrong with a row of one verb."""
    grammar = _grammar(row, verb, inputs)
    _check_keys(row, verb, grammar, place, is_review=is_review)
    _check_numbers(row, place)
    _check_lengths(row, verb, place)
    if grammar.input_key in row:
        _check_input(row[grammar.input_key], grammar.kinds, inputs, place.at(grammar.input_key))
    _check_references(row, verb, inputs, place)
    of = inputs.get(str(row.get(grammar.input_key)))
    if "flag" in row:
        _check_flag(row, of, place.at("flag"))
    if "uln" in row and isinstance(of, QuantityInput) and not of.reference_range:
        place.at("uln").expected(f"expected an input with reference_range = true, which {of.id} is not")


def _grammar(row: Table, verb: Verb, inputs: Mapping[str, Input]) -> Grammar:
    on_answers, of = ON_ANSWERS.get(verb), inputs.get(str(row[verb]))
    # Where the input is not known, `is` tells which of the two was meant.
    if on_answers and (isinstance(of, AnswerInput) or (of is None and "is" in row)):
        return on_answers
    return GRAMMAR[verb]


def _check_keys(row: Table, verb: Verb, grammar: Grammar, place: Place, *, is_review: bool) -> None:
    allowed = grammar.keys | (grammar.review if is_review else frozenset())
    questions = (allowed & COMPARATORS) | (grammar.review - NEAR | {"near"} if is_review else frozenset())
    keys = row.keys() - _NOT_OF_THE_CONDITION - {verb}
    for key in sorted(keys - allowed):
        row_kind = "a review row" if is_review else "a row"
        place.at(key).expected(f"unknown key of {grammar.name} in {row_kind}, expected {one_of(allowed)}")
    for key in sorted(grammar.needs - keys):
        place.at(key).expected(f"missing: {grammar.name} needs it")
    if grammar.asks and not keys & questions:
        place.expected(f"expected a comparator for {verb}, {one_of(questions)}")
    if "uln" in keys & allowed and not keys & COMPARATORS:
        place.at("uln").expected("expected only beside a comparator")
    if allowed & NEAR and ("near" in keys) != (len(keys & {"by", "closer_than"}) == 1):
        place.at("near").expected("expected near together with either by or closer_than")
    if verb is Verb.EXPOSED_FOR:
        _check_island(keys, place)


def _check_island(keys: set[str], place: Place) -> None:
    """`ongoing` alone, or `ended_within` with the score of that time."""
    if len(keys & {"ongoing", "ended_within"}) != 1:
        place.expected("expected either ongoing or ended_within for exposed_for")
    elif "ongoing" in keys:
        for key in sorted(keys & ONLY_WITH_ENDED):
            place.at(key).expected("expected only beside ended_within")
    else:
        for key in sorted(NEEDED_WITH_ENDED - keys):
            place.at(key).expected("missing: exposed_for with ended_within needs it")


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


def _check_lengths(row: Table, verb: Verb, place: Place) -> None:
    """Keys that mean a length of days for `exposed_for` and something else for the other verbs."""
    is_island = verb is Verb.EXPOSED_FOR
    if "at_least" in row and isinstance(row["at_least"], str) != is_island:
        place.at("at_least").expected(
            'expected a length such as "90 d"' if is_island else "expected a number"
        )
    if "after" in row and isinstance(row["after"], str) != is_island:
        place.at("after").expected(
            'expected a number of days such as "28 d"' if is_island else "expected a list of condition inputs"
        )
    if is_island and str(row.get("ended_within", "")).endswith("y"):
        place.at("ended_within").expected('expected a window such as "180 d"')


def _check_input(
    name: object, kinds: Sequence[type[Input]], inputs: Mapping[str, Input], place: Place
) -> None:
    of = inputs.get(str(name))
    if not kinds or isinstance(of, tuple(kinds)):
        return
    found = f"{name}, which is of another kind" if of else f"{name}, which no file in inputs/ defines"
    fitting = one_of(known.id for known in inputs.values() if isinstance(known, tuple(kinds)))
    wanted = " or ".join(KIND_NAMES[kind] for kind in kinds)
    article = "an" if wanted[0] in "aeiou" else "a"
    place.expected(f"expected {article} {wanted} input, {fitting}; found {found}")


def _check_references(row: Table, verb: Verb, inputs: Mapping[str, Input], place: Place) -> None:
    """The inputs that a row names beside the one that it asks."""
    if "unless" in row:
        _check_input(row["unless"], (ConditionInput,), inputs, place.at("unless"))
    if verb is Verb.EXPOSED_FOR and "score" in row:
        _check_input(row["score"], (ScoreInput,), inputs, place.at("score"))
    if verb is not Verb.EXPOSED_FOR and isinstance(after := row.get("after"), list):
        for index, name in enumerate(after):
            _check_input(name, (ConditionInput,), inputs, place.at("after", index))


def _check_flag(row: Table, of: Input | None, place: Place) -> None:
    known = _COMPUTED_FLAGS | (of.note_flags.keys() if isinstance(of, QuantityInput) else set())
    beside = sorted(row.keys() & (COMPARATORS | NEAR | {"uln"}))
    if beside:
        place.expected(f"alone on its row, not beside {beside[0]}")
    if row["flag"] not in known:
        place.expected(f"expected {one_of(known)}")
