"""Owns changing what a server answers, for tests of servers that misbehave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir_adapter.testing.check import Report
from fhir_adapter.testing.server.messages import Handler, Request, Response, json_response
from tests.unit.testing.check.populated import Hospital

Check = Callable[..., Report]
Change = Callable[[Request, Response], Response]


def changed(server: Hospital, change: Change) -> Handler:
    """The server with its answers changed."""
    return lambda request: change(request, server.handle(request))


def with_json(response: Response, content: Any) -> Response:
    made = json_response(response.status, content)
    return Response(response.status, [*made.headers, ("Date", response.header("Date") or "")], made.body)


def on_bundles(change: Callable[[dict[str, Any]], None]) -> Change:
    """Change every searchset."""

    def apply(request: Request, response: Response) -> Response:
        if response.status != 200 or not response.content().startswith(
            b'{"resourceType":"Bundle","type":"searchset"'
        ):
            return response
        bundle = response.json()
        change(bundle)
        return with_json(response, bundle)

    return apply
