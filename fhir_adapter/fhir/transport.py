"""Owns every request that leaves this program: where it may go, what it may carry, when it is asked again.

Only GET is asked again here. https://hl7.org/fhir/R4/http.html; SMART: the token must not follow a server's links.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from fhir_adapter.errors import AuthError, GoneError, RetriableError, ServerError, SettingsError
from fhir_adapter.fhir import bodies, outcomes
from fhir_adapter.fhir.origins import AllowList, resolved
from fhir_adapter.fhir.retrying import Retries, Timing, retry_after
from fhir_adapter.model.servers import Server

FHIR_JSON = "application/fhir+json"
_OUR_HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "fhir-adapter", "Cache-Control": "no-cache"}
_CONNECT_S, _READ_S = 10, 120
_MOST_REDIRECTS = 3
_MEDIA = re.compile(r"(application|text|image)/[a-z0-9.+-]{1,40}")
_REDIRECTS = (301, 302, 303, 307, 308)
# 500 is a blip at some servers and a permanent refusal at others: asked again, but not for long.
_TRANSIENT: Mapping[int, int | None] = {
    408: None, 425: None, 429: None, 500: 3, 502: None, 503: None, 504: None,
}  # fmt: skip


class _Unauthorised(AuthError):
    """401: the token may have run out."""


class Credentials(Protocol):
    """What shows the hospital who asks."""

    def header(self) -> str | None:
        """The Authorization header; None for nobody in particular."""
        ...

    def renew(self) -> bool:
        """After a 401: whether there are new credentials now."""
        ...


@dataclass(frozen=True)
class Answer:
    """A good answer; `body` is empty where it went into a file. `framed`: its end was seen."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    framed: bool = True

    def text(self) -> str:
        """The characters of a JSON answer; ServerError for another format or characters that do not hold."""
        media = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if "json" not in media:
            known = (
                media
                if _MEDIA.fullmatch(media)
                else "without a Content-Type"
                if not media
                else "something else"
            )
            raise ServerError(f"the server answered {known} where JSON was asked for")
        return bodies.text_of(self.body, self.headers.get("Content-Type"))

    def json(self) -> dict[str, Any]:
        """The JSON object of the answer; ServerError when it is none."""
        return bodies.object_of(self.text())


@dataclass(frozen=True)
class Asked:
    """One request. `into` takes the body; `token` False: never with credentials."""

    url: str
    headers: Mapping[str, str]
    into: BinaryIO | None = None
    token: bool = True


class Transport:
    """All requests of one run to one hospital. A context manager; not for several threads."""

    def __init__(self, server: Server, timing: Timing | None = None) -> None:
        self.allowed = AllowList(server.base_url, server.allowed_origins)
        self.retries = Retries(timing or Timing(), server.max_wait_s)
        self.credentials: Credentials | None = None
        self.requests = 0
        self._session = _session(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, asked: Asked) -> Answer:
        """A good answer (2xx), after as many tries as the budget allows.

        Raises AuthError (401 twice), GoneError (404, 410), RetriableError when the budget is spent, ServerError.
        """
        operation = self.retries.operation()
        while True:
            try:
                return self._authorised(asked)
            except RetriableError as error:
                operation.again(error)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """One POST of a form, without our credentials, whatever is answered; never asked again, never led on."""
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        with self._sent("POST", url, headers, fields) as response:
            body = b"".join(bodies.pieces(response, bodies.MAX_DOCUMENT))
            return Answer(url, response.status_code, response.headers, body)

    def delete(self, url: str) -> None:
        """One DELETE, for the hospital's own origin only."""
        if not self.allowed.is_base(url):
            raise ServerError("nothing is deleted at another origin")
        with self._sent("DELETE", url, {"Accept": FHIR_JSON, **self._authorisation(url)}) as response:
            b"".join(bodies.pieces(response, bodies.MAX_DOCUMENT))

    def _authorised(self, asked: Asked) -> Answer:
        """One try; where the token has run out meanwhile, a second one with a new token."""
        try:
            return self._led(asked)
        except _Unauthorised:
            if not asked.token or self.credentials is None or not self.credentials.renew():
                raise
        return self._led(asked)

    def _led(self, asked: Asked) -> Answer:
        """One try, following the few redirects that stay within the origin."""
        url = asked.url
        for _ in range(_MOST_REDIRECTS + 1):
            authorisation = self._authorisation(url) if asked.token else {}
            with self._sent("GET", url, {**asked.headers, **authorisation}) as response:
                if response.status_code not in _REDIRECTS:
                    return self._taken(response, url, asked.into)
                target = resolved(url, response.headers.get("Location", ""))
                if AllowList(url).base != AllowList(target).base:
                    raise ServerError("the server redirects to another origin: it was not asked")
                url = target
        raise ServerError(f"the server redirects more than {_MOST_REDIRECTS} times")

    def _taken(self, response: requests.Response, url: str, into: BinaryIO | None) -> Answer:
        if not 200 <= response.status_code < 300:
            raise self._error(response)
        if "html" in response.headers.get("Content-Type", "").lower():
            # A gateway's page of regret, mostly; a server that is none stays so.
            raise RetriableError("the server answered with a web page where data was asked for", most=2)
        body = b""
        if into is None:
            body = b"".join(bodies.pieces(response, bodies.MAX_DOCUMENT))
        else:
            into.seek(0)
            into.truncate()
            received = bodies.pieces(response, bodies.MAX_FILE)
            for piece in bodies.as_utf8(received, response.headers.get("Content-Type")):
                into.write(piece)
        return Answer(url, response.status_code, response.headers, body, bodies.is_framed(response))

    def _error(self, response: requests.Response) -> ServerError:
        try:
            said = outcomes.codes_of(b"".join(bodies.pieces(response, 1 << 20)))
        except ServerError:
            said = ""
        status = response.status_code
        message = f"the server answered {status}{f': {said}' if said else ''}"
        if status == 401:
            return _Unauthorised(message)
        if status in (404, 410):
            return GoneError(message)
        if status in _TRANSIENT:
            wait_s = retry_after(response.headers.get("Retry-After"), self.retries.timing.now())
            return RetriableError(message, wait_s=wait_s, most=_TRANSIENT[status])
        return ServerError(message)

    def _authorisation(self, url: str) -> dict[str, str]:
        """The token, only for the hospital's own origin."""
        if self.credentials is None or not self.allowed.is_base(url):
            return {}
        header = self.credentials.header()
        return {} if header is None else {"Authorization": header}

    @contextmanager
    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response]:
        self.allowed.check(url)
        self.requests += 1
        try:
            response = self._session.request(
                method,
                url,
                headers={**_OUR_HEADERS, **headers},
                data=form,
                allow_redirects=False,
                stream=True,
                timeout=(_CONNECT_S, _READ_S),
            )
        except requests.exceptions.SSLError:
            raise ServerError(
                f"no trusted encrypted connection to {self.allowed.base}: for a hospital's own authority give ca_file"
            ) from None
        except requests.RequestException as error:
            # The error's own text would quote the whole address.
            raise RetriableError(f"no answer from the server ({type(error).__name__})") from None
        with response:
            yield response


def _session(server: Server) -> requests.Session:
    session = _Session()
    # A .netrc would replace the token, a proxy variable would lead it elsewhere.
    session.trust_env = False
    # Cookies know no port: one of the hospital's would go to its neighbour.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if server.ca_file is not None:
        if not server.ca_file.is_file():
            raise SettingsError(f"{server.ca_file}: ca_file of the [server] table is not there")
        session.verify = str(server.ca_file)
    session.mount("https://", _Tls())
    return session


class _Session(requests.Session):
    """Looks at no redirect by itself: requests would read its whole body first, past every limit."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: `_led` follows what may be followed."""
        return None


class _Tls(HTTPAdapter):
    """TLS 1.2 and newer."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
        super().init_poolmanager(*args, ssl_context=context, **more)
