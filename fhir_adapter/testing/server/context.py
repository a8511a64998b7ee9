"""Owns what every interaction of the server shares: its store, its clock, its quirks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import Clock, SystemClock, to_milliseconds

R4 = "4.0.1"
R5 = "5.0.0"


@dataclass
class Context:
    """One server's state; `quirks` may be exchanged while it runs, and holds from the next request on."""

    store: Store
    clock: Clock = field(default_factory=SystemClock)
    quirks: Quirks = field(default_factory=Quirks)
    fhir_version: str = R4
    seed: int = 1
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def now(self) -> int:
        """The present, in milliseconds, by the clock that stamps lastUpdated."""
        return to_milliseconds(self.clock.now()) + round(self.quirks.clock_skew_s * 1000)

    def visible(self, now: int) -> int | None:
        """When searches may see a commit of now; None for at once."""
        low, high = self.quirks.late_visible_s, self.quirks.late_spread_s
        delay = self.random.uniform(low, high) if high > low else low
        return now + round(delay * 1000) if delay > 0 else None

    def settle(self) -> None:
        """Show what has become visible; searches, histories and exports begin with it."""
        self.store.settle(self.now())
