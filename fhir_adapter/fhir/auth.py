"""Owns how we show who we are: nothing, a bearer token, basic, or SMART Backend Services.

Tokens live in memory only. https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt

from fhir_adapter.errors import AuthError, RetriableError, ServerError, SettingsError
from fhir_adapter.fhir import outcomes
from fhir_adapter.fhir.origins import resolved
from fhir_adapter.fhir.retrying import retry_after
from fhir_adapter.fhir.transport import Answer, Asked, Credentials, Transport
from fhir_adapter.model.servers import BasicAuth, BearerAuth, Secret, Server, SmartBackend

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_S = 240  # five minutes at most, less what two clocks differ
_EARLY = timedelta(seconds=10)
_DEFAULT_LIFETIME_S = 300
_LONGEST_LIFETIME_S = 24 * 3600
_MOST_TRIES = 2  # beyond the first; Epic's token endpoint is known to answer a stray 400


def credentials_of(
    server: Server, transport: Transport, environ: Mapping[str, str] | None = None
) -> Credentials | None:
    """What the site's file says about signing in; SettingsError when a secret cannot be read."""
    environ = os.environ if environ is None else environ
    match server.auth:
        case BearerAuth(token=token):
            found = read_secret(token, environ)
            if not (found.isascii() and found.isprintable()):
                raise SettingsError(
                    "the bearer token holds a character that no token has, such as a line break"
                )
            return Fixed(f"Bearer {found}")
        case BasicAuth(user=user, password=password):
            pair = f"{user}:{read_secret(password, environ)}".encode()
            return Fixed(f"Basic {base64.b64encode(pair).decode()}")
        case SmartBackend() as smart:
            return SmartCredentials(server.base_url, smart, read_secret(smart.key, environ), transport)
    return None


def read_secret(secret: Secret, environ: Mapping[str, str]) -> str:
    """A secret from its file or environment variable; SettingsError names the place, never the content."""
    if secret.file is not None:
        try:
            found = secret.file.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{secret.file} cannot be read: the [server] table names it") from None
        place = str(secret.file)
    else:
        place = f"the environment variable {secret.env}"
        found = environ.get(secret.env or "", "").strip()
    if not found:
        raise SettingsError(f"{place} is empty or missing: the [server] table names it")
    return found


class Fixed:
    """A header that does not change; a 401 is final."""

    def __init__(self, header: str) -> None:
        self._header = header

    def header(self) -> str | None:
        """The Authorization header."""
        return self._header

    def renew(self) -> bool:
        """There is nothing newer."""
        return False


class SmartCredentials:
    """A token fetched with a signed assertion, and fetched again shortly before it runs out or upon a 401."""

    def __init__(self, base_url: str, smart: SmartBackend, key: str, transport: Transport) -> None:
        self._base_url = base_url
        self._smart = smart
        self._key = key
        self._transport = transport
        self._token: str | None = None
        self._ends: datetime | None = None
        self._endpoint: str | None = smart.token_url

    def header(self) -> str | None:
        """The Authorization header with a token that still lives; AuthError or ServerError when there is none."""
        now = self._transport.retries.timing.now()
        if self._token is None or (self._ends is not None and now >= self._ends):
            self._fetch()
        return f"Bearer {self._token}"

    def renew(self) -> bool:
        """Forget the token; the next request fetches one."""
        self._token = None
        return True

    def _fetch(self) -> None:
        operation = self._transport.retries.operation()
        while True:
            try:
                self._take(self._ask())
                return
            except RetriableError as error:
                try:
                    operation.again(error)
                except RetriableError:
                    # Final here: who asked for data must not begin the tries anew.
                    raise AuthError(f"no token: {error}") from None

    def _ask(self) -> Answer:
        """A new assertion for every try: one that was sent before is a replay."""
        endpoint = self._endpoint or self._discovered()
        try:
            self._transport.allowed.check(endpoint)
        except ServerError as error:
            raise AuthError(f"the token endpoint: {error}") from None
        self._endpoint = endpoint
        answer = self._transport.post_form(
            endpoint,
            {
                "grant_type": "client_credentials",
                "scope": " ".join(self._smart.scopes),
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": self._assertion(endpoint),
            },
        )
        if answer.status != 200:
            said = outcomes.codes_of(answer.body)
            refusal = f"the token endpoint answered {answer.status}{f': {said}' if said else ''}"
            wait_s = retry_after(answer.headers.get("Retry-After"), self._transport.retries.timing.now())
            raise RetriableError(refusal, wait_s=wait_s, most=None if answer.status >= 429 else _MOST_TRIES)
        return answer

    def _discovered(self) -> str:
        url = f"{self._base_url}/.well-known/smart-configuration"
        told = self._transport.get(Asked(url, {"Accept": "application/json"}, token=False)).json()
        endpoint = told.get("token_endpoint")
        if not isinstance(endpoint, str):
            raise AuthError(f"{url} names no token_endpoint: give token_url in the site's [server] table")
        return resolved(url, endpoint)

    def _assertion(self, endpoint: str) -> str:
        now = int(self._transport.retries.timing.now().timestamp())
        claims = {
            "iss": self._smart.client_id,
            "sub": self._smart.client_id,
            "aud": endpoint,
            "exp": now + _ASSERTION_S,
            "jti": secrets.token_urlsafe(24),
        }
        try:
            return jwt.encode(claims, self._key, self._smart.algorithm, headers={"kid": self._smart.key_id})
        except (jwt.PyJWTError, ValueError, TypeError):
            raise SettingsError(
                f"the private key of the [server] table does not fit {self._smart.algorithm}: "
                "ES384 needs an EC key of P-384, RS384 an RSA key, as PEM without a password"
            ) from None

    def _take(self, answer: Answer) -> None:
        told = answer.json()
        token, kind = told.get("access_token"), str(told.get("token_type", "")).lower()
        if not isinstance(token, str) or not token or kind != "bearer":
            raise AuthError("the token endpoint's answer holds no bearer token")
        lifetime = told.get("expires_in")
        seconds = lifetime if isinstance(lifetime, int) and lifetime > 0 else _DEFAULT_LIFETIME_S
        self._token = token
        self._ends = (
            self._transport.retries.timing.now()
            + timedelta(seconds=min(seconds, _LONGEST_LIFETIME_S))
            - _EARLY
        )
