"""Owns a loopback server for one function, and the transport that asks it on a clock that only waiting moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.fhir import Client, Timing, open_client
from fhir_adapter.model.servers import NoAuth, Server
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.time import ManualClock
from fhir_adapter.testing.transport.socket import LoopbackServer


@dataclass
class Served:
    """What was asked, what was waited, and who asks."""

    client: Client
    url: str
    clock: ManualClock
    requests: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


@contextmanager
def served(answer: Callable[[Request], Response], **settings: Any) -> Iterator[Served]:
    """Serve a function and open a client for it; `settings` are those of the [server] table."""
    clock, requests, waits = ManualClock(), list[Request](), list[float]()

    def handle(request: Request) -> Response:
        requests.append(request)
        return answer(request)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(seconds)

    with LoopbackServer(handle) as server:
        site = Server(server.url, **{"auth": NoAuth(), **settings})
        with open_client(site, Timing(wait, clock.now, random.Random(3))) as client:
            yield Served(client, server.url, clock, requests, waits)


def one_by_one(*answers: Response) -> Callable[[Request], Response]:
    """Answer so, in this order; the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def searchset(resources: Sequence[dict[str, Any]], following: str | None = None, **more: Any) -> Response:
    """A page."""
    links = [] if following is None else [{"relation": "next", "url": following}]
    entry = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return json_response(
        200, {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entry, **more}
    )
