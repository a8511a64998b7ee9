"""Owns how a test speaks to a server without a transport."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fhir_adapter.testing.server.messages import FHIR_JSON, Response, request_for
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.server import FhirServer
from fhir_adapter.testing.server.time import ManualClock

BASE = "http://harness.test/fhir"
Resource = dict[str, Any]


class Asking:
    """A server, its clock, and a call that sends one request: `ask("PUT", "Patient/1", {...}, If_Match='W/"1"')`."""

    def __init__(self, server: FhirServer, clock: ManualClock) -> None:
        self.server, self.clock = server, clock

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", FHIR_JSON)
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.server.handle(request_for(method, url, BASE, tuple(named.items()), raw))

    def quirk(self, **changes: Any) -> None:
        """Let the server behave otherwise from now on."""
        self.server.context.quirks = replace(self.server.context.quirks, **changes)

    def versions(self) -> int:
        """How many versions the store holds: what was written, and what was rolled back."""
        return int(self.server.context.store.query("SELECT count(*) FROM version")[0][0])


@contextmanager
def asking(quirks: Quirks | None = None, **options: Any) -> Iterator[Asking]:
    """A new server in memory, whose clock stands still."""
    clock = ManualClock()
    server = FhirServer(clock=clock, quirks=quirks or Quirks(), **options)
    try:
        yield Asking(server, clock)
    finally:
        server.close()


def patient(id_: str | None = None, mrn: str | None = None, **content: Any) -> Resource:
    """A valid Patient."""
    own: Resource = {"resourceType": "Patient", "id": id_} if id_ else {"resourceType": "Patient"}
    if mrn:
        own["identifier"] = [{"system": "urn:mrn", "value": mrn}]
    return own | content


def condition(id_: str | None = None, subject: str = "Patient/1", **content: Any) -> Resource:
    """A valid Condition of somebody."""
    own: Resource = {"resourceType": "Condition", "subject": {"reference": subject}}
    return own | ({"id": id_} if id_ else {}) | content


def issue(response: Response) -> tuple[str, str]:
    """The code and the text of a refusal's first issue."""
    content = response.json()
    assert content["resourceType"] == "OperationOutcome"
    return content["issue"][0]["code"], content["issue"][0]["diagnostics"]
