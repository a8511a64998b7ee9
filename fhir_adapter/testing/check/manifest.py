"""Owns what an export's manifest says, and whether one of its files is what it says.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urljoin

from fhir_adapter.testing.check.asking import Answer, Question
from fhir_adapter.testing.check.pages import refusal
from fhir_adapter.testing.check.report import Finding, Level, joined
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import Json, objects, text

_found = partial(Finding, "export")


@dataclass(frozen=True)
class Job:
    """An export under way: the address of its status, its type, the server's time at the kick-off."""

    status: str
    kind: str
    began: datetime | None


_FIELDS = ("transactionTime", "request", "requiresAccessToken", "output", "error")
# The Date header is in whole seconds, and so may the transactionTime be.
_ROUNDING = timedelta(seconds=2)
_NDJSON = (("Accept", "application/fhir+ndjson"),)


def probe_manifest(run: Run, manifest: Json, job: Job) -> None:
    """The manifest's fields, its time, its files."""
    kind, began = job.kind, job.began
    run.report.add(_fields(manifest), _time(manifest, began), _types(manifest, kind))
    for name in ("output", "deleted", "error"):
        addresses = [text(file.get("url")) for file in objects(manifest.get(name))]
        stray = [address for address in addresses if _resolved(run, job, address) is None]
        if stray:
            advice = "Their addresses must be allowed by hand, and a token must never go there."
            observed = f"{len(stray)} on another origin, not fetched"
            run.report.add(_found(f"{name} files", observed, Level.DIFFERS, basis="manifest", advice=advice))
        elif not all("://" in address for address in addresses):
            advice = "Resolve them against the address that the manifest came from."
            run.report.add(
                _found(f"{name} files", "relative", Level.DIFFERS, basis="manifest", advice=advice)
            )
    outputs = [file for file in objects(manifest.get("output")) if _resolved(run, job, text(file.get("url")))]
    if outputs:
        # The smallest, where counts are given: this is a look, not a pull.
        file = min(outputs, key=lambda file: _count(file) or 0)
        _file(run, manifest, file, job)


def _resolved(run: Run, job: Job, address: str) -> str | None:
    try:
        return run.ask.resolved(urljoin(job.status, address))
    except ValueError:
        return None


def _count(file: Json) -> int | None:
    count = file.get("count")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _fields(manifest: Json) -> Finding:
    lacking = [name for name in _FIELDS if name not in manifest]
    if not lacking:
        return _found("manifest", "all fields", Level.OK, basis="the answer of the finished job")
    advice = "Take an incomplete manifest for an incomplete export."
    level = Level.DIFFERS if lacking == ["error"] else Level.TROUBLE
    observed = f"lacks {joined(lacking)}"
    return _found("manifest", observed, level, basis="the answer of the finished job", advice=advice)


def _time(manifest: Json, began: datetime | None) -> Finding:
    """Whether changes made while the job ran can fall between this export and the next."""
    basis = "transactionTime against the Date header of the kick-off"
    try:
        moment = datetime.fromisoformat(text(manifest.get("transactionTime"))).astimezone(UTC)
    except (ValueError, OverflowError):
        advice = "Start the next export from the Date header of this kick-off, with overlap."
        return _found("transactionTime", "unreadable", Level.TROUBLE, basis=basis, advice=advice)
    if began is None:
        return _found("transactionTime", "no Date header to compare", Level.UNKNOWN, basis=basis)
    late = moment - began
    if late > _ROUNDING:
        advice = "Start the next export from the kick-off's Date header, with overlap: what changed meanwhile is lost."
        observed = f"{late.total_seconds():.0f} s after the kick-off"
        return _found("transactionTime", observed, Level.TROUBLE, basis=basis, advice=advice)
    return _found("transactionTime", "the kick-off's or before", Level.OK, basis=basis)


def _types(manifest: Json, kind: str) -> Finding:
    others = {text(file.get("type")) for file in objects(manifest.get("output"))} - {kind}
    if not others:
        return _found("_type", "obeyed", Level.OK, basis=f"_type={kind}")
    advice = "More is exported than was asked for: tell the site what is read, and drop it."
    return _found(
        "_type", f"{len(others)} other types too", Level.TROUBLE, basis=f"_type={kind}", advice=advice
    )


def _file(run: Run, manifest: Json, file: Json, job: Job) -> None:
    needs = manifest.get("requiresAccessToken")
    claimed = str(needs).lower() if isinstance(needs, bool) else "not said"
    address = _resolved(run, job, text(file.get("url"))) or ""
    bare = run.ask.ask(Question("GET", address, (), _NDJSON, bare=True))
    whole = bare
    if bare.status in (401, 403) and run.ask.has_token and needs is True:
        whole = run.ask.ask(Question("GET", address, (), _NDJSON))
    run.report.add(_access(bare, claimed, has_token=run.ask.has_token))
    if not whole.ok:
        advice = "A file that does not come whole is not used: fetch it again, or export again."
        untold = whole.status in (401, 403) or whole.problem == "too large"
        level = Level.UNKNOWN if untold else Level.TROUBLE
        run.report.add(_found("file", refusal(whole), level, basis="one file", advice=advice))
        return
    run.report.add(_content(whole, _count(file), job.kind), _packing(whole))


def _access(bare: Answer, claimed: str, *, has_token: bool) -> Finding:
    """Whether the files need a token, and whether the manifest says so."""
    needed = bare.status in (401, 403)
    observed = f"a file needs a token ({bare.status})" if needed else "a file needs none"
    basis = "one file asked for without a token"
    name = "requiresAccessToken"
    if not bare.ok and not needed:
        return _found(name, refusal(bare), Level.UNKNOWN, claimed=claimed, basis=basis)
    if claimed == ("true" if needed else "false"):
        return _found(name, observed, Level.OK, claimed=claimed, basis=basis)
    if needed:
        advice = "Files are refused although no token is asked for: the site must mend the manifest."
        return _found(name, observed, Level.TROUBLE, claimed=claimed, basis=basis, advice=advice)
    advice = (
        "Records lie open to whoever knows the file's address."
        if has_token
        else "Send a token only if you hold one."
    )
    level = Level.TROUBLE if has_token else Level.DIFFERS
    return _found(name, observed, level, claimed=claimed, basis=basis, advice=advice)


def _content(answer: Answer, count: int | None, kind: str) -> Finding:
    """Lines, their type, and their number against the manifest."""
    basis = "one file, line by line"
    lines = [line for line in answer.body.split(b"\n") if line.strip()]
    kinds = [_kind(line) for line in lines]
    claimed = "—" if count is None else f"{count:,}"
    if set(kinds) - {kind}:
        advice = "Set aside lines that are no resource of the type, and count the file as incomplete."
        observed = f"{sum(found != kind for found in kinds)} of {len(kinds)} lines are no {kind}"
        return _found("file", observed, Level.TROUBLE, claimed=claimed, basis=basis, advice=advice)
    if count is not None and count != len(lines):
        advice = "A file with another count than the manifest's is not used: export again."
        return _found(
            "file", f"{len(lines):,} lines", Level.TROUBLE, claimed=claimed, basis=basis, advice=advice
        )
    advice = "" if count is not None else "Without a count only damaged lines can be seen, not missing ones."
    level = Level.OK if count is not None else Level.DIFFERS
    return _found("file", f"{len(lines):,} lines", level, claimed=claimed, basis=basis, advice=advice)


def _kind(line: bytes) -> str:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return text(content.get("resourceType")) if isinstance(content, dict) else ""


def _packing(answer: Answer) -> Finding:
    packed = "gzip" in (answer.header("Content-Encoding") or "")
    return _found(
        "file packing", "gzip, whole" if packed else "not packed", Level.OK, basis="Accept-Encoding: gzip"
    )
