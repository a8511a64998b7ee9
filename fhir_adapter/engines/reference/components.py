"""Owns the components of a DAS28 visit: which results are picked, and what they say (semantics §5)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fhir_adapter.engines.reference.answers import first_problem, sorted_evidence
from fhir_adapter.engines.reference.clock import Clock, plus_days
from fhir_adapter.engines.reference.latest import newest_of
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import Reason

CONFLICTING = "conflicting"


@dataclass(frozen=True)
class Component:
    """What the picked results of one component say: an interval, or the problem that makes it unusable."""

    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    problem: str | None
    flags: frozenset[str]
    evidence: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a score can be computed from it."""
        return self.problem is None

    @property
    def exact(self) -> float | None:
        """The value, if it is one."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Dated:
    """The results of one input, by local day; `vague` ones lie on no single day."""

    by_day: dict[date, list[Fact]]
    vague: tuple[Fact, ...]


def by_day(facts: Iterable[Fact], clock: Clock) -> Dated:
    """Sort results into days."""
    days: dict[date, list[Fact]] = {}
    vague: list[Fact] = []
    for fact in facts:
        day = clock.single_day(fact.start_low, fact.start_high)
        if day is None:
            vague.append(fact)
        else:
            days.setdefault(day, []).append(fact)
    return Dated(days, tuple(vague))


def on_day(dated: Dated, day: date) -> Component | None:
    """A joint count, or the patient global: of the visit's own day."""
    facts = dated.by_day.get(day)
    return _component(_pick(facts)) if facts else None


def near_day(dated: Dated, visit: date, days: int, clock: Clock) -> Component | None:
    """ESR or CRP: of the nearest day within +-days, tie the newer; only vague ones: unusable."""
    reached = [day for day in dated.by_day if abs((day - visit).days) <= days]
    if reached:
        nearest = min(reached, key=lambda day: (abs((day - visit).days), -day.toordinal()))
        return on_day(dated, nearest)
    first, last = clock.start_of(plus_days(visit, -days)), clock.end_of(plus_days(visit, days))
    maybe = [
        fact
        for fact in dated.vague
        if (fact.start_high is None or fact.start_high >= first)
        and (fact.start_low is None or fact.start_low <= last)
    ]
    return unusable(maybe, Reason.PARTIAL_DATE.value) if maybe else None


def unusable(facts: Sequence[Fact], problem: str) -> Component:
    """A component that was recorded, but says nothing."""
    return Component(None, None, False, False, problem, _flags(facts), sorted_evidence(facts))


def _pick(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Of one day's results those that could be the latest; of several the newest issued, then updated."""
    highest = max(-math.inf if fact.start_low is None else fact.start_low for fact in facts)
    return newest_of([fact for fact in facts if fact.start_high is None or fact.start_high >= highest])


def _component(picked: Sequence[Fact]) -> Component:
    problem = first_problem(picked)
    if problem is not None:
        return unusable(picked, problem)
    low, low_open = _outermost([(fact.low, fact.low_open) for fact in picked], -1)
    high, high_open = _outermost([(fact.high, fact.high_open) for fact in picked], 1)
    differ = len({(fact.low, fact.high, fact.low_open, fact.high_open) for fact in picked}) > 1
    flags = _flags(picked) | ({CONFLICTING} if differ else set())
    return Component(low, high, low_open, high_open, None, flags, sorted_evidence(picked))


def _outermost(ends: Sequence[tuple[float | None, bool]], side: int) -> tuple[float | None, bool]:
    """The lowest low (side -1) or highest high (side 1); of equal ends the closed one; None if any is."""
    known = [(end, is_open) for end, is_open in ends if end is not None]
    if len(known) < len(ends):
        return None, False
    return max(known, key=lambda end: (side * end[0], not end[1]))


def _flags(facts: Iterable[Fact]) -> frozenset[str]:
    return frozenset(flag for fact in facts for flag in fact.flags)
