"""Owns how the server searches as such, tried on the type with the most data: sizes, order, counts, includes, handling.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import uuid
from functools import partial

from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.report import NO_DATA, Finding, Level
from fhir_adapter.testing.check.running import PAGE, Run
from fhir_adapter.testing.check.shapes import Json, inside, text
from fhir_adapter.testing.check.values import local_reference, stamp

_found = partial(Finding, "search")
_UNKNOWN = ("fhir-adapter-check", "1")
_WAYS = {
    "unknown parameter": (
        "",
        "A misspelt or unsupported parameter matches everything: compare every self link.",
    ),
    "unknown, strict": (
        "strict",
        "Strict handling is not honoured: only a canary shows that a parameter filters.",
    ),
    "unknown, lenient": (
        "lenient",
        "Lenient handling is not honoured: send only parameters that this server knows.",
    ),
}
_SHIFTING = "Pages that shift while they are read lose rows: let windows overlap and count again at the end."


def probe_searching(run: Run) -> None:
    """The ways of the search engine."""
    kind = run.richest() or next((kind for kind in run.types if run.stock(kind).served), None)
    if kind is None:
        return
    run.report.add(*_handling(run, kind), _self_link(run, kind), _post(run, kind))
    if not run.stock(kind).samples:
        return
    run.report.add(_count_only(run, kind), *_size(run, kind), _order(run, kind), _elements(run, kind))
    run.report.add(_id_list(run, kind), *_includes(run))


def _handling(run: Run, kind: str) -> list[Finding]:
    """An unknown parameter: as it comes, strictly, leniently."""
    made = []
    for name, (prefer, advice) in _WAYS.items():
        headers = (("Prefer", f"handling={prefer}"),) if prefer else ()
        page = Page(run.ask.get(kind, (*run.stock(kind).anchor, _UNKNOWN, ("_count", "1")), headers))
        observed = page.refusal or "ignored" + (", with a warning" if page.warned else "")
        level = _weighed(page, prefer)
        basis = f"Prefer: handling={prefer}" if prefer else "a parameter that does not exist"
        made.append(
            _found(name, observed, level, kind, basis=basis, advice="" if level is Level.OK else advice)
        )
    return made


def _weighed(page: Page, prefer: str) -> Level:
    if page.refusal and not page.refused:
        return Level.TROUBLE
    # Silence about what was not understood is how a whole hospital is taken for one answer.
    textbook = not page.refusal if prefer == "lenient" else page.refused
    return Level.OK if textbook else Level.DIFFERS


def _self_link(run: Run, kind: str) -> Finding:
    page = run.search(kind, [*run.stock(kind).anchor, ("_count", "1")])
    if page.refusal:
        return _found("self link", page.refusal, Level.UNKNOWN, kind)
    if page.link("self") is None:
        advice = "What was honoured cannot be read off the answer: trust only the canaries."
        return _found("self link", "missing", Level.DIFFERS, kind, basis="Bundle.link", advice=advice)
    return _found("self link", "present", Level.OK, kind, basis="Bundle.link")


def _post(run: Run, kind: str) -> Finding:
    """POST _search, which keeps values out of the server's logs."""
    sample = next((text(one.get("id")) for one in run.stock(kind).samples), "")
    nothing = run.search(kind, [("_id", str(uuid.uuid4()))], post=True)
    advice = "Values must stand in the address, where servers log them: ask the site how its logs are kept."
    basis = "a form with an impossible _id, and with a real one"
    if nothing.refusal:
        return _found("POST _search", nothing.refusal, Level.DIFFERS, kind, basis=basis, advice=advice)
    if nothing.matches:
        advice = "The form is not read, so everything matches: search by GET only."
        return _found("POST _search", "form ignored", Level.TROUBLE, kind, basis=basis, advice=advice)
    if not sample:
        return _found("POST _search", NO_DATA, Level.UNKNOWN, kind, basis=basis)
    found = run.search(kind, [("_id", sample)], post=True)
    if [text(one.get("id")) for one in found.matches] != [sample]:
        advice = "Search by GET only."
        return _found(
            "POST _search", "misses what has the value", Level.TROUBLE, kind, basis=basis, advice=advice
        )
    run.posts_search = True
    return _found("POST _search", "works", Level.OK, kind, basis=basis)


def _count_only(run: Run, kind: str) -> Finding:
    page = run.search(kind, [*run.stock(kind).anchor, ("_summary", "count")])
    if page.refusal or page.total is None:
        advice = "Completeness cannot be checked against a total."
        return _found("_summary=count", page.refusal or "no total", Level.DIFFERS, kind, advice=advice)
    if page.matches:
        advice = "The count brings the records along: count by paging instead."
        return _found("_summary=count", "brings resources", Level.DIFFERS, kind, advice=advice)
    return _found("_summary=count", "a total", Level.OK, kind)


def _size(run: Run, kind: str) -> list[Finding]:
    stock = run.stock(kind)
    if stock.size < 3:
        return [_found("_count", NO_DATA, Level.UNKNOWN, kind)]
    page = run.search(kind, [*stock.anchor, ("_count", "2")])
    got = len(page.matches)
    if page.refusal:
        return [
            _found("_count", page.refusal, Level.DIFFERS, kind, advice="Pages have the server's own size.")
        ]
    if got > 2:
        advice = "Pages have the server's own size: bound what one answer may hold."
        return [
            _found("_count", f"ignored ({got} for 2)", Level.TROUBLE, kind, basis="_count=2", advice=advice)
        ]
    level = Level.OK if got == 2 else Level.DIFFERS
    advice = (
        "" if got == 2 else "A page may be shorter than asked for: only a missing next link ends a search."
    )
    first = _found(
        "_count", "obeyed" if got == 2 else f"{got} for 2", level, kind, basis="_count=2", advice=advice
    )
    free = run.search(kind, stock.anchor)
    size = len(free.matches)
    told = free.refusal or (f"{size}" if free.link("next") else f"all {size}")
    return [first, _found("page without _count", told, Level.OK, kind, basis="no _count")]


def _order(run: Run, kind: str) -> Finding:
    """Both ways, because the order of arrival looks like one of them."""
    stock = run.stock(kind)
    basis = "_sort=_lastUpdated and _sort=-_lastUpdated"
    up, down = (
        run.search(kind, [*stock.anchor, ("_sort", sort), ("_count", str(PAGE))])
        for sort in ("_lastUpdated", "-_lastUpdated")
    )
    for page in (up, down):
        if page.refusal:
            return _found("_sort", page.refusal, Level.DIFFERS, kind, basis=basis, advice=_SHIFTING)
    rising, falling = ([moment for one in page.matches if (moment := stamp(one))] for page in (up, down))
    if len(set(rising) | set(falling)) < 2:
        return _found("_sort", NO_DATA, Level.UNKNOWN, kind, basis=basis)
    if rising == sorted(rising) and falling == sorted(falling, reverse=True):
        return _found("_sort", "obeyed", Level.OK, kind, basis=basis)
    return _found("_sort", "ignored", Level.TROUBLE, kind, basis=basis, advice=_SHIFTING)


def _elements(run: Run, kind: str) -> Finding:
    sample = run.stock(kind).samples[0]
    page = run.search(kind, [("_id", text(sample.get("id"))), ("_elements", "identifier")])
    same = [one for one in page.matches if one.get("id") == sample.get("id")]
    basis = "_elements=identifier"
    if page.refusal or not same:
        return _found("_elements", page.refusal or "finds nothing", Level.DIFFERS, kind, basis=basis)
    if set(sample) - set(same[0]) - {"meta"}:
        return _found("_elements", "obeyed", Level.OK, kind, basis=basis)
    if set(sample) <= {"resourceType", "id", "meta", "identifier"}:
        return _found("_elements", NO_DATA, Level.UNKNOWN, kind, basis=basis)
    advice = "Whole records come where a few fields were asked for: the site should know that more is read."
    return _found("_elements", "ignored", Level.DIFFERS, kind, basis=basis, advice=advice)


def _id_list(run: Run, kind: str) -> Finding:
    """`_id=a,b`: the comma means either."""
    ids = sorted({text(one.get("id")) for one in run.stock(kind).samples})[:2]
    if len(ids) < 2:
        return _found("a,b means either", NO_DATA, Level.UNKNOWN, kind)
    page = run.search(kind, [("_id", ",".join(ids))])
    got = {text(one.get("id")) for one in page.matches}
    if got == set(ids):
        return _found("a,b means either", "works", Level.OK, kind, basis="_id=a,b")
    observed = page.refusal or f"{len(got)} for 2"
    advice = "Ask for one value at a time."
    return _found("a,b means either", observed, Level.DIFFERS, kind, basis="_id=a,b", advice=advice)


def _includes(run: Run) -> list[Finding]:
    """A patient with an Observation, and an Observation with its patient."""
    owned = [(one, _patient(one)) for one in run.stock("Observation").samples if _patient(one)]
    if not owned:
        return [_found(name, NO_DATA, Level.UNKNOWN, "Observation") for name in ("_include", "_revinclude")]
    sample, patient = owned[0]
    told = run.claims.listed("Observation", "searchInclude", "Observation:patient")
    with_patient = run.search(
        "Observation", [("_id", text(sample.get("id"))), ("_include", "Observation:patient")]
    )
    back = run.claims.listed("Patient", "searchRevInclude", "Observation:patient")
    with_records = run.search(
        "Patient", [("_id", patient), ("_revinclude", "Observation:patient"), ("_count", "5")]
    )
    return [
        _brought("_include", with_patient, "Patient", told),
        _brought("_revinclude", with_records, "Observation", back),
    ]


def _brought(name: str, page: Page, kind: str, claimed: str) -> Finding:
    basis = f"{name}=Observation:patient"
    if any(one.get("resourceType") == kind for one in page.included):
        return _found(name, "works", Level.OK, claimed=claimed, basis=basis)
    if any(one.get("resourceType") == kind for one in page.matches):
        advice = "What was included is not marked so: tell matches from the rest by their type."
        return _found(
            name,
            "brought, not marked as included",
            Level.DIFFERS,
            claimed=claimed,
            basis=basis,
            advice=advice,
        )
    advice = "Ask for the other type by its own search."
    observed = page.refusal or "brings nothing"
    level = Level.TROUBLE if claimed == "yes" else Level.DIFFERS
    return _found(name, observed, level, claimed=claimed, basis=basis, advice=advice)


def _patient(resource: Json) -> str:
    address = local_reference(text(inside(resource, "subject", "reference")))
    return address.removeprefix("Patient/") if address.startswith("Patient/") else ""
