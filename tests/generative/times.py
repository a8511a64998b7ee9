"""Owns times that are hard to place: every precision, window edges, no zone, and some that nobody can read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

# Windows of the trials here are 0, 7, 14, 28, 60, 365 and 730 days.
_OFFSETS = (
    *(
        0,
        0,
        1,
        1,
        2,
        3,
        5,
        6,
        7,
        8,
        10,
        13,
        14,
        15,
        20,
        27,
        28,
        28,
        29,
        30,
        31,
        59,
        60,
        61,
        100,
        364,
        365,
        366,
    ),
    *(729, 730, 731, 1000, 4000, -1, -2, -40),
)
_CLOCKS = (
    *(
        "00:00:00",
        "00:00:00.000001",
        "02:30:00",
        "08:00:00",
        "08:00:00",
        "08:00:00.5",
        "08:00:00.50",
        "12:34:56.7891234",
    ),
    *("15:59:59.999999", "16:00:00", "23:59:59", "23:59:59.9999999", "23:59:60", "24:00:00", "08:00:61"),
)
_OFFSET_TEXTS = ("+08:00", "+08:00", "+08:00", "Z", "-05:00", "+14:00", "-12:00", "+05:45", "")
_UNREADABLE = (
    *(
        "2026-6-1",
        "2026-13-01",
        "2026-02-30",
        "0000-01-01",
        "soon",
        "",
        " ",
        "2026-06-20 08:00",
        "２０２６-06-20",
    ),
    *(
        "2026-06-20T08:00:00+15:00",
        "2026-06-20T8:00:00Z",
        "20260620",
        "2026-06-20T",
        "infinity",
        "epoch",
        "0001",
    ),
)


def some(rng: Random, part: int, of: int) -> bool:
    """True in `part` of `of` cases."""
    return rng.randrange(of) < part


@dataclass
class Times:
    """The times of one subject: few days, so that visits come together and ties occur."""

    today: date
    days: list[date]

    @classmethod
    def of(cls, rng: Random, today: date) -> Times:
        """Two to four days around the edges of the windows."""
        days = [_shift(today, -rng.choice(_OFFSETS)) for _ in range(2 + rng.randrange(3))]
        return cls(today, days)

    def day(self, rng: Random) -> date:
        """Mostly one of the subject's own days, or a neighbour of it."""
        if some(rng, 1, 5):
            return _shift(self.today, -rng.choice(_OFFSETS))
        near = rng.choice((0, 0, 0, 0, 0, 1, -1, 6, 7, 8, -7))
        return _shift(rng.choice(self.days), near)

    def moment(self, rng: Random) -> str:
        """A FHIR date or dateTime of any precision, or something that is none."""
        day = self.day(rng)
        kind = rng.randrange(20)
        if kind < 6:
            return day.isoformat()
        if kind < 14:
            return f"{day}T{rng.choice(_CLOCKS)}{rng.choice(_OFFSET_TEXTS)}"
        if kind < 16:
            return f"{day}T{rng.choice(('00:00', '08:00', '23:59'))}{rng.choice(_OFFSET_TEXTS)}"
        if kind < 18:
            return day.isoformat()[:7]
        return day.isoformat()[:4] if kind < 19 else rng.choice(_UNREADABLE)

    def instant(self, rng: Random) -> str:
        """What a server writes for `issued` or `lastUpdated`: few of them, so that ties occur."""
        if some(rng, 1, 25):
            return self.moment(rng)
        day = self.today if some(rng, 1, 2) else self.day(rng)
        return f"{day}T{rng.choice(('08:00:00', '09:00:00.123', '01:00:00'))}{rng.choice(('+08:00', 'Z'))}"


def _shift(day: date, days: int) -> date:
    return day + timedelta(days=days)


def birth_date(rng: Random, today: date) -> str:
    """Around the ages that the trials ask for: to the day, the month, the year; 29 February; unreadable."""
    years = rng.choice((17, 18, 18, 18, 19, 30, 64, 65, 79, 80, 81, 0, 120))
    born = date(today.year - years, today.month, min(today.day, 28)) + timedelta(
        rng.choice((-1, 0, 0, 1, 2, 200))
    )
    text = born.isoformat()
    if some(rng, 1, 10):
        text = rng.choice(("2008-02-29", "2004-02-29", "2000-02-29", "2008", "2007", "2008-06", "2008-07"))
    if some(rng, 1, 20):
        return rng.choice((*_UNREADABLE, "1980-01-01T00:00:00Z", "2199-01-01"))
    return text[: rng.choice((10, 10, 10, 7, 4))]
