"""Owns when a fault acts: which requests it looks at, and which of those it hits. Seeded and counted, never timed."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from fhir_adapter.testing.faults.interaction import words
from fhir_adapter.testing.server.messages import Request, Response


@dataclass(frozen=True)
class When:
    """The requests a fault looks at; what is empty asks nothing, and all that is given must hold.

    `path` is a glob over the path below the base (`Observation*`), `path_regex` an expression found in it, `query`
    a parameter and `header` a request header that must be there. `status` is the answer's, for kinds that change
    answers; by default they change only those of 200 to 299.
    """

    interaction: frozenset[str] = frozenset()
    method: frozenset[str] = frozenset()
    path: str = ""
    path_regex: str = ""
    query: str = ""
    header: str = ""
    status: frozenset[int] = frozenset()

    def fits(self, request: Request) -> bool:
        """Whether the fault looks at a request."""
        return (
            (not self.method or request.method in self.method)
            and (not self.path or fnmatchcase(request.path, self.path))
            and (not self.path_regex or re.search(self.path_regex, request.path) is not None)
            and (not self.query or any(key.partition(":")[0] == self.query for key, _ in request.query))
            and (not self.header or request.header(self.header) is not None)
            and (not self.interaction or not self.interaction.isdisjoint(words(request)))
        )

    def fits_status(self, status: int) -> bool:
        """Whether the fault looks at an answer."""
        return status in self.status if self.status else 200 <= status < 300


@dataclass(frozen=True)
class Which:
    """Which of the requests that are looked at are hit, counted from 1; without any: all."""

    every: int = 1
    at: tuple[int, ...] = ()
    first: int | None = None
    after: int | None = None
    probability: float | None = None

    def hits(self, number: int, draw: random.Random) -> bool:
        """Whether the request of a number is hit."""
        if self.probability is not None:
            return draw.random() < self.probability
        if self.at:
            return number in self.at
        if self.first is not None:
            return number <= self.first
        if self.after is not None:
            return number > self.after
        return number % self.every == 0


@dataclass(frozen=True)
class Fault:
    """One `[[fault]]` table, checked: a kind with its options, when and which."""

    kind: str
    when: When
    which: Which
    options: Mapping[str, Any]


@dataclass
class Rule:
    """A fault in use: what it has counted, its own generator, and what its kind remembers between requests."""

    profile: str
    fault: Fault
    seed: str
    state: dict[Any, Any] = field(default_factory=dict)
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def hits_next(self) -> bool:
        """Count one more request that could be hit, and say whether it is."""
        with self.lock:
            self.number += 1
            return self.fault.which.hits(self.number, self.random)

    def looks_at(self, response: Response | None) -> bool:
        """Whether an answer's status is one the fault looks at; a kind that acts before any answer passes None."""
        return response is None or self.fault.when.fits_status(response.status)
