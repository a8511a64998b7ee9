"""Owns how the check asks a server: one origin, nothing borrowed from the machine, bounded in requests and time.

No proxy and no .netrc is read, no cookie is kept, no other origin is asked, neither by a redirect nor by a link.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import urllib3

from fhir_adapter.testing.check.reading import in_words, whole_body
from fhir_adapter.testing.check.shapes import parsed
from fhir_adapter.testing.server.time import Clock

Pairs = tuple[tuple[str, str], ...]

_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 5
_NEVER = datetime.min.replace(tzinfo=UTC)
# One answer may drip: so many times the timeout of a single read is the longest that a whole body may take.
_SLOWEST = 4


@dataclass(frozen=True)
class Limits:
    """How far a check goes; `longest_wait` caps every Retry-After, `sleep` is how it waits.

    Removing what was written or exported is counted in none of them.
    """

    requests: int = 300
    seconds: float = 900
    body_bytes: int = 32 * 1024 * 1024
    pages: int = 10
    longest_wait: float = 5
    export_seconds: float = 90
    sleep: Callable[[float], None] = time.sleep


class Spent(Exception):
    """No more may be asked: the budget of requests or time is used up."""


@dataclass(frozen=True)
class Question:
    """One request: `path` is below the base or an absolute address; `bare` sends no token."""

    method: str
    path: str
    params: Pairs = ()
    headers: Pairs = ()
    body: bytes | None = None
    bare: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 where nothing did, and `problem` says in words why it is not whole."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    problem: str = ""
    received: datetime = _NEVER
    content: dict[str, object] = field(default_factory=dict)
    unread: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is a whole answer with a status of success."""
        return 200 <= self.status < 300 and not self.problem

    def header(self, name: str) -> str | None:
        """A header, in any case of letters."""
        return self.headers.get(name.casefold())

    def date(self) -> datetime | None:
        """The server's time by its Date header."""
        return http_moment(self.header("Date") or "")


def http_moment(value: str) -> datetime | None:
    """The instant of an HTTP date; None where it is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after(value: str | None, now: datetime) -> tuple[float | None, str]:
    """Seconds to wait and the form it was said in: "seconds", "date", "unreadable" or "absent"."""
    if value is None:
        return None, "absent"
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9]), "seconds"
    moment = http_moment(text)
    if moment is None:
        return None, "unreadable"
    return max(0.0, (moment - now).total_seconds()), "date"


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port; an address with a name in it or that cannot be read has the origin of nobody."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        if parts.username is not None or not parts.hostname:
            return ("", "", -1)
        return (parts.scheme, parts.hostname.casefold(), port)
    except ValueError:
        return ("", "", -1)


class Asker:
    """Asks one server; may be used from several threads at once."""

    def __init__(
        self, base: str, session: requests.Session, clock: Clock, limits: Limits, token: str | None
    ) -> None:
        self.base = base.rstrip("/")
        self.clock = clock
        self.limits = limits
        self.timeout: float = 30
        self.used = 0
        self.throttled = 0
        self.has_token = bool(token)
        self._token = token
        self._session = session
        self._origin = origin(base)
        self._allowed = limits.requests
        self._until = clock.now() + timedelta(seconds=limits.seconds)
        self._lock = threading.Lock()

    def get(self, path: str, params: Iterable[tuple[str, str]] = (), headers: Pairs = ()) -> Answer:
        """GET below the base, or at an address of the same origin."""
        return self.ask(Question("GET", path, tuple(params), headers))

    @contextmanager
    def beyond_budget(self, requests: int, seconds: float) -> Iterator[None]:
        """So many requests and seconds that are not counted: cleaning up must not fail for want of budget."""
        allowed, until, before = self._allowed, self._until, self.used
        self._allowed = max(allowed, before + requests)
        self._until = max(until, self.clock.now() + timedelta(seconds=seconds))
        try:
            yield
        finally:
            self._allowed, self._until = allowed + self.used - before, until

    def resolved(self, address: str) -> str | None:
        """An address of the server's own origin, made absolute; None for any other."""
        try:
            absolute = urljoin(f"{self.base}/", address)
        except ValueError:
            return None
        return absolute if origin(absolute) == self._origin else None

    def ask(self, question: Question) -> Answer:
        """One answer; never raises for what a server does. Raises Spent where the budget is used up."""
        address = self.resolved(self._address(question))
        for _ in range(_HOPS):
            if address is None:
                return Answer(0, problem="an address of another origin, not asked")
            answer = self._patient(question, address)
            if answer.status not in _REDIRECTS or question.method != "GET":
                return answer
            address = self.resolved(urljoin(address, answer.header("Location") or ""))
            if address is None:
                return Answer(
                    answer.status, answer.headers, problem="redirect to another origin, not followed"
                )
        return Answer(0, problem="redirects without an end")

    def _address(self, question: Question) -> str:
        path = question.path
        address = path if "://" in path else f"{self.base}/{path}" if path else self.base
        if question.params:
            address += ("&" if "?" in address else "?") + urlencode(question.params)
        return address

    def _patient(self, question: Question, address: str) -> Answer:
        """Ask again after 429 (and 503, where twice is the same as once), a short time later."""
        again = (429, 503) if question.method in ("GET", "DELETE") else (429,)
        answer = self._send(question, address)
        for _ in range(2):
            if answer.status not in again:
                break
            self.throttled += 1
            seconds, _ = retry_after(answer.header("Retry-After"), self.clock.now())
            self.limits.sleep(min(1.0 if seconds is None else seconds, self.limits.longest_wait))
            answer = self._send(question, address)
        return answer

    def _send(self, question: Question, address: str) -> Answer:
        self._spend()
        headers = {
            "Accept": "application/fhir+json",
            "Accept-Encoding": "gzip",
            "User-Agent": "fhir-adapter-check",
        }
        headers.update(question.headers)
        if self._token and not question.bare:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            # Prepared without the session, and sent without its proxies: no cookie, no .netrc, no environment.
            prepared = requests.Request(
                question.method, address, headers=headers, data=question.body
            ).prepare()
            response = self._session.send(
                prepared,
                stream=True,
                allow_redirects=False,
                timeout=self.timeout,
                proxies={},
                verify=self._session.verify,
                cert=self._session.cert,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Answer(0, problem=in_words(error), received=self.clock.now())
        with response:
            received = self.clock.now()
            body, problem = whole_body(response, self.limits.body_bytes, self.timeout * _SLOWEST)
        content, unread = parsed(body)
        named = {name.casefold(): value for name, value in response.headers.items()}
        return Answer(response.status_code, named, body, problem, received, content, unread)

    def _spend(self) -> None:
        with self._lock:
            if self.used >= self._allowed:
                raise Spent("the budget of requests is used up")
            if self.clock.now() >= self._until:
                raise Spent("the time is used up")
            self.used += 1
