"""Owns how a hospital's server is reached: address, sign-in, limits; secrets are named, never held."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PAGE_SIZE = 500
DEFAULT_MAX_WAIT_S = 300
DEFAULT_SCOPES = ("system/*.read",)


@dataclass(frozen=True)
class NoAuth:
    """Whoever comes may ask."""


@dataclass(frozen=True)
class Secret:
    """Where a secret stands: a file, or an environment variable."""

    file: Path | None = None
    env: str | None = None


@dataclass(frozen=True)
class BearerAuth:
    """A token that somebody else has fetched."""

    token: Secret


@dataclass(frozen=True)
class BasicAuth:
    """A user name and a password."""

    user: str
    password: Secret


@dataclass(frozen=True)
class SmartBackend:
    """SMART Backend Services: a registered client with a private key (PEM). `token_url` None: found by discovery."""

    client_id: str
    key_id: str
    key: Secret
    algorithm: str = "ES384"
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    token_url: str | None = None


Auth = NoAuth | BearerAuth | BasicAuth | SmartBackend


@dataclass(frozen=True)
class Server:
    """A site's `[server]` table. `allowed_origins` may be asked too, but never see the token of `base_url`."""

    base_url: str
    auth: Auth = field(default_factory=NoAuth)
    ca_file: Path | None = None
    bulk: bool = False
    page_size: int = DEFAULT_PAGE_SIZE
    max_wait_s: int = DEFAULT_MAX_WAIT_S
    allowed_origins: tuple[str, ...] = ()
