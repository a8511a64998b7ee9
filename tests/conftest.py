"""Guard rails for every test, and the two engines.

No test reaches beyond this machine, none may lean on the computer's own zone, and each engine answers for itself.
"""

from __future__ import annotations

import ipaddress
import os
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fhir_adapter.engines.base import Engine
from fhir_adapter.engines.duckdb import DuckDBEngine
from fhir_adapter.engines.reference import ReferenceEngine

# Neither UTC nor the trial's zone, and half an hour off: a date read in the computer's zone shows at once.
os.environ["TZ"] = "America/St_Johns"
if hasattr(time, "tzset"):
    time.tzset()


def _is_here(address: Any) -> bool:
    """Whether an address is a socket file or loopback; a name other than localhost would ask a resolver."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return host in ("localhost", "") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection but those to loopback."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            original = getattr(socket.socket, name)

            def guarded(self: socket.socket, address: Any, original: Any = original) -> Any:
                if not _is_here(address):
                    raise RuntimeError(f"a test tried to reach {address!r}: only loopback is allowed")
                return original(self, address)

            patch.setattr(socket.socket, name, guarded)
        yield


@pytest.fixture(autouse=True)
def _random_untouched() -> Iterator[None]:
    """Nothing may draw from, or seed, the generator that everybody shares."""
    before = random.getstate()
    yield
    assert random.getstate() == before, "the shared random generator was used: make a random.Random(seed)"


@pytest.fixture(scope="session", params=[DuckDBEngine, ReferenceEngine], ids=lambda kind: kind.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn: what a test says of one must hold of the other."""
    kind: type[Engine] = request.param
    return kind()


# Many thousands of subjects take ten minutes and more: FHIR_ADAPTER_DIFFERENTIAL=20000 asks for them.
collect_ignore = (
    [] if "FHIR_ADAPTER_DIFFERENTIAL" in os.environ else ["conformance/test_engines_differential.py"]
)
