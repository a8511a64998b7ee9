"""Owns tokens that end too early, and a token endpoint that has a bad day.

https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

from fhir_adapter.testing.faults.interaction import words
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Response, json_response
from fhir_adapter.testing.server.problems import outcome

_OPEN = frozenset({"token", "discovery", "capabilities"})


@kind("expire-token")
def expire_token(call: Call) -> Response:
    """Refuse a valid token with 401, as if it had just ended; the server is made to forget it where it can."""
    carries = call.request.header("Authorization") is not None
    if not carries or not _OPEN.isdisjoint(words(call.request)) or not call.fires():
        return call.proceed(call.request)
    if call.around.expire is not None:
        call.around.expire(call.request)
    answer = json_response(401, outcome("expired", "the access token has expired"))
    answer.set_header("WWW-Authenticate", 'Bearer error="invalid_token"')
    return answer


@kind("refuse-token-request", error="invalid_request", commit=True)
def refuse_token_request(call: Call) -> Response:
    """Answer a good token request 400; with `commit` the server has seen its assertion, whose jti is spent."""
    if "token" not in words(call.request) or not call.fires():
        return call.proceed(call.request)
    if call.option("commit"):
        call.do_unseen()
    body = {"error": call.option("error"), "error_description": "temporarily unable to verify"}
    return json_response(400, body, media="application/json")
