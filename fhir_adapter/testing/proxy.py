"""Owns the proxy: a real server behind the same front, so that its answers can be spoilt like the harness's own.

https://www.rfc-editor.org/rfc/rfc9110#section-7.6
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from fhir_adapter.testing.front import Behind, Front, Settings
from fhir_adapter.testing.server.messages import FHIR_JSON, Pairs, Request, Response, json_response
from fhir_adapter.testing.server.problems import outcome
from fhir_adapter.testing.server.time import Clock, SystemClock

_HOP = frozenset(
    "connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding"
    " upgrade".split()
)
# Bodies are unpacked on both sides of the proxy, so what says how they were packed does not hold any more.
_NOT_SENT = _HOP | {"host", "content-length", "content-encoding", "accept-encoding", "expect"}
_NOT_ANSWERED = _HOP | {"content-length", "content-encoding"}
_WITH_ADDRESSES = frozenset({"location", "content-location", "link"})
_PIECE = 1 << 16
_CONNECTIONS = 64


class Upstream:
    """A real server as a handler. Its base address is replaced by the client's, in headers and in JSON bodies.

    A signed assertion names the address it was made for: SMART clients must be given the server's own token endpoint.
    """

    def __init__(self, url: str, timeout: float = 60) -> None:
        self.url = _checked(url)
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))

    def handle(self, request: Request) -> Response:
        """The server's answer; 502 when it cannot be reached, 504 when it takes too long. Never raises."""
        try:
            return self._answer(request)
        except requests.Timeout:
            return json_response(504, outcome("timeout", f"no answer within {self._timeout:g} seconds"))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            kind = type(error).__name__
            return json_response(502, outcome("transient", f"the server behind the proxy fails: {kind}"))

    def reach(self) -> int:
        """The status of its CapabilityStatement, to see whether it is there; as in `handle`, 502 and 504 say no."""
        response = self.handle(Request("GET", "metadata", headers=(("Accept", FHIR_JSON),)))
        response.content()
        return response.status

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _answer(self, request: Request) -> Response:
        there = _Exchange(request.base, self.url)
        response = self._session.request(
            request.method,
            _address(self.url, request, there),
            headers=_sent(request.headers, there),
            data=there.sent(request.body) if _is_json(request.header("Content-Type")) else request.body,
            allow_redirects=False,
            stream=True,
            timeout=self._timeout,
        )
        headers = [
            (name, there.answered(value) if name.casefold() in _WITH_ADDRESSES else value)
            for name, value in response.raw.headers.items()
            if name.casefold() not in _NOT_ANSWERED
        ]
        media = response.headers.get("Content-Type")
        if _is_json(media):
            with response:
                return Response(response.status_code, headers, there.answered_body(response.content))
        return Response(response.status_code, headers, _Streamed(response))


class Proxy(Front):
    """Faults in front of a real server. A context manager; see `Front` for url, session, faults, journal."""

    def __init__(
        self,
        upstream: str,
        *,
        port: int = 0,
        profiles: Iterable[str | Path] = (),
        seed: int = 1,
        clock: Clock | None = None,
        timeout: float = 60,
    ) -> None:
        self.upstream = Upstream(upstream, timeout)
        behind = Behind(self.upstream.handle, self.upstream.close)
        super().__init__(behind, Settings(port, profiles, seed, clock or SystemClock()))


@dataclass(frozen=True)
class _Exchange:
    """The two base addresses of one request: what the client knows, and what the server knows."""

    here: str
    there: str

    def sent(self, body: bytes) -> bytes:
        """A client's body, in the server's addresses."""
        return _replaced(body, self.here, self.there)

    def to_server(self, text: str) -> str:
        """A client's parameter or header, in the server's addresses."""
        return _replaced(text.encode("utf-8", "surrogateescape"), self.here, self.there).decode(
            "utf-8", "surrogateescape"
        )

    def answered(self, text: str) -> str:
        """A server's header, in the client's addresses."""
        return self.answered_body(text.encode("latin-1", "replace")).decode("latin-1")

    def answered_body(self, body: bytes) -> bytes:
        """A server's body, in the client's addresses."""
        return _replaced(body, self.there, self.here)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise ValueError(
            "the upstream must be a base address: http(s)://host/path, without a name or query in it"
        )
    return url.rstrip("/")


def _replaced(body: bytes, old: str, new: str) -> bytes:
    """Exchange a base address, also where JSON writes `\\/`; `http://host/fhir` is not found in `http://host/fhir2`."""
    for escape in (str, _escaped):
        found, wanted = escape(old).encode(), escape(new).encode()
        if found in body:
            body = re.sub(re.escape(found) + rb'(?=[\\/?#"\s>]|$)', wanted.replace(b"\\", rb"\\"), body)
    return body


def _escaped(address: str) -> str:
    return address.replace("/", "\\/")


def _address(base: str, request: Request, there: _Exchange) -> str:
    path = f"{base}/{quote(request.path, safe='/$:@~')}" if request.path else base
    query = [(name, there.to_server(value)) for name, value in request.query]
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _sent(headers: Pairs, there: _Exchange) -> dict[str, str]:
    kept = {name: there.to_server(value) for name, value in headers if name.casefold() not in _NOT_SENT}
    return {**kept, "Accept-Encoding": "gzip"}


def _is_json(media: str | None) -> bool:
    """Whether a body is one JSON document; NDJSON may be too large to be held, and has relative references."""
    return media is not None and "json" in media and "ndjson" not in media


class _Streamed:
    """A body that is read as it is handed on; its connection is let go of also when nobody reads it."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with self._response:
            yield from self._response.raw.stream(_PIECE, decode_content=True)

    def close(self) -> None:
        self._response.close()

    def __del__(self) -> None:
        self._response.close()
