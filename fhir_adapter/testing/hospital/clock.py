"""Owns dates as the hospital writes them, counted in days before the index date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import Any

WINDOW = 28  # days: results of the trial's lines
CONDITION_WINDOW = 730  # days: how recently a record must speak for its silence to count
_LOCAL = timezone(timedelta(hours=8))  # Asia/Shanghai has kept +08:00 since 1991


@cache
def _day(today: date, days: int) -> str:
    """Most of a population's time would go into writing the same few thousand dates."""
    return (today - timedelta(days=days)).isoformat()


@dataclass(frozen=True)
class When:
    """The time elements of an Observation, and the days before the index on which it was issued."""

    elements: dict[str, Any]
    days: int


@dataclass(frozen=True)
class Clock:
    """`today` is the local date of the index; the index is that day's last instant."""

    today: date

    def day(self, days: int) -> str:
        """The local date `days` before today."""
        return _day(self.today, days)

    def stamp(self, days: int, hour: int = 9, minute: int = 0, second: int = 0) -> str:
        """A local instant with its zone."""
        return f"{self.day(days)}T{hour:02d}:{minute:02d}:{second:02d}+08:00"

    def month(self, days: int) -> str:
        """The month that contains the day."""
        return self.day(days)[:7]

    def year(self, days: int) -> str:
        """The year that contains the day."""
        return self.day(days)[:4]

    def month_across_the_window_start(self) -> str:
        """A month that lies partly before the window; its year, if a short February lies wholly inside."""
        first = self.today - timedelta(days=WINDOW)
        whole = first.day == 1 and (first + timedelta(days=WINDOW + 1)).month != first.month
        return self.year(WINDOW) if whole else self.month(WINDOW)

    def at(self, days: int, hour: int = 9, minute: int = 0, second: int = 0) -> When:
        """effectiveDateTime to the second, with zone."""
        return When({"effectiveDateTime": self.stamp(days, hour, minute, second)}, days)

    def in_utc(self, days: int, hour: int = 9, minute: int = 0, second: int = 0) -> When:
        """The same instant as `at`, written in UTC: at night the date differs from the local one."""
        local = datetime.combine(self.today - timedelta(days=days), time(hour, minute, second), tzinfo=_LOCAL)
        return When({"effectiveDateTime": local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}, days)

    def on(self, days: int) -> When:
        """effectiveDateTime as a date."""
        return self.written(self.day(days), days)

    def written(self, text: str, days: int) -> When:
        """effectiveDateTime in any spelling."""
        return When({"effectiveDateTime": text}, days)

    def period(self, start: int, end: int | None) -> When:
        """effectivePeriod, open if it has no end."""
        period = {"start": self.stamp(start)}
        if end is not None:
            period["end"] = self.stamp(end)
        return When({"effectivePeriod": period}, start if end is None else end)

    def never(self, issued: int) -> When:
        """No effective[x]: only the day it was issued is known."""
        return When({}, issued)
