"""Owns the server's clock: real, or moved by a test, so that no test ever sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What tells the time, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, start: datetime = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present instant."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970: how the store keeps an instant."""
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    """The instant of a stored number."""
    return _EPOCH + value * _MILLISECOND


def instant(value: int) -> str:
    """A FHIR instant, in UTC with milliseconds."""
    return from_milliseconds(value).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value % 1000:03d}Z"


def http_date(moment: datetime) -> str:
    """The form of the headers Date and Last-Modified."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
