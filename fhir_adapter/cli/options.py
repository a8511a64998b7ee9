"""Owns the options that several commands share, and what a definitions folder on the command line means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of tables.")]
DefinitionFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--definitions", metavar="DIR", help="Your own definitions, before the shipped ones; may be repeated."
    ),
]
OutFolderOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The folder that `screen` wrote.")
]
SiteOption = Annotated[
    str | None, typer.Option("--site", metavar="SITE", help="The hospital: a folder in sites/.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Screen as of this date (to its end) or this dateTime; default: today, to its end, in the time zone "
        "of the site, else of the trial.",
    ),
]

DEFAULT_OUT = Path("out")


def definition_folder(folder: Path) -> Path:
    """`init` puts mappings/ into a folder: people name either of the two."""
    inner = folder / "mappings"
    return inner if inner.is_dir() else folder


def definition_folders(folders: Sequence[Path] | None) -> tuple[Path, ...]:
    """The folders as the search path wants them."""
    return tuple(definition_folder(folder) for folder in folders or ())
