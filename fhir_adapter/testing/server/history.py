"""Owns histories: the versions of a resource, a type or the whole server, newest first, in pages.

https://hl7.org/fhir/R4/http.html#history
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from fhir_adapter.testing.server import conditional, documents
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Request, Response, text_response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.store import Stored
from fhir_adapter.testing.server.time import instant, to_milliseconds

_CURSOR = "_cursor"
_PARAMETERS = ("_since", "_count", "_format", "_pretty", _CURSOR)


def history(context: Context, request: Request, type_: str | None = None, id_: str | None = None) -> Response:
    """A Bundle of versions that are shown; `_since` and `_count` are looked at. Problem 400, 404, 410."""
    if id_ is not None and context.store.current(type_ or "", id_) is None:
        raise Problem(404, "not-found", f"there is no such {type_}")
    _check_known(context, request)
    context.settle()
    where, values = _wanted(context, request, type_, id_)
    total = context.store.query(f"SELECT count(*) FROM version v WHERE {where}", values)[0][0]
    size = _size(context, request)
    before = _before(context, request)
    versions: list[Stored] = []
    if size:
        # One more than the page: whether there is a next one.
        clause = f"WHERE {where} AND v.seq < ? ORDER BY v.seq DESC LIMIT ?"
        versions = context.store.select(clause, [*values, before, size + 1])
    links = [{"relation": "self", "url": request.url}]
    if len(versions) > size:
        versions = versions[:size]
        links.append({"relation": "next", "url": _next(context, request, versions[-1].seq)})
    head = {"resourceType": "Bundle", "type": "history", "total": total, "link": links}
    entries = ",".join(_entry(context, request.base, one) for one in versions)
    listed = f',"entry":[{entries}]' if entries else ""
    return text_response(200, documents.write(head)[:-1] + listed + "}")


def _check_known(context: Context, request: Request) -> None:
    """What is asked and not looked at is refused where the server is strict, as in a search."""
    handling = request.prefers("handling")
    if handling == "lenient" or (handling != "strict" and not context.quirks.strict):
        return
    for name, _ in request.query:
        if name not in _PARAMETERS:
            raise Problem(400, "not-supported", f"{name} is no parameter of a history here")


def _wanted(
    context: Context, request: Request, type_: str | None, id_: str | None
) -> tuple[str, list[str | int]]:
    where, values = ["v.seq NOT IN (SELECT seq FROM pending)"], list[str | int]()
    for column, value in (("v.type", type_), ("v.id", id_)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    since = request.values("_since")
    if since and "_since" not in context.quirks.ignored_parameters:
        where.append("v.updated >= ?")
        values.append(_instant(since[0]))
    return " AND ".join(where), values


def _instant(text: str) -> int:
    """Milliseconds of an instant, or of the beginning of a day; Problem 400 otherwise."""
    try:
        # An unencoded plus arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Problem(400, "value", "_since is not an instant") from None
    return to_milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _size(context: Context, request: Request) -> int:
    quirks = context.quirks
    asked = request.values("_count")
    if not asked or "_count" in quirks.ignored_parameters:
        return quirks.default_count
    if not asked[0].isascii() or not asked[0].isdecimal():
        raise Problem(400, "value", "_count is not a number")
    return min(int(asked[0][:9]), quirks.max_count)


def _before(context: Context, request: Request) -> int:
    """The version that a page begins after; a `next` link carries it, and when it expires."""
    cursor = request.values(_CURSOR)
    if not cursor:
        return 2**62
    before, _, ends = cursor[0].partition("-")
    if not (cursor[0].isascii() and before.isdecimal() and ends.isdecimal() and len(cursor[0]) < 40):
        raise Problem(400, "value", f"{_CURSOR} is not one that this server gave")
    if int(ends) < to_milliseconds(context.clock.now()):
        raise Problem(410, "not-found", "this page has expired")
    return min(int(before), 2**62)


def _next(context: Context, request: Request, seq: int) -> str:
    ends = to_milliseconds(context.clock.now()) + round(context.quirks.page_lifetime_s * 1000)
    address, _, _ = request.url.partition("?")
    kept = [(name, value) for name, value in request.query if name != _CURSOR]
    return f"{address}?{urlencode([*kept, (_CURSOR, f'{seq}-{ends}')])}"


def _entry(context: Context, base: str, version: Stored) -> str:
    url = version.type if version.method == "POST" else f"{version.type}/{version.id}"
    status = "204 No Content" if version.deleted else "201 Created" if version.version == 1 else "200 OK"
    response = {"status": status, "lastModified": instant(version.updated)}
    tag = conditional.etag(context.quirks, version.version)
    if tag:
        response["etag"] = tag
    fixed = documents.write(
        {
            "fullUrl": f"{base}/{version.type}/{version.id}",
            "request": {"method": version.method, "url": url},
            "response": response,
        }
    )
    return fixed if version.body is None else f'{fixed[:-1]},"resource":{version.body}}}'
