"""Owns the order of a check: the door, the data, searches, pages, versions, export, writes if allowed, canaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests

from fhir_adapter.testing.check.asking import Asker, Limits, Spent, origin
from fhir_adapter.testing.check.exporting import probe_export
from fhir_adapter.testing.check.filters import probe_filters
from fhir_adapter.testing.check.paging import probe_paging
from fhir_adapter.testing.check.reach import probe_reach
from fhir_adapter.testing.check.report import NOT_TRIED, Finding, Level, Report
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.samples import probe_data
from fhir_adapter.testing.check.searching import probe_searching
from fhir_adapter.testing.check.values import TYPES
from fhir_adapter.testing.check.versions import probe_versions
from fhir_adapter.testing.check.writing import probe_writes
from fhir_adapter.testing.server.time import Clock, SystemClock

# The canaries ask most, so they come last; a spent budget then costs only some of them.
_PROBES: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("reach", probe_reach),
    ("data", probe_data),
    ("search", probe_searching),
    ("paging", probe_paging),
    ("versions", probe_versions),
    ("export", probe_export),
    ("writes", probe_writes),
    ("filters", probe_filters),
)


def check_server(
    url: str,
    *,
    token: str | None = None,
    write: bool = False,
    types: Sequence[str] | None = None,
    timeout: float = 30,
    session: requests.Session | None = None,
    clock: Clock | None = None,
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> Report:
    """What the server at this base address really does, beside what it claims.

    Reads only, unless `write` is set; then harmless resources are written and removed again. `session` may bring its
    own adapters, certificates or CA file. Raises ValueError for an address that is none, or that holds a password.
    """
    if origin(url)[0] not in ("http", "https") or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError(
            "the base address of a FHIR server: http(s)://host/path, without a name or password in it"
        )
    clock, limits = clock or SystemClock(), limits or Limits()
    own = session or requests.Session()
    ask = Asker(url, own, clock, limits, token)
    ask.timeout = timeout
    report = Report(ask.base, clock.now(), write)
    try:
        _probe(Run(ask, report, tuple(types or TYPES)), tell)
    finally:
        if session is None:
            own.close()
    report.requests, report.throttled = ask.used, ask.throttled
    report.seconds = (clock.now() - report.started).total_seconds()
    return report


def _probe(run: Run, tell: Callable[[str], None]) -> None:
    report = run.report
    for group, probe in _PROBES:
        if group == "writes" and not report.write:
            continue
        if group != "reach" and not run.answered:
            report.add(Finding(group, group, f"{NOT_TRIED}: no answer", Level.UNKNOWN))
            continue
        tell(group)
        try:
            probe(run)
        except Spent as spent:
            report.add(Finding(group, "the rest", f"{NOT_TRIED}: {spent}", Level.UNKNOWN))
    if run.ask.throttled:
        advice = "Ask slowly, and let the number of requests at once be a setting."
        observed = f"{run.ask.throttled} times"
        report.add(
            Finding("reach", "told to wait", observed, Level.DIFFERS, basis="429 and 503", advice=advice)
        )
