"""Owns the verb `latest` (docs/semantics.md §6.1, §6.5): which results could be the latest, what each says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fhir_adapter.engines.reference.answers import (
    NONE,
    Answer,
    Trail,
    World,
    agree,
    common_reason,
    compare_fact,
    conjunction,
    decided,
    exact_value,
    first_problem,
    is_near,
    sorted_evidence,
)
from fhir_adapter.engines.reference.clock import Clock, earliest
from fhir_adapter.engines.reference.record import Record, Results
from fhir_adapter.model.criteria import Condition
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import Reason, Truth

PRELIMINARY = "preliminary"
UNMAPPED_RESULT = "unmapped-result"

Asked = Callable[[Fact], World]
"""What one fact would answer if it were the latest."""


def latest(condition: Condition, record: Record, unit: str | None) -> Answer:
    """§6.1, §6.5: the latest result of a quantity or answer input."""
    if "Observation" in record.incomplete:  # 6.1.1
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    given = record.results_of(condition.input)
    if condition.flag is not None:
        return _flagged(condition, given, record.clock, unit)
    answer = over(given, condition, record.clock, unit, lambda fact: world_of(fact, condition))
    if not condition.after or answer.truth is not Truth.TRUE:
        return answer
    candidates = candidates_of(given, condition, record.clock)
    return _if_after(answer, candidates, condition, record)


def _if_after(answer: Answer, candidates: Sequence[Fact], condition: Condition, record: Record) -> Answer:
    """§6.5 `after`: the answer stands only if it is newer than everything those diagnoses say."""
    clock = record.clock
    facts = [fact for input_id in condition.after for fact in record.diagnoses_of(input_id)]
    ends = [end for fact in facts for end in (fact.start_high, fact.recorded_high, fact.end_high)]
    last = max((clock.day(end) for end in ends if end is not None), default=None)
    days = [clock.day(fact.start_low) if fact.start_low is not None else None for fact in candidates]
    if last is not None and any(day is None or day <= last for day in days):
        return replace(answer, truth=Truth.FALSE, trail=None)
    if "Condition" in record.incomplete:  # a diagnosis that is not here may be newer
        return replace(answer, truth=Truth.UNKNOWN, reason=Reason.INCOMPLETE_DATA.value, trail=None)
    return answer


def over(
    given: Results, condition: Condition, clock: Clock, unit: str | None, ask: Asked, none: World = NONE
) -> Answer:
    """§6.1.2 to 6.1.9 over given results; the score verb asks it about recorded totals."""
    reach = in_reach(given.results, clock, condition.within_days)
    candidates = _candidates(reach)
    worlds = [ask(fact) for fact in candidates] + ([] if reach.certain else [none])  # 6.1.4
    truth = agree(worlds)
    value = exact_value(candidates)
    answer = Answer(
        truth,
        _mixed_reason(worlds, candidates, reach) if truth is Truth.UNKNOWN else None,
        sorted_evidence(candidates),
        value,
        unit if value is not None else None,
        earliest(clock.leaves_window(f.start_low, f.start_high, condition.within_days) for f in candidates),
        trail=None if candidates else older_trail(given.results, clock, condition.within_days),
    )
    drafts = _newer(in_reach(given.drafts, clock, condition.within_days).all, candidates)
    hints = _newer(in_reach(given.hints, clock, condition.within_days).all, candidates)
    answer = _with_drafts(answer, candidates, drafts, ask)
    return replace(answer, notes=(*answer.notes, UNMAPPED_RESULT)) if hints else answer  # 6.1.7


def world_of(fact: Fact, condition: Condition) -> World:
    """What one result answers: unreadable its problem, readable what the row asks of it (§6.1.4, §6.5)."""
    if unreadable(fact):
        return World(Truth.UNKNOWN, fact.problem)
    if condition.answers:
        return decided(fact.answer in condition.answers)
    worlds = [compare_fact(fact, comparison) for comparison in condition.comparisons]
    if condition.near is not None:
        strict = condition.near_closer_than is not None
        distance = (
            condition.near_closer_than if strict else condition.near * (condition.near_by_fraction or 0.0)
        )
        worlds.append(is_near(fact, condition.near, distance or 0.0, strict))
    return conjunction(worlds)


def unreadable(fact: Fact) -> bool:
    """A draft carries the problem of being one; whether it can be read only what it holds tells."""
    if fact.problem in (Reason.PRELIMINARY, Reason.NO_STATUS):
        return fact.low is None and fact.high is None and fact.answer is None
    return fact.problem is not None


@dataclass(frozen=True)
class Reach:
    """§6.1.2: results that may lie in the window; `certain` ones lie wholly inside."""

    all: tuple[Fact, ...]
    certain: tuple[Fact, ...]


def in_reach(facts: Iterable[Fact], clock: Clock, days: int | None) -> Reach:
    """The facts whose time may lie in the window of n days (None: since ever)."""
    start = clock.window_start(days)
    first = -math.inf if start is None else start
    reached = [f for f in facts if _high(f) >= first and _low(f) <= clock.index]
    certain = [f for f in reached if _low(f) >= first and _high(f) <= clock.index]
    return Reach(tuple(reached), tuple(certain))


def candidates_of(given: Results, condition: Condition, clock: Clock) -> tuple[Fact, ...]:
    """§6.1.3: the results that could be the latest of the row's window."""
    return _candidates(in_reach(given.results, clock, condition.within_days))


def _candidates(reach: Reach) -> tuple[Fact, ...]:
    """§6.1.3: those that could be the latest."""
    if not reach.certain:
        return reach.all
    highest = max(_low(fact) for fact in reach.certain)
    candidates = [fact for fact in reach.all if _high(fact) >= highest]
    if any(fact not in reach.certain for fact in candidates):
        return tuple(candidates)
    return newest_of(candidates)


def newest_of(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Of several, if all have `issued` the newest; then, if all have `meta.lastUpdated`, the newest."""
    issued = [fact.issued for fact in facts if fact.issued is not None]
    if len(issued) == len(facts) > 1:
        facts = [fact for fact in facts if fact.issued == max(issued)]
    updated = [fact.updated for fact in facts if fact.updated is not None]
    if len(updated) == len(facts) > 1:
        facts = [fact for fact in facts if fact.updated == max(updated)]
    return tuple(facts)


def _mixed_reason(worlds: Sequence[World], candidates: Sequence[Fact], reach: Reach) -> str:
    """§6.1.5: why the answer is UNKNOWN."""
    reason = common_reason(worlds) or first_problem(candidates)
    if reason is not None:
        return reason
    uncertain = any(fact not in reach.certain for fact in candidates)
    return (Reason.PARTIAL_DATE if uncertain else Reason.CONFLICTING_VALUES).value


def _newer(facts: Iterable[Fact], candidates: Sequence[Fact]) -> tuple[Fact, ...]:
    """§6.1.6: facts that may be newer than the candidates; no candidate: any."""
    if not candidates:
        return tuple(facts)
    highest = max(_low(fact) for fact in candidates)
    return tuple(fact for fact in facts if _high(fact) > highest)


def _with_drafts(answer: Answer, candidates: Sequence[Fact], drafts: Sequence[Fact], ask: Asked) -> Answer:
    """§6.1.6: drafts that agree are a note, drafts that do not make a decided answer UNKNOWN."""
    if not drafts or answer.truth is Truth.UNKNOWN:
        return answer
    if all(ask(draft).truth is answer.truth for draft in drafts):
        return replace(answer, notes=(PRELIMINARY,))
    return replace(
        answer,
        truth=Truth.UNKNOWN,
        reason=Reason.PRELIMINARY.value,
        evidence=sorted_evidence([*candidates, *drafts]),
        trail=None,
    )


def older_trail(results: Iterable[Fact], clock: Clock, days: int | None) -> Trail | None:
    """§6.1.8: the newest older result; all that share the highest high."""
    start = clock.window_start(days)
    older = [fact for fact in results if start is not None and _high(fact) < start]
    if not older:
        return None
    highest = max(_high(fact) for fact in older)
    return Trail(Reason.TOO_OLD, sorted_evidence(fact for fact in older if _high(fact) == highest))


def _flagged(condition: Condition, given: Results, clock: Clock, unit: str | None) -> Answer:
    """The operator `flag`: a candidate, readable or not, carries it. Other operators must hold too."""

    def carries(fact: Fact) -> World:
        return decided(condition.flag in fact.flags)

    candidates = candidates_of(given, condition, clock)
    flagged = decided(any(condition.flag in fact.flags for fact in candidates))
    if not condition.comparisons and condition.near is None:
        answer = over(given, condition, clock, unit, carries)
        # "a candidate carries it": one of several is enough, so candidates that differ are no doubt.
        return (
            replace(answer, truth=flagged.truth, reason=None)
            if answer.reason != Reason.PRELIMINARY
            else answer
        )
    return over(given, condition, clock, unit, lambda fact: conjunction([flagged, world_of(fact, condition)]))


def _low(fact: Fact) -> float:
    return -math.inf if fact.start_low is None else fact.start_low


def _high(fact: Fact) -> float:
    return math.inf if fact.start_high is None else fact.start_high
