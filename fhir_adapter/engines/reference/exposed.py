"""Owns the verbs `exposed`, `stopped_for` and `list_kept` (docs/semantics.md §8.1, §8.2, §8.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from fhir_adapter.engines.reference.answers import Answer, World, conjunction, decided, unknown
from fhir_adapter.engines.reference.clock import earliest, plus_days
from fhir_adapter.engines.reference.exposures import (
    INTOLERANCE,
    LEVEL,
    NANOGRAMS,
    Use,
    references,
    touches,
)
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.model.criteria import Condition
from fhir_adapter.model.inputs import ExposureInput
from fhir_adapter.model.truth import Reason, Truth

REQUESTS_ONLY = "requests-only"
STOP_FROM_TEXT = "stop-from-text"
INTOLERANCE_DOUBTFUL = "intolerance-doubtful"


def exposed(condition: Condition, record: Record, of: ExposureInput) -> Answer:
    """§8.1: whether a drug of the input was taken in the window."""
    today = record.clock.today
    members = [
        use
        for use in record.uses
        if (use.drug in of.drugs or use.is_nameless)
        and (condition.route is None or use.route == condition.route)
        and (not condition.as_needed or use.as_needed)
    ]
    first = record.clock.window_day(condition.within_days) or date.min
    worlds = [(use, _says(use, condition, first, today)) for use in members]
    taken = [use for use, world in worlds if world.truth is Truth.TRUE]
    if taken:
        return Answer(
            Truth.TRUE,
            evidence=references(taken),
            notes=requests_only(taken),
            valid_until=_leaves(taken, condition.within_days, today),
        )
    doubtful = [(use, world) for use, world in worlds if world.truth is Truth.UNKNOWN]
    if doubtful:
        named = [pair for pair in doubtful if not pair[0].is_nameless]
        _, first_world = min(named or doubtful, key=lambda pair: (pair[0].evidence, pair[0].drug))
        return Answer(Truth.UNKNOWN, first_world.reason, references([use for use, _ in doubtful]))
    return nothing_found(record)


def stopped_for(record: Record, of: ExposureInput) -> Answer:
    """§8.2: stopped for intolerance; a level that was too high is a doubtful one."""
    uses = [use for use in record.uses if use.drug in of.drugs]
    stopped = [use for use in uses if use.stop.reason == INTOLERANCE]
    if stopped:
        from_text = all(use.stop.from_text for use in stopped)
        notes = (STOP_FROM_TEXT,) if from_text else ()
        return Answer(Truth.TRUE, evidence=references(stopped), notes=notes)
    levels = [use for use in uses if use.stop.reason == LEVEL]
    if levels:
        return Answer(Truth.TRUE, evidence=references(levels), notes=(INTOLERANCE_DOUBTFUL,))
    return nothing_found(record)


def list_kept(condition: Condition, record: Record) -> Answer:
    """§8.5: whether somebody keeps this medication list, and every drug in it has a name we know."""
    if record.medications_incomplete:
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    clock = record.clock
    since = clock.window_day(condition.unmapped_within_days) or date.min
    unplaced = [use for use in record.uses if not use.is_placed and touches(use.possible, since, clock.today)]
    if unplaced:
        return Answer(Truth.UNKNOWN, Reason.UNMAPPED_CODE.value, references(unplaced))
    first = clock.window_day(condition.within_days) or date.min
    kept = {
        use: use.certain[1]
        for use in record.uses
        if use.is_placed and use.certain is not None and touches(use.certain, first, clock.today)
    }
    if not kept:
        return Answer(Truth.UNKNOWN, Reason.NO_RECORD.value)
    last = max(kept.values())
    return Answer(
        Truth.TRUE,
        evidence=references([use for use, day in kept.items() if day == last]),
        valid_until=plus_days(last, (condition.within_days or 0) + 1) if last < clock.today else None,
    )


def nothing_found(record: Record) -> Answer:
    """Silence of a medication list: FALSE only if all of it is there."""
    if record.medications_incomplete:
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    return Answer(Truth.FALSE)


def requests_only(uses: Iterable[Use]) -> tuple[str, ...]:
    """The note that nothing but orders says so."""
    return (REQUESTS_ONLY,) if all(use.source_type == "MedicationRequest" for use in uses) else ()


def _says(use: Use, condition: Condition, first: date, today: date) -> World:
    """One member: its days, then its dose, then whether it is the drug at all."""
    worlds = [_days(use, first, today, possible=condition.possible)]
    if condition.dose_above is not None:
        worlds.append(_dose(use, condition.dose_above))
    if not use.is_nameless:
        return conjunction(worlds)
    says_no = any(world.truth is Truth.FALSE for world in worlds)
    return decided(False) if says_no else unknown(Reason.UNMAPPED_CODE)


def _days(use: Use, first: date, today: date, *, possible: bool) -> World:
    may_be = touches(use.possible, first, today)
    if (possible and may_be) or touches(use.certain, first, today):
        return decided(True)
    return unknown(Reason.PARTIAL_DATE) if may_be else decided(False)


def _dose(use: Use, above: float) -> World:
    if use.dose is None:
        return World(Truth.UNKNOWN, use.dose_problem)
    return decided(use.dose / NANOGRAMS > above)


def _leaves(taken: Sequence[Use], days: int | None, today: date) -> date | None:
    """The first day after today on which a member that has ended may have left the window."""
    if days is None:
        return None
    ended = [use.certain[1] for use in taken if use.certain is not None and use.certain[1] < today]
    return earliest(day for last in ended if (day := plus_days(last, days + 1)) > today)
