"""Owns how an answer becomes the bytes of HTTP/1.1, whole or damaged; both transports send these bytes.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from fhir_adapter.testing.server.messages import WHOLE, Handler, Pairs, Request, Response, json_response
from fhir_adapter.testing.server.problems import Problem, outcome

_WORTH_PACKING = 4096
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 1 << 16
_BODILESS = (204, 304)
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Asked:
    """What a request says about the form of its answer: without body, packed, in chunks, the last one."""

    head: bool = False
    gzip: bool = False
    chunks: bool = True
    last: bool = False

    @classmethod
    def by(cls, method: str, headers: Pairs, protocol: str = "HTTP/1.1") -> Asked:
        """Read from the head of a request."""
        known = {key.casefold(): value.casefold() for key, value in headers}
        connection = known.get("connection", "")
        old = protocol == "HTTP/1.0"
        return cls(
            head=method == "HEAD",
            gzip=_accepts_gzip(known.get("accept-encoding", "")),
            chunks=not old,
            last="close" in connection or (old and "keep-alive" not in connection),
        )


def answer(handler: Handler, request: Request) -> Response:
    """The handler's answer; an exception becomes an OperationOutcome, for no request may end a server."""
    try:
        return handler(request)
    except Problem as problem:
        return refusal(problem)
    except Exception as error:
        return json_response(500, outcome("exception", f"the handler failed: {type(error).__name__}"))


def refusal(problem: Problem) -> Response:
    """What a refused request is answered."""
    return json_response(problem.status, problem.outcome, problem.headers)


def frame(response: Response, asked: Asked) -> tuple[Iterator[bytes], bool]:
    """The bytes to send, and whether the connection must be closed after them."""
    wire = response.wire
    if wire.drop:
        return _closing(iter(()), response.body), True
    if asked.head or response.status in _BODILESS:
        return _closing(iter((_without_body(response, asked),)), response.body), asked.last
    if wire == WHOLE and isinstance(response.body, bytes):
        body, packed = _packed(response, asked)
        headers = [("Content-Length", str(len(body))), *packed, *_connection(asked)]
        return iter((_head(response, headers) + body,)), asked.last
    if wire == WHOLE:
        return _streamed(response, asked)
    harmless = wire.cut_at is None and wire.declared is None
    return _damaged(response, asked), asked.last or not harmless


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _connection(asked: Asked) -> list[tuple[str, str]]:
    if asked.last:
        return [("Connection", "close")]
    return [] if asked.chunks else [("Connection", "keep-alive")]


def _head(response: Response, framing: Iterable[tuple[str, str]]) -> bytes:
    kept = ((key, value) for key, value in response.headers if key.casefold() not in _FRAMING)
    lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
    # A line break in a value would let it write headers of its own.
    lines += [f"{key}: {value}".replace("\r", " ").replace("\n", " ") for key, value in chain(kept, framing)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _without_body(response: Response, asked: Asked) -> bytes:
    length = []
    # A handler may have left out the body already; then its length is not known here.
    if asked.head and response.body and isinstance(response.body, bytes) and response.status not in _BODILESS:
        length = [("Content-Length", str(len(response.body)))]
    return _head(response, [*length, *_connection(asked)])


def _may_pack(response: Response, asked: Asked) -> bool:
    return (
        asked.gzip
        and "json" in (response.header("Content-Type") or "")
        and response.header("Content-Encoding") is None
    )


def _packed(response: Response, asked: Asked) -> tuple[bytes, list[tuple[str, str]]]:
    body = response.content()
    if len(body) < _WORTH_PACKING or not _may_pack(response, asked):
        return body, []
    return zlib.compress(body, 1, _GZIP), [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]


def _streamed(response: Response, asked: Asked) -> tuple[Iterator[bytes], bool]:
    """In chunks; HTTP/1.0 knows none, and is told the end by the connection's."""
    pack = _may_pack(response, asked)
    headers = [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")] if pack else []
    pieces: Iterator[bytes] = iter(response.body)  # type: ignore[arg-type]  # bytes were framed before
    if pack:
        pieces = _packing(pieces)
    if not asked.chunks:
        head = _head(response, [*headers, ("Connection", "close")])
        return _closing(chain((head,), pieces), response.body), True
    head = _head(response, [("Transfer-Encoding", "chunked"), *headers, *_connection(asked)])
    return _closing(
        chain((head,), map(_chunk, filter(None, pieces)), (b"0\r\n\r\n",)), response.body
    ), asked.last


def _packing(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def _damaged(response: Response, asked: Asked) -> Iterator[bytes]:
    """Sent as `Wire` says, never packed: a profile counts the bytes of the body it sees."""
    wire, body = response.wire, response.content()
    sent = body if wire.cut_at is None else body[: wire.cut_at]
    if wire.chunked and asked.chunks:
        yield _head(response, [("Transfer-Encoding", "chunked")])
        if sent:
            yield _chunk(sent)
        if wire.cut_at is None:
            yield b"0\r\n\r\n"
        return
    length = len(body) if wire.declared is None else wire.declared
    yield _head(response, [("Content-Length", str(length))]) + sent


def _closing(pieces: Iterator[bytes], body: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """The pieces; then a generator behind the body is closed, also when the client has left."""
    try:
        yield from pieces
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
