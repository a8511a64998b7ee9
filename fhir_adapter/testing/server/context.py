"""Owns what every interaction of the server shares: its store, its clock, its quirks."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import Clock, SystemClock, to_milliseconds

R4 = "4.0.1"
R5 = "5.0.0"


@dataclass
class Context:
    """One server's state; `quirks` may be exchanged while it runs, and holds from the next request on.

    `between_search_and_create` is called by a racy conditional create after its search and before its write: a test
    lets another client in there, without threads and without sleeping.
    """

    store: Store
    clock: Clock = field(default_factory=SystemClock)
    quirks: Quirks = field(default_factory=Quirks)
    fhir_version: str = R4
    seed: int = 1
    validate: bool = True
    between_search_and_create: Callable[[], None] | None = None
    random: Random = field(init=False)
    snapshots: Any = field(init=False, repr=False, default=None)
    """The results that are being paged through; search makes and owns them."""
    _ids: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        # Ids have a generator of their own: the same writes get the same ids under every quirk.
        self._ids = Random(f"ids {self.seed}")

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

    def new_id(self) -> str:
        """A random uuid, the same ones in every run with the same seed; whoever takes it sees that it is free."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
