"""Owns the record of everything that was asked and answered, and of the faults in between, for tests to assert on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack
from urllib.parse import quote, urlencode

from fhir_adapter.testing.server.messages import Pairs, Request, Response

MOST_ENTRIES = 100_000
MOST_BODY = 64 * 1024
_SHOWN = 30
_SECRET = ("authorization", "proxy-authorization", "x-api-key", "cookie")


@dataclass
class Entry:
    """One request and its answer.

    `url` is path and query below the base; `body` the first 64 KB of `body_size` bytes; `status` None when the
    connection was dropped; `size` the answer's bytes (grows while a streamed body is read); `injected` the names
    of the fault profiles that acted; `origin` who was asked: "hospital" or "trap".
    """

    number: int
    at: datetime
    method: str
    url: str
    headers: Pairs
    body: bytes
    body_size: int
    status: int | None
    response_headers: Pairs
    size: int
    injected: tuple[str, ...]
    origin: str

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.url.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first request header of a name, in any case of letters."""
        return _header(self.headers, name)

    def response_header(self, name: str) -> str | None:
        """The first header of the answer of a name, in any case of letters."""
        return _header(self.response_headers, name)

    def __str__(self) -> str:
        faults = f"  <- {', '.join(self.injected)}" if self.injected else ""
        where = f" at the {self.origin}" if self.origin != "hospital" else ""
        answer = "dropped" if self.status is None else f"{self.status} {self.size} B"
        return f"{self.number:>4} {self.method} {self.url}{where}: {answer}{faults}"


class Wanted(TypedDict, total=False):
    """What `entries` and `count` choose by; all that is given must hold.

    `path`: a part of path and query, or a compiled expression that is found in it. `status`: a number, or several
    (`range(500, 600)`). `header`: the name of a request header, or a (name, part of its value) pair.
    """

    method: str
    path: str | re.Pattern[str]
    status: int | Container[int]
    fault: str
    header: str | tuple[str, str]
    origin: str


def close_body(body: object) -> None:
    """End a streamed body that nobody will read to its end: a connection may stand behind it."""
    close = getattr(body, "close", None)
    if close is not None:
        close()


class Journal:
    """The newest 100,000 requests with their answers; may be written to by many threads."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=most)
        self._number = 0

    def record(
        self,
        request: Request,
        response: Response,
        at: datetime,
        injected: tuple[str, ...] = (),
        origin: str = "hospital",
    ) -> Entry:
        """Note an exchange. A streamed body is wrapped, so that its size is known once it was read."""
        with self._lock:
            self._number += 1
            entry = Entry(
                number=self._number,
                at=at,
                method=request.method,
                url=_url(request),
                headers=request.headers,
                body=request.body[:MOST_BODY],
                body_size=len(request.body),
                status=None if response.wire.drop else response.status,
                response_headers=tuple(response.headers),
                size=len(response.body) if isinstance(response.body, bytes) else 0,
                injected=injected,
                origin=origin,
            )
            self._entries.append(entry)
        if not isinstance(response.body, bytes):
            response.body = _Counted(response.body, entry)
        return entry

    def entries(self, **wanted: Unpack[Wanted]) -> list[Entry]:
        """The entries, oldest first, that fit everything asked for."""
        with self._lock:
            kept = list(self._entries)
        return [entry for entry in kept if _fits(entry, wanted)]

    def count(self, **wanted: Unpack[Wanted]) -> int:
        """How many entries fit."""
        return len(self.entries(**wanted))

    @property
    def injected(self) -> list[str]:
        """The names of the profiles that acted, in order, once per act."""
        return [name for entry in self.entries() for name in entry.injected]

    def clear(self) -> None:
        """Forget the entries; numbers go on."""
        with self._lock:
            self._entries.clear()

    def write(self, path: Path, *, bodies: bool = False) -> int:
        """Write one JSON object per line, for the owner's eyes only; returns how many.

        Tokens are replaced by a hash that still shows which are alike. Bodies hold patients' data when the server
        behind is a real one: they are written only when asked for.
        """
        entries = self.entries()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for entry in entries:
                file.write(json.dumps(_written(entry, bodies), ensure_ascii=False) + "\n")
        return len(entries)

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __repr__(self) -> str:
        entries = self.entries()
        faults = sum(len(entry.injected) for entry in entries)
        lines = [f"Journal: {len(entries)} requests, {faults} faults"]
        if len(entries) > _SHOWN:
            lines.append(f"     ... {len(entries) - _SHOWN} earlier")
        return "\n".join([*lines, *(str(entry) for entry in entries[-_SHOWN:])])


def _url(request: Request) -> str:
    path = "/" + quote(request.path, safe="/$")
    return f"{path}?{urlencode(request.query)}" if request.query else path


def _header(headers: Pairs, name: str) -> str | None:
    return next((value for key, value in headers if key.casefold() == name.casefold()), None)


class _Counted:
    """A streamed body that tells the journal its size, and passes on that it is not wanted any more."""

    def __init__(self, body: Iterable[bytes], entry: Entry) -> None:
        self._body = body
        self._entry = entry

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            self._entry.size += len(part)
            yield part

    def close(self) -> None:
        close_body(self._body)


def _fits(entry: Entry, wanted: Wanted) -> bool:
    return (
        ("method" not in wanted or entry.method == wanted["method"].upper())
        and ("path" not in wanted or _path_fits(entry.url, wanted["path"]))
        and ("status" not in wanted or _status_fits(entry.status, wanted["status"]))
        and ("fault" not in wanted or wanted["fault"] in entry.injected)
        and ("header" not in wanted or _header_fits(entry, wanted["header"]))
        and ("origin" not in wanted or entry.origin == wanted["origin"])
    )


def _path_fits(url: str, wanted: str | re.Pattern[str]) -> bool:
    return wanted in url if isinstance(wanted, str) else wanted.search(url) is not None


def _status_fits(status: int | None, wanted: int | Container[int]) -> bool:
    return status == wanted if isinstance(wanted, int) else status is not None and status in wanted


def _header_fits(entry: Entry, wanted: str | tuple[str, str]) -> bool:
    name, part = (wanted, "") if isinstance(wanted, str) else wanted
    value = entry.header(name)
    return value is not None and part in value


def _written(entry: Entry, bodies: bool) -> dict[str, Any]:
    line: dict[str, Any] = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "origin": entry.origin,
        "method": entry.method,
        "url": entry.url,
        "headers": _without_secrets(entry.headers),
        "bodySize": entry.body_size,
        "status": entry.status,
        "responseHeaders": _without_secrets(entry.response_headers),
        "size": entry.size,
        "injected": list(entry.injected),
    }
    return {**line, "body": entry.body.decode("utf-8", "replace")} if bodies else line


def _without_secrets(headers: Pairs) -> list[list[str]]:
    return [
        [name, f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:12]}" if _is_secret(name) else value]
        for name, value in headers
    ]


def _is_secret(name: str) -> bool:
    return name.casefold() in _SECRET
