"""Owns the CSV files of the command line that people open in a spreadsheet and bring back."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from fhir_adapter.errors import UsageError
from fhir_adapter.model.spreadsheet import harmless, original


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], *, guarded: bool) -> None:
    """Write the whole file or nothing. `guarded` files are for a spreadsheet: harmless, with a byte order mark.

    Excel reads a file without the mark in the local code page, and Chinese names become noise.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row] if guarded else row)
    write_text(path, text.getvalue(), encoding="utf-8-sig" if guarded else "utf-8")


def write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Replace the file at once, so that a reader never sees half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}).") from error


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows with the line each ends on, apostrophes of `harmless` taken off; empty lines are kept as []."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as “CSV UTF-8”.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, [original(cell.strip(" \u3000")) for cell in row]) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: not valid CSV ({error}).") from error
