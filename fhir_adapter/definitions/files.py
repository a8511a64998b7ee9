"""Owns the reading of TOML, CSV and JSON files: what cannot be parsed becomes a problem, not an exception."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Mapping, Sequence

from fhir_adapter.definitions.problems import Place, Problems
from fhir_adapter.definitions.search_path import FoundFile

Table = Mapping[str, object]
Cells = Mapping[str, str]
"""One row of a CSV: cell by column."""


def read_toml(file: FoundFile, problems: Problems) -> Table | None:
    """The file as a table; None if it cannot be read."""
    text = _read_text(file, problems)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.add(file.shown, "", f"expected valid TOML ({error})")
        return None


def read_json(file: FoundFile, problems: Problems) -> object | None:
    """The file as JSON; None if it cannot be read."""
    text = _read_text(file, problems)
    if text is None:
        return None
    try:
        parsed: object = json.loads(text)
    except json.JSONDecodeError as error:
        problems.add(file.shown, "", f"expected valid JSON ({error})")
        return None
    return parsed


def read_csv(file: FoundFile, header: Sequence[str], problems: Problems) -> Sequence[tuple[int, Cells]]:
    """The rows as (line number, cells); empty lines are skipped, cells are stripped."""
    text = _read_text(file, problems)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, Cells]] = []
    try:
        found = [cell.strip() for cell in next(reader, [])]
        if found != list(header):
            problems.add(file.shown, "line 1", f"expected the header {','.join(header)}")
            return []
        for written in reader:
            cells = list(map(str.strip, written))
            if not any(cells):
                continue
            if len(cells) != len(header):
                found_columns = f"expected {len(header)} columns, found {len(cells)}"
                problems.add(file.shown, f"line {reader.line_num}", found_columns)
                continue
            rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        problems.add(file.shown, f"line {reader.line_num}", f"expected valid CSV ({error})")
    return rows


def row_place(file: FoundFile, line: int, problems: Problems) -> Place:
    """Where a problem of a CSV row is reported."""
    return Place(problems, file.shown, f"line {line}")


def parts_of(cell: str) -> tuple[str, ...]:
    """What stands between the semicolons of a cell; most cells are empty."""
    return tuple(part.strip() for part in cell.split(";") if part.strip()) if cell else ()


def _read_text(file: FoundFile, problems: Problems) -> str | None:
    try:
        # Excel and Windows editors write a byte order mark.
        return file.path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.add(file.shown, "", "expected UTF-8 text")
    except OSError as error:
        problems.add(file.shown, "", f"expected a readable file ({error.strerror})")
    return None
