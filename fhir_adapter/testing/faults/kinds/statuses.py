"""Owns answers that are refusals: throttled, failed before or after the commit, dropped, another status.

https://hl7.org/fhir/R4/http.html#Status-Codes, https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapter.testing.faults.kinds.contents import bundle, set_json
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response, Wire, json_response
from fhir_adapter.testing.server.problems import outcome
from fhir_adapter.testing.server.time import http_date

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@kind(
    "throttle",
    status=429,
    retry_after=Choice("seconds", "http-date", "past-date", "junk", "absent"),
    seconds=2,
)
def throttle(call: Call) -> Response:
    """Refuse without asking the server: too many requests, with a Retry-After in some form."""
    if not call.fires():
        return call.proceed(call.request)
    response = json_response(call.option("status"), outcome("throttled", "too many requests"))
    response.set_header("Retry-After", _retry_after(call))
    return response


def _retry_after(call: Call) -> str | None:
    form, wait = call.option("retry_after"), timedelta(seconds=call.option("seconds"))
    now = call.around.clock.now()
    forms = {
        "seconds": str(call.option("seconds")),
        "http-date": http_date(now + wait),
        "past-date": http_date(now - wait),
        "junk": "in a while",
    }
    return forms.get(form)


@kind("error", status=500, commit=Choice("before", "after"), body=Choice("outcome", "html", "empty"))
def error(call: Call) -> Response:
    """Answer an error: before the server was asked, or after it has done what it was asked."""
    if not call.fires():
        return call.proceed(call.request)
    if call.option("commit") == "after":
        call.do_unseen()
    status = call.option("status")
    if call.option("body") == "outcome":
        return json_response(status, outcome("exception", f"injected {status}"))
    if call.option("body") == "empty":
        return Response(status)
    return Response(status, [("Content-Type", "text/html;charset=utf-8")], HTML)


@kind("drop", commit=Choice("before", "after"))
def drop(call: Call) -> Response:
    """Close the connection without a word: before the server was asked, or after it has done it."""
    if not call.fires():
        return call.proceed(call.request)
    if call.option("commit") == "after":
        call.do_unseen()
    return Response(500, wire=Wire(drop=True))


@kind("status", to=409)
def status(call: Call) -> Response:
    """Give an answer another status, also inside a batch-response; `when.status` says which."""
    response = call.proceed(call.request)
    wanted = call.rule.fault.when.status
    entries = _failed_entries(response, wanted)
    if response.status in wanted and call.fires(response):
        response.status = call.option("to")
    elif entries and call.fires():
        content = response.json()
        for position in entries:
            content["entry"][position]["response"]["status"] = str(call.option("to"))
        set_json(response, content)
    return response


def _failed_entries(response: Response, wanted: frozenset[int]) -> list[int]:
    content = bundle(response, "batch-response") if response.status == 200 else None
    return [
        position
        for position, entry in enumerate((content or {}).get("entry", []))
        if entry.get("response", {}).get("status", "")[:3] in {str(one) for one in wanted}
    ]


@kind("header", name="", value="")
def header(call: Call) -> Response:
    """Set a header of an answer; an empty value takes it away."""
    response = call.proceed(call.request)
    name, value = call.option("name"), call.option("value")
    if (response.header(name) is not None or value) and call.fires(response):
        response.set_header(name, value or None)
    return response


@kind("date-header", seconds=-90)
def date_header(call: Call) -> Response:
    """Shift the Date header: the gateway's clock is not the database's."""
    response = call.proceed(call.request)
    if call.fires(response):
        shifted = call.around.clock.now() + timedelta(seconds=call.option("seconds"))
        response.set_header("Date", http_date(shifted))
    return response
