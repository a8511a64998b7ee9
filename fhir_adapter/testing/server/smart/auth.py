"""Owns the authorisation server: its token endpoint, its discovery document, and what each token opens.

Tokens are random and live in memory only. https://hl7.org/fhir/smart-app-launch/backend-services.html,
https://www.rfc-editor.org/rfc/rfc6749#section-5, https://www.rfc-editor.org/rfc/rfc6750#section-3
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.smart import scopes
from fhir_adapter.testing.server.smart.assertions import ALGORITHMS, Assertions, Client, Refused
from fhir_adapter.testing.server.time import Clock, SystemClock

TOKEN_PATH = "auth/token"  # noqa: S105
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_NOT_STORED = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


@dataclass(frozen=True)
class Grant:
    """What one access token opens, and until when."""

    client_id: str
    scopes: tuple[scopes.Scope, ...]
    expires: datetime

    def opens(self, interaction: str, type_: str | None, parts: list[str] | None = None) -> bool:
        """Whether the token's scopes allow an interaction on a type (None: on the whole server)."""
        letters = scopes.needed(interaction, parts or [])
        return scopes.opens(self.scopes, interaction, type_, letters)


class _Error(Exception):
    """An OAuth error answer of the token endpoint."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description


class SmartAuth:
    """Registered clients and the tokens they hold. Safe to use from several threads.

    `token_lifetime_s` may be changed at any time and holds from the next token on.
    """

    def __init__(
        self, clients: Iterable[Client] = (), *, clock: Clock | None = None, token_lifetime_s: float = 300
    ) -> None:
        self.clock = clock or SystemClock()
        self.token_lifetime_s = token_lifetime_s
        self._clients = {client.client_id: client for client in clients}
        self._grants: dict[str, Grant] = {}
        self._assertions = Assertions()
        self._lock = threading.Lock()

    def register(self, client: Client) -> None:
        """Add a client, or exchange its keys and scopes; its tokens stay good."""
        with self._lock:
            self._clients[client.client_id] = client

    def revoke_all(self) -> None:
        """Forget every token, as a server does that is started anew."""
        with self._lock:
            self._grants.clear()

    def expire_tokens(self) -> None:
        """Let every token given so far expire now."""
        with self._lock:
            now = self.clock.now()
            self._grants = {token: replace(grant, expires=now) for token, grant in self._grants.items()}

    def discovery(self, base: str) -> dict[str, Any]:
        """The content of `.well-known/smart-configuration`."""
        return {
            "token_endpoint": f"{base}/{TOKEN_PATH}",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": list(scopes.SUPPORTED),
            "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        }

    def token(self, request: Request) -> Response:
        """Answer a token request: 200 with a token, or an OAuth error as JSON (400, 401). Never raises."""
        try:
            client, granted = self._check(request)
        except _Error as error:
            refusal = {"error": error.code, "error_description": error.description}
            return json_response(error.status, refusal, _NOT_STORED, "application/json")
        content: dict[str, Any] = {
            "access_token": self.issue(client.client_id, granted),
            "token_type": "bearer",
            "expires_in": int(self.token_lifetime_s),
            "scope": " ".join(map(str, granted)),
        }
        return json_response(200, content, _NOT_STORED, "application/json")

    def issue(self, client_id: str, granted: Iterable[scopes.Scope]) -> str:
        """A new token, without any proof of identity."""
        now = self.clock.now()
        token = secrets.token_urlsafe(32)
        with self._lock:
            # Ten lifetimes on, nobody asks any more whether a token has expired or never was.
            old = now - timedelta(seconds=10 * self.token_lifetime_s)
            while self._grants and next(iter(self._grants.values())).expires < old:
                del self._grants[next(iter(self._grants))]
            expires = now + timedelta(seconds=self.token_lifetime_s)
            self._grants[token] = Grant(client_id, tuple(granted), expires)
        return token

    def grant(self, request: Request) -> Grant:
        """What the request's token opens; Problem 401 when it is missing, unknown or expired."""
        kind, _, token = (request.header("Authorization") or "").partition(" ")
        if kind.casefold() != "bearer" or not token.strip():
            raise _unauthorised("an access token is needed", None)
        with self._lock:
            found = self._grants.get(token.strip())
        if found is None:
            raise _unauthorised("the access token is unknown", "invalid_token")
        if found.expires <= self.clock.now():
            raise _unauthorised("the access token has expired", "invalid_token")
        return found

    def authorise(self, request: Request, interaction: str, type_: str | None) -> Grant:
        """Let a request pass, or raise Problem 401 (no good token) or 403 (its scopes do not cover it).

        `interaction`: read, vread, search, history, create, update, patch, delete, export or transaction. `type_`
        None is the whole server: a search or history there needs a scope for `*`. A transaction only needs a token;
        its entries are to be authorised one by one. An export without a type needs any type that may be exported.
        """
        found = self.grant(request)
        if not found.opens(interaction, type_, request.parts):
            need = scopes.Scope(type_ or scopes.ALL, scopes.needed(interaction, request.parts))
            header = f'Bearer realm="fhir", error="insufficient_scope", scope="{need}"'
            text = f"the access token does not cover {need}"
            raise Problem(403, "forbidden", text, (("WWW-Authenticate", header),))
        return found

    def _check(self, request: Request) -> tuple[Client, tuple[scopes.Scope, ...]]:
        form = _token_form(request)
        audience = f"{request.base}/{TOKEN_PATH}"
        with self._lock:
            try:
                now = self.clock.now().timestamp()
                client = self._assertions.verify(form["client_assertion"], audience, self._clients, now)
            except Refused as error:
                raise _Error(401, "invalid_client", str(error)) from None
        if form.get("client_id", client.client_id) != client.client_id:
            raise _Error(401, "invalid_client", "client_id is not the assertion's")
        granted = scopes.granted(form.get("scope", ""), client.scopes)
        if not granted:
            raise _Error(400, "invalid_scope", "none of the scopes asked for is open to this client")
        return client, granted


def _token_form(request: Request) -> dict[str, str]:
    media = (request.header("Content-Type") or "").partition(";")[0].strip().casefold()
    if request.method != "POST" or media != _FORM:
        raise _Error(400, "invalid_request", f"a token is asked for by POST of {_FORM}")
    pairs = request.form()
    doubled = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if doubled:
        raise _Error(400, "invalid_request", f"given more than once: {', '.join(doubled)}")
    form = dict(pairs)
    if not form.get("grant_type"):
        raise _Error(400, "invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise _Error(400, "unsupported_grant_type", "only client_credentials is supported")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _Error(400, "invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    if not form.get("client_assertion"):
        raise _Error(400, "invalid_request", "client_assertion is missing")
    return form


def _unauthorised(text: str, error: str | None) -> Problem:
    header = 'Bearer realm="fhir"'
    if error:
        header += f', error="{error}", error_description="{text}"'
    return Problem(401, "login", text, (("WWW-Authenticate", header),))
