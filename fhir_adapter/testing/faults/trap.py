"""Owns the origin trap: another host that answers everything pleasantly and records what it is told.

A client must not send its token, its assertion or a vendor's key there, wherever a server's answer points.
https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from fhir_adapter.testing.faults.journal import Entry, Journal
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.time import Clock, SystemClock
from fhir_adapter.testing.transport.socket import LoopbackServer

ORIGIN = "trap"
SECRET_HEADERS = ("Authorization", "Proxy-Authorization", "Cookie", "Epic-Client-ID", "X-Api-Key")
SECRET_FIELDS = ("client_assertion", "client_secret", "refresh_token", "access_token")


class OriginTrap:
    """A loopback server on its own port. A context manager; `journal` holds what it was sent."""

    def __init__(self, *, journal: Journal | None = None, clock: Clock | None = None, port: int = 0) -> None:
        self.journal = journal if journal is not None else Journal()
        self._clock = clock or SystemClock()
        self._server = LoopbackServer(self.handle, port=port, prefix="")

    @property
    def url(self) -> str:
        """Its address, `http://127.0.0.1:PORT`: the same host name as the hospital's, another port."""
        return self._server.url

    @property
    def named_url(self) -> str:
        """The same server under another host name, `http://localhost:PORT`."""
        return self.url.replace("127.0.0.1", "localhost")

    def start(self) -> Self:
        """Listen in the background."""
        self._server.start()
        return self

    def close(self) -> None:
        """End every thread."""
        self._server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def entries(self) -> list[Entry]:
        """What it was asked, oldest first."""
        return self.journal.entries(origin=ORIGIN)

    @property
    def leaked(self) -> list[str]:
        """The names of the secret headers and form fields it was sent, in order; what a good client keeps empty."""
        return [name for entry in self.entries for name in _secrets(entry)]

    def handle(self, request: Request) -> Response:
        """Answer 200 with something that lets a careless client go on."""
        response = _pleasant(request)
        self.journal.record(request, response, self._clock.now(), origin=ORIGIN)
        return response


def _secrets(entry: Entry) -> list[str]:
    body = entry.body.decode("utf-8", "replace")
    told = [name for name in SECRET_HEADERS if entry.header(name) is not None]
    return told + [name for name in SECRET_FIELDS if f"{name}=" in body or f"{name}=" in entry.url]


def _pleasant(request: Request) -> Response:
    if request.method == "POST" and request.path.endswith("token"):
        return json_response(200, _token(), media="application/json")
    if request.path.endswith("smart-configuration"):
        return json_response(200, {"token_endpoint": f"{request.base}/token"}, media="application/json")
    if request.path.endswith(".ndjson"):
        return Response(200, [("Content-Type", "application/fhir+ndjson")], b"")
    if "$export" in request.path:
        return json_response(200, _manifest(request), media="application/json")
    return json_response(200, {"resourceType": "Bundle", "type": "searchset", "total": 0})


def _token() -> dict[str, Any]:
    return {"access_token": "from-the-trap", "token_type": "bearer", "expires_in": 300, "scope": ""}


def _manifest(request: Request) -> dict[str, Any]:
    return {
        "transactionTime": "2026-01-01T00:00:00Z",
        "request": request.url,
        "requiresAccessToken": True,
        "output": [],
        "error": [],
    }
