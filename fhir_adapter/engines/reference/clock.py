"""Owns the index of one screening: today, windows of n days, the day an interval lies on (semantics §1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fhir_adapter.model.dates import day_end, day_start, local_day, parse_datetime
from fhir_adapter.model.readings import Interval


@dataclass(frozen=True)
class Clock:
    """The index and the zone; nothing here ever reads the computer's clock."""

    index: int
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The index's local date."""
        return self.day(self.index)

    def day(self, instant: int) -> date:
        """The local date of an instant."""
        return local_day(instant, self.zone)

    def read(self, text: str | None) -> Interval | None:
        """A FHIR date or dateTime; None where there is none or it is unreadable."""
        return parse_datetime(text, self.zone)

    def window_day(self, days: int | None) -> date | None:
        """First local day of the window `n d`; None: the window has no start."""
        return plus_days(self.today, -days) if days is not None else None

    def window_start(self, days: int | None) -> int | None:
        """Local midnight of today - n."""
        first = self.window_day(days)
        return day_start(first, self.zone) if first is not None else None

    def end_of(self, day: date) -> int:
        """Last instant of a local day."""
        return day_end(day, self.zone)

    def start_of(self, day: date) -> int:
        """First instant of a local day."""
        return day_start(day, self.zone)

    def single_day(self, low: int | None, high: int | None) -> date | None:
        """The local date that the whole interval lies on; None: it is vague."""
        if low is None or high is None:
            return None
        return self.day(low) if self.day(low) == self.day(high) else None

    def leaves_window(self, low: int | None, high: int | None, days: int | None) -> date | None:
        """First day after today on which an interval may have left the window `n d` (§6.1.9)."""
        if days is None:
            return None
        for end in (low, high):
            if end is not None and (leaving := plus_days(self.day(end), days + 1)) > self.today:
                return leaving
        return None


def earliest(days: Iterable[date | None]) -> date | None:
    """The earliest of the days that there are."""
    return min((day for day in days if day is not None), default=None)


def plus_days(day: date, days: int) -> date:
    """A later (or earlier) day; at the ends of the calendar the last (first) one there is."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
