"""Owns what is done with one resource: read, vread, create, update, delete, each also by criteria.

https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from fhir_adapter.testing.server import conditional, documents, media, references, validation
from fhir_adapter.testing.server.conditional import Conditions
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Request, Response, json_response, text_response
from fhir_adapter.testing.server.problems import Problem, outcome
from fhir_adapter.testing.server.store import Stored
from fhir_adapter.testing.server.time import from_milliseconds, http_date


def read(context: Context, request: Request, type_: str, id_: str) -> Response:
    """The current version; 304 when the client has it, Problem 404 or 410."""
    stored = context.store.current(type_, id_)
    return _shown(context, request, stored, type_)


def vread(context: Context, request: Request, type_: str, id_: str, version: str) -> Response:
    """One version; Problem 404, or 410 for a version that says deleted."""
    # More digits than SQLite's integers have is no version, either.
    known = version.isascii() and version.isdecimal() and len(version) < 19
    stored = context.store.version(type_, id_, int(version)) if known else None
    return _shown(context, request, stored, type_)


def create(context: Context, request: Request, type_: str) -> Response:
    """Store under a new id: 201. With If-None-Exist, 200 and what exists where the criteria match it.

    Where the server is racy, another create may come between the search and the write.
    """
    resource = received(context, request, type_)
    pairs = conditional.if_none_exist(context.quirks, Conditions.of(request))
    racy = pairs is not None and context.quirks.conditional_create == "racy"
    with nullcontext() if racy else context.store.transaction():
        found = conditional.only(context, request.base, type_, pairs) if pairs is not None else None
        if racy and context.between_search_and_create:
            context.between_search_and_create()
        if found is not None:
            return written(context, request, 200, found)
        with context.store.transaction():
            stored = add(context, resource, conditional.free_id(context, type_))
            check_references(context, request, resource)
    return written(context, request, 201, stored)


def update(context: Context, request: Request, type_: str, id_: str) -> Response:
    """Replace or create under the client's id: 200 or 201; Problem 400, 405, 412 (409), 422."""
    if not validation.is_id(id_):
        raise Problem(400, "value", "the address does not end in a FHIR id")
    resource = received(context, request, type_)
    if resource.get("id") != id_:
        raise Problem(400, "invalid", "the resource's id is not the address's")
    with context.store.transaction():
        current = context.store.current(type_, id_)
        conditional.guard(context.quirks, Conditions.of(request), current)
        check_may_create(context, current)
        status, stored = place(context, resource)
        check_references(context, request, resource)
    return written(context, request, status, stored)


def update_matching(context: Context, request: Request, type_: str) -> Response:
    """Update what the query's criteria match, or create; Problem 400, 405, 409, 412 (several match), 422."""
    if not request.query:
        raise Problem(400, "required", "an update needs an id or criteria")
    if not context.quirks.conditional_update:
        raise Problem(400, "not-supported", "conditional update is not supported")
    resource = received(context, request, type_)
    pairs = conditional.criteria(request.query)
    with context.store.transaction():
        found = conditional.only(context, request.base, type_, pairs)
        id_ = conditional.updated_id(context, resource, found)
        conditional.guard(context.quirks, Conditions.of(request), context.store.current(type_, id_))
        status, stored = place(context, with_id(resource, id_))
        check_references(context, request, resource)
    return written(context, request, status, stored)


def delete(context: Context, request: Request, type_: str, id_: str) -> Response:
    """Delete: 204, also where nothing is there; 200 where the client prefers an OperationOutcome. Problem 409, 412."""
    with context.store.transaction():
        conditional.guard(context.quirks, Conditions.of(request), context.store.current(type_, id_))
        stored = remove(context, type_, id_)
        if stored and context.quirks.referential:
            references.require_unreferenced(context.store, (type_, id_), request.base)
    return gone(context, request, stored)


def delete_matching(context: Context, request: Request, type_: str) -> Response:
    """Delete what the query's criteria match, at most one resource; Problem 412 when they match several."""
    pairs = conditional.criteria(request.query)
    with context.store.transaction():
        found = conditional.only(context, request.base, type_, pairs)
        return delete(context, request, type_, found.id) if found else gone(context, request, None)


def received(context: Context, request: Request, type_: str) -> dict[str, Any]:
    """The resource in a request's body; Problem 400, 413, 415, 422."""
    media.check_json(request)
    return validation.accept(context, documents.read(request.body), type_)


def with_id(resource: dict[str, Any], id_: str) -> dict[str, Any]:
    """The resource under an id, which stands where FHIR's examples have it."""
    return {"resourceType": resource["resourceType"], "id": id_} | {
        name: value for name, value in resource.items() if name not in ("resourceType", "id")
    }


def add(context: Context, resource: dict[str, Any], id_: str) -> Stored:
    """Write a created resource under a new id. Call inside the store's transaction."""
    return _put(context, _own(context, with_id(resource, id_)), "POST")


def place(context: Context, resource: dict[str, Any]) -> tuple[int, Stored]:
    """Write a resource under its id: 201, or 200; the same content again makes no new version, as on HAPI.

    Call inside the store's transaction.
    """
    resource = _own(context, resource)
    current = context.store.current(resource["resourceType"], resource["id"])
    if current is None or current.deleted:
        return 201, _put(context, resource, "PUT")
    if _content(documents.parse(current.body or "")) == _content(resource):
        return 200, current
    return 200, _put(context, resource, "PUT")


def remove(context: Context, type_: str, id_: str) -> Stored | None:
    """Write a deleted version; None when nothing is there. Call inside the store's transaction."""
    now = context.now()
    return context.store.delete(type_, id_, now=now, visible=context.visible(now))


def check_may_create(context: Context, current: Stored | None) -> None:
    """Problem 405 when an update would create and the server does not let it."""
    if current is None and not context.quirks.update_create:
        raise Problem(405, "not-supported", "this server gives ids itself: create by POST")


def check_references(context: Context, request: Request, resource: dict[str, Any]) -> None:
    """Problem 400 where the server holds references to what is there, and one leads nowhere."""
    if context.quirks.referential:
        references.require_targets(context.store, resource, request.base)


def written(context: Context, request: Request, status: int, stored: Stored) -> Response:
    """The answer to a write, with as much of the resource as the client prefers."""
    headers = version_headers(context, stored)
    if status == 201 or request.method == "POST":
        headers.append(("Location", f"{request.base}/{stored.type}/{stored.id}/_history/{stored.version}"))
    match request.prefers("return"):
        case "minimal":
            return Response(status, headers)
        case "OperationOutcome":
            return json_response(
                status, outcome("informational", "the write succeeded", "information"), headers
            )
    return text_response(status, stored.body or "", headers)


def gone(context: Context, request: Request, stored: Stored | None) -> Response:
    """The answer to a delete; None where there was nothing to delete."""
    tag = conditional.etag(context.quirks, stored.version) if stored else None
    headers = [("ETag", tag)] if tag else []
    if request.prefers("return") == "OperationOutcome":
        text = "the resource is deleted" if stored else "there was nothing to delete"
        return json_response(200, outcome("informational", text, "information"), headers)
    return Response(204, headers)


def version_headers(context: Context, stored: Stored) -> list[tuple[str, str]]:
    """ETag and Last-Modified of a version."""
    tag = conditional.etag(context.quirks, stored.version)
    modified = ("Last-Modified", http_date(from_milliseconds(stored.updated)))
    return [("ETag", tag), modified] if tag else [modified]


def _shown(context: Context, request: Request, stored: Stored | None, type_: str) -> Response:
    if stored is None:
        raise Problem(404, "not-found", f"there is no such {type_}")
    headers = version_headers(context, stored)
    if stored.body is None:
        raise Problem(410, "deleted", f"this {type_} is deleted", tuple(headers))
    if conditional.is_unchanged(Conditions.of(request), stored):
        return Response(304, headers)
    return text_response(200, stored.body, headers)


def _own(context: Context, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource in the form that this server keeps."""
    return resource if context.quirks.keep_versions else references.without_versions(resource)


def _put(context: Context, resource: dict[str, Any], method: str) -> Stored:
    now = context.now()
    return context.store.put(resource, now=now, method=method, visible=context.visible(now))


def _content(resource: dict[str, Any]) -> str:
    """What makes a version: everything but what the server itself says about it."""
    meta = {
        name: value
        for name, value in resource.get("meta", {}).items()
        if name not in ("versionId", "lastUpdated")
    }
    rest = {name: value for name, value in resource.items() if name != "meta"}
    return documents.write({**rest, "meta": meta} if meta else rest, sort_keys=True)
