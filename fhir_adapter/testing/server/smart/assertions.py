"""Owns the proof of a client's identity: a signed assertion, good once and for five minutes at most.

https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options

ALGORITHMS = {"RS384": "RSA", "ES384": "EC"}
LONGEST_S = 300

# PyJWT reads the computer's clock; here the server's own decides, and every claim is checked below.
_UNCHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_UNSIGNED: Options = {**_UNCHECKED, "verify_signature": False}


@dataclass(frozen=True)
class Client:
    """A registered client. Several keys in `jwks` let it change from one to the next.

    `jku` is only compared with an assertion's header; the server never fetches keys.
    """

    client_id: str
    jwks: dict[str, Any]
    scopes: tuple[str, ...] = ("system/*.read",)
    jku: str | None = None


class Refused(Exception):
    """An assertion that proves nothing; the text says why."""


class Assertions:
    """Checks assertions, and remembers the `jti` of each for as long as it could be sent again."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def verify(self, assertion: str, audience: str, clients: dict[str, Client], now: float) -> Client:
        """The client whose assertion it is; `now` in seconds since 1970. Refused when anything is wrong."""
        try:
            header = jwt.get_unverified_header(assertion)
            claimed = jwt.decode(assertion, options=_UNSIGNED)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Refused(f"the assertion is not a JWT: {error}") from None
        client = clients.get(str(claimed.get("iss")))
        if client is None:
            raise Refused("iss names no registered client")
        claims = _signed_claims(assertion, client, header)
        _check_claims(claims, client, audience, now)
        self._use(client.client_id, claims.get("jti"), now)
        return client

    def _use(self, client_id: str, jti: Any, now: float) -> None:
        if not isinstance(jti, str) or not jti:
            raise Refused("jti is missing")
        while self._seen and next(iter(self._seen.values())) <= now:
            self._seen.popitem(last=False)
        if (client_id, jti) in self._seen:
            raise Refused("jti was used before: an assertion is good for one request")
        self._seen[client_id, jti] = now + LONGEST_S


def _signed_claims(assertion: str, client: Client, header: dict[str, Any]) -> dict[str, Any]:
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise Refused(f"alg must be one of {', '.join(ALGORITHMS)}")
    if header.get("typ") != "JWT":
        raise Refused("typ must be JWT")
    if "jku" in header and header["jku"] != client.jku:
        raise Refused("jku is not the address that was registered")
    keys = [
        key
        for key in client.jwks.get("keys", [])
        if header.get("kid") and key.get("kid") == header["kid"] and key.get("kty") == ALGORITHMS[algorithm]
    ]
    if len(keys) != 1:
        raise Refused(f"{len(keys)} registered keys fit the assertion's kid and alg")
    try:
        key = jwt.PyJWK(keys[0], algorithm=algorithm)
        claims: dict[str, Any] = jwt.decode(assertion, key, algorithms=[algorithm], options=_UNCHECKED)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Refused(f"the signature does not hold: {error}") from None
    return claims


def _check_claims(claims: dict[str, Any], client: Client, audience: str, now: float) -> None:
    if claims.get("sub") != client.client_id:
        raise Refused("sub is not iss")
    if claims.get("aud") not in (audience, [audience]):
        raise Refused("aud is not this token endpoint's URL")
    end, start = _time(claims, "exp", None), _time(claims, "nbf", now)
    if not now < end:
        raise Refused("exp has passed")
    if not end <= now + LONGEST_S:
        raise Refused("exp is more than five minutes ahead")
    if not start <= now:
        raise Refused("nbf has not come yet")


def _time(claims: dict[str, Any], name: str, default: float | None) -> float:
    value = claims.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(f"{name} is not a number of seconds")
    return value
