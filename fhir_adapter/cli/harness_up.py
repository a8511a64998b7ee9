"""Owns `harness up`: the FHIR server on a port of this machine, filled, until it is stopped."""

from __future__ import annotations

import gc
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, indented, terminal_of
from fhir_adapter.cli.options import AsJson
from fhir_adapter.cli.serving import (
    COLUMN,
    PortOption,
    ProfileOption,
    SeedOption,
    plain_errors,
    until_stopped,
)
from fhir_adapter.errors import SettingsError

if TYPE_CHECKING:
    from fhir_adapter.testing.harness import Harness, SmartClient

_PORT = 8080
_VERSIONS = {"r4": "4.0.1", "r5": "5.0.0"}


class Auth(StrEnum):
    """How clients prove who they are."""

    NONE = "none"
    SMART = "smart"


class Release(StrEnum):
    """The release of FHIR in which ResearchSubject and AdverseEvent are written."""

    R4 = "r4"
    R5 = "r5"


@dataclass(frozen=True)
class _Filling:
    """What the server is to hold before it answers."""

    folder: Path | None
    patients: int
    seed: int


PopulationOption = Annotated[
    int, typer.Option("--population", min=0, metavar="N", help="Fill it with N synthetic patients.")
]
AuthOption = Annotated[Auth, typer.Option("--auth", help="smart: only who signs in by SMART may ask.")]
ReleaseOption = Annotated[
    Release, typer.Option("--fhir", help="r5: ResearchSubject and AdverseEvent in their R5 shape.")
]
StoreOption = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="A SQLite file that keeps the resources.")
]
LoadOption = Annotated[
    Path | None,
    typer.Option("--load", metavar="DIR", help="Fill it with a folder of NDJSON, resources and Bundles."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict/--lenient", help="Refuse, or overlook, unknown search parameters.")
]
ValidateOption = Annotated[
    bool, typer.Option("--validate/--no-validate", help="Hold what is written to the R4 schema, or do not.")
]


def up(
    context: typer.Context,
    port: PortOption = _PORT,
    profiles: ProfileOption = None,
    population: PopulationOption = 0,
    seed: SeedOption = 1,
    auth: AuthOption = Auth.NONE,
    release: ReleaseOption = Release.R4,
    store: StoreOption = None,
    folder: LoadOption = None,
    strict: StrictOption = True,
    validate: ValidateOption = True,
    as_json: AsJson = False,
) -> None:
    """Start a FHIR server on this machine, with faults if wanted; Ctrl-C stops it."""
    from fhir_adapter.testing.harness import Harness
    from fhir_adapter.testing.server.quirks import Quirks

    _check_store(store)
    with plain_errors(port), ExitStack() as stack:
        # Its port is taken, but it does not answer before it is filled: nobody sees half a hospital.
        harness = Harness(
            port=port,
            path=store,
            profiles=profiles or (),
            seed=seed,
            smart=auth is Auth.SMART,
            validate=validate,
            fhir_version=_VERSIONS[release],
            quirks=Quirks(strict=strict),
        )
        stack.callback(harness.close)
        _fill(terminal_of(context), harness, _Filling(folder, population, seed))
        _serve(terminal_of(context), harness.start(), stack, as_json)


def _serve(terminal: Terminal, harness: Harness, stack: ExitStack, as_json: bool) -> None:
    """Tell what is there, and wait for the end."""
    key = _written_key(stack, harness.client) if harness.smart else None
    if as_json:
        terminal.json(_document(harness, key))
    else:
        _show(terminal, harness, key)
    until_stopped()
    terminal.note("stopped")


def _check_store(store: Path | None) -> None:
    """A file that is there must be a store of resources: SQLite would say so only in its own words."""
    if store is None:
        return
    if not store.parent.is_dir():
        raise SettingsError(f"{store.parent} is no folder: the store's file cannot be made there.")
    if store.is_file() and store.stat().st_size:
        with store.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise SettingsError(f"{store} is no SQLite file: give another name for the store.")


def _fill(terminal: Terminal, harness: Harness, filling: _Filling) -> None:
    # Millions of small objects come and go without a cycle: the collector would look at them for a sixth of the time.
    gc.disable()
    try:
        if filling.folder is not None:
            terminal.note(f"loading {filling.folder}")
            harness.load(filling.folder)
        if filling.patients:
            terminal.note(f"making {filling.patients} synthetic patients; nobody of them is real")
            harness.population(filling.patients, filling.seed)
    finally:
        gc.enable()


def _written_key(stack: ExitStack, client: SmartClient) -> Path:
    """The private key in a file that only its owner reads, gone when the server stops."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fhir-harness-")))
    path = folder / f"{client.client_id}.pem"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(client.private_key)
    return path


def _document(harness: Harness, key: Path | None) -> dict[str, object]:
    document: dict[str, object] = {
        "url": harness.url,
        "fhir_version": harness.server.context.fhir_version,
        "profiles": list(harness.faults.active),
        "resources": harness.counts(),
    }
    if key is not None:
        signer = harness.client.signer
        document["client"] = {
            "client_id": harness.client.client_id,
            "key_id": signer.kid,
            "algorithm": signer.algorithm,
            "private_key_file": str(key),
            "token_url": harness.client.token_url,
        }
    return document


def _show(terminal: Terminal, harness: Harness, key: Path | None) -> None:
    held = ", ".join(f"{type_} {count}" for type_, count in harness.counts().items())
    told = {"holds": held or "nothing yet", "faults": ", ".join(harness.faults.active) or "none"}
    if key is not None:
        client = harness.client
        told["client"] = f"{client.client_id}, {client.signer.algorithm}, key id {client.signer.kid}"
        told |= {"its key": str(key), "tokens at": client.token_url}
    terminal.show(f"FHIR server at {harness.url}")
    terminal.show(*(indented(text, COLUMN, f"  {label}") for label, text in told.items()))
    terminal.show("Ctrl-C stops it.")
