"""Owns trials: random decision lists over the verbs and inputs there are, with thresholds near the values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

from fhir_adapter.model.criteria import (
    Comparison,
    Condition,
    Line,
    LineKind,
    Part,
    ReviewRow,
    Row,
    Silence,
    Span,
    Trial,
    Verb,
)
from fhir_adapter.model.das28 import VARIANTS
from fhir_adapter.model.inputs import ConditionInput, Definitions
from fhir_adapter.model.truth import Reason, Truth
from tests.generative.more_topics import MORE_TOPICS
from tests.generative.times import some

MORE_DIAGNOSES = ("infection", "malignancy", "malignancy-history", "hypertension")
_OPERATORS = ("below", "above", "at_least", "at_most", "equals")
_WITHIN = (None, 0, 7, 14, 28, 28, 28, 60, 365, 730)
_NUMBERS: dict[str, tuple[float, ...]] = {
    "platelets": (80, 84, 3),
    "wbc": (3, 80),
    "alt": (80, 40),
    "ast": (80, 100),
    "creatinine": (176, 172, 181),
    "esr": (1, 20, 0.5),
    "crp": (5, 8, 0),
    "tender-joints-28": (4, 16),
    "swollen-joints-28": (1, 5),
    "patient-global": (50, 10, 5),
    "das28-recorded": (3.2, 2.6),
}
_MULTIPLES = (2, 1, 1.5, 2.5)
_FLAGS = ("no-zone", "no-effective", "unit-conflict-mass-molar", "clumping", "global-unit-guess")
_SCORE_FLAGS = (
    *(
        "no-zone",
        "conflicting",
        "esr-floor",
        "esr-unusable",
        "crp-unusable",
        "global-unusable",
        "global-missing",
    ),
    *("global-unit-guess", "unit-conflict-mass-molar"),
)


def with_more_diagnoses(definitions: Definitions) -> Definitions:
    """The definitions with further condition inputs: their value sets are shipped, their lines not yet."""
    more = {name: ConditionInput(name, name, name) for name in MORE_DIAGNOSES}
    return replace(definitions, inputs={**definitions.inputs, **more})


def with_absent_types(definitions: Definitions, types: Iterable[str]) -> Definitions:
    """The definitions of a site whose server does not hold these types."""
    return replace(definitions, site=replace(definitions.site, absent_types=frozenset(types)))


def trial(rng: Random) -> Trial:
    """Three to six lines, the first of them about eligibility: discontinuation rules alone screen nobody."""
    lines = (
        _line(rng, 0, LineKind.INCLUSION),
        *(_line(rng, number) for number in range(1, 3 + rng.randrange(4))),
    )
    return Trial("generated", "generated", "-", "1", "Asia/Shanghai", lines)


_KINDS = (LineKind.INCLUSION, LineKind.EXCLUSION, LineKind.EXCLUSION, LineKind.DISCONTINUATION)


def _line(rng: Random, number: int, kind: LineKind | None = None) -> Line:
    kind = kind or rng.choice(_KINDS)
    if some(rng, 1, 20):
        return Line(f"L{number}", kind, "text", built=False)
    return Line(
        id=f"L{number}",
        kind=kind,
        text="text",
        combine=rng.choice(("any", "any", "all")),
        parts=tuple(_part(rng) for _ in range(rng.choice((1, 1, 2, 3)))),
        review_always="always" if some(rng, 1, 8) else None,
    )


def _part(rng: Random) -> Part:
    about = rng.choice(
        (
            "latest",
            "latest",
            "score",
            "diagnosis",
            "diagnosis",
            "age",
            "mixed",
            "answer",
            "several",
            "drugs",
            "drugs",
            "event",
        )
    )
    subject = _Topic(rng, about)
    rows = tuple(_row(rng, subject.condition()) for _ in range(1 + rng.randrange(4)))
    review = tuple(
        ReviewRow(subject.condition(review=True), f"note {k}") for k in range(rng.choice((0, 1, 2)))
    )
    return Part(rows, review)


def _row(rng: Random, when: Condition) -> Row:
    then = rng.choice((Truth.TRUE, Truth.FALSE, Truth.FALSE, Truth.UNKNOWN))
    return Row(then, when, Reason.NEEDS_JUDGEMENT if then is Truth.UNKNOWN else None)


class _Topic:
    """What a part is about: rows that ask the same input are what makes a decision list interesting."""

    def __init__(self, rng: Random, about: str) -> None:
        self._rng = rng
        self._about = about
        self._quantity = rng.choice(tuple(_NUMBERS))
        self._within = rng.choice(_WITHIN)
        self._variants = (
            tuple(rng.sample(VARIANTS, rng.choice((4, 4, 2, 1)))) if some(rng, 1, 2) else tuple(VARIANTS)
        )
        self._margin = rng.choice((0.0, 0.5, 0.5))
        self._diagnosis = rng.choice(
            ("rheumatoid-arthritis", "rheumatoid-arthritis-related", *MORE_DIAGNOSES)
        )

    def condition(self, *, review: bool = False) -> Condition:
        """One condition, with operators of review rows if it is one."""
        about = (
            self._about
            if self._about != "mixed"
            else self._rng.choice(
                (
                    "latest",
                    "score",
                    "diagnosis",
                    "age",
                    "answer",
                    "several",
                    "drugs",
                    "event",
                    "person",
                    "all",
                )
            )
        )
        if about in MORE_TOPICS:
            return MORE_TOPICS[about](self._rng)
        if about == "all":
            verb = self._rng.choice((Verb.ALL, Verb.ALL, Verb.ANY))
            simple = [MORE_TOPICS[name] for name in self._rng.choices(tuple(MORE_TOPICS), k=2)]
            return Condition(verb, "", of=(*(make(self._rng) for make in simple), self._of_diagnosis()))
        match about:
            case "latest":
                return self._latest(review)
            case "score":
                return self._score(review)
            case "age":
                return Condition(Verb.AGE, "years", comparisons=self._comparisons((18, 65, 80)))
        return self._of_diagnosis()

    def _latest(self, review: bool) -> Condition:
        rng, numbers = self._rng, _NUMBERS[self._quantity]
        times_uln = self._quantity in ("alt", "ast") and some(rng, 2, 3)
        asked = Condition(
            Verb.LATEST,
            self._quantity,
            self._within,
            self._comparisons(_MULTIPLES if times_uln else numbers, times_uln),
        )
        if review and some(rng, 2, 3):
            extra = {"flag": rng.choice(_FLAGS)} if some(rng, 1, 2) else self._near(numbers)
            # What a flag beside a comparator asks of an unreadable draft, the contract does not say.
            keeps = "flag" not in extra and some(rng, 1, 3)
            asked = replace(asked, comparisons=asked.comparisons if keeps else (), **extra)
        return asked

    def _score(self, review: bool) -> Condition:
        rng = self._rng
        asked = Condition(
            Verb.SCORE,
            "das28",
            self._within,
            self._comparisons((3.2, 2.6, 5.1, 4.2)),
            variants=self._variants,
            three_variable_margin=self._margin,
        )
        if not review or some(rng, 1, 4):
            return asked
        extra = rng.choice(
            (
                self._near((3.2, 4.2)),
                {"flag": rng.choice(_SCORE_FLAGS)},
                {"three_variables": True},
                {"variant_in": tuple(rng.sample(VARIANTS, 2))},
                {"recorded_differs_by": rng.choice((0.1, 1.0))},
                {"variants_disagree_at": rng.choice((3.2, 4.2))},
            )
        )
        return replace(asked, comparisons=asked.comparisons if some(rng, 1, 3) else (), **extra)

    def _of_diagnosis(self) -> Condition:
        rng = self._rng
        keys: dict[str, Any] = {"activity": rng.choice(("any", "any", "active", "unresolved", "ended"))}
        if some(rng, 1, 2):
            for name in rng.sample(("since", "recorded_within", "ended_within"), rng.choice((1, 1, 2))):
                keys[name] = rng.choice((Span(28), Span(365), Span(5, "y"), Span(0)))
        if some(rng, 1, 4):
            keys["stale_after_days"] = rng.choice((28, 365))
        if some(rng, 1, 4):
            keys["no_status_after_days"] = rng.choice((28, 90))
        if some(rng, 1, 5):
            keys["unless"] = rng.choice(("infection", "rheumatoid-arthritis"))
        if some(rng, 1, 2):
            return Condition(Verb.PRESENT, self._diagnosis, **keys)
        silence = rng.choice(
            (Silence.FALSE_IF_RECORDED, Silence.FALSE_IF_RECORDED, Silence.FALSE, Silence.UNKNOWN)
        )
        return Condition(Verb.ABSENT, self._diagnosis, silence=silence, **keys)

    def _comparisons(self, numbers: tuple[float, ...], times_uln: bool = False) -> tuple[Comparison, ...]:
        rng = self._rng
        operators = rng.sample(_OPERATORS, rng.choice((1, 1, 1, 2)))
        return tuple(Comparison(operator, float(rng.choice(numbers)), times_uln) for operator in operators)

    def _near(self, numbers: tuple[float, ...]) -> dict[str, float]:
        rng = self._rng
        distance = (
            {"near_by_fraction": 0.05}
            if some(rng, 1, 2)
            else {"near_closer_than": rng.choice((0.05, 1.0, 4.0))}
        )
        return {"near": float(rng.choice(numbers)), **distance}
