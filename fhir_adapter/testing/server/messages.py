"""Owns what the server is asked and what it answers, without any transport.

A fault, a proxy and the server itself are all one thing: a `Handler`, from `Request` to `Response`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from fhir_adapter.testing.server.problems import Problem

FHIR_JSON = "application/fhir+json"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request below a server's base address; `path` is percent-decoded and has no leading slash."""

    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""
    base: str = "http://harness.test/fhir"

    @property
    def parts(self) -> list[str]:
        """The path's segments: `Patient/1/_history/2` is four."""
        return [part for part in self.path.split("/") if part]

    @property
    def url(self) -> str:
        """The full address, encoded: what a `self` link shows."""
        path = f"{self.base}/{quote(self.path, safe='/$')}" if self.path else self.base
        return f"{path}?{urlencode(self.query)}" if self.query else path

    def header(self, name: str) -> str | None:
        """The first header of a name, in any case of letters."""
        return next((value for key, value in self.headers if key.casefold() == name.casefold()), None)

    def prefers(self, preference: str) -> str | None:
        """The value of one preference of the Prefer header (`handling`, `return`); '' for one without a value."""
        for part in (self.header("Prefer") or "").replace(";", ",").split(","):
            name, _, value = part.strip().partition("=")
            if name.casefold() == preference.casefold():
                return value.strip()
        return None

    def values(self, name: str) -> list[str]:
        """Every value of a query parameter, in order."""
        return [value for key, value in self.query if key == name]

    def without(self, *names: str) -> Request:
        """The same request without some query parameters (`_since`) or their modified forms (`code:not`)."""
        kept = tuple((key, value) for key, value in self.query if key.partition(":")[0] not in names)
        return replace(self, query=kept)

    def without_header(self, name: str) -> Request:
        """The same request without a header."""
        kept = tuple((key, value) for key, value in self.headers if key.casefold() != name.casefold())
        return replace(self, headers=kept)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; Problem 400 when it is none."""
        try:
            content = json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise Problem(400, "structure", f"the body is not JSON: {type(error).__name__}") from None
        if not isinstance(content, dict):
            raise Problem(400, "structure", "the body is not a JSON object")
        return content

    def form(self) -> Pairs:
        """The body's parameters, as POST _search and a token request send them."""
        return tuple(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Wire:
    """How a transport damages an answer on its way; the default is to damage nothing.

    `cut_at`: bytes of the body that are sent before the connection is closed. `declared`: a Content-Length that is
    not the body's own. `chunked`: sent in chunks, so that a cut shows in no header. `drop`: no answer at all.
    """

    cut_at: int | None = None
    declared: int | None = None
    chunked: bool = False
    drop: bool = False


WHOLE = Wire()


@dataclass
class Response:
    """One answer. `body` is bytes, or for a large file an iterable of them that is read once."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""
    wire: Wire = WHOLE

    def header(self, name: str) -> str | None:
        """The first header of a name, in any case of letters."""
        return next((value for key, value in self.headers if key.casefold() == name.casefold()), None)

    def set_header(self, name: str, value: str | None) -> None:
        """Replace a header; None takes it away."""
        self.headers = [(key, old) for key, old in self.headers if key.casefold() != name.casefold()]
        if value is not None:
            self.headers.append((name, value))

    def content(self) -> bytes:
        """The whole body in memory; an iterable body is read and kept."""
        if not isinstance(self.body, bytes):
            self.body = b"".join(self.body)
        return self.body

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content())


Handler = Callable[[Request], Response]


def json_response(
    status: int, content: Any, headers: Sequence[tuple[str, str]] = (), media: str = FHIR_JSON
) -> Response:
    """An answer with a JSON body in UTF-8."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return Response(status, [("Content-Type", f"{media};charset=utf-8"), *headers], body)


def text_response(status: int, body: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An answer whose body is ready JSON text."""
    return Response(status, [("Content-Type", f"{FHIR_JSON};charset=utf-8"), *headers], body.encode("utf-8"))


def request_for(method: str, url: str, base: str, headers: Pairs = (), body: bytes = b"") -> Request:
    """A request from a full or relative address, which must lie below the base; Problem 404 otherwise."""
    if url.startswith(base):
        url = url[len(base) :]
    elif "://" in url.partition("?")[0]:
        raise Problem(404, "not-found", "the address is not below this server's base")
    path, _, query = url.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Request(method.upper(), unquote(path).strip("/"), pairs, headers, body, base)
