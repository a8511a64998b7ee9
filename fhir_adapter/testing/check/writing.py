"""Owns the writes of a check, in the order in which each may rest on the one before; all of it is removed at the end.

https://hl7.org/fhir/R4/http.html#create, #upsert, #delete
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from fhir_adapter.testing.check.asking import Answer, Spent
from fhir_adapter.testing.check.bundling import probe_bundles
from fhir_adapter.testing.check.guards import probe_conditions, probe_guards
from fhir_adapter.testing.check.pages import refusal
from fhir_adapter.testing.check.report import NO, NOT_TRIED, YES, Finding, Level, joined
from fhir_adapter.testing.check.running import HERE, Run
from fhir_adapter.testing.check.shapes import Json, inside, objects, text
from fhir_adapter.testing.check.values import stamp
from fhir_adapter.testing.check.written import KINDS, Written

_found = partial(Finding, "writes")
_CLEANING = 200
_CLEANING_S = 120
_NO_WRITE = "This account cannot write this here: results go back by another way."
_LOST = "Whether it was written is not known: read back before anything is sent again."
_UNSURE = "Search before a create protects nothing here: use PUT with your own id."
_LATE_WAITS = (0.5, 1.0, 2.0, 4.0)


def probe_writes(run: Run) -> None:
    """Write, look, remove. The report says what could not be removed."""
    tried: list[Written] = []
    try:
        written = _first(run, tried)
        if written is not None:
            for step in _STEPS:
                step(run, written)
    except Spent as spent:
        run.report.add(_found("the rest", f"{NOT_TRIED}: {spent}", Level.UNKNOWN))
    finally:
        for written in tried:
            _clean(run, written)


def _first(run: Run, tried: list[Written]) -> Written | None:
    """Create one resource of the most harmless kind that the server takes; `tried` holds what may have written."""
    kinds = KINDS
    if run.claims.interaction(KINDS[0], "create") == NO and run.claims.interaction(KINDS[1], "create") == YES:
        kinds = KINDS[::-1]
    for kind in kinds:
        written = Written(run, kind)
        tried.append(written)
        answer = written.create(written.resource("first"))
        claimed = run.claims.interaction(kind, "create")
        if answer.status == 201:
            run.report.add(_created(written, claimed, written.path_of(answer)))
            return written
        refused = 400 <= answer.status < 500
        level = Level.DIFFERS if refused and claimed != YES else Level.TROUBLE
        advice = _NO_WRITE if refused else _LOST
        observed = refusal(answer) if not answer.ok else f"{answer.status} instead of 201"
        run.report.add(_found("create", observed, level, kind, claimed, "POST", advice))
        if refused:
            tried.remove(written)
    return None


def _created(written: Written, claimed: str, path: str) -> Finding:
    if path:
        return _found("create", "201", Level.OK, written.kind, claimed, "POST")
    advice = "The new id is unknown: use PUT with your own id."
    return _found("create", "201 without Location", Level.TROUBLE, written.kind, claimed, "POST", advice)


def _read_back(run: Run, written: Written) -> None:
    """Whether what was kept is what was written, and by which clock it was stamped."""
    kind, path = written.kind, written.newest
    if not path:
        return
    read = written.read(path)
    if not read.ok:
        advice = "What was written cannot be read at once: wait before a read-back tells anything."
        run.report.add(
            _found("read back", refusal(read), Level.TROUBLE, kind, basis="GET after POST", advice=advice)
        )
        return
    sent = written.resource("first")
    lost = [name for name in ("identifier", "code") if read.content.get(name) != sent[name]]
    lost += ["meta.tag"] if _tags(read.content) != _tags(sent) else []
    level = Level.TROUBLE if lost else Level.OK
    advice = "Compare what was written with what was kept, after every write." if lost else ""
    observed = f"{joined(lost)} changed" if lost else "kept as written"
    run.report.add(_found("read back", observed, level, kind, basis="GET after POST", advice=advice))
    _stamped(run, kind, read)


def _tags(resource: Json) -> set[str]:
    return {text(tag.get("code")) for tag in objects(inside(resource, "meta", "tag"))}


def _stamped(run: Run, kind: str, answer: Answer) -> None:
    """The stamp of a resource just written against the clock of a later answer."""
    told, stamped = answer.date(), stamp(answer.content)
    if told is None or stamped is None:
        return
    ahead = round((stamped - told).total_seconds())
    basis = "lastUpdated of a resource just written, Date header"
    if ahead > 1:
        advice = "Stamps run ahead of the server's clock: a watermark must not follow the newest stamp."
        observed = f"{ahead} s ahead"
        run.report.add(_found("stamp", observed, Level.TROUBLE, kind, basis=basis, advice=advice))
    else:
        run.report.add(_found("stamp", "not ahead", Level.OK, kind, basis=basis))


def _visible(run: Run, written: Written) -> None:
    """Whether a search finds at once what was written, and if not, when."""
    for name in ("identifier", "_tag"):
        nothing = written.search((name, f"{HERE}|{uuid.uuid4().hex}"))
        if nothing.refused and name == written.by:
            written.by = "_tag"
        if nothing.refusal:
            observed, level, advice = nothing.refusal, Level.DIFFERS, "Find what was written by its id."
        elif nothing.matches:
            observed, level, advice = "ignored", Level.TROUBLE, _UNSURE
        else:
            observed, level = _seen(run, written, name)
            written.late = written.late or level is Level.TROUBLE
            written.tag_finds = name == "_tag" and level is Level.OK
            advice = "" if level is Level.OK else _UNSURE
        basis = f"a search by {name} after POST"
        run.report.add(_found(f"found by {name}", observed, level, written.kind, basis=basis, advice=advice))


def _seen(run: Run, written: Written, by: str) -> tuple[str, Level]:
    """Look again after growing pauses: an index may lag behind the store."""
    waited = 0.0
    for wait in (*_LATE_WAITS, 0.0):
        if written.found("first", by):
            return (f"after {waited:g} s", Level.TROUBLE) if waited else ("at once", Level.OK)
        if wait:
            run.ask.limits.sleep(wait)
            waited += wait
    return f"not within {waited:g} s", Level.TROUBLE


def _put_create(run: Run, written: Written) -> None:
    """PUT to an id that does not exist: the one way to write that cannot double."""
    kind, name, basis = written.kind, str(uuid.uuid4()), "PUT with a new id"
    claimed = run.claims.flag(kind, "updateCreate")
    answer = written.put(name, written.resource("put"))
    if answer.status != 201 and not answer.ok:
        level = Level.TROUBLE if claimed == YES else Level.DIFFERS
        advice = "Own ids are refused: writes need conditional create, one writer, and a search for doubles afterwards."
        run.report.add(_found("PUT creates", refusal(answer), level, kind, claimed, basis, advice))
        return
    kept = written.read(f"{kind}/{name}")
    if not kept.ok or kept.content.get("id") != name:
        advice = "The server gives its own id instead: keep the one it tells."
        run.report.add(_found("PUT creates", "under another id", Level.TROUBLE, kind, claimed, basis, advice))
        return
    level = Level.DIFFERS if claimed == NO else Level.OK
    advice = (
        "It works although the CapabilityStatement denies it: a later version may drop it."
        if claimed == NO
        else ""
    )
    run.report.add(_found("PUT creates", f"{answer.status}", level, kind, claimed, basis, advice))
    before = text(inside(kept.content, "meta", "versionId"))
    again = written.put(name, written.resource("put"))
    after = text(inside(written.read(f"{kind}/{name}").content, "meta", "versionId"))
    if again.ok and before and after:
        observed = "the same version" if before == after else "a new version"
        run.report.add(_found("same content again", observed, Level.OK, kind, basis="PUT twice"))


def _delete(run: Run, written: Written) -> None:
    """DELETE, then a read: 410 tells that there was something, 404 does not."""
    kind, claimed = written.kind, run.claims.interaction(written.kind, "delete")
    answer = written.create(written.resource("gone"))
    path = written.path_of(answer)
    if not path:
        return
    deleted = written.delete(path)
    basis = "DELETE, then GET"
    if not deleted.ok:
        level = Level.TROUBLE if claimed == YES else Level.DIFFERS
        advice = "What is written stays: a doubled resource can only be marked, or removed by a person."
        run.report.add(_found("delete", refusal(deleted), level, kind, claimed, basis, advice))
        return
    after = written.read(path)
    if after.status in (404, 410):
        level = Level.OK if after.status == 410 else Level.DIFFERS
        advice = "" if after.status == 410 else "A deleted resource reads like one that never was."
        observed = f"{deleted.status}, then {after.status}"
        run.report.add(_found("delete", observed, level, kind, claimed, basis, advice))
        return
    advice = "What is deleted still reads: the answer to DELETE tells nothing."
    observed = f"{deleted.status}, then {after.status or after.problem}"
    run.report.add(_found("delete", observed, Level.TROUBLE, kind, claimed, basis, advice))


def _clean(run: Run, written: Written) -> None:
    try:
        with run.ask.beyond_budget(_CLEANING, _CLEANING_S):
            left = written.clean()
    except Spent:
        left = [f"all {written.kind} with the tag {HERE}|{written.mark}"]
    run.report.left_behind += left
    if left:
        advice = f"Search {written.kind}?_tag={HERE}|{written.mark} and remove them by hand."
        observed = f"{len(left)} could not be removed"
        run.report.add(
            _found("removed again", observed, Level.TROUBLE, written.kind, basis="DELETE, GET", advice=advice)
        )
    else:
        run.report.add(_found("removed again", "everything", Level.OK, written.kind, basis="DELETE, GET"))


_STEPS: tuple[Callable[[Run, Written], None], ...] = (
    _read_back,
    _visible,
    _put_create,
    probe_guards,
    probe_conditions,
    probe_bundles,
    _delete,
)
