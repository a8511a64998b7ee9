"""Owns what tells one version of a resource from another: ETag, versionId, lastUpdated, histories, 304.

https://hl7.org/fhir/R4/http.html#read, #vread, #history, #cread
"""

from __future__ import annotations

from functools import partial

from fhir_adapter.testing.check.asking import Answer
from fhir_adapter.testing.check.pages import Page, refusal
from fhir_adapter.testing.check.report import NO_DATA, YES, Finding, Level
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import Json, inside, text
from fhir_adapter.testing.check.values import stamp

_found = partial(Finding, "versions")
_AHEAD = 2


def probe_versions(run: Run) -> None:
    """Read one resource of the richest type, and what its server keeps of it."""
    kind = run.richest()
    if kind is None:
        run.report.add(_found("versions", NO_DATA, Level.UNKNOWN))
        return
    path = f"{kind}/{text(run.stock(kind).samples[0].get('id'))}"
    answer = run.ask.get(path)
    run.report.add(*_stamps(run, answer))
    if not answer.ok or answer.content.get("resourceType") != kind:
        advice = "What a search shows cannot be read by its address."
        run.report.add(_found("read", refusal(answer), Level.TROUBLE, kind, advice=advice))
        return
    run.report.add(_found("read", "works", Level.OK, kind, run.claims.interaction(kind, "read")))
    run.report.add(_etag(answer, kind), _not_modified(run, path, answer), _vread(run, path, answer.content))
    run.report.add(*_histories(run, kind, path))


def etag_form(answer: Answer) -> str:
    """ "weak", "strong", "none", or "unquoted"."""
    tag = answer.header("ETag")
    if tag is None:
        return "none"
    if tag.startswith('W/"') and tag.endswith('"') and len(tag) > 4:
        return "weak"
    return "strong" if tag.startswith('"') and tag.endswith('"') and len(tag) > 2 else "unquoted"


def _stamps(run: Run, answer: Answer) -> list[Finding]:
    samples = [sample for kind in run.types for sample in run.stock(kind).samples]
    made = []
    for element, given in (
        ("meta.lastUpdated", [sample for sample in samples if stamp(sample)]),
        ("meta.versionId", [sample for sample in samples if text(inside(sample, "meta", "versionId"))]),
    ):
        lacking = len(samples) - len(given)
        if not lacking:
            made.append(_found(element, "present", Level.OK, basis=f"{len(samples)} resources"))
            continue
        advice = "Without it changes cannot be told: compare contents, and pull in full."
        observed = f"absent in {lacking} of {len(samples)}"
        made.append(
            _found(element, observed, Level.TROUBLE, basis=f"{len(samples)} resources", advice=advice)
        )
    told = answer.date()
    ahead = max(
        (round((moment - told).total_seconds()) for one in samples if told and (moment := stamp(one))),
        default=0,
    )
    if ahead > _AHEAD:
        advice = "Stamps come from a clock that runs ahead: never let a watermark follow the newest stamp."
        observed = f"up to {ahead} s after the Date header"
        made.append(_found("stamps", observed, Level.TROUBLE, basis="meta.lastUpdated", advice=advice))
    return made


def _etag(answer: Answer, kind: str) -> Finding:
    form = etag_form(answer)
    version = text(inside(answer.content, "meta", "versionId"))
    if form == "none":
        advice = "Updates cannot be guarded against someone else's change by its version."
        return _found("ETag", "none", Level.TROUBLE, kind, basis="a read", advice=advice)
    if form != "weak":
        advice = 'Send If-Match in the same form as the ETag came: the standard form is W/"1".'
        return _found("ETag", form, Level.DIFFERS, kind, basis="a read", advice=advice)
    if version and (answer.header("ETag") or "")[3:-1] != version:
        advice = "The ETag is not the version: keep both."
        return _found("ETag", "not the versionId", Level.DIFFERS, kind, basis="a read", advice=advice)
    return _found("ETag", "weak", Level.OK, kind, basis="a read")


def _not_modified(run: Run, path: str, read: Answer) -> Finding:
    kind, tag = path.split("/", maxsplit=1)[0], read.header("ETag")
    claimed = run.claims.word(kind, "conditionalRead")
    if not tag:
        return _found("If-None-Match", "no ETag to try", Level.UNKNOWN, kind, claimed)
    answer = run.ask.get(path, headers=(("If-None-Match", tag),))
    if answer.status == 304:
        return _found("If-None-Match", "304", Level.OK, kind, claimed, basis="the ETag of a read")
    observed = "whole answer" if answer.ok else refusal(answer)
    level = Level.TROUBLE if claimed in ("not-match", "full-support") else Level.DIFFERS
    return _found(
        "If-None-Match", observed, level, kind, claimed, "the ETag of a read", "Every read brings all of it."
    )


def _vread(run: Run, path: str, content: Json) -> Finding:
    kind, version = path.split("/", maxsplit=1)[0], text(inside(content, "meta", "versionId"))
    claimed = run.claims.interaction(kind, "vread")
    if not version:
        return _found("vread", "no version to try", Level.UNKNOWN, kind, claimed)
    answer = run.ask.get(f"{path}/_history/{version}")
    if answer.ok and answer.content.get("id") == content.get("id"):
        return _found("vread", "works", Level.OK, kind, claimed, basis="the version of a read")
    level = Level.TROUBLE if claimed == YES else Level.DIFFERS
    advice = "Keep what a verdict rests on yourself: the server does not give an old version back."
    return _found("vread", refusal(answer), level, kind, claimed, "the version of a read", advice)


def _histories(run: Run, kind: str, path: str) -> list[Finding]:
    """Of one resource, of a type, of the server; deletes are seen only there."""
    advice = "Deletes are not shown: find them by a full pull from time to time."
    made = []
    for name, place, claimed in (
        ("history of a resource", path, run.claims.interaction(kind, "history-instance")),
        ("history of a type", kind, run.claims.interaction(kind, "history-type")),
        ("history of the server", "", run.claims.system("history-system")),
    ):
        address = f"{place}/_history" if place else "_history"
        page = Page(run.ask.get(address, (("_count", "1"),)))
        works = not page.refusal and page.bundle.get("type") == "history"
        level = Level.OK if works else Level.TROUBLE if claimed == YES else Level.DIFFERS
        observed = "works" if works else page.refusal or "not a history"
        made.append(
            _found(name, observed, level, kind, claimed, "_history?_count=1", "" if works else advice)
        )
    return made
