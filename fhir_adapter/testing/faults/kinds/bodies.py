"""Owns whole bodies that are cut, exchanged or written in another encoding.

https://www.rfc-editor.org/rfc/rfc9112#section-8, https://hl7.org/fhir/R4/http.html#mime-type
"""

from __future__ import annotations

import gzip

from fhir_adapter.testing.faults.kinds.contents import set_body, set_json
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response, Wire
from fhir_adapter.testing.server.problems import outcome

_LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Please sign in.</form></body></html>"


@kind("cut-gzip", fraction=0.5)
def cut_gzip(call: Call) -> Response:
    """Pack the body and send only a part, with a Content-Length that agrees with the part."""
    response = call.proceed(call.request)
    accepted = "gzip" in (call.request.header("Accept-Encoding") or "")
    if accepted and response.content() and call.fires(response):
        packed = gzip.compress(response.content(), mtime=0)
        set_body(response, packed[: _part(packed, call)])
        response.set_header("Content-Encoding", "gzip")
    return response


@kind("cut-body", fraction=0.5, chunked=False)
def cut_body(call: Call) -> Response:
    """Close the connection within the body: before its Content-Length is reached, or its last chunk came."""
    response = call.proceed(call.request)
    body = response.content()
    if body and call.fires(response):
        response.wire = Wire(cut_at=_part(body, call), declared=len(body), chunked=call.option("chunked"))
    return response


def _part(body: bytes, call: Call) -> int:
    """How many bytes are sent: at least one is missing."""
    return min(len(body) - 1, int(len(body) * call.option("fraction")))


@kind("replace-body", by=Choice("outcome", "html"), severity="error", code="processing")
def replace_body(call: Call) -> Response:
    """Answer 200, but with an OperationOutcome or a web page where the data should be."""
    response = call.proceed(call.request)
    if not call.fires(response):
        return response
    if call.option("by") == "html":
        set_body(response, _LOGIN, "text/html;charset=utf-8")
    else:
        text = "the search could not be completed"
        set_json(response, outcome(call.option("code"), text, call.option("severity")))
    return response


@kind("encode", charset="gbk", declare=Choice("charset", "nothing", "utf-8"))
def encode(call: Call) -> Response:
    """Write the body in another encoding, declared or not; bodies that are plain ASCII stay as they are."""
    response = call.proceed(call.request)
    body = response.content()
    if body.isascii() or not call.fires(response):
        return response
    media = (response.header("Content-Type") or "application/fhir+json").partition(";")[0]
    declared = {"charset": f";charset={call.option('charset')}", "utf-8": ";charset=utf-8"}
    text = body.decode("utf-8", "replace")
    set_body(
        response,
        text.encode(call.option("charset"), "replace"),
        media + declared.get(call.option("declare"), ""),
    )
    return response
