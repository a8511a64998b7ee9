"""Owns how the bytes of HTTP/1.1 become a request: its head, its body, its content coding, limits on all three.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote

from fhir_adapter.testing.server.messages import Pairs, Request
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.transport.framing import Asked

BODY_CAP = 64 << 20
_LINE_CAP = 64 << 10
_HEADERS_CAP = 200
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Unreadable(Exception):
    """A request that ends its connection: what follows cannot be told from its body. `problem` is the answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.diagnostics)
        self.problem = problem


@dataclass(frozen=True)
class Site:
    """Where a server stands: its prefix, and the base address for each host name it goes by."""

    host: str
    prefix: str
    others: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The address without a trailing slash."""
        return f"http://{self.host}{self.prefix}"

    def request(self, method: str, target: str, headers: Pairs, body: bytes) -> Request:
        """A request for a target (`/fhir/Patient/1?_format=json`); Problem 404 outside of the prefix."""
        if "://" in target.partition("?")[0]:  # the absolute form, as proxies get it
            target = "/" + target.partition("://")[2].partition("/")[2]
        path, _, query = target.partition("?")
        if path != self.prefix and not path.startswith(f"{self.prefix}/"):
            raise Problem(404, "not-found", f"nothing is here: the server's base is {self.base}")
        named = next((value for key, value in headers if key.casefold() == "host"), self.host)
        base = f"http://{named}{self.prefix}" if named in self.others else self.base
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        return Request(method, unquote(path[len(self.prefix) :]).strip("/"), pairs, headers, body, base)


@dataclass(frozen=True)
class Received:
    """One request as it came: not yet known to lie below the server's base."""

    method: str
    target: str
    protocol: str
    headers: Pairs
    body: bytes

    def asked(self) -> Asked:
        """What it says about the form of its answer."""
        return Asked.by(self.method, self.headers, self.protocol)


def read(stream: BinaryIO, send: Callable[[bytes], object]) -> Received | None:
    """The next request of a connection; None at its end. Unreadable when what follows cannot be understood."""
    line = _line(stream)
    while line == b"":  # a stray line break between requests is forgiven
        line = _line(stream)
    if line is None:
        return None
    try:
        method, target, protocol = line.decode("ascii").split(" ")
    except UnicodeDecodeError:
        raise _refused(
            400, "the address holds a character that is not ASCII: it must be percent-encoded"
        ) from None
    except ValueError:
        raise _refused(400, "the first line is no HTTP request") from None
    if protocol not in ("HTTP/1.1", "HTTP/1.0"):
        raise _refused(505, "HTTP/1.1 is spoken here")
    headers = _headers(stream)
    known = {key.casefold(): value for key, value in headers}
    if len({value for key, value in headers if key.casefold() == "content-length"}) > 1:
        raise _refused(400, "there are two different Content-Length headers")
    if "content-length" in known and "transfer-encoding" in known:
        raise _refused(400, "there is a Content-Length and a Transfer-Encoding")
    if known.get("expect", "").casefold() == "100-continue" and _length(known) <= BODY_CAP:
        send(_CONTINUE)
    body = _body(stream, known)
    return Received(method.upper(), target, protocol, headers, body)


def unpacked(headers: Pairs, body: bytes) -> bytes:
    """A body without its content coding; Problem 400, 413 or 415."""
    coding = next((value for key, value in headers if key.casefold() == "content-encoding"), "")
    if len(body) > BODY_CAP:
        raise _too_large().problem
    if not body or coding.casefold() in ("", "identity"):
        return body
    if coding.casefold() not in ("gzip", "x-gzip", "deflate"):
        raise Problem(415, "not-supported", "the body's Content-Encoding is not gzip")
    opener = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        content = opener.decompress(body, BODY_CAP + 1)
    except zlib.error:
        raise Problem(400, "structure", "the body is not what its Content-Encoding says") from None
    if len(content) > BODY_CAP:
        raise _too_large().problem
    if not opener.eof:
        raise Problem(400, "structure", "the body's gzip is cut short")
    return content


def _line(stream: BinaryIO) -> bytes | None:
    """One line without its end; None at the end of the connection."""
    line = stream.readline(_LINE_CAP + 1)
    if len(line) > _LINE_CAP:
        raise _refused(431, "a line of the request's head is too long")
    return line.rstrip(b"\r\n") if line.endswith(b"\n") else None


def _headers(stream: BinaryIO) -> Pairs:
    found: list[tuple[str, str]] = []
    while line := _line(stream):
        name, colon, value = _text(line).partition(":")
        if not colon or name != name.strip() or not name:
            raise _refused(400, "a header is not of the form `name: value`")
        found.append((name, value.strip()))
        if len(found) > _HEADERS_CAP:
            raise _refused(431, "too many headers")
    if line is None:
        raise _refused(400, "the connection ended within the head")
    return tuple(found)


def _text(line: bytes) -> str:
    # A condition (If-None-Exist: name=王) comes as UTF-8; HTTP's own Latin-1 is for what is not that.
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _length(known: dict[str, str]) -> int:
    stated = known.get("content-length", "0")
    if not (stated.isascii() and stated.isdigit()):
        raise _refused(400, "Content-Length is not a number")
    return int(stated[:20])


def _body(stream: BinaryIO, known: dict[str, str]) -> bytes:
    coding = known.get("transfer-encoding", "").casefold()
    if coding == "chunked":
        return _chunked(stream)
    if coding:
        raise _refused(501, "the only Transfer-Encoding known here is chunked")
    length = _length(known)
    if length > BODY_CAP:
        raise _too_large()
    return _exactly(stream, length)


def _chunked(stream: BinaryIO) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        if len(body) + size > BODY_CAP:
            raise _too_large()
        body += _exactly(stream, size)
        if _line(stream) != b"":
            raise _refused(400, "a chunk is longer than it says")
    while _line(stream):  # trailers
        pass
    return bytes(body)


def _chunk_size(stream: BinaryIO) -> int:
    line = _line(stream)
    try:
        return int((line or b"").partition(b";")[0], 16)
    except ValueError:
        raise _refused(400, "a chunk does not begin with its size") from None


def _exactly(stream: BinaryIO, length: int) -> bytes:
    body = stream.read(length) if length else b""
    if len(body) < length:
        raise _refused(400, "the connection ended within the body")
    return body


def _refused(status: int, text: str) -> Unreadable:
    return Unreadable(Problem(status, "structure", text))


def _too_large() -> Unreadable:
    return Unreadable(Problem(413, "too-long", f"a body may have {BODY_CAP >> 20} MB"))
