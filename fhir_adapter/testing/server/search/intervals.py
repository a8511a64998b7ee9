"""Owns dates as half-open intervals of milliseconds: a partial date is all the time it may mean.

https://hl7.org/fhir/R4/search.html#date, https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

Interval = tuple[int, int]

EARLIEST = -(2**62)
LATEST = 2**62
"""The open ends of a Period."""

_DAY = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):(\d\d))?)?)?)?",
    re.ASCII,
)


@lru_cache(maxsize=65_536)
def interval(text: str) -> Interval | None:
    """The interval of a date, dateTime or instant; None when it is none. Without a zone it is read as UTC."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
    try:
        if day is None:
            return _month_or_year(int(year), month)
        start = (date(int(year), int(month), int(day)).toordinal() - _EPOCH) * _DAY
    except ValueError:
        return None
    if hour is None:
        return start, start + _DAY
    # A leap second is the first of the next minute: FHIR allows it in an instant.
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60 or int(zone_hours or 0) > 14:
        return None
    start += int(hour) * 3_600_000 + int(minute) * 60_000
    if sign:
        offset = int(zone_hours) * 3_600_000 + int(zone_minutes) * 60_000
        start += -offset if sign == "+" else offset
    return _within_minute(start, second, fraction)


def period(value: Mapping[str, Any]) -> Interval | None:
    """The interval of a Period; None when neither end is known."""
    start, end = interval(str(value.get("start"))), interval(str(value.get("end")))
    if start is None and end is None:
        return None
    return start[0] if start else EARLIEST, end[1] if end else LATEST


def timing(value: Mapping[str, Any]) -> Interval | None:
    """The interval from a Timing's first event to its last, or its bounds."""
    events = [found for text in value.get("event", ()) if (found := interval(str(text)))]
    repeat = value.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    if isinstance(bounds, dict) and (found := period(bounds)):
        events.append(found)
    if not events:
        return None
    return min(low for low, _ in events), max(high for _, high in events)


def _month_or_year(year: int, month: str | None) -> Interval:
    first, last = (int(month), int(month)) if month else (1, 12)
    low = date(year, first, 1).toordinal()
    high = date(year, 12, 31).toordinal() + 1 if last == 12 else date(year, last + 1, 1).toordinal()
    return (low - _EPOCH) * _DAY, (high - _EPOCH) * _DAY


def _within_minute(start: int, second: str | None, fraction: str | None) -> Interval:
    if second is None:
        return start, start + 60_000
    start += int(second) * 1000
    if fraction is None:
        return start, start + 1000
    digits = min(len(fraction), 3)
    start += int(fraction[:3].ljust(3, "0"))
    return start, start + 10 ** (3 - digits)
