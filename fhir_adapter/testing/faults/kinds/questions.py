"""Owns what a server does not look at: parameters and guards that are taken off the request before it is asked.

A server that ignores a parameter leaves it out of the self link too: that is how a client can tell.
https://hl7.org/fhir/R4/search.html#errors, https://hl7.org/fhir/R4/http.html#ccreate
"""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

from fhir_adapter.testing.faults.kinds.contents import dumps
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import outcome

_IN_BUNDLE = {"if-none-exist": "ifNoneExist", "if-match": "ifMatch", "if-none-match": "ifNoneMatch"}


@kind("ignore-parameter", name="")
def ignore_parameter(call: Call) -> Response:
    """Ask the server without a query parameter, also one in the form of POST _search."""
    name = call.option("name")
    request = call.request.without(name)
    if call.request.parts[-1:] == ["_search"]:
        kept = tuple(pair for pair in call.request.form() if pair[0].partition(":")[0] != name)
        if kept != call.request.form():
            request = replace(request, body=urlencode(kept).encode())
    changed = request != call.request and call.fires()
    return call.proceed(request if changed else call.request)


@kind("ignore-header", name="")
def ignore_header(call: Call) -> Response:
    """Ask the server without a request header, nor its like in the entries of a Bundle."""
    name = call.option("name")
    request = _without_in_bundle(call.request.without_header(name), name)
    changed = request != call.request and call.fires()
    return call.proceed(request if changed else call.request)


@kind("refuse-header", name="", status=400)
def refuse_header(call: Call) -> Response:
    """Refuse every request that carries a header, or a Bundle with its like."""
    name = call.option("name")
    if _without_in_bundle(call.request.without_header(name), name) != call.request and call.fires():
        told = outcome("not-supported", f"{name} is not supported")
        return json_response(call.option("status"), told)
    return call.proceed(call.request)


def _without_in_bundle(request: Request, header: str) -> Request:
    """The request with a Bundle whose entries carry no such condition."""
    key = _IN_BUNDLE.get(header.casefold(), "")
    if request.method != "POST" or request.parts or not key or key.encode() not in request.body:
        return request
    try:
        content = json.loads(request.body)
        for entry in content["entry"]:
            entry.get("request", {}).pop(key, None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return request  # the server says what is wrong with it
    return replace(request, body=dumps(content).encode("utf-8", "surrogatepass"))
