"""Owns the scale of the picture: which days it shows, and where a day or a score stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.verdicts import Score

LEFT: Final = 150.0  # names of drugs stand here
RIGHT: Final = 700.0
WIDTH: Final = 770.0
TOP: Final = 12.0
BOTTOM: Final = 152.0
_HIGHEST: Final = 8.0
_AT_LEAST: Final = 365  # days
_AT_MOST: Final = 5 * 365
_MARGIN: Final = 20
_MONTHS: Final = (1, 2, 3, 6, 12)
_TICKS_AT_MOST: Final = 9


@dataclass(frozen=True)
class Scale:
    """From days and scores to places."""

    first: date
    last: date
    highest: float

    def x(self, day: date) -> float:
        """Days outside stand at the edge."""
        share = (min(max(day, self.first), self.last) - self.first) / (self.last - self.first)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, score: float) -> float:
        share = min(max(score, 0.0), self.highest) / self.highest
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def ticks(self) -> list[tuple[date, str]]:
        """First days of months, not more than fit."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        step = next((step for step in _MONTHS if months / step <= _TICKS_AT_MOST), _MONTHS[-1])
        found = []
        for month in range(self.first.year * 12, self.last.year * 12 + 12, step):
            day = date(month // 12, month % 12 + 1, 1)
            if self.first <= day <= self.last:
                found.append((day, f"{day:%Y-%m}"))
        return found


def scale_of(today: date, scores: Sequence[Score], exposures: Sequence[Exposure]) -> Scale:
    """From the first score or recorded start on, but between one and five years until today."""
    starts = [date.fromisoformat(score.effective) for score in scores]
    starts += [date.fromisoformat(one.possible_low) for one in exposures if one.possible_low]
    first = min([*starts, today - timedelta(_AT_LEAST)]) - timedelta(_MARGIN)
    top = max([_HIGHEST, *(bound for score in scores for bound in (score.value, score.high) if bound)])
    return Scale(max(first, today - timedelta(_AT_MOST)), today, top)
