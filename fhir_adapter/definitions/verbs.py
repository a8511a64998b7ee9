"""Owns the grammar of rows: which keys each verb takes and needs, and on which kind of input it may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fhir_adapter.model.criteria import Verb
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    ScoreInput,
)

COMPARATORS = frozenset({"below", "above", "at_least", "at_most", "equals", "between"})
NEAR = frozenset({"near", "by", "closer_than"})
JOINING = frozenset({Verb.ALL, Verb.ANY})

KIND_NAMES: Mapping[type[Input], str] = {
    QuantityInput: "quantity",
    AnswerInput: "answer",
    ConditionInput: "condition",
    ScoreInput: "score",
    ExposureInput: "exposure",
    EventInput: "event",
}
"""What an input file calls its kind."""


@dataclass(frozen=True)
class Grammar:
    """What one verb takes: `keys` on every row, `review` keys in review rows only, `needs` ever.

    `input_key` is where the row names its input, "" where it names none. A verb that `asks` compares a number: a row
    without comparator or review operator would ask nothing. `name` is what messages call it.
    """

    name: str
    input_key: str = ""
    kinds: tuple[type[Input], ...] = ()
    keys: frozenset[str] = frozenset()
    review: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    asks: bool = False


_DIAGNOSIS_KEYS = frozenset(
    {
        "activity",
        "since",
        "recorded_within",
        "ended_within",
        "unless",
        "stale_after",
        "no_status_after",
    }
)
_SCORE_DURING = frozenset({"score", "variants", "three_variable_margin", "after", "at_least_score"})
"""Keys of `exposed_for` that speak of the score found during the island."""

NEEDED_WITH_ENDED = _SCORE_DURING - {"three_variable_margin"}
"""What `exposed_for` needs beside `ended_within`; beside `ongoing` none of the score's keys may stand."""
ONLY_WITH_ENDED = _SCORE_DURING


def _on(verb: Verb, kind: type[Input], keys: frozenset[str], needs: frozenset[str] = frozenset()) -> Grammar:
    """A verb whose value is its input, of one kind."""
    return Grammar(verb, verb, (kind,), keys | needs, needs=needs)


def _several(verb: Verb, keys: frozenset[str], *, asks: bool) -> Grammar:
    """A verb whose value is a number of results, of the quantity that `input` names."""
    needs = frozenset({"input"})
    return Grammar(verb, "input", (QuantityInput,), keys | needs, needs=needs, asks=asks)


GRAMMAR: Mapping[Verb, Grammar] = {
    Verb.LATEST: Grammar(
        Verb.LATEST,
        Verb.LATEST,
        (QuantityInput, AnswerInput),
        COMPARATORS | {"within", "uln", "after"},
        review=NEAR | {"flag"},
        asks=True,
    ),
    Verb.EVER: Grammar(
        Verb.EVER, Verb.EVER, (QuantityInput, AnswerInput), COMPARATORS | {"within"}, asks=True
    ),
    Verb.MEAN_OF: _several(Verb.MEAN_OF, COMPARATORS | {"within"}, asks=True),
    Verb.ANY_OF_LAST: _several(Verb.ANY_OF_LAST, COMPARATORS | {"within"}, asks=True),
    Verb.READINGS: _several(Verb.READINGS, frozenset({"within"}), asks=False),
    Verb.SCORE: Grammar(
        Verb.SCORE,
        Verb.SCORE,
        (ScoreInput,),
        COMPARATORS | {"within", "variants", "three_variable_margin"},
        review=NEAR
        | {"flag", "three_variables", "variant_in", "recorded_differs_by", "variants_disagree_at"},
        needs=frozenset({"variants"}),
        asks=True,
    ),
    Verb.PRESENT: _on(Verb.PRESENT, ConditionInput, _DIAGNOSIS_KEYS),
    Verb.ABSENT: _on(Verb.ABSENT, ConditionInput, _DIAGNOSIS_KEYS, frozenset({"silence"})),
    Verb.EVENT: _on(Verb.EVENT, EventInput, frozenset({"within", "undated_counts"})),
    Verb.EXPOSED: _on(
        Verb.EXPOSED, ExposureInput, frozenset({"within", "possible", "route", "as_needed", "dose_above"})
    ),
    Verb.EXPOSED_FOR: _on(
        Verb.EXPOSED_FOR,
        ExposureInput,
        _SCORE_DURING | {"ongoing", "ended_within"},
        frozenset({"at_least", "gap"}),
    ),
    Verb.STOPPED_FOR: _on(Verb.STOPPED_FOR, ExposureInput, frozenset(), frozenset({"because"})),
    Verb.STABLE_DOSE: _on(Verb.STABLE_DOSE, ExposureInput, frozenset(), frozenset({"within"})),
    Verb.CHANGED_DOSE: _on(Verb.CHANGED_DOSE, ExposureInput, frozenset(), frozenset({"within"})),
    Verb.LIST_KEPT: Grammar(
        Verb.LIST_KEPT, keys=frozenset({"unmapped_within"}), needs=frozenset({"unmapped_within"})
    ),
    Verb.AGE: Grammar(Verb.AGE, keys=COMPARATORS, asks=True),
    Verb.GENDER: Grammar(Verb.GENDER),
    Verb.ON_STUDY: Grammar(Verb.ON_STUDY),
    Verb.ALL: Grammar(Verb.ALL),
    Verb.ANY: Grammar(Verb.ANY),
}

ON_ANSWERS: Mapping[Verb, Grammar] = {
    verb: Grammar(
        f"{verb} of an answer input",
        verb,
        (QuantityInput, AnswerInput),
        keys | {"is"},
        needs=frozenset({"is"}),
    )
    for verb, keys in (
        (Verb.LATEST, frozenset({"within", "after"})),
        (Verb.EVER, frozenset({"within"})),
    )
}
"""What the verbs that ask numbers and answers alike take, where the input is an answer."""
