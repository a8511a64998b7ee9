"""Owns the verbs `present` and `absent` (docs/semantics.md §6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from fhir_adapter.engines.reference.answers import Answer, World, sorted_evidence, unknown
from fhir_adapter.engines.reference.clock import Clock, earliest, plus_days
from fhir_adapter.engines.reference.diagnoses import CONFIRMED, EVERY_CONDITION, NO_STATUS, NO_VERIFICATION
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.spans import Where, leaves, where
from fhir_adapter.model.criteria import Condition, Silence, Span
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import Reason, Truth

NOT_ACTIVE = "not-active"
SPEAKS_FOR_DAYS = 730
"""How long a recorded Condition shows that somebody keeps this record (CLINICAL §4.2, *silence*)."""

_ACTIVITIES = {
    "any": ("active", "inactive", "resolved"),
    "active": ("active",),
    "unresolved": ("active", "inactive"),
    "ended": ("inactive", "resolved"),
}
_DOUBTS = (Reason.STALE_STATUS, Reason.NO_STATUS, Reason.PARTIAL_DATE, Reason.PROVISIONAL_ONLY)
_Dates = tuple[int | None, int | None]


def present(condition: Condition, record: Record) -> Answer:
    """§6.3 `present`: a member that says so, or only doubtful ones, or none."""
    clock = record.clock
    worlds = [(fact, _says(fact, condition, clock)) for fact in _members(condition, record)]
    saying = [fact for fact, world in worlds if world.truth is Truth.TRUE]
    doubtful = [(fact, world.reason) for fact, world in worlds if world.truth is Truth.UNKNOWN]
    looked_at = [*saying, *(fact for fact, _ in doubtful)]
    notes = [NO_VERIFICATION] if any(NO_VERIFICATION in fact.flags for fact in looked_at) else []
    if saying:
        if condition.activity == "any" and all(fact.activity != "active" for fact in saying):
            notes.append(NOT_ACTIVE)
        return Answer(
            Truth.TRUE,
            evidence=sorted_evidence(saying),
            valid_until=earliest(day for fact in saying for day in _changes(fact, condition, clock)),
            notes=tuple(notes),
        )
    if doubtful:
        reasons = {reason for _, reason in doubtful}
        reason = next(doubt for doubt in _DOUBTS if doubt.value in reasons)
        return _unknown(reason, [fact for fact, _ in doubtful], notes)
    if "Condition" in record.incomplete:
        return _unknown(Reason.INCOMPLETE_DATA)
    return Answer(Truth.FALSE)


def absent(condition: Condition, record: Record) -> Answer:
    """§6.3 `absent`: the opposite of `present`; `silence` says what it means that nothing is found."""
    found = present(condition, record)
    if found.truth is Truth.TRUE:
        return replace(found, truth=Truth.FALSE)
    if found.truth is Truth.UNKNOWN and found.reason != Reason.INCOMPLETE_DATA:
        return found
    match condition.silence:
        case Silence.FALSE:
            return Answer(Truth.TRUE)
        case Silence.FALSE_IF_RECORDED:
            return _false_if_recorded(record)
        case _:
            return _unknown(Reason.NO_RECORD)


def _false_if_recorded(record: Record) -> Answer:
    """§6.3: silence counts only in a record that is complete, mapped and speaks."""
    if "Condition" in record.incomplete:
        return _unknown(Reason.INCOMPLETE_DATA)
    every = record.diagnoses_of(EVERY_CONDITION)
    unmapped = [fact for fact in every if fact.problem == Reason.UNMAPPED_CODE]
    if unmapped:
        return _unknown(Reason.UNMAPPED_CODE, unmapped)
    clock = record.clock
    start = clock.window_start(SPEAKS_FOR_DAYS)
    recent = {
        fact: fact.recorded_low
        for fact in every
        if fact.certainty == CONFIRMED
        and fact.recorded_low is not None
        and (start is None or fact.recorded_low >= start)
        and fact.recorded_high is not None
        and fact.recorded_high <= clock.index
    }
    if not recent:
        return _unknown(Reason.NO_RECORD)
    newest = max(recent.values())
    return Answer(
        Truth.TRUE,
        evidence=sorted_evidence(fact for fact, low in recent.items() if low == newest),
        value=float(len(recent)),
        unit="Condition",
        valid_until=plus_days(clock.day(newest), SPEAKS_FOR_DAYS + 1),
    )


def _members(condition: Condition, record: Record) -> list[Fact]:
    """Existing, used facts of the input whose activity fits, but for those of the input in `unless`."""
    other = record.diagnoses_of(condition.unless) if condition.unless is not None else ()
    not_these = {fact.evidence for fact in other}
    return [
        fact
        for fact in record.diagnoses_of(condition.input)
        if fact.activity in _ACTIVITIES[condition.activity] and fact.evidence not in not_these
    ]


def _says(fact: Fact, condition: Condition, clock: Clock) -> World:
    """One member: its dates first, then how far its status can be believed, then what it is.

    A status that nobody recorded cannot be stale (CLINICAL §4.3, rule 14).
    """
    lies = [where(*dates, span, clock) for dates, span in _spans(fact, condition)]
    if Where.OUTSIDE in lies:
        return World(Truth.FALSE)
    if condition.no_status_after_days is not None and NO_STATUS in fact.flags:
        first = plus_days(clock.today, -condition.no_status_after_days)
        if all(day < first for day in _known_days(fact, clock)):
            return unknown(Reason.NO_STATUS)
    if condition.stale_after_days is not None and fact.activity == "active":
        days = _known_days(fact, clock)
        if days and max(days) < plus_days(clock.today, -condition.stale_after_days):
            return unknown(Reason.STALE_STATUS)
    if Where.UNCERTAIN in lies:
        return unknown(Reason.PARTIAL_DATE)
    return World(Truth.TRUE) if fact.certainty == CONFIRMED else unknown(Reason.PROVISIONAL_ONLY)


def _spans(fact: Fact, condition: Condition) -> Iterator[tuple[_Dates, Span]]:
    """The dates that the row asks for, each with its span."""
    onset, recorded = (fact.start_low, fact.start_high), (fact.recorded_low, fact.recorded_high)
    if condition.since is not None:
        yield (onset if onset != (None, None) else recorded), condition.since
    if condition.recorded_within is not None:
        yield recorded, condition.recorded_within
    if condition.ended_within is not None:
        yield (fact.end_low, fact.end_high), condition.ended_within


def _known_days(fact: Fact, clock: Clock) -> list[date]:
    """The latest days that onset and recordedDate may mean, of those that can be read."""
    return [clock.day(high) for high in (fact.start_high, fact.recorded_high) if high is not None]


def _changes(fact: Fact, condition: Condition, clock: Clock) -> Iterator[date]:
    """Days after today on which a member that says so leaves a span, or its status becomes stale."""
    for (low, _), span in _spans(fact, condition):
        left = leaves(clock.day(low), span, clock.today) if low is not None else None
        if left is not None:
            yield left
    known = _known_days(fact, clock)
    if condition.stale_after_days is not None and fact.activity == "active" and known:
        yield plus_days(max(known), condition.stale_after_days + 1)


def _unknown(reason: Reason, facts: Iterable[Fact] = (), notes: Iterable[str] = ()) -> Answer:
    return Answer(Truth.UNKNOWN, reason.value, sorted_evidence(facts), notes=tuple(notes))
