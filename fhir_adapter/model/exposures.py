"""Owns the shape of an exposure: one drug of one medication record, in local days (docs/semantics.md, section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from fhir_adapter.model.quantity import read_number


class Ends(StrEnum):
    """How the end of an exposure is known."""

    RECORDED = "recorded"
    SUPPLY = "supply"  # computed from what was dispensed: nobody recorded a stop
    OPEN = "open"  # still going on
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Days are ISO local dates. `certain_*`: both None if no day is certain; `possible_low` None: since ever.

    `dose` is mg a day; None with `dose_problem`. `route`: "systemic" | "injection" | "none".
    """

    subject: str  # "Patient/<id>"
    drug: str
    certain_low: str | None
    certain_high: str | None
    possible_low: str | None
    possible_high: str
    ends: Ends
    runs_to: str | None  # the last day, where it is known and lies today or later
    dose: float | None
    dose_problem: str | None
    as_needed: bool
    route: str
    stopped_for: str | None  # "intolerance" | "level" | None
    stop_from_text: bool
    source_type: str
    evidence: str


_DAYS = {
    **dict.fromkeys(("d", "day", "days", "天", "日"), 1),
    **dict.fromkeys(("wk", "week", "weeks", "周", "星期"), 7),
    **dict.fromkeys(("mo", "month", "months", "月", "个月"), 30),
    **dict.fromkeys(("a", "year", "years", "年"), 365),
}


def whole_days(value: str | None, unit: str | None, code: str | None) -> int | None:
    """How many days a Duration lasts, cut to whole ones; None: unreadable, less than a day, or of another unit."""
    days = _DAYS.get((code or unit or "").strip().lower())
    # the reader of numbers refuses what no double holds: an exponent of a million digits must not stop a run
    number = read_number(value) if value is not None else None
    if days is None or number is None:
        return None
    length = int(Fraction(number) * days)
    return length if 0 < length < 100_000 else None
