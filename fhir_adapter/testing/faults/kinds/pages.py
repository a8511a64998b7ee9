"""Owns pages that shift, repeat, are empty, or claim to be data: what a changing result does to a careless reader.

https://hl7.org/fhir/R4/http.html#paging, https://hl7.org/fhir/R4/search.html#matches
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.testing.faults.kinds.contents import (
    Resource,
    bundle,
    link,
    set_json,
    set_link,
    with_marker,
)
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Request, Response, json_response, request_for
from fhir_adapter.testing.server.problems import Problem, outcome

_EMPTY = "_empty"
_REMEMBERED = 1000


@kind("repeat-entry")
def repeat_entry(call: Call) -> Response:
    """Show the last entry of a page once more at the top of the next page."""
    response = call.proceed(call.request)
    content = bundle(response)
    if content is None or not content.get("entry"):
        return response
    repeated = call.rule.state.get(_key(call.request))
    _remember(call, content)
    if repeated is not None and call.fires(response):
        content["entry"].insert(0, repeated)
        set_json(response, content)
    return response


def _remember(call: Call, content: Resource) -> None:
    """Keep a page's last entry until its next page is asked for."""
    following = link(content, "next")
    if following is None:
        return
    try:
        key = _key(request_for("GET", following, call.request.base))
    except Problem:
        return  # the next page is not ours to serve
    state = call.rule.state
    with call.rule.lock:
        while len(state) >= _REMEMBERED:
            del state[next(iter(state))]
        state[key] = content["entry"][-1]


def _key(request: Request) -> Any:
    return request.path, request.query


@kind("miss-entry")
def miss_entry(call: Call) -> Response:
    """Leave out the first entry of a page: a row before it was deleted, and all that follow moved up."""
    response = call.proceed(call.request)
    content = bundle(response)
    if content is not None and content.get("entry") and call.fires(response):
        del content["entry"][0]
        set_json(response, content)
    return response


@kind("empty-page")
def empty_page(call: Call) -> Response:
    """Put a page without entries, but with a next link, before a following page."""
    request = call.request.without(_EMPTY)
    if request != call.request:
        empty: Resource = {"resourceType": "Bundle", "type": "searchset"}
        set_link(empty, "self", call.request.url)
        set_link(empty, "next", request.url)
        return json_response(200, empty)
    response = call.proceed(request)
    content = bundle(response)
    following = link(content, "next") if content else None
    if content is not None and following and call.fires(response):
        set_link(content, "next", with_marker(following, _EMPTY, "1"))
        set_json(response, content)
    return response


@kind("incomplete", missing=1)
def incomplete(call: Call) -> Response:
    """Leave out matches and say so only in an entry of mode outcome: "may not contain the entire record"."""
    response = call.proceed(call.request)
    content = bundle(response)
    if content is None or not content.get("entry") or not call.fires(response):
        return response
    told = outcome("incomplete", "this response may not contain the entire record", "warning")
    kept = content["entry"][: -call.option("missing") or None]
    content["entry"] = [*kept, {"resource": told, "search": {"mode": "outcome"}}]
    set_json(response, content)
    return response
