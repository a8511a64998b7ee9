"""Owns the verbs that look at several results: `ever`, `mean_of`, `any_of_last`, `readings` (semantics §6.6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_adapter.engines.reference.answers import (
    Answer,
    Bounds,
    Trail,
    World,
    compare,
    conjunction,
    first_problem,
    sorted_evidence,
    unique,
    unknown,
)
from fhir_adapter.engines.reference.clock import Clock, earliest
from fhir_adapter.engines.reference.latest import (
    PRELIMINARY,
    UNMAPPED_RESULT,
    in_reach,
    older_trail,
    unreadable,
    world_of,
)
from fhir_adapter.engines.reference.record import Record, Results
from fhir_adapter.model.criteria import Condition
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import Reason, Truth

_Ends = tuple[float | None, bool]


@dataclass(frozen=True)
class Reading:
    """The results of one time as one interval, or the problem of one of them."""

    facts: tuple[Fact, ...]
    bounds: Bounds
    problem: str | None

    @property
    def low(self) -> float:
        """Since when it may have been taken."""
        return -math.inf if self.facts[0].start_low is None else self.facts[0].start_low

    @property
    def high(self) -> float:
        """Until when it may have been taken."""
        return math.inf if self.facts[0].start_high is None else self.facts[0].start_high


def ever(condition: Condition, record: Record) -> Answer:
    """§6.6: whether any readable result in reach says so."""
    if "Observation" in record.incomplete:
        return _incomplete()
    clock, days = record.clock, condition.within_days
    reached = in_reach(record.results_of(condition.input).results, clock, days).all
    readable = [fact for fact in reached if not unreadable(fact)]
    saying = [fact for fact in readable if world_of(fact, condition).truth is Truth.TRUE]
    return Answer(
        Truth.TRUE if saying else Truth.FALSE,
        evidence=sorted_evidence(saying),
        valid_until=_leaving(readable, clock, days),
    )


def mean_of(condition: Condition, record: Record, unit: str | None) -> Answer:
    """§6.6: the mean of the newest n readings."""
    if "Observation" in record.incomplete:
        return _incomplete()
    given, clock = record.results_of(condition.input), record.clock
    looked_at = _newest(given, condition, clock)
    if len(looked_at) < condition.how_many:
        answer = Answer(Truth.FALSE, trail=_trail(given, condition, clock))
    elif (problem := _first_problem(looked_at)) is not None:
        answer = Answer(Truth.UNKNOWN, problem)
    else:
        mean = _mean([reading.bounds for reading in looked_at])
        world = _compared(mean, condition)
        exact = mean.low if mean.low is not None and mean.low == mean.high else None
        answer = Answer(world.truth, world.reason, value=exact, unit=unit if exact is not None else None)
    answer = replace(answer, evidence=_evidence(looked_at))
    return _with_newer(_until(answer, looked_at, condition, clock), given, looked_at, condition, clock)


def any_of_last(condition: Condition, record: Record) -> Answer:
    """§6.6: whether one of the newest n readings, or of those there are, says so."""
    if "Observation" in record.incomplete:
        return _incomplete()
    given, clock = record.results_of(condition.input), record.clock
    looked_at = _newest(given, condition, clock)
    worlds = [_world(reading, condition) for reading in looked_at]
    saying = [one for one, world in zip(looked_at, worlds, strict=True) if world.truth is Truth.TRUE]
    doubt = next((world for world in worlds if world.truth is Truth.UNKNOWN), None)
    if saying:
        answer = Answer(Truth.TRUE, evidence=_evidence(saying))
    elif doubt is not None:
        answer = Answer(doubt.truth, doubt.reason, _evidence(looked_at))
    else:
        answer = Answer(Truth.FALSE, evidence=_evidence(looked_at))
    return _with_newer(_until(answer, looked_at, condition, clock), given, looked_at, condition, clock)


def enough_readings(condition: Condition, record: Record) -> Answer:
    """§6.6 `readings`: whether there are n, and the newest n can be read."""
    if "Observation" in record.incomplete:
        return _incomplete()
    given, clock = record.results_of(condition.input), record.clock
    looked_at = _newest(given, condition, clock)
    enough = len(looked_at) >= condition.how_many and _first_problem(looked_at) is None
    answer = Answer(
        Truth.TRUE if enough else Truth.FALSE,
        evidence=_evidence(looked_at),
        trail=None if enough else _trail(given, condition, clock),
    )
    return _until(answer, looked_at, condition, clock)


def readings_of(results: Iterable[Fact]) -> list[Reading]:
    """Results grouped by equal time, newest first."""
    groups: dict[tuple[int | None, int | None], list[Fact]] = {}
    for fact in results:
        groups.setdefault((fact.start_low, fact.start_high), []).append(fact)
    readings = [_reading(facts) for facts in groups.values()]
    return sorted(readings, key=lambda reading: (reading.high, reading.low), reverse=True)


def _newest(given: Results, condition: Condition, clock: Clock) -> list[Reading]:
    certain = in_reach(given.results, clock, condition.within_days).certain
    return readings_of(certain)[: condition.how_many]


def _reading(facts: Sequence[Fact]) -> Reading:
    low, low_open = _outermost([(fact.low, fact.low_open) for fact in facts], -1)
    high, high_open = _outermost([(fact.high, fact.high_open) for fact in facts], 1)
    return Reading(tuple(facts), Bounds(low, high, low_open, high_open), first_problem(facts))


def _outermost(ends: Sequence[_Ends], side: int) -> _Ends:
    """The lowest low (side -1) or the highest high (side 1); of equal ends a closed one: it holds more."""
    known = [(end, is_open) for end, is_open in ends if end is not None]
    if len(known) < len(ends):
        return None, False
    return max(known, key=lambda end: (side * end[0], not end[1]))


def _mean(bounds: Sequence[Bounds]) -> Bounds:
    lows = [one.low for one in bounds if one.low is not None]
    highs = [one.high for one in bounds if one.high is not None]
    return Bounds(
        _sum(lows) / len(lows) if len(lows) == len(bounds) else None,
        _sum(highs) / len(highs) if len(highs) == len(bounds) else None,
        any(one.low_open for one in bounds),
        any(one.high_open for one in bounds),
    )


def _sum(numbers: Sequence[float]) -> float:
    """One after the other, newest first: the builtin sum() corrects its rounding from Python 3.12 on."""
    total = numbers[0]
    for number in numbers[1:]:
        total += number
    return total


def _world(reading: Reading, condition: Condition) -> World:
    if reading.problem is not None:
        return World(Truth.UNKNOWN, reading.problem)
    return _compared(reading.bounds, condition)


def _compared(bounds: Bounds, condition: Condition) -> World:
    truths = [compare(bounds, one.operator, one.threshold) for one in condition.comparisons]
    return conjunction(
        [unknown(Reason.CENSORED_VALUE) if truth is Truth.UNKNOWN else World(truth) for truth in truths]
    )


def _first_problem(readings: Iterable[Reading]) -> str | None:
    return next((reading.problem for reading in readings if reading.problem is not None), None)


def _trail(given: Results, condition: Condition, clock: Clock) -> Trail | None:
    """§6.1.8: only where nothing at all is in reach."""
    if in_reach(given.results, clock, condition.within_days).all:
        return None
    return older_trail(given.results, clock, condition.within_days)


def _with_newer(
    answer: Answer, given: Results, looked_at: Sequence[Reading], condition: Condition, clock: Clock
) -> Answer:
    """What may be newer than the n-th reading: results of unsure date, drafts that say otherwise, hints."""
    since = looked_at[-1].low if len(looked_at) == condition.how_many else None

    def newer(facts: Iterable[Fact]) -> list[Fact]:
        ends = ((fact, math.inf if fact.start_high is None else fact.start_high) for fact in facts)
        return [fact for fact, end in ends if since is None or end > since]

    days = condition.within_days
    drafts = newer(in_reach(given.drafts, clock, days).all)
    notes = [UNMAPPED_RESULT] if newer(in_reach(given.hints, clock, days).all) else []
    decided, preliminary = answer.truth is not Truth.UNKNOWN, (PRELIMINARY,) if drafts else ()
    reach = in_reach(given.results, clock, days)
    uncertain = newer(fact for fact in reach.all if fact not in reach.certain)
    if uncertain and decided:
        answer = _doubted(answer, Reason.PARTIAL_DATE, uncertain)
    elif decided and any(_says(draft, condition) is not answer.truth for draft in drafts):
        return replace(_doubted(answer, Reason.PRELIMINARY, drafts), notes=tuple(notes))
    return replace(answer, notes=(*preliminary, *notes))


def _says(draft: Fact, condition: Condition) -> Truth:
    """What a draft says by itself; an unreadable one leaves it open."""
    return _compared(Bounds(draft.low, draft.high, draft.low_open, draft.high_open), condition).truth


def _doubted(answer: Answer, reason: Reason, facts: Sequence[Fact]) -> Answer:
    evidence = unique([*answer.evidence, *sorted_evidence(facts)])
    return replace(answer, truth=Truth.UNKNOWN, reason=reason.value, evidence=evidence, trail=None)


def _until(answer: Answer, looked_at: Sequence[Reading], condition: Condition, clock: Clock) -> Answer:
    facts = [fact for reading in looked_at for fact in reading.facts]
    return replace(answer, valid_until=_leaving(facts, clock, condition.within_days))


def _leaving(facts: Iterable[Fact], clock: Clock, days: int | None) -> date | None:
    return earliest(clock.leaves_window(fact.start_low, fact.start_high, days) for fact in facts)


def _evidence(readings: Iterable[Reading]) -> tuple[str, ...]:
    return unique(reference for reading in readings for reference in sorted_evidence(reading.facts))


def _incomplete() -> Answer:
    return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
