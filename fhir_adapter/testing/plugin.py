"""Owns the pytest plugin: a FHIR server in a fixture. Loaded by every pytest run, so it imports only when asked.

fhir_server  an empty Harness, listening        faults  its faults
hospital     the same one with 20 synthetic patients
@pytest.mark.fhir(population=50, profiles=["throttle-seconds"], smart=True) says how it is made
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fhir_adapter.testing.faults.faulty import Faults
    from fhir_adapter.testing.harness import Harness

_PATIENTS = 20
_MARKER = (
    "fhir(population=0, load=None, profiles=[], seed=1, smart=False, validate=True, fhir_version='4.0.1', "
    "clock=None, quirks=None, path=None, port=0): how the fixture fhir_server makes its Harness."
)
_FILLED = ("population", "load")
_MADE = ("profiles", "seed", "smart", "validate", "fhir_version", "clock", "quirks", "path", "port")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def fhir_server(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A FHIR server of its own for one test, empty unless the marker fills it; a failing test shows its journal."""
    from fhir_adapter.testing.harness import Harness

    asked = _asked(request.node)
    with Harness(**{name: asked[name] for name in _MADE if name in asked}) as harness:
        if "load" in asked:
            harness.load(asked["load"])
        if asked.get("population"):
            harness.population(asked["population"], asked.get("seed", 1))
        yield harness
        if len(harness.journal):
            request.node.add_report_section(
                "teardown", "of the FHIR server: its journal", repr(harness.journal)
            )


@pytest.fixture
def hospital(request: pytest.FixtureRequest, fhir_server: Harness) -> Harness:
    """The FHIR server with synthetic patients: 20, or as many as the marker's `population` says."""
    asked = _asked(request.node)
    if "population" not in asked:
        fhir_server.population(_PATIENTS, asked.get("seed", 1))
    return fhir_server


@pytest.fixture
def faults(fhir_server: Harness) -> Faults:
    """The faults of the FHIR server: `faults.use("http-504-after-commit")`."""
    return fhir_server.faults


def _asked(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say; the nearest one wins."""
    asked: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("fhir"))):
        unknown = [name for name in marker.kwargs if name not in (*_FILLED, *_MADE)]
        if marker.args or unknown:
            raise pytest.UsageError(f"the marker fhir takes names only: {', '.join((*_FILLED, *_MADE))}")
        asked.update(marker.kwargs)
    return asked
