"""Owns one tiny Bulk Data export: kick-off, polling within a time, manifest, one file, and its removal.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from fhir_adapter.testing.check.asking import Answer, Question, Spent, retry_after
from fhir_adapter.testing.check.manifest import Job, probe_manifest
from fhir_adapter.testing.check.pages import refusal
from fhir_adapter.testing.check.report import NOT_TRIED, SILENT, YES, Finding, Level
from fhir_adapter.testing.check.running import Run

_found = partial(Finding, "export")
_POLLS = 60
_CANCEL, _CANCEL_S = 10, 30
_ASYNC = (("Prefer", "respond-async"), ("Accept", "application/fhir+json"))


def probe_export(run: Run) -> None:
    """Kick off an export of the smallest type; what began is always cancelled or removed at the end."""
    claimed = run.claims.exports()
    job = _kick_off(run, claimed)
    if job is None:
        return
    try:
        answer = _poll(run, job)
        if answer is not None:
            probe_manifest(run, answer.content, job)
    finally:
        # Also after the budget is spent: a job left behind may hold a hospital's server for hours.
        with run.ask.beyond_budget(_CANCEL, _CANCEL_S):
            run.report.add(_remove(run, job))


def _smallest(run: Run) -> str:
    filled = [kind for kind in run.types if run.stock(kind).samples]
    return min(filled, key=lambda kind: run.stock(kind).size, default="Patient")


def _kick_off(run: Run, claimed: str) -> Job | None:
    kind = _smallest(run)
    answer = Answer(0)
    for place in ("$export", "Patient/$export"):
        answer = run.ask.ask(Question("GET", place, (("_type", kind),), _ASYNC))
        if answer.status == 202:
            return _accepted(run, answer, Job("", kind, answer.date()), place, claimed)
        if claimed != YES:
            break
    level = Level.TROUBLE if claimed == YES else Level.DIFFERS
    advice = "Pull by searches; plan for many requests."
    observed = "answers at once, not as a job" if answer.ok else refusal(answer)
    basis = f"$export?_type={kind}"
    run.report.add(_found("kick-off", observed, level, claimed=claimed, basis=basis, advice=advice))
    return None


def _accepted(run: Run, answer: Answer, job: Job, place: str, claimed: str) -> Job | None:
    basis = f"{place}?_type={job.kind}"
    location = answer.header("Content-Location") or ""
    status = run.ask.resolved(location) if location else None
    if status is None:
        observed = "202, status on another origin, not asked" if location else "202 without Content-Location"
        advice = "The job can neither be followed nor cancelled: ask the site."
        level = Level.TROUBLE
        run.report.add(_found("kick-off", observed, level, claimed=claimed, basis=basis, advice=advice))
        return None
    run.report.add(_found("kick-off", "202", Level.OK, claimed=claimed, basis=basis))
    return Job(status, job.kind, job.began)


def _poll(run: Run, job: Job) -> Answer | None:
    """Ask until it is done or the time is over; a Retry-After counts, but not beyond the cap."""
    limits, end = run.ask.limits, run.ask.clock.now() + timedelta(seconds=run.ask.limits.export_seconds)
    forms: dict[str, float | None] = {}
    for poll in range(1, _POLLS + 1):
        answer = run.ask.get(job.status)
        if answer.status != 202:
            run.report.add(*_waits(forms, limits.longest_wait), _end(answer, poll))
            return answer if answer.ok else None
        seconds, form = retry_after(answer.header("Retry-After"), answer.date() or answer.received)
        forms[form] = max(seconds or 0, forms.get(form) or 0)
        if run.ask.clock.now() >= end:
            break
        limits.sleep(min(1.0 if seconds is None else max(seconds, 0.2), limits.longest_wait))
    run.report.add(*_waits(forms, limits.longest_wait))
    observed = f"not within {limits.export_seconds:.0f} s"
    run.report.add(_found("end", observed, Level.UNKNOWN, basis="polling the status"))
    return None


def _waits(forms: dict[str, float | None], cap: float) -> list[Finding]:
    made = []
    for form, seconds in forms.items():
        told = f"{form}, up to {seconds:.0f} s" if form in ("seconds", "date") else form
        long, odd = (seconds or 0) > cap, form in ("absent", "unreadable")
        level = Level.DIFFERS if long or odd else Level.OK
        advice = "Choose the waiting time between polls yourself, with growing pauses." if odd else ""
        if long:
            advice = "Cap the wait: whoever obeys waits much longer than a small job takes."
        made.append(_found("Retry-After", told, level, basis="polling the status", advice=advice))
    return made


def _end(answer: Answer, polls: int) -> Finding:
    if answer.ok:
        return _found("end", f"done at poll {polls}", Level.OK, basis="polling the status")
    advice = "Exports fail here: keep searches as the way back."
    return _found("end", refusal(answer), Level.TROUBLE, basis="polling the status", advice=advice)


def _remove(run: Run, job: Job) -> Finding:
    try:
        answer = run.ask.ask(Question("DELETE", job.status))
        after = run.ask.get(job.status)
    except Spent:
        return _found("removal", NOT_TRIED, Level.UNKNOWN)
    basis = "DELETE of the status, then GET"
    if answer.status in (200, 202, 204) and after.status in (404, 410):
        return _found("removal", f"{answer.status}, then {after.status}", Level.OK, basis=basis)
    if not answer.ok:
        advice = "Files stay on the server until they expire: ask the site for how long."
        return _found("removal", refusal(answer), Level.DIFFERS, claimed=SILENT, basis=basis, advice=advice)
    advice = "A removed job still answers: keep its address out of what resumes."
    return _found(
        "removal", f"{answer.status}, then still {after.status}", Level.DIFFERS, basis=basis, advice=advice
    )
