"""Owns the report for machines and for people, and a check over the harness's real socket with a sign-in."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from fhir_adapter.testing.check import Finding, Level, Limits, Report, check_server, render
from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.check.populated import Hospital

FINDING_KEYS = {"group", "name", "observed", "level", "type", "claimed", "basis", "advice"}
REPORT_KEYS = {
    *(
        "version",
        "url",
        "started",
        "write",
        "requests",
        "seconds",
        "throttled",
        "counts",
        "left_behind",
        "findings",
    ),
}


def shown(report: Report, width: int = 100) -> str:
    stream = io.StringIO()
    render(report, Console(file=stream, width=width, markup=False, emoji=False, highlight=False))
    return stream.getvalue()


def test_json_has_a_version_and_stable_keys(server: Hospital, check: Callable[..., Report]) -> None:
    report = check(server.handle, server.clock, write=True)
    content = json.loads(json.dumps(report.as_json()))
    assert content["version"] == 1
    assert set(content) == REPORT_KEYS
    assert all(set(found) == FINDING_KEYS for found in content["findings"])
    assert {found["level"] for found in content["findings"]} <= {"ok", "differs", "trouble", "unknown"}
    assert sum(content["counts"].values()) == len(content["findings"])
    assert content["counts"]["trouble"] == report.trouble


def test_a_finding_has_its_name_once(server: Hospital, check: Callable[..., Report]) -> None:
    report = check(server.handle, server.clock, write=True)
    names = [(found.group, found.type, found.name) for found in report.findings]
    assert len(names) == len(set(names))


def test_table_shows_claimed_beside_observed(check: Callable[..., Report]) -> None:
    server = Hospital(ignored_parameters=("code", "_lastUpdated"))
    told = shown(check(server.handle, server.clock))
    server.close()
    assert "What really filters" in told
    assert "Observation: code" in told
    assert "trouble" in told
    assert "Observation?code" in told
    assert "so writing was not tried" in " ".join(told.split())


def test_table_cannot_drive_the_terminal() -> None:
    report = Report("http://a.example/fhir", ManualClock().now())
    report.add(Finding("reach", "software", "\x1b[2J\u202eevil [bold]x[/bold]", Level.OK))
    told = shown(report)
    assert "\x1b[2J" not in told
    assert "\u202e" not in told
    assert "[bold]x[/bold]" in told


def test_what_is_left_behind_stands_at_the_end() -> None:
    report = Report("http://a.example/fhir", ManualClock().now(), write=True, left_behind=["Basic/1"])
    assert "please remove by hand: Basic/1" in shown(report)


@pytest.mark.parametrize("with_token", [True, False])
def test_over_a_socket_with_sign_in(with_token: bool) -> None:
    clock = ManualClock()
    with Harness(smart=True, clock=clock, quirks=Quirks(ignored_parameters=("_lastUpdated",))) as harness:
        harness.population(4)
        token = harness.token() if with_token else None
        limits = Limits(sleep=clock.advance, requests=400)
        report = check_server(harness.url, token=token, write=True, clock=clock, limits=limits)
    access, discovery = report.named("access")[0], report.named("SMART discovery")[0]
    assert discovery.observed == "present"
    assert report.named("backend sign-in")[0].level is Level.OK
    assert report.named("token endpoint")[0].level is Level.OK
    if with_token:
        assert access.observed == "needs a token"
        assert {found.observed for found in report.named("_lastUpdated", "Observation")} == {"ignored"}
        assert report.named("requiresAccessToken")[0].level is Level.OK
        assert report.named("removed again")[0].level is Level.OK
    else:
        assert access.level is Level.UNKNOWN
        assert {found.observed[:11] for found in report.of("data")} == {"refused 401"}
