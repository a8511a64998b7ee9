"""The servers the suite runs on: the harness always, HAPI FHIR when FHIR_ADAPTER_INTEROP asks for it.

FHIR_ADAPTER_INTEROP=1 builds and starts one HAPI for the session; an address (http://127.0.0.1:8080/fhir) uses one
that runs already.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from fhir_adapter.testing.harness import Harness
from tests.interop.differences import read_differences
from tests.interop.hapi_process import HapiUnavailable, hapi_version, running_hapi
from tests.interop.target import Target, new_session

ASKED = os.environ.get("FHIR_ADAPTER_INTEROP", "")
HAPI = pytest.param("hapi", marks=pytest.mark.interop, id="hapi")
TARGETS = [pytest.param("harness", id="harness"), *([HAPI] if ASKED else [])]
HAPI_POLL_S = 0.4

# Needs HAPI's libraries, not its server.
collect_ignore = [] if ASKED else ["test_validator.py"]

_cases: Counter[tuple[str, str]] = Counter()
_hapi: list[str] = []
"""What the summary says of the real server: its version, or why it was not reached."""


@pytest.fixture(scope="session")
def harness_url() -> Iterator[str]:
    """The base address of a harness on a loopback socket."""
    with Harness() as harness:
        yield harness.url


@pytest.fixture(scope="session")
def hapi_url() -> Iterator[str]:
    """The base address of a HAPI server. Who asked for it and cannot have it must not see a green run."""
    if ASKED.startswith("http"):
        _hapi[:] = [f"HAPI FHIR at {ASKED}"]
        yield ASKED
        return
    try:
        with running_hapi() as url:
            _hapi[:] = [f"HAPI FHIR {hapi_version()} (R4, H2 in memory)"]
            yield url
    except HapiUnavailable as error:
        _hapi[:] = [f"NOT reached: HAPI FHIR {hapi_version()}: {str(error).splitlines()[0]}"]
        pytest.exit(f"the real server cannot run: {error}", returncode=1)


@pytest.fixture(scope="session", params=TARGETS)
def server(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Each server in turn: what FHIR demands, it demands of both."""
    name: str = request.param
    url: str = request.getfixturevalue(f"{name}_url")
    differences = {row.id: row for row in read_differences() if row.target == name}
    with new_session() as session:
        yield Target(name, url, session, differences, HAPI_POLL_S if name == "hapi" else 0)


@pytest.fixture
def tag() -> str:
    """A word of this test alone: what it writes is marked with it, and found by it."""
    return f"t{uuid.uuid4().hex[:16]}"


@pytest.fixture(scope="module")
def shared_tag() -> str:
    """The same for a module whose cases only read what its fixture wrote once."""
    return f"m{uuid.uuid4().hex[:16]}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the cases of each target, for the summary."""
    if "tests/interop/" in report.nodeid and (report.when == "call" or report.outcome != "passed"):
        target = next((name for name in ("hapi", "harness") if f"[{name}" in report.nodeid), "")
        _cases[target, report.outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was reached and what was not, so that a green run does not promise more than it showed."""
    if not ASKED:
        return
    terminalreporter.section("interop")
    reached = {"harness": "the harness", "hapi": _hapi[0] if _hapi else "NOT reached: HAPI FHIR"}
    for target, words in reached.items():
        counts = ", ".join(
            f"{count} {outcome}" for (name, outcome), count in sorted(_cases.items()) if name == target
        )
        terminalreporter.line(f"{words}: {counts or 'no cases'}")
    terminalreporter.line("not part of it yet: PostgreSQL, Chromium")
