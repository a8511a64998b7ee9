"""A handler with ready answers, for tests of single faults: it notes what it was asked."""

from __future__ import annotations

import json
from typing import Any

from fhir_adapter.testing.faults.faulty import Faults
from fhir_adapter.testing.faults.journal import Journal
from fhir_adapter.testing.faults.profile import read_profile
from fhir_adapter.testing.server.messages import Request, Response, json_response, request_for
from fhir_adapter.testing.server.time import ManualClock

BASE = "http://hospital.test/fhir"
TRAP = "http://trap.test"


def asked(method: str, url: str, *, body: Any = None, **headers: str) -> Request:
    """A request below the base; underscores in header names are hyphens."""
    content = b"" if body is None else json.dumps(body).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return request_for(method, f"{BASE}{url}", BASE, named, content)


def searchset(*ids: str, next_url: str | None = None, type_: str = "Patient") -> dict[str, Any]:
    """A page of a search."""
    links = [{"relation": "self", "url": f"{BASE}/{type_}?_count={len(ids)}"}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    entries = [{"resource": {"resourceType": type_, "id": one}, "search": {"mode": "match"}} for one in ids]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}


def ids(response: Response) -> list[str]:
    """The ids on a page."""
    return [entry["resource"]["id"] for entry in response.json().get("entry", [])]


def link(response: Response, relation: str = "next") -> str | None:
    """A page's link."""
    found = (one["url"] for one in response.json().get("link", []) if one["relation"] == relation)
    return next(found, None)


class Canned:
    """Answers each path (with query) from a table; what is not there is 404. A list is answered in turn."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers or {}
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        url = request.url.removeprefix(BASE)
        answer = self.answers.get(url, self.answers.get("/" + request.path))
        if isinstance(answer, Response):
            return Response(answer.status, list(answer.headers), answer.body)
        return (
            json_response(404, {"resourceType": "OperationOutcome"})
            if answer is None
            else json_response(200, answer)
        )


class Place:
    """Faults before a canned server, with a clock that stands still."""

    def __init__(self, answers: dict[str, Any] | None = None, *fault: dict[str, Any], seed: int = 1) -> None:
        self.server = Canned(answers)
        self.journal = Journal()
        self.clock = ManualClock()
        self.faults = Faults(self.server, journal=self.journal, clock=self.clock, seed=seed, trap_url=TRAP)
        if fault:
            self.faults.use(read_profile("this", {"fault": list(fault)}))

    def ask(self, method: str, url: str, *, body: Any = None, **headers: str) -> Response:
        """Ask through the faults."""
        return self.faults.handle(asked(method, url, body=body, **headers))
