"""Owns the results that are being paged through: which resources, in which order, and for how long.

A page shows each resource as it is when the page is asked for; what was deleted since then is not in it.
"""

from __future__ import annotations

import random
import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.controls import Shape
from fhir_adapter.testing.server.time import to_milliseconds

MOST_SNAPSHOTS = 200
MOST_KEYS = 5_000_000
"""Forty megabytes of keys; beyond that the oldest results go."""


@dataclass(frozen=True)
class Snapshot:
    """A result: keys of `current` in order, the page size, and what its pages look like."""

    keys: array[int]
    count: int
    shape: Shape
    born: int


@dataclass
class Snapshots:
    """The newest results of one server, by unguessable tokens; the generator is theirs alone, from the seed."""

    seed: int
    _held: OrderedDict[str, Snapshot] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(f"pages {self.seed}")

    def __len__(self) -> int:
        return len(self._held)

    def keep(self, snapshot: Snapshot) -> str:
        """Hold a result; returns its token."""
        with self._lock:
            token = f"{self._random.getrandbits(128):032x}"
            self._held[token] = snapshot
            while len(self._held) > 1 and (len(self._held) > MOST_SNAPSHOTS or self._size() > MOST_KEYS):
                self._held.popitem(last=False)
            return token

    def find(self, token: str, now: int, lifetime: int) -> Snapshot:
        """The result of a token; Problem 410 when it is unknown or older than its lifetime (milliseconds)."""
        with self._lock:
            snapshot = self._held.get(token)
            if snapshot is None or now - snapshot.born > lifetime:
                self._held.pop(token, None)
                raise Problem(410, "expired", "this page is no longer available: search again")
            return snapshot

    def _size(self) -> int:
        return sum(len(snapshot.keys) for snapshot in self._held.values())


def snapshots_of(context: Context) -> Snapshots:
    """The results that a server holds."""
    with context.store.lock:
        if context.snapshots is None:
            context.snapshots = Snapshots(context.seed)
        found: Snapshots = context.snapshots
        return found


def born(context: Context) -> int:
    """The present for lifetimes: the clock's own, whatever lastUpdated is stamped with."""
    return to_milliseconds(context.clock.now())
