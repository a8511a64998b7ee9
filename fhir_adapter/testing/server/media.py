"""Owns the media types of requests and answers: JSON only, in UTF-8.

https://hl7.org/fhir/R4/http.html#mime-type
"""

from __future__ import annotations

from fhir_adapter.testing.server.messages import Request
from fhir_adapter.testing.server.problems import Problem

FORM = "application/x-www-form-urlencoded"
FORMATS = ("application/fhir+json", "application/json", "json")
_JSON = ("application/fhir+json", "application/json", "application/json+fhir", "text/json", "json")
_ANY = ("*/*", "application/*")


def check_answer(request: Request) -> None:
    """Problem 406 when the client takes no JSON, by `_format` or else by Accept."""
    asked = request.values("_format")
    if asked:
        # A client that forgot to encode it sends application/fhir+json with a space.
        wanted = [_kind(asked[0]).replace(" ", "+")]
    else:
        wanted = [_kind(part) for part in (request.header("Accept") or "*/*").split(",")]
    if not any(kind in _JSON or kind in _ANY for kind in wanted):
        raise Problem(406, "not-supported", "this server answers in application/fhir+json only")


def check_json(request: Request) -> None:
    """Problem 415 unless the body is said to be JSON in UTF-8."""
    kind, charset = _content(request)
    if kind not in _JSON or charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "not-supported", "the body must be application/fhir+json in UTF-8")


def check_form(request: Request) -> None:
    """Problem 415 unless the body is a form, or empty."""
    if request.body and _content(request)[0] != FORM:
        raise Problem(415, "not-supported", f"the body must be {FORM}")


def _kind(text: str) -> str:
    return text.partition(";")[0].strip().casefold()


def _content(request: Request) -> tuple[str, str]:
    header = request.header("Content-Type") or ""
    for parameter in header.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().casefold() == "charset":
            return _kind(header), value.strip().strip('"').casefold()
    return _kind(header), ""
