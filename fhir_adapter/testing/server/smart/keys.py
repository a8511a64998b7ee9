"""Owns key pairs for tests: a client as it is registered, and the signer that speaks for it.

https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#authenticating-to-the-token-endpoint
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from fhir_adapter.testing.server.smart.assertions import ALGORITHMS, LONGEST_S, Client
from fhir_adapter.testing.server.smart.auth import ASSERTION_TYPE

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Signer:
    """The private half of a client."""

    client_id: str
    algorithm: str
    kid: str
    key: PrivateKey = field(repr=False)

    def sign_assertion(
        self,
        token_url: str,
        now: datetime,
        *,
        headers: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> str:
        """An assertion good until five minutes from now; overrides replace claims and headers, None leaves one out."""
        end = int(now.timestamp()) + LONGEST_S
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": token_url, "exp": end}
        claims |= {"jti": secrets.token_urlsafe(16)} | overrides
        kept = {name: value for name, value in claims.items() if value is not None}
        head = {"kid": self.kid, **(headers or {})}
        return jwt.encode(kept, self.key, algorithm=self.algorithm, headers=head)

    def token_form(self, token_url: str, now: datetime, scope: str, **overrides: Any) -> dict[str, str]:
        """The fields of a token request, with a new assertion."""
        return {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.sign_assertion(token_url, now, **overrides),
        }

    def token_body(self, token_url: str, now: datetime, scope: str, **overrides: Any) -> bytes:
        """The body of a token request, as application/x-www-form-urlencoded."""
        return urlencode(self.token_form(token_url, now, scope, **overrides)).encode()

    def pem(self) -> str:
        """The private key as unencrypted PKCS#8, for the configuration of a client under test."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def public_jwk(self) -> dict[str, Any]:
        """The public key as it is registered."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            content = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        else:
            content = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        material: dict[str, Any] = {
            name: content[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in content
        }
        return {**material, "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def generate_client(
    client_id: str, algorithm: str = "ES384", scopes: tuple[str, ...] = ("system/*.read",)
) -> tuple[Client, Signer]:
    """A new key pair (RS384: RSA of 2048 bits, ES384: P-384): the client to register, and its signer."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}")
    key: PrivateKey = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if algorithm == "RS384"
        else ec.generate_private_key(ec.SECP384R1())
    )
    signer = Signer(client_id, algorithm, secrets.token_hex(8), key)
    return Client(client_id, {"keys": [signer.public_jwk()]}, scopes), signer
