"""Owns the rows of sites/<site>/codes.csv as people write them: reading, checking and merging them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fhir_adapter.cli.spreadsheet import read_rows, write_rows
from fhir_adapter.definitions import SearchPath, load_definitions
from fhir_adapter.errors import DefinitionError, UsageError
from fhir_adapter.model.codes import system_of
from fhir_adapter.model.inputs import Definitions, Site

HEADER = (
    "source_system",
    "source_code",
    "source_display",
    "target_system",
    "target_code",
    "equivalence",
    "note",
)
_SAME_MEANING = ("equal", "equivalent")


@dataclass(frozen=True)
class CodeRow:
    """One row of codes.csv."""

    source_system: str
    source_code: str
    source_display: str
    target_system: str
    target_code: str
    equivalence: str
    note: str

    @property
    def source(self) -> tuple[str, str]:
        return self.source_system, self.source_code

    @property
    def mapping(self) -> tuple[str, str, str]:
        return self.target_system, self.target_code, self.equivalence

    @property
    def named(self) -> str:
        return f"{self.source_system}|{self.source_code} {self.source_display}".rstrip()

    def cells(self) -> tuple[str, ...]:
        return (*self.source, self.source_display, *self.mapping, self.note)


@dataclass(frozen=True)
class Filled:
    """A filled-in skeleton: the rows by line, and how many were left empty."""

    rows: tuple[tuple[int, CodeRow], ...]
    left_empty: int


@dataclass(frozen=True)
class Merged:
    """What an import comes to."""

    rows: tuple[CodeRow, ...]
    added: tuple[CodeRow, ...]
    already_there: int


def read_displays(search: SearchPath, site: str) -> Mapping[tuple[str, str], str]:
    """The hospital's own names of its codes."""
    return {row.source: row.source_display for row in existing_rows(search, site)}


def existing_rows(search: SearchPath, site: str) -> tuple[CodeRow, ...]:
    """The site's codes.csv as it is on the search path; () if it has none."""
    file = search.find(f"sites/{site}/codes.csv")
    return () if file is None else tuple(row for _, row in read_filled(file.path).rows)


def read_filled(path: Path) -> Filled:
    """The rows of a codes.csv; rows in which nobody has filled in a target are counted, not read."""
    found = read_rows(path)
    if not found or tuple(found[0][1]) != HEADER:
        raise DefinitionError(f"{path}: line 1: expected the header {','.join(HEADER)}")
    rows: list[tuple[int, CodeRow]] = []
    wrong: list[str] = []
    left_empty = 0
    for line, cells in found[1:]:
        if not any(cells):
            continue
        if len(cells) != len(HEADER):
            wrong.append(f"{path}: line {line}: expected {len(HEADER)} columns, found {len(cells)}")
        elif not any(cells[3:6]):
            left_empty += 1
        else:
            rows.append((line, CodeRow(*cells)))
    if wrong:
        raise DefinitionError("\n".join(wrong))
    return Filled(tuple(rows), left_empty)


def check_rows(path: Path, filled: Filled, site: str, folders: Sequence[Path]) -> Definitions:
    """Have the definition readers judge the rows as if they were the site's; their errors name this file's lines."""
    last = filled.rows[-1][0] if filled.rows else 1
    cells: dict[int, Sequence[str]] = {line: row.cells() for line, row in filled.rows}
    with tempfile.TemporaryDirectory(prefix="fhir-adapter-") as folder:
        trial = Path(folder) / "sites" / site / "codes.csv"
        # Empty lines stand for the others, so that the reader counts as the person's editor does.
        write_rows(trial, HEADER, [cells.get(line, ()) for line in range(2, last + 1)], guarded=False)
        try:
            return load_definitions(SearchPath([Path(folder), *folders]), site)
        except DefinitionError as error:
            raise DefinitionError(str(error).replace(trial.as_posix(), str(path))) from None


def merge(existing: Sequence[CodeRow], new: Iterable[CodeRow]) -> Merged:
    """The existing rows, then the new ones; raises UsageError naming every row that says something else."""
    rows, added, again = list(existing), [], 0
    conflicts: list[str] = []
    for row in new:
        other = next((known for known in rows if _conflict(known, row)), None)
        if other is not None:
            conflicts.append(f"{row.named}: {_target(other)} is there, {_target(row)} was given")
        elif any(known.source == row.source and known.mapping == row.mapping for known in rows):
            again += 1
        else:
            rows.append(row)
            added.append(row)
    if conflicts:
        raise UsageError(
            "Nothing was imported: these codes are mapped already, and differently.\n"
            + "\n".join(conflicts)
            + "\nDecide which one holds, and delete the other row."
        )
    return Merged(tuple(rows), tuple(added), again)


def unknown_targets(rows: Iterable[CodeRow], definitions: Definitions) -> tuple[CodeRow, ...]:
    """Rows that can change nothing: their LOINC or SNOMED CT target stands in no value set."""
    known = {
        (row.system, row.value)
        for value_set in definitions.value_sets.values()
        for row in value_set.rows
        if row.match == "code"
    }
    return tuple(row for row in rows if _is_unknown(row, known, definitions.site))


def _is_unknown(row: CodeRow, known: set[tuple[str, str]], site: Site) -> bool:
    system = system_of(row.target_system, site)
    return (
        row.equivalence in _SAME_MEANING
        and system in ("loinc", "snomed")
        and (system, row.target_code) not in known
    )


def _conflict(known: CodeRow, row: CodeRow) -> bool:
    """One source may have targets in several systems, but only one in each."""
    return (
        known.source == row.source
        and known.target_system == row.target_system
        and known.mapping != row.mapping
    )


def _target(row: CodeRow) -> str:
    return f"{row.equivalence} {row.target_system}|{row.target_code}"
