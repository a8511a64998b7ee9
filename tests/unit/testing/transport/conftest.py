"""Both transports, so that what a test says of one must hold of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from fhir_adapter.testing.server.messages import Handler
from fhir_adapter.testing.transport.adapter import HarnessAdapter
from fhir_adapter.testing.transport.socket import LoopbackServer

Asking = tuple[requests.Session, str]
Serve = Callable[[Handler], Asking]


@pytest.fixture(params=["socket", "in process"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """A function from a handler to a session and the base address at which it reaches it."""
    with ExitStack() as stack:

        def made(handler: Handler) -> Asking:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            if request.param == "socket":
                return session, stack.enter_context(LoopbackServer(handler)).url
            base = "http://harness.test/fhir"
            session.mount("http://harness.test/", HarnessAdapter(handler, base))
            return session, base

        yield made
