"""Owns which addresses may be asked: an origin is scheme, host and port, and every one must be allowed.

https://www.rfc-editor.org/rfc/rfc6454
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from fhir_adapter.errors import ServerError

_PORTS = {"http": 80, "https": 443}
# Parsers disagree about these: one would check another host than the next one asks.
_AMBIGUOUS = re.compile(r"[\s\\\x00-\x20\x7f]")


class Origin(NamedTuple):
    """Where a server stands."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def origin_of(url: str) -> Origin:
    """The origin of an absolute http(s) address; ServerError when it is none, or not one reading only."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ServerError("an address cannot be read: its host or port is wrong") from None
    if parts.scheme not in _PORTS or not parts.hostname or _AMBIGUOUS.search(url) or "@" in parts.netloc:
        raise ServerError("an address cannot be used: not a plain http or https URL")
    return Origin(parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme])


def resolved(base: str, url: str) -> str:
    """A link as an absolute address; ServerError when it is none."""
    try:
        joined = urljoin(base, url)
    except ValueError:
        raise ServerError("an address cannot be read") from None
    origin_of(joined)
    return joined.partition("#")[0]


class AllowList:
    """The hospital's own origin, and those its site file names beside it."""

    def __init__(self, base_url: str, others: Iterable[str] = ()) -> None:
        self.base = origin_of(base_url)
        self._allowed = {self.base, *map(origin_of, others)}

    def is_base(self, url: str) -> bool:
        """Whether an address is the hospital's own: only there goes the token."""
        return origin_of(url) == self.base

    def check(self, url: str) -> None:
        """ServerError for an address at an origin that nobody has allowed."""
        origin = origin_of(url)
        if origin not in self._allowed:
            raise ServerError(
                f"the server points to another origin, {origin}: it was not asked. If it belongs to the hospital, "
                "list it in allowed_origins of the site's [server] table."
            )
