"""Owns one entry of a batch or transaction: what it asks, as a request of its own, and how its answer is written.

https://hl7.org/fhir/R4/bundle.html#Bundle, https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol

from fhir_adapter.testing.server import documents
from fhir_adapter.testing.server.conditional import Conditions
from fhir_adapter.testing.server.messages import FHIR_JSON, Request, Response, request_for
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.time import instant, to_milliseconds

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")


class Inside(Protocol):
    """The server as its own client: what the entries of a Bundle are given to."""

    def permit(self, request: Request) -> None:
        """Whether there is such an interaction and the client may do it; Problem 401, 403, 404, 405."""
        ...

    def answer(self, request: Request) -> Response:
        """The answer to a request; a refusal is an answer too."""
        ...


@dataclass(frozen=True)
class Entry:
    """One entry; `request` has no body, the resource is parsed already."""

    place: int
    request: Request
    conditions: Conditions
    resource: dict[str, Any] | None = None
    full_url: str | None = None

    @classmethod
    def of(cls, outer: Request, place: int, content: Any) -> Entry:
        """The entry in a Bundle's list; Problem 400 when it has no proper request, 404 for another server's address."""
        asked = content.get("request") if isinstance(content, dict) else None
        if not isinstance(asked, dict):
            raise Problem(400, "required", "the entry has no request")
        method, url = asked.get("method"), asked.get("url")
        if method not in _METHODS or not isinstance(url, str):
            raise Problem(400, "value", "the entry's request needs a method and an url")
        full_url, resource = content.get("fullUrl"), content.get("resource")
        if not isinstance(full_url, str | None) or not isinstance(resource, dict | None):
            raise Problem(400, "structure", "the entry's fullUrl is a string, its resource an object")
        if method in ("POST", "PUT") and resource is None:
            raise Problem(400, "required", f"an entry with {method} needs a resource")
        conditions = Conditions.of_entry(asked)
        headers = (
            ("Content-Type", FHIR_JSON),
            ("Prefer", f"return={outer.prefers('return') or 'minimal'}"),
            *((name, value) for name, value in outer.headers if name.casefold() == "authorization"),
        )
        request = request_for(method, url, outer.base, (*headers, *conditions.headers()))
        if not request.path and method not in ("GET", "HEAD"):
            raise Problem(400, "not-supported", "a Bundle cannot be sent inside a Bundle")
        return cls(place, request, conditions, resource, full_url)

    def whole(self) -> Request:
        """The request with its body, as the client would have sent it alone."""
        return (
            replace(self.request, body=documents.write(self.resource).encode())
            if self.resource
            else self.request
        )


def answered(response: Response, base: str) -> str:
    """The JSON text of the answer's entry."""
    said: dict[str, Any] = {"status": f"{response.status} {HTTPStatus(response.status).phrase}"}
    if location := response.header("Location"):
        said["location"] = location.removeprefix(f"{base}/")
    if tag := response.header("ETag"):
        said["etag"] = tag
    if modified := response.header("Last-Modified"):
        said["lastModified"] = instant(to_milliseconds(parsedate_to_datetime(modified)))
    body = response.content().decode("utf-8")
    text = documents.write(said)
    if not body:
        return f'{{"response":{text}}}'
    if response.status >= 400 or body.startswith('{"resourceType":"OperationOutcome"'):
        return f'{{"response":{text[:-1]},"outcome":{body}}}}}'
    return f'{{"resource":{body},"response":{text}}}'
