"""Owns what keeps writers apart: If-Match, If-None-Exist one after the other and at once, PUT by a search.

https://hl7.org/fhir/R4/http.html#concurrency, #ccreate, #cond-update
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from fhir_adapter.testing.check.asking import Answer, Spent
from fhir_adapter.testing.check.pages import refusal
from fhir_adapter.testing.check.report import NO, NOT_TRIED, YES, Finding, Level
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import inside, text
from fhir_adapter.testing.check.written import Written

_found = partial(Finding, "writes")
_AT_ONCE = 4
_LATE_S = 5.0
_UNKNOWN_OUTCOME = "Whether it was written is not known: read back before anything is sent again."
_OWN_ID = "Use PUT with your own id: a create that is sent twice makes two."


def probe_guards(run: Run, written: Written) -> None:
    """A PUT that names an old version must fail, one that names the present version must not."""
    kind, basis = written.kind, "PUT with the version before the last"
    claimed = {"versioned-update": YES, "no-version": NO}.get(run.claims.word(kind, "versioning"), "—")
    path = written.path_of(written.create(written.resource("guard")))
    old = _tag(written.read(path)) if path else ""
    if not old:
        advice = "Without versions a change of somebody else is overwritten unseen."
        run.report.add(
            _found("stale If-Match", "no version to name", Level.TROUBLE, kind, claimed, basis, advice)
        )
        return
    name = path.partition("/")[2]
    changed = written.put(name, written.resource("guard", note="second"))
    present = _tag(written.read(path))
    if not changed.ok or present == old:
        observed = refusal(changed) if not changed.ok else "an update makes no new version"
        advice = "Updates cannot be guarded here."
        run.report.add(_found("stale If-Match", observed, Level.TROUBLE, kind, claimed, basis, advice))
        return
    stale = written.put(name, written.resource("guard", note="third"), ("If-Match", old))
    written.guarded = (path, old) if stale.status in (409, 412) else None
    run.report.add(_stale(stale, kind, claimed, basis))
    fresh = written.put(
        name, written.resource("guard", note="fourth"), ("If-Match", _tag(written.read(path)))
    )
    observed, level = ("taken", Level.OK) if fresh.ok else (refusal(fresh), Level.TROUBLE)
    advice = "" if fresh.ok else "Guarded updates cannot be made at all."
    basis = "PUT with the present version"
    run.report.add(_found("present If-Match", observed, level, kind, claimed, basis, advice))


def _tag(answer: Answer) -> str:
    """The ETag, or the one that the standard would have made of the version."""
    version = text(inside(answer.content, "meta", "versionId")) if answer.ok else ""
    return (
        (answer.header("ETag") or "")
        if answer.ok and answer.header("ETag")
        else f'W/"{version}"'
        if version
        else ""
    )


def _stale(answer: Answer, kind: str, claimed: str, basis: str) -> Finding:
    name = "stale If-Match"
    if answer.status == 412:
        return _found(name, "412", Level.OK, kind, claimed, basis)
    if answer.status == 409:
        return _found(
            name, "409", Level.DIFFERS, kind, claimed, basis, "Take 409 and 412 alike for a lost race."
        )
    if answer.ok:
        advice = "Two writers overwrite each other unseen: let one process write, and read back."
        return _found(name, "ignored", Level.TROUBLE, kind, claimed, basis, advice)
    if _lost(answer):
        return _found(name, refusal(answer), Level.TROUBLE, kind, claimed, basis, _UNKNOWN_OUTCOME)
    advice = "Take it for a lost race only if it says so."
    return _found(name, refusal(answer), Level.DIFFERS, kind, claimed, basis, advice)


def _lost(answer: Answer) -> bool:
    """Whether an answer leaves open what was done."""
    return answer.status == 0 or answer.status >= 500


def probe_conditions(run: Run, written: Written) -> None:
    """Conditional create and update, by identifier or else by tag."""
    if _one_by_one(run, written):
        _at_once(run, written)
    else:
        observed = f"{NOT_TRIED}, conditional create does not work"
        run.report.add(_found(f"{_AT_ONCE} creates at once", observed, Level.UNKNOWN, written.kind))
    _update_by_search(run, written)


def _one_by_one(run: Run, written: Written) -> bool:
    kind, basis = written.kind, f"POST twice with If-None-Exist: {written.by}"
    claimed = run.claims.flag(kind, "conditionalCreate")
    first, second = _if_none(written, "cond"), _if_none(written, "cond")
    name = "conditional create"
    # Several that match what cannot be there (412) say the same as one (200): the condition is not read.
    if first.status == 200 or (first.status == 412 and written.search(written.condition("cond")).matches):
        advice = (
            "It found what cannot be there, so its condition is not read: never create on a condition here."
        )
        run.report.add(_found(name, "matches everything", Level.TROUBLE, kind, claimed, basis, advice))
        return False
    if not first.ok:
        level = Level.TROUBLE if claimed == YES else Level.DIFFERS
        run.report.add(_found(name, refusal(first), level, kind, claimed, basis, _OWN_ID))
        return False
    if second.status == 201:
        run.ask.limits.sleep(_LATE_S)
        late = _if_none(written, "cond").status in (200, 412)
        lags = "not honoured, searches show writes late" if written.late else "ignored"
        observed = f"honoured only {_LATE_S:g} s later" if late else lags
        run.report.add(_found(name, observed, Level.TROUBLE, kind, claimed, basis, _OWN_ID))
        return False
    if not second.ok:
        observed = f"first 201, then {refusal(second)}"
        level = Level.TROUBLE if _lost(second) else Level.DIFFERS
        run.report.add(_found(name, observed, level, kind, claimed, basis, _UNKNOWN_OUTCOME))
        return False
    level = Level.DIFFERS if claimed == NO else Level.OK
    advice = (
        "It works although the CapabilityStatement denies it: a later version may drop it."
        if claimed == NO
        else ""
    )
    run.report.add(_found(name, "honoured", level, kind, claimed, basis, advice))
    return True


def _if_none(written: Written, name: str) -> Answer:
    parameter, value = written.condition(name)
    return written.create(written.resource(name), ("If-None-Exist", f"{parameter}={value}"))


def _at_once(run: Run, written: Written) -> None:
    """Several clients with one condition; only a server that holds it inside makes one resource."""
    kind, basis = written.kind, f"{_AT_ONCE} POST with one If-None-Exist at the same time"
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [pool.submit(_if_none, written, "race") for _ in range(_AT_ONCE)]
    answers = [job.result() for job in jobs if not isinstance(job.exception(), Spent)]
    made = max(
        sum(answer.status == 201 for answer in answers),
        written.found("race"),
    )
    name = f"{_AT_ONCE} creates at once"
    refused = sum(not answer.ok for answer in answers)
    if made > 1:
        run.report.add(_found(name, f"{made} made", Level.TROUBLE, kind, basis=basis, advice=_OWN_ID))
    elif made == 0:
        advice = "None of several writers succeeds: let one process write."
        run.report.add(_found(name, "none made", Level.TROUBLE, kind, basis=basis, advice=advice))
    else:
        observed = "1 made" + (f", {refused} refused" if refused else ", which is no proof")
        advice = "Ask again after such a refusal: the resource is then found." if refused else ""
        level = Level.DIFFERS if refused else Level.OK
        run.report.add(_found(name, observed, level, kind, basis=basis, advice=advice))


def _update_by_search(run: Run, written: Written) -> None:
    """PUT by a search. Tried only where a search by it was just seen to find ours and nothing else.

    A server that ignored the condition would find several resources, ours alone being several, and so refuse: nothing
    of anybody else's can be overwritten.
    """
    kind, claimed = written.kind, run.claims.flag(written.kind, "conditionalUpdate")
    name, basis = "conditional update", f"PUT with a search by {written.by}"
    condition = written.condition("guard")
    page = written.search(condition)
    many = len(written.search(("_count", "5")).matches) > 1
    if page.refusal or not many or len(page.matches) != 1 or not written.is_ours(page.matches[0]):
        observed = f"{NOT_TRIED}, the search by {written.by} is not sure"
        run.report.add(_found(name, observed, Level.UNKNOWN, kind, claimed, basis))
        return
    answer = written.put("", written.resource("guard", note="fifth"), params=(condition,))
    if answer.ok:
        level = Level.DIFFERS if claimed == NO else Level.OK
        advice = "It works although the CapabilityStatement denies it." if claimed == NO else ""
        run.report.add(_found(name, f"{answer.status}", level, kind, claimed, basis, advice))
        return
    level = Level.TROUBLE if claimed == YES else Level.DIFFERS
    advice = "Search first, then PUT to the id with If-Match."
    run.report.add(_found(name, refusal(answer), level, kind, claimed, basis, advice))
