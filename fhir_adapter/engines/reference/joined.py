"""Owns `all` and `any`: several conditions of one row as one answer (docs/semantics.md §6.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapter.engines.reference.answers import Answer, unique
from fhir_adapter.engines.reference.clock import earliest
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import Input, QuantityInput, ScoreInput
from fhir_adapter.model.truth import Truth, all_of, any_of


def joined(condition: Condition, answers: Sequence[Answer], inputs: Mapping[str, Input]) -> Answer:
    """Kleene AND (`all`) or OR (`any`) of the answers to `condition.of`."""
    join = all_of if condition.verb is Verb.ALL else any_of
    truth = join(answer.truth for answer in answers)
    # AND is TRUE, and OR is FALSE, only because all of them are: then they all have its truth.
    deciding = [answer for answer in answers if answer.truth is truth]
    first, is_false = deciding[0], truth is Truth.FALSE
    measured = _measured(condition, answers, inputs) if truth is Truth.TRUE else None
    shows = measured is not None and measured.truth is truth
    return Answer(
        truth,
        first.reason,
        evidence=() if is_false else unique(ref for answer in deciding for ref in answer.evidence),
        value=measured.value if measured is not None and shows else None,
        unit=measured.unit if measured is not None and shows else None,
        valid_until=earliest(answer.valid_until for answer in answers),
        notes=unique(note for answer in answers for note in answer.notes),
        trail=first.trail if is_false else None,
        about=first.about,
    )


def _measured(condition: Condition, answers: Sequence[Answer], inputs: Mapping[str, Input]) -> Answer | None:
    """The answer of the first condition that has a number: on a quantity or score input, or a stable dose."""
    pairs = zip(condition.of, answers, strict=True)
    kinds = QuantityInput | ScoreInput
    return next(
        (
            answer
            for one, answer in pairs
            if one.verb is Verb.STABLE_DOSE or isinstance(inputs.get(one.input), kinds)
        ),
        None,
    )
