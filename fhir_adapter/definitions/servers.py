"""Owns the reading of the `[server]` table of sites/<site>/site.toml; its schema stands in schemas/site.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fhir_adapter.definitions.files import read_toml
from fhir_adapter.definitions.problems import Place, Problems, one_of
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath, list_sites
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.servers import (
    DEFAULT_MAX_WAIT_S,
    DEFAULT_PAGE_SIZE,
    DEFAULT_SCOPES,
    Auth,
    BasicAuth,
    BearerAuth,
    NoAuth,
    Secret,
    Server,
    SmartBackend,
)

_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "none": (),
    "bearer": (("token_file", "token_env"),),
    "basic": (("user",), ("password_file", "password_env")),
    "smart": (("client_id",), ("key_id",), ("key_file", "key_env")),
}
"""Kind of sign-in -> keys, of each group exactly one."""
_OPTIONAL: Mapping[str, tuple[str, ...]] = {"smart": ("algorithm", "scopes", "token_url")}


def load_server(search: SearchPath, site: str) -> Server:
    """How a site's server is reached; DefinitionError without such a site or without a sound [server] table."""
    search.check()
    problems = Problems()
    file = search.find(f"sites/{site}/site.toml")
    if file is None:
        raise DefinitionError(f"sites/{site}/site.toml: -: expected a site: {one_of(list_sites(search))}")
    table, place = read_toml(file, problems), Place(problems, file.shown)
    server: object = None
    if table is not None and conforms(table, "site", place):
        server = table.get("server")
        if server is None:
            place.at("server").expected("missing, expected a table with base_url: how the server is reached")
        else:
            check_auth(cast(Mapping[str, Any], server).get("auth", {}), place.at("server", "auth"))
    problems.raise_if_any()
    return _server(cast(Mapping[str, Any], server), file.path.parent)


def check_auth(auth: Mapping[str, Any], place: Place) -> None:
    """Report what a kind of sign-in lacks, or what belongs to another kind."""
    kind = auth.get("kind", "none")
    for group in _NEEDED[kind]:
        if sum(key in auth for key in group) != 1:
            place.at(group[0]).expected(f"expected exactly one of {', '.join(group)} for kind {kind}")
    known = {"kind", *_OPTIONAL.get(kind, ()), *(key for group in _NEEDED[kind] for key in group)}
    for key in sorted(auth.keys() - known):
        place.at(key).expected(f"not for kind {kind}, expected {one_of(known)}")


def _server(table: Mapping[str, Any], folder: Path) -> Server:
    ca_file = table.get("ca_file")
    return Server(
        base_url=str(table["base_url"]).rstrip("/"),
        auth=_auth(table.get("auth", {}), folder),
        ca_file=None if ca_file is None else folder / ca_file,
        bulk=table.get("bulk", False),
        page_size=table.get("page_size", DEFAULT_PAGE_SIZE),
        max_wait_s=table.get("max_wait_s", DEFAULT_MAX_WAIT_S),
        allowed_origins=tuple(table.get("allowed_origins", ())),
    )


def _auth(auth: Mapping[str, Any], folder: Path) -> Auth:
    match auth.get("kind", "none"):
        case "bearer":
            return BearerAuth(_secret(auth, "token", folder))
        case "basic":
            return BasicAuth(auth["user"], _secret(auth, "password", folder))
        case "smart":
            return SmartBackend(
                client_id=auth["client_id"],
                key_id=auth["key_id"],
                key=_secret(auth, "key", folder),
                algorithm=auth.get("algorithm", "ES384"),
                scopes=tuple(auth.get("scopes", DEFAULT_SCOPES)),
                token_url=auth.get("token_url"),
            )
    return NoAuth()


def _secret(auth: Mapping[str, Any], name: str, folder: Path) -> Secret:
    """A relative file lies beside site.toml."""
    file = auth.get(f"{name}_file")
    return Secret(None if file is None else folder / file, auth.get(f"{name}_env"))
