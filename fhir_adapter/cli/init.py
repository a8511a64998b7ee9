"""Owns `init`: a folder of definitions to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from fhir_adapter.cli.console import terminal_of
from fhir_adapter.cli.options import AsJson
from fhir_adapter.cli.spreadsheet import write_text
from fhir_adapter.errors import UsageError

_SKELETON = Path(__file__).resolve().parent / "skeleton"


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    as_json: AsJson = False,
) -> None:
    """Make a folder for your own trials and sites, with an example of each."""
    files = _skeleton()
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(
            f"Nothing was written: {folder} already holds\n"
            + "\n".join(f"  {name}" for name in taken)
            + "\nGive another folder, or move these away."
        )
    for name, text in files.items():
        write_text(folder / name, text)
    terminal = terminal_of(context)
    if as_json:
        terminal.json({"folder": str(folder), "files": list(files)})
        return
    terminal.show(*(f"{folder}/{name}" for name in files))
    terminal.show("", f"Next: edit them, then fhir-adapter validate --definitions {folder}")


def _skeleton() -> Mapping[str, str]:
    paths = sorted(path for path in _SKELETON.rglob("*") if path.is_file())
    return {path.relative_to(_SKELETON).as_posix(): path.read_text(encoding="utf-8") for path in paths}
