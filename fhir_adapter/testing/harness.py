"""Owns the harness as a test meets it: a FHIR server with a journal, faults and a trap, filled in one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_adapter.testing.folders import read_folder
from fhir_adapter.testing.front import Behind, Front, Settings
from fhir_adapter.testing.server.context import R4
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.server import FhirServer
from fhir_adapter.testing.server.smart import Signer, SmartAuth, generate_client
from fhir_adapter.testing.server.smart.scopes import parse
from fhir_adapter.testing.server.time import Clock, SystemClock

CLIENT_ID = "harness-client"
ALL_SCOPES = "system/*.cruds"
_QUIRKS = Quirks()


@dataclass(frozen=True)
class SmartClient:
    """The client that is registered when `smart` is asked for: what a client under test is configured with."""

    client_id: str
    private_key: str
    token_url: str
    signer: Signer


class Harness(Front):
    """A FHIR server that misbehaves on request. A context manager; see `Front` for url, session, faults, journal.

    `path`: a SQLite file that keeps the resources. `profiles`: faults to begin with, by name or path. `smart`: only
    who signs in by SMART Backend Services may ask (`client`, `token`). `validate`: writes are held to the R4 schema.
    `quirks`: the server's own ways. OSError when the port is in use, FaultError for a profile that is not good.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        path: Path | None = None,
        profiles: Iterable[str | Path] = (),
        seed: int = 1,
        smart: bool = False,
        validate: bool = True,
        clock: Clock | None = None,
        fhir_version: str = R4,
        quirks: Quirks = _QUIRKS,
    ) -> None:
        clock = clock or SystemClock()
        self._auth = SmartAuth(clock=clock) if smart else None
        self.server = FhirServer(
            path=path,
            clock=clock,
            quirks=quirks,
            validate=validate,
            auth=self._auth,
            fhir_version=fhir_version,
            seed=seed,
        )
        super().__init__(self._behind(quirks), Settings(port, profiles, seed, clock))
        self._client = _registered(self._auth, self.url) if self._auth else None

    @property
    def smart(self) -> bool:
        """Whether only those who sign in may ask."""
        return self._auth is not None

    @property
    def client(self) -> SmartClient:
        """The registered client; RuntimeError unless the harness was made with `smart=True`."""
        if self._client is None:
            raise RuntimeError("this harness asks for no token: make it with smart=True")
        return self._client

    def token(self, scope: str = ALL_SCOPES) -> str:
        """An access token for the registered client, past faults and journal; ValueError for an unknown scope."""
        scopes = [parse(one) for one in scope.split()]
        if self._auth is None or None in scopes:
            raise ValueError("tokens need smart=True and system scopes, as in system/*.read")
        return self._auth.issue(self.client.client_id, (one for one in scopes if one is not None))

    def load(self, source: Path | str | Iterable[dict[str, Any]]) -> int:
        """Write resources without checks, from a folder (`read_folder`) or an iterable; returns how many.

        They are not in the journal. FolderError when the folder cannot be read; then nothing of it is kept.
        """
        return self.server.load(read_folder(Path(source)) if isinstance(source, str | Path) else source)

    def population(self, n: int, seed: int = 1) -> int:
        """Write `n` synthetic patients with all their records; returns how many resources. The same seed: the same."""
        from fhir_adapter.testing import hospital  # a fifth of a second, for those who ask for it

        people = hospital.population(n, seed=seed)
        # Its files list versions as they come; a server's history has them in order.
        return self.load(one for subject in people for one in sorted(subject.resources, key=_version))

    def count(self, type_: str | None = None) -> int:
        """How many resources of a type, or of all, there are, whatever searches show; deleted ones do not count."""
        counts = self.counts()
        return sum(counts.values()) if type_ is None else counts.get(type_, 0)

    def counts(self) -> dict[str, int]:
        """The same for each type, by name."""
        sql = "SELECT type, count(*) FROM current WHERE deleted = 0 GROUP BY type ORDER BY type"
        return dict(self.server.context.store.query(sql))

    def read(self, type_: str, id_: str) -> dict[str, Any] | None:
        """A resource as it stands in the store, past faults and journal; None when it is not there."""
        found = self.server.context.store.current(type_, id_)
        return None if found is None or found.deleted else found.resource()

    def _behind(self, quirks: Quirks) -> Behind:
        auth = self._auth
        expire = None if auth is None else lambda request: auth.expire_tokens()
        return Behind(self.server.handle, self.server.close, quirks, self._apply_quirks, expire)

    def _apply_quirks(self, quirks: Quirks) -> None:
        self.server.context.quirks = quirks


def _registered(auth: SmartAuth, url: str) -> SmartClient:
    client, signer = generate_client(CLIENT_ID, scopes=(ALL_SCOPES,))
    auth.register(client)
    return SmartClient(client.client_id, signer.pem(), f"{url}/auth/token", signer)


def _version(resource: dict[str, Any]) -> int:
    number = str(resource.get("meta", {}).get("versionId", ""))
    return int(number) if number.isdecimal() else 0
