"""Owns the verb `exposed_for` (semantics §8.3): islands of days on a drug, and the score found during one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from fhir_adapter.engines.reference.answers import Answer, World, decided, unique, unknown
from fhir_adapter.engines.reference.clock import Clock, earliest, plus_days
from fhir_adapter.engines.reference.exposed import requests_only
from fhir_adapter.engines.reference.exposures import NO_EFFECT, Use, references
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.scored import scored
from fhir_adapter.engines.reference.scores import Visits
from fhir_adapter.model.criteria import Condition
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import ExposureInput
from fhir_adapter.model.truth import Reason, Truth

SINCE_EVER_DAYS = 40_000
"""How far back a use without a start may reach (§8.3)."""


@dataclass
class Island:
    """Days on one drug without a gap that is longer than the row allows."""

    drug: str
    start: date
    end: date
    uses: list[Use] = field(default_factory=list)

    @property
    def length(self) -> int:
        """In days, start, end and bridged gaps included."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class _Said:
    """An island and what it answers; `score` where one was looked for."""

    island: Island
    truth: Truth
    reason: str | None = None
    score: Answer | None = None


@dataclass(frozen=True)
class During:
    """What the score of an island is looked for in: visits and recorded totals."""

    visits: Visits
    totals: Sequence[Fact] = ()


def exposed_for(condition: Condition, record: Record, of: ExposureInput, during: During | None) -> Answer:
    """§8.3: on a drug of the input for long enough; `during` only where the row asks for a score."""
    worlds = []
    for possible in (False, True):
        islands = islands_of(record, of, condition.gap_days, possible=possible)
        worlds.append([_ask(island, condition, record, during) for island in islands])
    certain, maybe = worlds
    answer = _both(_world(certain), _world(maybe))
    if answer.truth is Truth.FALSE and record.medications_incomplete:
        answer = World(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    deciding = [said for said in certain if said.truth is answer.truth]
    deciding = deciding or [said for said in maybe if said.truth is answer.truth]
    is_true = answer.truth is Truth.TRUE
    score = deciding[0].score if is_true else None
    return Answer(
        answer.truth,
        answer.reason,
        evidence=unique(reference for said in deciding for reference in _evidence(said)),
        value=score.value if score is not None else None,
        unit=score.unit if score is not None else None,
        valid_until=earliest(_changes(certain, condition, record.clock.today, is_true=is_true)),
        notes=requests_only([use for said in deciding for use in said.island.uses]) if is_true else (),
    )


def islands_of(record: Record, of: ExposureInput, gap_days: int, *, possible: bool) -> list[Island]:
    """The islands of one world, by drug and start."""
    since_ever = plus_days(record.clock.today, -SINCE_EVER_DAYS)
    islands: list[Island] = []
    for drug in sorted(of.drugs):
        intervals = []
        for use in record.uses:
            if use.drug != drug or use.route == NO_EFFECT:
                continue
            if possible:
                last = use.course.possible_high
                intervals.append((use.course.possible_low or min(since_ever, last), last, use))
            elif use.certain is not None:
                intervals.append((*use.certain, use))
        current: Island | None = None
        for start, end, use in sorted(intervals, key=lambda one: (one[0], one[1], one[2].evidence)):
            if current is None or (start - current.end).days - 1 > gap_days:
                current = Island(drug, start, end)
                islands.append(current)
            current.end = max(current.end, end)
            current.uses.append(use)
    return islands


def _ask(island: Island, condition: Condition, record: Record, during: During | None) -> _Said:
    """What one island says."""
    today = record.clock.today
    ended_in = condition.ended_within_days
    recent = ended_in is None or island.end >= plus_days(today, -ended_in)
    if island.length < condition.days:
        return _Said(island, Truth.FALSE) if recent else _too_old(island)
    if ended_in is None:  # `ongoing`
        return _Said(island, decided(island.end == today).truth)
    if not recent:
        return _too_old(island)
    if during is None:
        raise ValueError("a row that asks for an island that ended asks for a score")
    score = _score(island, condition, record, during)
    return _Said(island, score.truth, score.reason, score)


def _too_old(island: Island) -> _Said:
    return _Said(island, Truth.UNKNOWN, Reason.TOO_OLD.value)


def _score(island: Island, condition: Condition, record: Record, during: During) -> Answer:
    """The latest score from the day on which the island is long enough until some days after its end."""
    clock = record.clock
    first = plus_days(island.start, condition.days - 1)
    last = min(plus_days(island.end, condition.score_after_days), clock.today)
    # The index of that question is the end of its last day; nothing after it exists.
    then = Clock(min(clock.end_of(last), clock.index), clock.zone)
    visits = replace(during.visits, dated=tuple(visit for visit in during.visits.dated if visit.day <= last))
    asked = replace(condition, within_days=(last - first).days)
    nothing = unknown(Reason.NO_RECORD)
    return scored(asked, replace(record, clock=then), visits, during.totals, none=nothing)


def _world(said: Sequence[_Said]) -> World:
    for wanted in (Truth.TRUE, Truth.UNKNOWN):
        found = next((one for one in said if one.truth is wanted), None)
        if found is not None:
            return World(wanted, found.reason)
    return World(Truth.FALSE)


def _both(certain: World, maybe: World) -> World:
    return certain if certain.truth is maybe.truth else unknown(Reason.PARTIAL_DATE)


def _evidence(said: _Said) -> tuple[str, ...]:
    return (*references(said.island.uses), *(said.score.evidence if said.score is not None else ()))


def _changes(certain: Sequence[_Said], condition: Condition, today: date, *, is_true: bool) -> Iterator[date]:
    """Days on which time alone changes an island: it gets long enough, or it ended too long ago."""
    for said in certain:
        island = said.island
        if island.length < condition.days and island.end == today:
            yield plus_days(island.start, condition.days - 1)
        ends = condition.ended_within_days
        if is_true and said.truth is Truth.TRUE and ends is not None and island.end < today:
            yield plus_days(island.end, ends + 1)
