"""A hospital for the naive clients: the harness on a loopback socket, a small population, and one profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.faults.naive import Caller
from tests.unit.testing.faults.population import population

SECRETS = {"Authorization": "Bearer our-token", "Epic-Client-ID": "our-client"}


class Hospital:
    """What a test of a fault needs: `caller` for the naive client, and what really happened behind its back."""

    def __init__(self, harness: Harness, clock: ManualClock, profile: str | None) -> None:
        self.harness, self.clock, self.profile = harness, clock, profile
        self.server, self.faults = harness.server, harness.faults
        self.journal, self.trap = harness.journal, harness.trap
        self.caller = Caller(harness.url, dict(SECRETS))
        self.server.load(population())
        if profile is not None:
            self.faults.use(profile)

    @property
    def acted(self) -> bool:
        """Whether the profile's faults have done anything."""
        return self.profile in self.journal.injected

    def stored(self, type_: str) -> list[dict[str, Any]]:
        """What the server holds of a type, whatever a search shows."""
        rows = self.server.context.store.select(
            "JOIN current c ON c.seq = v.seq WHERE c.type = ? AND v.body IS NOT NULL ORDER BY c.key", (type_,)
        )
        return [row.resource() for row in rows]

    def ids(self, type_: str) -> list[str]:
        """The ids of a type that the server holds."""
        return [resource["id"] for resource in self.stored(type_)]


def token_form(hospital: Hospital) -> tuple[str, dict[str, str]]:
    """Where a token is asked for, as the discovery document says, and with what."""
    discovery = hospital.caller.get(f"{hospital.caller.base}/.well-known/smart-configuration").json()
    url: str = discovery["token_endpoint"]
    return url, hospital.harness.client.signer.token_form(url, hospital.clock.now(), "system/*.read")


def ask_token(url: str, fields: dict[str, str]) -> requests.Response:
    """Ask for a token."""
    return requests.post(url, data=fields, timeout=10)


def signed_in(hospital: Hospital) -> Caller:
    """A caller with a token of its own."""
    token: dict[str, Any] = ask_token(*token_form(hospital)).json()
    return Caller(hospital.caller.base, {"Authorization": f"Bearer {token['access_token']}"})


def _hospital(request: pytest.FixtureRequest, smart: bool) -> Iterator[Hospital]:
    clock = ManualClock()
    with Harness(clock=clock, quirks=Quirks(default_count=2), validate=False, smart=smart) as harness:
        yield Hospital(harness, clock, getattr(request, "param", None))


@pytest.fixture
def hospital(request: pytest.FixtureRequest) -> Iterator[Hospital]:
    """A hospital with the profile the test is about (see `falls_into`), or with none."""
    yield from _hospital(request, smart=False)


@pytest.fixture
def smart_hospital(request: pytest.FixtureRequest) -> Iterator[Hospital]:
    """The same, asking for tokens."""
    yield from _hospital(request, smart=True)
