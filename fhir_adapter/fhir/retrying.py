"""Owns when a request is asked again: budgets, waits with jitter, and every form of Retry-After.

https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, https://hl7.org/fhir/uv/bulkdata/export.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fhir_adapter.errors import RetriableError

PER_OPERATION = 20
PER_RUN = 200
_FIRST_WAIT_S = 0.5
_LONGEST_BACKOFF_S = 30.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timing:
    """What waits and tells the time; tests give their own and never sleep."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _utc_now
    random: random.Random = field(default_factory=random.SystemRandom)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait: from a number or an HTTP date (a past one is 0); None when absent or not to be understood."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class Retries:
    """The budget of one run. `longest_wait_s` caps what the server may ask for."""

    def __init__(self, timing: Timing, longest_wait_s: float) -> None:
        self.timing = timing
        self.longest_wait_s = longest_wait_s
        self.used = 0

    def operation(self) -> Operation:
        """A new operation with its own budget."""
        return Operation(self)

    def pause(self, wait_s: float) -> None:
        """Wait, not longer than the cap."""
        self.timing.sleep(min(wait_s, self.longest_wait_s))


class Operation:
    """One thing that is tried until it works, the budget is spent, or it can never work."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._tries = 0

    def again(self, error: RetriableError) -> None:
        """Wait before the next try; raises the error when there is no next try."""
        most = PER_OPERATION if error.most is None else min(error.most, PER_OPERATION)
        if self._tries >= most or self._retries.used >= PER_RUN:
            raise error
        self._tries += 1
        self._retries.used += 1
        self._retries.pause(self._backoff() if error.wait_s is None else error.wait_s)

    def _backoff(self) -> float:
        """Exponential with full jitter: many clients of one server must not come back together."""
        longest = min(_LONGEST_BACKOFF_S, _FIRST_WAIT_S * 2.0**self._tries)
        return self._retries.timing.random.uniform(longest / 2, longest)
