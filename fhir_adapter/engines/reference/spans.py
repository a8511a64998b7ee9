"""Owns spans: whether a date lies in the last n days or years, and when it leaves them (docs/semantics.md §6.3)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from fhir_adapter.engines.reference.clock import Clock, plus_days
from fhir_adapter.model.criteria import Span
from fhir_adapter.model.dates import add_years


class Where(StrEnum):
    """Where a date lies that may be an interval."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNCERTAIN = "uncertain"


def first_day(span: Span, today: date) -> date:
    """The first local day of a span: today - n days, or the day after (today - n years)."""
    if span.unit == "d":
        return plus_days(today, -span.count)
    try:
        return plus_days(add_years(today, -span.count), 1)
    except ValueError:  # before the year 1
        return date.min


def where(low: int | None, high: int | None, span: Span, clock: Clock) -> Where:
    """Inside if both bounds are, outside if both lie before it; a date nobody knows is uncertain."""
    first = first_day(span, clock.today)
    if high is not None and clock.day(high) < first:
        return Where.OUTSIDE
    return Where.INSIDE if low is not None and clock.day(low) >= first else Where.UNCERTAIN


def leaves(low: date, span: Span, today: date) -> date | None:
    """The first day after today on which a day lies before the span."""
    try:
        near = plus_days(low, span.count) if span.unit == "d" else add_years(low, span.count)
    except ValueError:  # after the year 9999
        return None
    # 29 February makes years uneven: the days around the anniversary are tried one by one.
    around = (plus_days(near, n) for n in range(-3, 4))
    left = next((day for day in around if low < first_day(span, day)), None)
    return left if left is not None and left > today else None
