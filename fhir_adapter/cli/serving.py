"""Owns what commands share that keep serving: their options, their errors in plain words, and their end."""

from __future__ import annotations

import errno
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fhir_adapter.errors import SettingsError, UsageError

FOUND_PROBLEMS = 1
COLUMN = 13

PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")
]
ProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A fault profile, by name or as a .toml file; may be repeated. `harness profiles` lists them.",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="The same seed makes the same patients and the same faults.")
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="A file with the access token, for a server that asks for one."
    ),
]


@contextmanager
def plain_errors(port: int) -> Iterator[None]:
    """What the harness refuses, as errors for the person at the keyboard."""
    from fhir_adapter.testing.faults.errors import FaultError
    from fhir_adapter.testing.folders import FolderError

    try:
        yield
    except FaultError as error:
        raise SettingsError(f"{error}\nfhir-adapter harness profiles lists the shipped ones.") from None
    except FolderError as error:
        raise UsageError(str(error)) from None
    except sqlite3.Error as error:
        raise SettingsError(
            f"The store cannot be used ({error}): give another file, or stop what else uses it."
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is in use: give another --port, or 0 for a free one.") from None
        if error.errno == errno.EACCES and port and port < 1024:
            raise SettingsError(f"Port {port} may not be taken: give a --port from 1024 on, or 0.") from None
        raise


def token_in(file: Path | None) -> str | None:
    """The token in a file: an argument would be seen by everybody on the machine."""
    if file is None:
        return None
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{file}: no access token can be read from it.") from None
    if not token or not token.isprintable() or " " in token:
        raise SettingsError(f"{file}: is not one access token and nothing else.")
    return token


def until_stopped() -> None:
    """Return at Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
