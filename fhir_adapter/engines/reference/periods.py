"""Owns on which local days a medication record puts its drug: certain days and possible ones (semantics §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_adapter.engines.reference.clock import Clock, plus_days
from fhir_adapter.engines.reference.dosages import bounds_of
from fhir_adapter.engines.reference.elements import Node, leaf, number, part, parts
from fhir_adapter.model.exposures import Ends, whole_days

_IN_FORCE = ("active", "in-progress")
_STOPPED = ("stopped", "on-hold")
_KNOWN = (*_IN_FORCE, *_STOPPED, "completed")
"""Any other status, or none, makes nothing certain."""


@dataclass(frozen=True)
class Days:
    """A date as local days: it lies on one of them."""

    low: date
    high: date


@dataclass(frozen=True)
class Course:
    """The days of one record, cut at today. `certain`: both ends included, None if no day is certain."""

    certain: tuple[date, date] | None
    possible_low: date | None  # None: since ever
    possible_high: date
    ends: Ends
    runs_to: date | None = None
    one_day: bool = False  # an Administration on one known day


@dataclass(frozen=True)
class _Dated:
    """What a record says about its start and end, before its status is looked at."""

    start: Days | None = None
    end: Days | None = None
    unreadable: bool = False
    from_supply: bool = False
    goes_on: bool = False  # in force and without an end it lasts until today
    day_only: bool = False  # a Statement that only says of one date that the drug was taken
    once: bool = False  # an Administration at one time


class CourseReader:
    """Reads the dates of medication records."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, record: Node) -> Course | None:
        """The record's days; None: it certainly begins after today, so it does not exist."""
        resource_type, status = leaf(record, "resourceType"), leaf(record, "status")
        if resource_type == "MedicationRequest":
            dated = self._of_request(record)
        else:
            dated = self._of_effective(record, is_statement=resource_type == "MedicationStatement")
        today = self._clock.today
        if dated.start is not None and dated.start.low > today:
            return None
        return _course(dated, status, today)

    def _of_effective(self, record: Node, *, is_statement: bool) -> _Dated:
        """`effectivePeriod`, else `effectiveDateTime`."""
        if isinstance(record.get("effectivePeriod"), dict):
            start = self._days(leaf(record, "effectivePeriod", "start"))
            end = self._days(leaf(record, "effectivePeriod", "end"))
            return _dated(start, end, goes_on=True)
        day = self._days(leaf(record, "effectiveDateTime"))
        if is_statement:
            return replace(_dated(day, None), day_only=True)
        return replace(_dated(day, day), once=True)

    def _of_request(self, record: Node) -> _Dated:
        dosages = [one for one in parts(record, "dosageInstruction") if isinstance(one.get("timing"), dict)]
        agreed = {bounds_of(one) for one in dosages}
        bounds = [part(one, "timing", "repeat") for one in dosages]
        validity = part(record, "dispenseRequest", "validityPeriod")
        starts = [leaf(one, "boundsPeriod", "start") for one in bounds]
        start = _earliest([self._days(text) for text in starts if text is not None])
        for text in (leaf(validity, "start"), leaf(record, "authoredOn")):
            start = start if start is not None else self._days(text)
        if len(agreed) > 1:
            return _dated(start, None)
        return self._with_end(start, bounds[0] if bounds else {}, part(record, "dispenseRequest"))

    def _with_end(self, start: Days | str | None, repeat: Node, dispensed: Node) -> _Dated:
        """The end: of the bounds, else of what was dispensed, else of the validity; the first that is there."""
        end = leaf(repeat, "boundsPeriod", "end")
        if end is not None:
            return _dated(start, self._days(end))
        for name in ("boundsDuration", "boundsRange"):
            if repeat.get(name) is not None:
                return _lasting(start, _duration(part(repeat, name)))
        if dispensed.get("expectedSupplyDuration") is not None:
            lasts = _duration(part(dispensed, "expectedSupplyDuration"))
            times = _times(number(dispensed, "numberOfRepeatsAllowed"))
            supply = lasts * times if lasts is not None and times is not None else None
            return replace(_lasting(start, supply), from_supply=True)
        return _dated(start, self._days(leaf(dispensed, "validityPeriod", "end")))

    def _days(self, text: str | None) -> Days | str | None:
        """A date as days; "" where something stands there that is no date."""
        if text is None:
            return None
        when = self._clock.read(text)
        if when is None or when.low is None or when.high is None:
            return ""
        return Days(self._clock.day(when.low), self._clock.day(when.high))


def _dated(start: Days | str | None, end: Days | str | None, *, goes_on: bool = False) -> _Dated:
    """One unreadable date, or an end before the start, leaves nothing that could be relied on."""
    if isinstance(start, str) or isinstance(end, str):
        return _Dated(start if isinstance(start, Days) else None, unreadable=True)
    if start is not None and end is not None and end.high < start.low:
        return _Dated(start, unreadable=True)
    return _Dated(start, end, goes_on=goes_on)


def _lasting(start: Days | str | None, days: int | None) -> _Dated:
    if days is None or not isinstance(start, Days):
        return _dated(start, None)
    return _dated(start, Days(plus_days(start.low, days - 1), plus_days(start.high, days - 1)))


def _duration(quantity: Node) -> int | None:
    if leaf(quantity, "comparator") is not None:
        return None
    return whole_days(number(quantity, "value"), leaf(quantity, "unit"), leaf(quantity, "code"))


def _times(repeats: str | None) -> int | None:
    """How often the supply is handed out; None: that is unreadable."""
    if repeats is None:
        return 1
    return 1 + int(repeats) if repeats.isascii() and repeats.isdigit() and len(repeats) < 6 else None


def _earliest(starts: Sequence[Days | str | None]) -> Days | str | None:
    known = [one for one in starts if isinstance(one, Days)]
    if len(known) < len(starts):
        return ""
    return Days(min(one.low for one in known), min(one.high for one in known)) if known else None


def _course(dated: _Dated, status: str | None, today: date) -> Course:
    """What start, end and status say together."""
    if dated.unreadable or (dated.start is None and dated.end is None):
        return Course(None, None, today, Ends.UNKNOWN)
    course = _of_dates(_without_future_stop(dated, status, today), status, today)
    one_day = dated.once and dated.start is not None and dated.start.low == dated.start.high
    return replace(course, certain=course.certain if status in _KNOWN else None, one_day=one_day)


def _without_future_stop(dated: _Dated, status: str | None, today: date) -> _Dated:
    """A drug that is stopped, on hold or unknown cannot be relied on to last until an end after today."""
    to_come = dated.end is not None and dated.end.high > today
    if to_come and status not in (*_IN_FORCE, "completed"):
        return replace(dated, end=None, goes_on=False)
    return dated


def _of_dates(dated: _Dated, status: str | None, today: date) -> Course:
    start, end = dated.start, dated.end
    if dated.day_only and start is not None:
        if status in _IN_FORCE or status not in _KNOWN:
            return Course(_span(start.high, start.low, today), None, today, Ends.UNKNOWN)
        end = start
    if start is None and end is None:
        return Course(None, None, today, Ends.UNKNOWN)
    low = start.low if start is not None else None
    if end is not None:
        return Course(
            certain=_span(start.high, end.low, today) if start is not None else None,
            possible_low=low,
            possible_high=min(end.high, today),
            ends=Ends.SUPPLY if dated.from_supply else Ends.RECORDED,
            runs_to=end.low if end.low >= today else None,
        )
    if start is not None and dated.goes_on and status in _IN_FORCE:
        return Course(_span(start.high, today, today), low, today, Ends.OPEN)
    certain = _span(start.high, start.low, today) if start is not None else None
    return Course(certain, low, today, Ends.UNKNOWN)


def _span(low: date, high: date, today: date) -> tuple[date, date] | None:
    """From low to high, cut at today; None where nothing lies between."""
    high = min(high, today)
    return (low, high) if low <= high else None
