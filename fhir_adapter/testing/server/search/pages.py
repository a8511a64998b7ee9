"""Owns the pages of a result: Bundles put together from the stored texts, and the links between them.

https://hl7.org/fhir/R4/bundle.html#searchset, https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Request, Response, text_response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.controls import Shape, page_size
from fhir_adapter.testing.server.search.elements import subset
from fhir_adapter.testing.server.search.including import included
from fhir_adapter.testing.server.search.snapshots import Snapshot, born, snapshots_of

Link = tuple[str, str]


@dataclass(frozen=True)
class Result:
    """What a search found: keys of `current` in order, the size of a page, and its own address."""

    keys: Sequence[int]
    size: int
    shape: Shape
    self_link: str


@dataclass(frozen=True)
class Window:
    """One page of a result: from `offset`, `count` resources."""

    offset: int
    count: int


def first_page(context: Context, base: str, result: Result) -> Response:
    """The first page of a result; the result is kept when it has more than one."""
    snapshot = Snapshot(array("q", result.keys), result.size, result.shape, born(context))
    window = Window(0, result.size)
    links = [("self", result.self_link)]
    if len(result.keys) > result.size:
        links.extend(_links(base, snapshots_of(context).keep(snapshot), snapshot, window))
    return _answer(context, base, snapshot, window, links)


def page(context: Context, request: Request) -> Response:
    """A page by its link, `?_page=TOKEN&_offset=N&_count=C`; Problem 410 when the result is no longer held."""
    context.settle()
    token = (request.values("_page") or [""])[0]
    lifetime = round(context.quirks.page_lifetime_s * 1000)
    snapshot = snapshots_of(context).find(token, born(context), lifetime)
    offset = page_size((request.values("_offset") or ["0"])[0])
    count = page_size((request.values("_count") or [str(snapshot.count)])[0])
    if not count or (offset and offset >= len(snapshot.keys)):
        raise Problem(400, "invalid", "this page does not exist")
    window = Window(offset, min(count, context.quirks.max_count))
    own = ("self", _address(request.base, token, window))
    return _answer(
        context, request.base, snapshot, window, [own, *_links(request.base, token, snapshot, window)]
    )


def count_only(total: int, self_link: str) -> Response:
    """A Bundle that says how many there are."""
    return text_response(200, _bundle([("self", self_link)], total, ()))


def _address(base: str, token: str, window: Window) -> str:
    return f"{base}?{urlencode({'_page': token, '_offset': window.offset, '_count': window.count})}"


def _links(base: str, token: str, snapshot: Snapshot, window: Window) -> Iterator[Link]:
    offset, count = window.offset, window.count
    yield "first", _address(base, token, Window(0, count))
    if offset:
        yield "previous", _address(base, token, Window(max(0, offset - count), count))
    if offset + count < len(snapshot.keys):
        yield "next", _address(base, token, Window(offset + count, count))


def _answer(
    context: Context, base: str, snapshot: Snapshot, window: Window, links: Sequence[Link]
) -> Response:
    keys = snapshot.keys[window.offset : window.offset + window.count]
    shape = snapshot.shape
    entries = list(_entries(context, base, keys, "match", shape.elements))
    if shape.includes:
        extra = included(context, base, keys, shape.includes)
        entries.extend(_entries(context, base, extra, "include", ()))
    return text_response(200, _bundle(links, len(snapshot.keys) if shape.total else None, entries))


def _entries(
    context: Context, base: str, keys: Sequence[int], mode: str, elements: Sequence[str]
) -> Iterator[str]:
    """Entries in the order of the keys; resources that are gone by now are left out."""
    rows = context.store.query(
        "SELECT c.key, c.type, c.id, v.body FROM current c JOIN version v ON v.seq = c.shown"
        f" WHERE c.key IN ({','.join(map(str, keys))}) AND c.shown_deleted = 0"
    )
    found = {row[0]: row[1:] for row in rows}
    for key in keys:
        if key in found:
            type_, id_, body = found[key]
            if elements:
                body = subset(body, elements, context.fhir_version)
            address = json.dumps(f"{base}/{type_}/{id_}")
            yield f'{{"fullUrl":{address},"resource":{body},"search":{{"mode":"{mode}"}}}}'


def _bundle(links: Iterable[Link], total: int | None, entries: Sequence[str]) -> str:
    parts = ['"resourceType":"Bundle","type":"searchset"']
    if total is not None:
        parts.append(f'"total":{total}')
    shown = ",".join(json.dumps({"relation": relation, "url": url}) for relation, url in links)
    parts.append(f'"link":[{shown}]')
    if entries:
        # JSON in FHIR has no empty arrays.
        parts.append(f'"entry":[{",".join(entries)}]')
    return f"{{{','.join(parts)}}}"
