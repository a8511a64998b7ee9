"""Owns how a test checks a handler: in process, with a clock that waiting moves, and a trap on every other address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from fhir_adapter.testing.check import Limits, Report, check_server
from fhir_adapter.testing.server.messages import Handler
from fhir_adapter.testing.server.time import ManualClock
from fhir_adapter.testing.transport.adapter import HarnessAdapter
from tests.unit.testing.check.populated import Hospital

BASE = "http://127.0.0.1:8080/fhir"
KINDS = ("Patient", "Observation")


class Trap(BaseAdapter):
    """Takes every request that leaves the server's own origin."""

    def __init__(self) -> None:
        super().__init__()
        self.caught: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.caught.append(str(request.url))
        raise requests.ConnectionError("a trap")

    def close(self) -> None:
        pass


@pytest.fixture
def trap() -> Trap:
    return Trap()


@pytest.fixture
def hospital_with() -> Iterator[Callable[..., Hospital]]:
    """`hospital_with(**quirks)` is a populated server."""
    made: list[Hospital] = []

    def make(**quirks: Any) -> Hospital:
        made.append(Hospital(**quirks))
        return made[-1]

    yield make
    for hospital in made:
        hospital.close()


@pytest.fixture
def server(hospital_with: Callable[..., Hospital]) -> Hospital:
    """A populated textbook server."""
    return hospital_with()


@pytest.fixture
def check(trap: Trap) -> Iterator[Callable[..., Report]]:
    """`check(handler, clock, **options)` is a report; nothing may have been caught in the trap."""

    def checked(handler: Handler, clock: ManualClock, **options: Any) -> Report:
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, trap)
            session.mount(BASE + "/", HarnessAdapter(handler, BASE))
            session.mount(BASE, HarnessAdapter(handler, BASE))
            limits = Limits(**{"sleep": clock.advance, **options.pop("limits", {})})
            options.setdefault("types", KINDS)
            return check_server(BASE, session=session, clock=clock, limits=limits, **options)

    yield checked
    assert trap.caught == [], "another origin was asked"
