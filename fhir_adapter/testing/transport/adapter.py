"""Owns requests in process: a transport adapter that gives a Session the same bytes the socket would send."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from fhir_adapter.testing.server.messages import Handler, Pairs, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.transport.framing import Asked, answer, frame, refusal
from fhir_adapter.testing.transport.reading import Site, unpacked

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

_BUFFER = 1 << 16


class HarnessAdapter(HTTPAdapter):
    """Mount it at a base address: `session.mount(base, HarnessAdapter(handler, base))`. No socket is opened.

    What is damaged on the wire fails as it does over the socket, with the same exceptions of requests.
    """

    def __init__(self, handler: Handler, base: str = "http://harness.test/fhir") -> None:
        super().__init__()
        address = urlsplit(base)
        self._site = Site(address.netloc, address.path.rstrip("/"))
        self._handler = handler

    def send(  # type: ignore[override]  # timeout, verify, cert and proxies mean nothing without a network
        self, request: requests.PreparedRequest, stream: bool = False, **_: object
    ) -> requests.Response:
        """Answer a prepared request; requests.ConnectionError where the answer is dropped."""
        headers = tuple((_text(key), _text(value)) for key, value in request.headers.items())
        method = request.method or "GET"
        asked = Asked.by(method, headers)
        pieces, _last = frame(self._answer(request, method, headers), asked)
        received = http.client.HTTPResponse(cast("socket.socket", _Line(pieces)), method=method)
        try:
            received.begin()
        except http.client.HTTPException as error:
            aborted = ProtocolError("Connection aborted.", error)
            raise requests.ConnectionError(aborted, request=request) from error
        return self.build_response(request, _as_urllib3(received, request))

    def _answer(self, request: requests.PreparedRequest, method: str, headers: Pairs) -> Response:
        address = urlsplit(request.url or "")
        target = f"{address.path}?{address.query}" if address.query else address.path
        try:
            body = unpacked(headers, _body(request))
            return answer(self._handler, self._site.request(method, target, headers, body))
        except Problem as problem:
            return refusal(problem)


class _Line:
    """What http.client takes for a socket: it is only ever read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def makefile(self, mode: str) -> IO[bytes]:
        """The stream of the answer's bytes."""
        return io.BufferedReader(_Pieces(self._pieces), _BUFFER)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file that is read once; a large body is made as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from the current piece; 0 at the end, also where making the body failed."""
        while not self._rest:
            try:
                self._rest = memoryview(next(self._pieces))
            except StopIteration:
                return 0
            except Exception:
                return 0  # as a connection that breaks: the client sees a body without its end
        size = min(len(self._rest), len(memoryview(buffer)))
        memoryview(buffer)[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """Let go of what makes the body."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        super().close()


def _as_urllib3(
    received: http.client.HTTPResponse, request: requests.PreparedRequest
) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        body=cast(Any, received),
        headers=urllib3.HTTPHeaderDict(received.msg.items()),
        status=received.status,
        version=received.version,
        reason=received.reason,
        preload_content=False,
        decode_content=False,
        original_response=cast(Any, received),
        request_method=request.method,
        request_url=request.url,
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(request: requests.PreparedRequest) -> bytes:
    body = cast(Any, request.body)
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    if not isinstance(body, str | bytes):
        body = b"".join(body)
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)
