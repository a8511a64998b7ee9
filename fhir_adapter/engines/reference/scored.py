"""Owns the verb `score` (semantics §6.2): the latest visit, recorded totals, margins, review operators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_adapter.engines.reference.answers import (
    NONE,
    Answer,
    Bounds,
    Trail,
    World,
    agree,
    common_reason,
    compare,
    conjunction,
    decided,
    is_near,
    sorted_evidence,
    unique,
    unknown,
)
from fhir_adapter.engines.reference.clock import Clock, earliest, plus_days
from fhir_adapter.engines.reference.components import CONFLICTING
from fhir_adapter.engines.reference.latest import candidates_of, in_reach, over, world_of
from fhir_adapter.engines.reference.record import Record, Results
from fhir_adapter.engines.reference.scores import (
    ORDER,
    THREE_VARIABLES,
    Standing,
    VariantScore,
    Visit,
    Visits,
)
from fhir_adapter.model.criteria import Comparison, Condition
from fhir_adapter.model.das28 import VARIANTS
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.quantity import UNIT_GUESS
from fhir_adapter.model.truth import Reason, Truth

UNIT = "{score}"
RECORDED = "recorded"


@dataclass(frozen=True)
class _Latest:
    """§6.2.2, 6.2.3: everything that may be the latest score."""

    visit: Visit | None  # the newest usable or unusable one in the window
    vague: tuple[Fact, ...]  # joint counts of a visit that may be newer
    newer: tuple[Fact, ...]  # recorded totals
    maybe_newer: tuple[Fact, ...]
    same_day: tuple[float, ...]  # exact recorded totals of the visit's day


def scored(
    condition: Condition, record: Record, visits: Visits, totals: Sequence[Fact], none: World = NONE
) -> Answer:
    """§6.2: the latest score; `totals` are the recorded totals (results), `none` what it says that there is none."""
    if "Observation" in record.incomplete:  # 6.2.1
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    clock = record.clock
    latest = _latest(condition, clock, visits, totals)
    if latest.newer:  # 6.2.3: recorded after any visit that could be computed
        given = Results((*latest.newer, *latest.maybe_newer))
        answer = over(given, condition, clock, UNIT, lambda fact: _world_of_total(fact, condition), none)
        return _flagged(answer, condition, candidates_of(given, condition, clock))
    if latest.visit is None and not latest.vague:
        return Answer(none.truth, none.reason, trail=_trail(visits, totals, condition, clock))
    answer = _of_visit(condition, clock, latest, none)
    score = _chosen(latest.visit, condition) if latest.visit is not None else None
    return _flagged(answer, condition, (*((score,) if score is not None else ()), *latest.maybe_newer))


def _flagged(answer: Answer, condition: Condition, candidates: Iterable[VariantScore | Fact]) -> Answer:
    """A flag alone on its row: one candidate that carries it is enough, readable or not (§6.1.8)."""
    if condition.flag is None or condition.comparisons or condition.near is not None:
        return answer
    carried = any(condition.flag in one.flags for one in candidates)
    return replace(answer, truth=Truth.TRUE if carried else Truth.FALSE, reason=None)


def _latest(condition: Condition, clock: Clock, visits: Visits, totals: Sequence[Fact]) -> _Latest:
    visit = _newest(visits, condition, clock)
    reached = in_reach(totals, clock, condition.within_days).all
    vague = in_reach(visits.vague, clock, condition.within_days).all
    if visit is None:
        return _Latest(None, vague, reached, (), ())
    newer = tuple(f for f in reached if f.start_low is not None and clock.day(f.start_low) > visit.day)
    return _Latest(
        visit,
        tuple(fact for fact in vague if _may_be_newer(fact, visit, clock)),
        newer,
        tuple(fact for fact in reached if fact not in newer and _may_be_newer(fact, visit, clock)),
        _same_day(totals, visit, clock),
    )


def _of_visit(condition: Condition, clock: Clock, latest: _Latest, none: World) -> Answer:
    """§6.2.3 (second half) to 6.2.6: the visit, and what may be newer than it."""
    visit = latest.visit
    score = _chosen(visit, condition) if visit is not None else None
    worlds = [none] if visit is None else [_world_of_visit(visit, score, condition, latest.same_day)]
    worlds += [unknown(Reason.PARTIAL_DATE) for _ in latest.vague]
    worlds += [_world_of_total(fact, condition) for fact in latest.maybe_newer]
    truth = agree(worlds)
    reason = (common_reason(worlds) or Reason.PARTIAL_DATE.value) if truth is Truth.UNKNOWN else None
    own = () if visit is None else visit.evidence if score is None else score.evidence
    value = score.low if score is not None and score.low == score.high else None
    days = condition.within_days
    leaving = [clock.leaves_window(fact.start_low, fact.start_high, days) for fact in latest.maybe_newer]
    if visit is not None and days is not None:
        leaving.append(plus_days(visit.day, days + 1))
    return Answer(
        truth,
        reason,
        unique([*own, *sorted_evidence([*latest.vague, *latest.maybe_newer])]),
        value,
        UNIT if value is not None else None,
        earliest(leaving),
    )


def _newest(visits: Visits, condition: Condition, clock: Clock) -> Visit | None:
    """§6.2.2: the newest usable or unusable visit in the window."""
    first = clock.window_day(condition.within_days)
    inside = [
        visit
        for visit in visits.dated
        if visit.standing is not Standing.SKIPPED and (first is None or visit.day >= first)
    ]
    return max(inside, key=lambda visit: visit.day, default=None)


def _may_be_newer(fact: Fact, visit: Visit, clock: Clock) -> bool:
    return fact.start_high is None or fact.start_high > clock.end_of(visit.day)


def _same_day(totals: Iterable[Fact], visit: Visit, clock: Clock) -> tuple[float, ...]:
    return tuple(
        fact.low
        for fact in totals
        if fact.problem is None
        and fact.low is not None
        and fact.low == fact.high
        and clock.single_day(fact.start_low, fact.start_high) == visit.day
    )


def _chosen(visit: Visit, condition: Condition) -> VariantScore | None:
    """The first variant of `variants` that the visit has."""
    wanted = condition.variants or VARIANTS
    return next((score for variant in wanted if (score := visit.score(variant)) is not None), None)


def _world_of_visit(
    visit: Visit, score: VariantScore | None, condition: Condition, same_day: Sequence[float]
) -> World:
    """§6.2.4, and the review operators of §6.2.7 on the same answer."""
    if visit.standing is Standing.UNUSABLE:
        return World(Truth.UNKNOWN, visit.problem)
    if score is None:
        return unknown(Reason.COMPONENT_MISSING)
    worlds = [
        _compare(score, comparison, condition.three_variable_margin) for comparison in condition.comparisons
    ]
    worlds += _review(visit, score, condition, same_day)
    return conjunction(worlds)


def _compare(score: VariantScore, comparison: Comparison, margin: float) -> World:
    plain = compare(score, comparison.operator, comparison.threshold)
    if plain is Truth.UNKNOWN:
        return World(plain, _why_mixed(score))
    if not margin or score.variant not in THREE_VARIABLES:
        return World(plain)
    widened = Bounds(
        None if score.low is None else score.low - margin, None if score.high is None else score.high + margin
    )
    if compare(widened, comparison.operator, comparison.threshold) is Truth.UNKNOWN:
        # The patient global that is not there would decide.
        return unknown(Reason.COMPONENT_MISSING)
    return World(plain)


def _why_mixed(score: VariantScore) -> str:
    if CONFLICTING in score.flags:
        return Reason.CONFLICTING_VALUES.value
    return (Reason.UNIT_NOT_CONVERTIBLE if UNIT_GUESS in score.flags else Reason.CENSORED_VALUE).value


def _review(
    visit: Visit, score: VariantScore, condition: Condition, same_day: Sequence[float]
) -> list[World]:
    worlds = []
    if condition.near is not None:
        near = is_near(score, condition.near, *_distance(condition))
        worlds.append(World(Truth.UNKNOWN, _why_mixed(score)) if near.truth is Truth.UNKNOWN else near)
    if condition.flag is not None:
        worlds.append(decided(condition.flag in score.flags))
    if condition.three_variables:
        worlds.append(decided(score.variant in THREE_VARIABLES))
    if condition.variant_in:
        worlds.append(decided(score.variant in condition.variant_in))
    if condition.recorded_differs_by is not None:
        worlds.append(_differs(score, same_day, condition.recorded_differs_by))
    if condition.variants_disagree_at is not None:
        at = condition.variants_disagree_at
        sides = {
            compare(one, "at_least", at) for variant in ORDER if (one := visit.score(variant)) is not None
        }
        # An interval across the threshold lies on no one side.
        worlds.append(decided(sides not in ({Truth.TRUE}, {Truth.FALSE})))
    return worlds


def _distance(condition: Condition) -> tuple[float, bool]:
    """How near is near, and whether the distance itself is still too far."""
    if condition.near_closer_than is not None:
        return condition.near_closer_than, True
    return (condition.near or 0.0) * (condition.near_by_fraction or 0.0), False


def _differs(score: VariantScore, same_day: Sequence[float], by: float) -> World:
    if not same_day:
        return decided(False)
    if score.low is None or score.low != score.high:
        return World(Truth.UNKNOWN, _why_mixed(score))
    return decided(any(abs(total - score.low) > by for total in same_day))


def _world_of_total(fact: Fact, condition: Condition) -> World:
    """A recorded total is compared as any result; it has no variants and no visit to differ from."""
    world = world_of(fact, condition)
    if fact.problem is not None:
        return world
    worlds = [world]
    if condition.flag is not None:
        worlds.append(decided(condition.flag in fact.flags))
    if condition.three_variables or condition.recorded_differs_by is not None:
        worlds.append(decided(False))
    if condition.variants_disagree_at is not None:
        worlds.append(decided(False))
    if condition.variant_in:
        worlds.append(decided(RECORDED in condition.variant_in))
    return conjunction(worlds)


def _trail(visits: Visits, totals: Sequence[Fact], condition: Condition, clock: Clock) -> Trail | None:
    """§6.2.5: skipped visits in the window, else whatever is older than it."""
    first = clock.window_day(condition.within_days)
    skipped = [visit for visit in visits.dated if first is None or visit.day >= first]
    if skipped:  # usable and unusable ones would have answered
        return Trail(Reason.COMPONENT_MISSING, max(skipped, key=lambda visit: visit.day).evidence)
    start = clock.window_start(condition.within_days)
    older: list[tuple[date, tuple[str, ...]]] = [(visit.day, visit.evidence) for visit in visits.dated]
    older += [
        (clock.day(fact.start_high), (fact.evidence,))
        for fact in sorted([*visits.vague, *totals], key=lambda fact: fact.evidence)
        if fact.start_high is not None and start is not None and fact.start_high < start
    ]
    if not older:
        return None
    newest = max(day for day, _ in older)
    return Trail(Reason.TOO_OLD, unique(ref for day, refs in older if day == newest for ref in refs))
