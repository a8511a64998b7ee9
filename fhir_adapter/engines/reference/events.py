"""Owns the verb `event` (docs/semantics.md §9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_adapter.engines.reference.answers import Answer, World, unknown
from fhir_adapter.engines.reference.clock import Clock, earliest
from fhir_adapter.engines.reference.happenings import Happening
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.spans import Where, leaves, where
from fhir_adapter.model.criteria import Condition, Span
from fhir_adapter.model.inputs import EventInput
from fhir_adapter.model.truth import Reason, Truth

_DOUBTS = (Reason.PARTIAL_DATE, Reason.PROVISIONAL_ONLY, Reason.UNMAPPED_CODE)


def event(condition: Condition, record: Record, of: EventInput) -> Answer:
    """§9: whether it happened, in the window if the row has one."""
    members = record.events.get(of.id, ())
    worlds = [(member, _says(member, condition, record.clock)) for member in members]
    happened = [member for member, world in worlds if world.truth is Truth.TRUE]
    if happened:
        leaving = [_leaves(member, condition, record.clock) for member in happened]
        return Answer(Truth.TRUE, evidence=_references(happened), valid_until=earliest(leaving))
    doubtful = [(member, world.reason) for member, world in worlds if world.truth is Truth.UNKNOWN]
    if doubtful:
        reasons = {reason for _, reason in doubtful}
        reason = next(doubt for doubt in _DOUBTS if doubt.value in reasons)
        return Answer(Truth.UNKNOWN, reason.value, _references(member for member, _ in doubtful))
    if record.incomplete.intersection(of.types):
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    return Answer(Truth.FALSE)


def _says(member: Happening, condition: Condition, clock: Clock) -> World:
    if condition.within_days is not None:
        lies = where(member.low, member.high, Span(condition.within_days), clock)
        if lies is Where.OUTSIDE:
            return World(Truth.FALSE)
        if lies is Where.UNCERTAIN and not condition.undated_counts:
            return unknown(Reason.PARTIAL_DATE)
    if member.nameless:
        return unknown(Reason.UNMAPPED_CODE)
    return unknown(Reason.PROVISIONAL_ONLY) if member.provisional else World(Truth.TRUE)


def _leaves(member: Happening, condition: Condition, clock: Clock) -> date | None:
    if condition.within_days is None or member.low is None:
        return None
    return leaves(clock.day(member.low), Span(condition.within_days), clock.today)


def _references(members: Iterable[Happening]) -> tuple[str, ...]:
    return tuple(sorted({member.evidence for member in members}))
