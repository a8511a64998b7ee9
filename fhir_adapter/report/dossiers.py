"""Owns bringing together what several files of an out folder say of each patient, in the order of the list.

The files are joined inside the database and read side by side, a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from fhir_adapter.report.records import (
    EXPOSURES,
    SCORES,
    VERDICTS,
    Dossier,
    to_exposure,
    to_listed,
    to_score,
    to_verdict,
)

_ROWS_AT_ONCE = 2000
_Row = tuple[Any, ...]


@dataclass(frozen=True)
class Tables:
    """The files as SQL; scores have a column `rank` beside their own."""

    verdicts: str
    scores: str
    exposures: str


def dossiers(
    database: duckdb.DuckDBPyConnection, listing: tuple[str, Sequence[object]], tables: Tables
) -> Iterator[Dossier]:
    """One dossier per row of the listing query, in its order."""
    sql, values = listing
    database.execute(
        f"CREATE OR REPLACE TABLE chosen AS SELECT row_number() OVER () AS place, * FROM ({sql})",
        list(values),
    )
    verdicts = _Beside(database, tables.verdicts, VERDICTS, "r.row", to_verdict)
    scores = _Beside(database, tables.scores, SCORES, "r.effective DESC, r.rank", to_score)
    exposures = _Beside(database, tables.exposures, EXPOSURES, "r.row", to_exposure)
    for row in _read(database, "SELECT * FROM chosen ORDER BY place"):
        at = row[0]
        yield Dossier(to_listed(row[1:]), verdicts.of(at), scores.of(at), exposures.of(at))


class _Beside:
    """The rows of one file for the patients of the list, in the list's order."""

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        table: str,
        columns: Mapping[str, str],
        order: str,
        made: Callable[[_Row], Any],
    ) -> None:
        names = ", ".join(f"r.{name}" for name in columns)
        sql = f"""SELECT c.place, {names} FROM (SELECT *, row_number() OVER () AS row FROM {table}) r
            JOIN (SELECT place, subject FROM chosen) c ON c.subject = r.subject ORDER BY c.place, {order}"""
        self._rows = _read(database, sql)
        self._next = next(self._rows, None)
        self._made = made

    def of(self, at: int) -> tuple[Any, ...]:
        """The records of the patient at this place; places are asked for in order."""
        found = []
        while self._next is not None and self._next[0] == at:
            found.append(self._made(self._next[1:]))
            self._next = next(self._rows, None)
        return tuple(found)


def _read(database: duckdb.DuckDBPyConnection, sql: str) -> Iterator[_Row]:
    cursor = database.cursor().execute(sql)
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield from rows
