"""Owns what every probe of one check shares: the asker, the claims, the samples of each type, the report."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fhir_adapter.testing.check.asking import Asker, Question
from fhir_adapter.testing.check.claims import Claims
from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.report import Report
from fhir_adapter.testing.check.shapes import Json

HERE = "http://fhir-adapter.example/check"
PAGE = 20


@dataclass
class Stock:
    """What was seen of one type: a page of it, how many there are, and what must be asked along to see any."""

    samples: list[Json] = field(default_factory=list)
    total: int | None = None
    more: bool = False
    anchor: tuple[tuple[str, str], ...] = ()
    served: bool = True

    @property
    def size(self) -> int:
        """How many resources there are, or at least how many were seen."""
        return len(self.samples) if self.total is None else self.total


@dataclass
class Run:
    """One check under way."""

    ask: Asker
    report: Report
    types: tuple[str, ...]
    claims: Claims = field(default_factory=lambda: Claims({}))
    release: str = "R4"
    stocks: dict[str, Stock] = field(default_factory=dict)
    answered: bool = False
    posts_search: bool = False
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex)

    def stock(self, kind: str) -> Stock:
        """What is known of a type."""
        return self.stocks.get(kind) or Stock()

    def richest(self) -> str | None:
        """The type with the most resources; patients only where there is nothing else."""
        filled = [kind for kind in self.types if self.stock(kind).samples]
        others = [kind for kind in filled if kind != "Patient"]
        return max(others or filled, key=lambda kind: self.stock(kind).size, default=None)

    def search(self, kind: str, params: Iterable[tuple[str, str]], *, post: bool = False) -> Page:
        """One search of a type, in the URL or in a form."""
        pairs = tuple(params)
        if not post:
            return Page(self.ask.get(kind, pairs))
        return Page(self.ask.ask(_form(f"{kind}/_search", pairs)))


def _form(path: str, pairs: tuple[tuple[str, str], ...]) -> Question:
    media = (("Content-Type", "application/x-www-form-urlencoded"),)
    return Question("POST", path, headers=media, body=urlencode(pairs).encode("ascii"))
