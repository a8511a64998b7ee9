"""Owns which interaction an address and a method stand for: the table's rows are in `server.py`.

https://hl7.org/fhir/R4/http.html#summary
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fhir_adapter.testing.server import validation
from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.problems import Problem


@dataclass(frozen=True)
class Route:
    """One row. `pattern` is a path whose `{type}`, `{id}` and `{version}` are handed to `answer` after the request.

    `interaction` is the word that authorisation knows; None needs no token.
    """

    method: str
    pattern: str
    interaction: str | None
    answer: Callable[..., Response]

    def bound(self, parts: list[str]) -> list[str] | None:
        """The path's values for the pattern's names; None when it is another path."""
        names = self.pattern.split("/") if self.pattern else []
        if len(names) != len(parts):
            return None
        values = []
        for name, part in zip(names, parts, strict=True):
            if not name.startswith("{"):
                if name != part:
                    return None
            elif part[0] in "_$" or (name == "{type}" and part not in validation.types()):
                return None
            else:
                values.append(part)
        return values


@dataclass(frozen=True)
class Match:
    """A request's row, with the values from its path."""

    route: Route
    values: list[str]
    type: str | None


def find(routes: Sequence[Route], request: Request) -> Match:
    """The row of a request; HEAD is GET's. Problem 404 for no such path, 405 when only other methods have it."""
    method = "GET" if request.method == "HEAD" else request.method
    allowed = []
    for route in routes:
        values = route.bound(request.parts)
        if values is None:
            continue
        if route.method == method:
            return Match(route, values, values[0] if route.pattern.startswith("{type}") else None)
        allowed.append(route.method)
    if allowed:
        headers = (("Allow", ", ".join(dict.fromkeys(allowed))),)
        raise Problem(405, "not-supported", "this address does not have this method", headers)
    first = request.parts[0]
    if first[0].isupper() and first not in validation.types():
        raise Problem(404, "not-supported", "there is no such resource type")
    raise Problem(404, "not-found", "there is no such address")
