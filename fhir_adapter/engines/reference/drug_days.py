"""Owns what is known of one drug on each day of a window: sure doses, maybe, or none (docs/semantics.md §8.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_adapter.engines.reference.clock import plus_days
from fhir_adapter.engines.reference.exposures import Use, touches
from fhir_adapter.model.exposures import Ends

REFILL_DAYS = 7
"""As many uncovered days between two supplies of one dose are bridged (CLINICAL §4.3, rule 19)."""
RAN_OUT_DAYS = 30
"""A supply that ran out longer than this before the window was a stop."""


@dataclass(frozen=True)
class State:
    """One drug on one day. `doses`: the known ones in nanograms; `maybe` only where nothing is sure."""

    sure: bool = False
    doses: frozenset[int] = frozenset()
    unknown: bool = False
    maybe: bool = False
    after_supply: bool = False


@dataclass(frozen=True)
class _Refill:
    """The uncovered days between a supply and the next one of the same dose."""

    days: frozenset[date]
    dose: int


class DrugDays:
    """The uses of one drug, day by day from `first` to `today`."""

    def __init__(self, uses: Sequence[Use], first: date, today: date) -> None:
        self._uses = uses
        self._today = today
        self.days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
        self._tails = {use: tail for use in uses if (tail := self._tail(use, first)) is not None}
        self._next = {use: self._next_start(use) for use in self._tails}
        self._refills = {use: refill for use in self._tails if (refill := self._refill(use)) is not None}

    def state(self, day: date) -> State:
        """What the uses say of one day."""
        sure = self._sure(day)
        lasting = [use for use in sure if not use.course.one_day]
        if lasting:
            return _state([use.dose for use in lasting])
        if sure:  # single administrations: what was given in one day adds up
            given = [use.dose for use in sure]
            known = [dose for dose in given if dose is not None]
            return _state([sum(known) if len(known) == len(given) else None])
        refills = [refill.dose for refill in self._refills.values() if day in refill.days]
        if refills:
            return _state(refills)
        maybe = [use for use in self._uses if self._may_hold(use, day)]
        after_supply = any(self._is_after_supply(use, day) for use in maybe)
        return State(maybe=bool(maybe), after_supply=after_supply)

    def uses_in_window(self) -> list[Use]:
        """Those that have sure or maybe days in the window."""
        only_maybe = [day for day in self.days if self.state(day).maybe]
        return [
            use
            for use in self._uses
            if touches(use.certain, self.days[0], self._today)
            or (use in self._refills and not self._refills[use].days.isdisjoint(self.days))
            or any(self._may_hold(use, day) for day in only_maybe)
        ]

    def _sure(self, day: date) -> list[Use]:
        return [use for use in self._uses if touches(use.certain, day, day)]

    def _may_hold(self, use: Use, day: date) -> bool:
        return touches(use.possible, day, day) or self._is_after_supply(use, day)

    def _is_after_supply(self, use: Use, day: date) -> bool:
        if use not in self._tails or day < self._tails[use]:
            return False
        following = self._next[use]
        return following is None or day < following

    def _tail(self, use: Use, first: date) -> date | None:
        """The day after a supply ran out: whether the drug was taken from then on nobody recorded."""
        if use.course.ends is not Ends.SUPPLY:
            return None
        last = use.certain[1] if use.certain is not None else use.possible[1]
        return plus_days(last, 1) if last >= plus_days(first, -RAN_OUT_DAYS) else None

    def _next_start(self, use: Use) -> date | None:
        """The first certain day of the exposure that follows: from then on it is known what was taken."""
        last = use.certain[1] if use.certain is not None else use.possible[1]
        starts = [one.certain[0] for one in self._uses if one.certain is not None]
        return min((start for start in starts if start > last), default=None)

    def _refill(self, use: Use) -> _Refill | None:
        """§8.4: the next exposure follows soon enough, and with the same known dose."""
        if use.certain is None or use.dose is None:
            return None
        last = use.certain[1]
        later = [one for one in self._uses if one.certain is not None and one.certain[0] > last]
        if not later:
            return None
        start = min(one.certain[0] for one in later if one.certain is not None)
        following = [one for one in later if one.certain is not None and one.certain[0] == start]
        between = [plus_days(last, n) for n in range(1, (start - last).days)]
        uncovered = [day for day in between if not self._sure(day)]
        if len(uncovered) > REFILL_DAYS or any(one.dose != use.dose for one in following):
            return None
        return _Refill(frozenset(uncovered), use.dose)


def _state(doses: Sequence[int | None]) -> State:
    known = frozenset(dose for dose in doses if dose is not None)
    return State(sure=True, doses=known, unknown=None in doses)
