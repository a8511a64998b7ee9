"""Owns a walk over pages: whether it ends, stays on the server, and shows everything once.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from fhir_adapter.testing.check.asking import origin
from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.report import NO_DATA, NOT_TRIED, Finding, Level
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import text

_found = partial(Finding, "paging")
_LARGEST = 50


@dataclass
class Walk:
    """What was met on the way."""

    size: int
    seen: list[str] = field(default_factory=list)
    pages: int = 0
    empty: int = 0
    oversized: int = 0
    totals: set[int] = field(default_factory=set)
    relative: bool = False
    foreign: str = ""
    stopped: str = ""
    ended: bool = False


def probe_paging(run: Run) -> None:
    """Walk in pages small enough that there are several, and to the end if any type allows it."""
    kind = _walkable(run)
    if kind is None or run.stock(kind).size < 2:
        run.report.add(_found("walk", NO_DATA, Level.UNKNOWN))
        return
    stock = run.stock(kind)
    walk = _walk(run, kind, max(1, min(_LARGEST, -(-stock.size // 4))))
    run.report.add(_next_links(walk, kind), _end(walk, kind), _twice(walk, kind), _total(walk, kind))
    if walk.oversized or walk.empty:
        run.report.add(_uneven(walk, kind))
    run.report.add(
        _found("expired pages", NOT_TRIED, Level.UNKNOWN, kind, basis="would take the lifetime of a page")
    )


def _walkable(run: Run) -> str | None:
    """The type with the most data whose end can be reached; where none has several pages, just the most."""
    reach = (run.ask.limits.pages - 1) * _LARGEST
    sizes = {kind: run.stock(kind).size for kind in run.types if run.stock(kind).samples}
    short = [kind for kind, size in sizes.items() if 4 <= size <= reach and run.stock(kind).total is not None]
    return max(short, key=lambda kind: sizes[kind], default=run.richest())


def _walk(run: Run, kind: str, size: int) -> Walk:
    walk = Walk(size)
    page = run.search(kind, [*run.stock(kind).anchor, ("_count", str(size))])
    visited: set[str] = set()
    while True:
        _take(walk, page)
        link = page.link("next")
        if walk.stopped or link is None:
            walk.ended = not walk.stopped
            return walk
        address = run.ask.resolved(link)
        walk.relative = walk.relative or "://" not in link
        if address is None:
            walk.foreign = _where(link, run.ask.base)
            return walk
        if address in visited:
            walk.stopped = "loops"
            return walk
        if walk.pages >= run.ask.limits.pages:
            return walk
        visited.add(address)
        page = Page(run.ask.get(address))


def _take(walk: Walk, page: Page) -> None:
    if page.refusal:
        walk.stopped = page.refusal
        return
    walk.pages += 1
    walk.seen += [f"{text(one.get('resourceType'))}/{text(one.get('id'))}" for one in page.matches]
    walk.oversized += len(page.matches) > walk.size
    walk.empty += not page.matches and page.link("next") is not None
    if page.total is not None:
        walk.totals.add(page.total)


def _where(link: str, base: str) -> str:
    """What is foreign in a link: its scheme, host or port; never the address itself."""
    there, here = origin(link), origin(base)
    if there[1] == "" or not urlsplit(base).hostname:
        return "unreadable address"
    names = ("scheme", "host", "port")
    return "another " + next(
        name for name, one, other in zip(names, there, here, strict=True) if one != other
    )


def _next_links(walk: Walk, kind: str) -> Finding:
    basis = f"pages of {walk.size}"
    if walk.foreign:
        advice = "Rewriting such links to the configured address must be allowed by hand; no token may follow them."
        observed = f"{walk.foreign}, not followed"
        return _found("next links", observed, Level.TROUBLE, kind, basis=basis, advice=advice)
    if walk.relative:
        advice = "Resolve them against the server's address."
        return _found("next links", "relative", Level.DIFFERS, kind, basis=basis, advice=advice)
    if walk.pages < 2 and not walk.stopped:
        return _found("next links", "none met", Level.UNKNOWN, kind, basis=basis)
    return _found("next links", "on this server", Level.OK, kind, basis=basis)


def _end(walk: Walk, kind: str) -> Finding:
    basis = f"{walk.pages} pages of {walk.size}"
    if walk.stopped:
        advice = (
            "Remember every address of a walk and stop at one seen before; an unfinished walk is no answer."
        )
        level = Level.TROUBLE
        return _found("end", walk.stopped, level, kind, basis=basis, advice=advice)
    if walk.ended:
        return _found("end", f"reached after {walk.pages}", Level.OK, kind, basis=basis)
    return _found("end", f"not reached in {walk.pages} pages", Level.UNKNOWN, kind, basis=basis)


def _twice(walk: Walk, kind: str) -> Finding:
    double = len(walk.seen) - len(set(walk.seen))
    basis = f"{len(walk.seen)} resources"
    if double:
        advice = "Pages overlap, so others may be missed: keep each id once and count again at the end."
        return _found("duplicates", f"{double}", Level.TROUBLE, kind, basis=basis, advice=advice)
    return _found("duplicates", "none", Level.OK, kind, basis=basis)


def _total(walk: Walk, kind: str) -> Finding:
    """The total against what was seen, which only a whole walk can tell."""
    seen = len(set(walk.seen))
    basis = "Bundle.total against what was seen"
    if not walk.totals:
        advice = "Completeness cannot be checked by a total: count the pages' resources instead."
        return _found("total", "not given", Level.DIFFERS, kind, basis=basis, advice=advice)
    if not walk.ended:
        return _found("total", "walk not at its end", Level.UNKNOWN, kind, basis=basis)
    if walk.totals == {seen}:
        return _found("total", f"agrees ({seen:,})", Level.OK, kind, basis=basis)
    advice = (
        "A search may end early or its total be an estimate: never take the end of a walk for completeness."
    )
    told = " or ".join(f"{total:,}" for total in sorted(walk.totals)[:2])
    return _found("total", f"{told} told, {seen:,} seen", Level.TROUBLE, kind, basis=basis, advice=advice)


def _uneven(walk: Walk, kind: str) -> Finding:
    observed = f"{walk.oversized} larger than asked, {walk.empty} empty before the end"
    advice = "Only a missing next link ends a search, and every answer needs a bound."
    return _found("page sizes", observed, Level.DIFFERS, kind, advice=advice)
