"""Owns conditions about coded answers, several results, drugs, events and people, at random."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fhir_adapter.model.criteria import Comparison, Condition, Verb
from fhir_adapter.model.das28 import VARIANTS
from tests.generative.times import some

_ANSWERS = ("hbsag", "hbv-dna", "tb-screen", "pregnancy-test", "breastfeeding", "anti-hbc")
_SAID = ("positive", "negative", "indeterminate", "below-limit")
_WITHIN = (None, 0, 14, 28, 365)
_DRUGS = ("listed-agent", "glucocorticoid", "nsaid", "cyclosporine", "possibly-listed-agent", "aspirin")


def _answer(rng: Random) -> Condition:
    said = tuple(rng.sample(_SAID, rng.choice((1, 1, 2))))
    within = rng.choice(_WITHIN)
    name = rng.choice(_ANSWERS)
    if some(rng, 1, 4):
        return Condition(Verb.EVER, name, within, answers=said)
    after = ("infection", "hypertension") if some(rng, 1, 3) else ()
    return Condition(Verb.LATEST, name, within, answers=said, after=after)


def _several(rng: Random) -> Condition:
    name, numbers = rng.choice(
        (("systolic", (160, 180, 170)), ("diastolic", (100, 110)), ("platelets", (80, 84)))
    )
    verb = rng.choice((Verb.MEAN_OF, Verb.MEAN_OF, Verb.ANY_OF_LAST, Verb.READINGS, Verb.EVER))
    operator = rng.choice(("at_least", "below", "above"))
    compared = () if verb is Verb.READINGS else (Comparison(operator, float(rng.choice(numbers))),)
    how_many = 0 if verb is Verb.EVER else rng.choice((2, 2, 3, 1))
    return Condition(verb, name, rng.choice(_WITHIN), compared, how_many=how_many)


def _drugs(rng: Random) -> Condition:
    name = rng.choice(_DRUGS)
    match rng.randrange(7):
        case 0 | 1:
            return Condition(
                Verb.EXPOSED,
                name,
                rng.choice(_WITHIN),
                possible=some(rng, 1, 4),
                route="injection" if some(rng, 1, 6) else None,
                as_needed=some(rng, 1, 8),
                dose_above=100.0 if some(rng, 1, 5) else None,
            )
        case 2:
            return Condition(Verb.STOPPED_FOR, name)
        case 3:
            return _island(rng, name)
        case 4 | 5:
            verb = rng.choice((Verb.STABLE_DOSE, Verb.CHANGED_DOSE))
            return Condition(verb, rng.choice(("glucocorticoid", "nsaid")), rng.choice((30, 7)))
    return Condition(Verb.LIST_KEPT, "", 90, unmapped_within_days=rng.choice((90, None)))


def _island(rng: Random, name: str) -> Condition:
    days, gap = rng.choice((90, 30, 5)), rng.choice((30, 0, 7))
    if some(rng, 1, 3):
        return Condition(Verb.EXPOSED_FOR, name, days=days, gap_days=gap, ongoing=True)
    return Condition(
        Verb.EXPOSED_FOR,
        name,
        comparisons=(Comparison("at_least", rng.choice((2.6, 3.2))),),
        variants=tuple(VARIANTS),
        three_variable_margin=rng.choice((0.0, 0.5)),
        days=days,
        gap_days=gap,
        ended_within_days=rng.choice((180, 30)),
        score="das28",
        score_after_days=rng.choice((28, 0)),
    )


def _event(rng: Random) -> Condition:
    name = rng.choice(
        (
            "listed-agent-intolerance",
            "tacrolimus-allergy",
            "live-vaccine",
            "hysterectomy-procedure",
            "severe-adverse-event",
        )
    )
    return Condition(Verb.EVENT, name, rng.choice((None, None, 30, 365)), undated_counts=some(rng, 1, 2))


def _person(rng: Random) -> Condition:
    if some(rng, 1, 3):
        return Condition(Verb.ON_STUDY, "")
    return Condition(Verb.GENDER, rng.choice(("male", "female")))


MORE_TOPICS: dict[str, Callable[[Random], Condition]] = {
    "answer": _answer,
    "several": _several,
    "drugs": _drugs,
    "event": _event,
    "person": _person,
}
