"""Owns time: FHIR dates as intervals of instants, local days of a zone, ages in completed years.

An instant is an integer, microseconds since 1970-01-01T00:00Z (docs/semantics.md, section 1). Years run from
1 to 9999 as in FHIR, but with the offset of a zone an instant may lie just outside them, where datetime
overflows.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from fhir_adapter.model.readings import Interval

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000
# [0-9] and not \d: \d also matches full-width and Arabic digits, which int() would read.
_DATE = r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})TIME)?)?"
_TIME = (
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?"
)
_DATE_TIME_SHAPE = re.compile(_DATE.replace("TIME", _TIME))
_DATE_SHAPE = re.compile(_DATE.replace("TIME", ""))


def parse_datetime(text: str | None, zone: ZoneInfo) -> Interval | None:
    """FHIR date or dateTime as an interval of instants (µs), both ends included; None: absent or unreadable.

    Source: docs/semantics.md, section 1. Without offset it is site time, flag `no-zone`; a wall clock time
    that the zone shows twice (clocks set back) is the interval from the first to the second.
    """
    match = _DATE_TIME_SHAPE.fullmatch(text) if text is not None else None
    if match is None:
        return None
    try:
        if match["hour"] is not None:
            return _time_of_day(match, zone)
        first, last = _days(match)
    except ValueError:  # month 13, 30 February, year 0000, 24:00, second 61
        return None
    return Interval(day_start(first, zone), day_end(last, zone))


def day_start(day: date, zone: ZoneInfo) -> int:
    """First instant (µs) of a local day; where midnight does not exist, the instant the clocks jump."""
    return _instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def day_end(day: date, zone: ZoneInfo) -> int:
    """Last microsecond of a local day: one before the next day starts, so that days leave no gap (µs)."""
    start = day_start(day, zone)
    if day == date.max:
        return start + _DAY - 1
    # A zone that skipped a day (Apia, 2011-12-30) starts two days at one instant: never end before the start.
    return max(day_start(day + timedelta(days=1), zone) - 1, start)


def local_day(instant: int, zone: ZoneInfo) -> date:
    """The date the zone's clocks show at an instant (µs); outside the years 1 to 9999 the nearest date."""
    try:
        return (_EPOCH + instant * _MICROSECOND).astimezone(zone).date()
    except (OverflowError, ValueError):
        return date.min if instant < 0 else date.max


def index_of(as_of: str, zone: ZoneInfo) -> int:
    """The index (µs) of an as-of: a date means the last instant of that local day, a full dateTime itself.

    Raises ValueError for anything else: a month, a time without seconds, a time the clocks show twice.
    """
    interval = parse_datetime(as_of, zone)
    if interval is None or interval.low is None or interval.high is None:
        raise ValueError(f"{as_of!r} is not a date (2026-06-01) or dateTime (2026-06-01T12:00:00+08:00)")
    if "T" in as_of and interval.low != interval.high:
        raise ValueError(f"{as_of!r} names more than one instant: give seconds and an offset such as +08:00")
    if "T" not in as_of and len(as_of) != len("2026-06-01"):
        raise ValueError(f"{as_of!r} is not a day: give year, month and day")
    return interval.high


def add_years(day: date, years: int) -> date:
    """The same calendar day some years later; 29 February becomes 1 March where there is none.

    Raises ValueError beyond the years 1 to 9999.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def completed_years(birth: date, today: date) -> int:
    """Age in completed years, negative before birth; born on 29 February, a year is complete on 1 March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def birth_bounds(text: str | None) -> tuple[date, date] | None:
    """Earliest and latest day that YYYY, YYYY-MM or YYYY-MM-DD can mean; None: absent or unreadable.

    Calendar days only: a birth date has no zone and must never move by one.
    """
    match = _DATE_SHAPE.fullmatch(text) if text is not None else None
    if match is None:
        return None
    try:
        return _days(match)
    except ValueError:
        return None


def _days(match: re.Match[str]) -> tuple[date, date]:
    """First and last day of the year, month or day that was matched; ValueError where there is none."""
    year = int(match["year"])
    if match["month"] is None:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(match["month"])
    if match["day"] is None:
        first = date(year, month, 1)
        return first, first.replace(day=calendar.monthrange(year, month)[1])
    day = date(year, month, int(match["day"]))
    return day, day


def _time_of_day(match: re.Match[str], zone: ZoneInfo) -> Interval:
    where = _offset(match["zone"]) if match["zone"] else zone
    second = int(match["second"] or 0)
    micros = int((match["fraction"] or "")[:6].ljust(6, "0"))  # cut: rounding could reach the next day
    if second == 60:
        second, micros = 59, 999_999
    year, month, day, hour, minute = (int(match[name]) for name in ("year", "month", "day", "hour", "minute"))
    low = datetime(year, month, day, hour, minute, second, micros, tzinfo=where)
    high = low if match["second"] else low.replace(second=59, microsecond=999_999)
    # Clocks set back: fold=1 is the later of two instants. Set forward: it is the earlier one, not wanted.
    latest = max(_instant(high), _instant(high.replace(fold=1)))
    return Interval(_instant(low), latest, () if match["zone"] else ("no-zone",))


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)


def _instant(moment: datetime) -> int:
    """Exact, unlike timestamp(); the subtraction cannot overflow where astimezone(UTC) would."""
    return (moment - _EPOCH) // _MICROSECOND
