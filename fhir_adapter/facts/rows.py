"""Owns the typed scan: one table `rows_<Type>` per resource type, from the landed files through their view.

The scan is strict and is itself the check: a line that is not JSON, has another shape than the view reads, is of
another type or has no id stops it. Only then the files are looked at one by one, and only those that fail are
read line by line (landing.clean_lines), which names every bad line.
https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import duckdb

from fhir_adapter.errors import EngineError
from fhir_adapter.landing import LandedFile, Landing, clean_lines
from fhir_adapter.views import CompiledView, duckdb_type

MAXIMUM_LINE = 16 * 1024 * 1024

# `Patient/x` is the spelling of nearly every record; the others are few and are resolved by name.
_PATIENT_ID = """CASE WHEN starts_with(subject, 'Patient/') AND strpos(substr(subject, 9), '/') = 0
    THEN substr(subject, 9) END"""


def text_literal(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


# A number that no double holds (NaN, Infinity, 1e400) is no JSON; the scan itself lets it pass.
_FINITE = """coalesce(isfinite(try_cast("valueQuantity"."value" AS DOUBLE)), true)"""


def scan(view: CompiledView, files: Iterable[Path], *, checked: bool = False) -> str:
    """The strict scan of `files` as a SQL relation with the view's scan columns; it fails on a row that is wrong.

    `checked`: the files passed the line check, and only rows of another kind still fail.
    """
    numbers = f" AND {_FINITE}" if "valueQuantity" in view.shape and not checked else ""
    listed = ", ".join(text_literal(str(file)) for file in files)
    return f"""(SELECT * FROM read_json([{listed}], format='newline_delimited',
        columns={view.scan_columns()}, maximum_object_size={MAXIMUM_LINE})
        WHERE CASE WHEN "resourceType" = {text_literal(view.resource)} AND id <> ''
                   AND NOT contains(id, chr(0)){numbers} THEN true ELSE error('a line of another kind') END)"""


def land_rows(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    views: Mapping[str, CompiledView],
    work: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Fill `rows_<Type>` for each view and say how many rows each holds; bad lines go to the landing's quarantine."""
    # Patients first: lines of another type that a cleaned file held are moved to files of their own type.
    order = sorted(views, key=lambda name: (name != "Patient", name))
    moved: set[str] = set()
    seen: dict[str, int] = {}
    for name in [*order, *order]:
        files = {file.path for file in landing.files_of(name)}
        if name in seen and name not in moved:
            continue
        progress(f"reading {name}")
        before = {kind: landing.files_of(kind) for kind in order}
        seen[name] = _fill(con, landing, views[name], work)
        moved |= {kind for kind in order if kind != name and landing.files_of(kind) != before[kind]}
        if name in moved and {file.path for file in landing.files_of(name)} == files:
            moved.discard(name)
    return seen


def _fill(con: duckdb.DuckDBPyConnection, landing: Landing, view: CompiledView, work: Path) -> int:
    try:
        return _create(con, view, [file.path for file in landing.files_of(view.resource)])
    except duckdb.Error:
        for file in landing.files_of(view.resource):
            if _fails(con, view, file):
                clean_lines(landing, file, view.shape, work=work)
    try:
        return _create(con, view, [file.path for file in landing.files_of(view.resource)], checked=True)
    except duckdb.Error as error:
        # duckdb's message can quote the line: it must not travel on
        raise EngineError(
            f"{view.resource}: a file passed the line check and yet cannot be scanned ({type(error).__name__}); "
            "please report it with the file's structure"
        ) from None


def _fails(con: duckdb.DuckDBPyConnection, view: CompiledView, file: LandedFile) -> bool:
    try:
        con.execute(f"SELECT count(COLUMNS(*)) FROM {scan(view, [file.path])}").fetchall()
    except duckdb.Error:
        return True
    return False


def _create(
    con: duckdb.DuckDBPyConnection, view: CompiledView, files: list[Path], *, checked: bool = False
) -> int:
    table = f"rows_{view.resource}"
    if not files:
        # an empty relation of the right columns, so that nothing after this needs to know
        source = view.sql(f"(SELECT {_typed_nulls(view)} WHERE false)")
    else:
        source = view.sql(scan(view, files, checked=checked))
    person = f", {_PATIENT_ID} AS pid" if "subject" in view.columns else ""
    con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT *{person} FROM ({source})")
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _typed_nulls(view: CompiledView) -> str:
    return ", ".join(f'NULL::{duckdb_type(shape)} AS "{name}"' for name, shape in view.shape.items())
