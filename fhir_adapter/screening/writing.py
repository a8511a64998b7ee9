"""Owns the files of an out folder: verdicts, subjects, scores, exposures, unmapped, quarantine, run.json."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from fhir_adapter.engines.base import Screening, UnmappedRow
from fhir_adapter.engines.duckdb import Tables, accounting, handing_out
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.landing import Quarantined
from fhir_adapter.model.spreadsheet import harmless
from fhir_adapter.model.verdicts import Score

_COLUMNS = {
    "verdicts": "{subject: 'VARCHAR', criterion: 'VARCHAR', truth: 'VARCHAR', reason: 'VARCHAR', review: 'BOOLEAN', "
    "value: 'DOUBLE', unit: 'VARCHAR', evidence: 'VARCHAR[]', valid_until: 'VARCHAR', notes: 'VARCHAR[]', "
    "about: 'VARCHAR[]'}",
    "subjects": "{subject: 'VARCHAR', eligibility: 'VARCHAR', blocked_by: 'VARCHAR[]', missing: 'VARCHAR[]', "
    "confirm: 'VARCHAR[]', near_miss: 'BOOLEAN', flags: 'VARCHAR[]'}",
    "scores": "{subject: 'VARCHAR', variant: 'VARCHAR', value: 'DOUBLE', low: 'DOUBLE', high: 'DOUBLE', "
    "effective: 'VARCHAR', inputs: 'STRUCT(tender DOUBLE, swollen DOUBLE, esr DOUBLE, crp DOUBLE, \"global\" DOUBLE)', "
    "evidence: 'VARCHAR[]', flags: 'VARCHAR[]'}",
    "exposures": "{subject: 'VARCHAR', drug: 'VARCHAR', certain_low: 'VARCHAR', certain_high: 'VARCHAR', "
    "possible_low: 'VARCHAR', possible_high: 'VARCHAR', ends: 'VARCHAR', runs_to: 'VARCHAR', dose: 'DOUBLE', "
    "dose_problem: 'VARCHAR', as_needed: 'BOOLEAN', route: 'VARCHAR', stopped_for: 'VARCHAR', "
    "stop_from_text: 'BOOLEAN', source_type: 'VARCHAR', evidence: 'VARCHAR'}",
}


def write_computed(con: duckdb.DuckDBPyConnection, tables: Tables, out: Path) -> dict[str, int]:
    """Write what the fast engine left in the database; returns how many subjects have which eligibility."""
    run = tables.run
    run.run(f"CREATE OR REPLACE TABLE handed_out AS {handing_out.verdicts_sql()}")
    run.together(
        lambda fork: _copy(fork.con, "SELECT * FROM handed_out ORDER BY rowid", out / "verdicts.ndjson"),
        lambda fork: _copy(fork.con, handing_out.scores_sql(fork), out / "scores.ndjson"),
        lambda fork: _copy(fork.con, handing_out.exposures_sql(fork), out / "exposures.ndjson"),
        lambda fork: _copy(fork.con, "SELECT * FROM handed_out ORDER BY rowid", out / "verdicts.parquet"),
        lambda fork: _copy(fork.con, handing_out.subjects_sql(), out / "subjects.ndjson"),
        lambda fork: write_small_files(out, accounting.unmapped(fork), fork.given.landing.quarantined),
    )
    return dict(run.rows("SELECT eligibility, count(*) FROM result GROUP BY 1"))


def write_screening(
    con: duckdb.DuckDBPyConnection, screening: Screening, out: Path, work: Path
) -> dict[str, int]:
    """Write what the reference engine answered, through the same writer, so that bytes can be compared."""
    rows: dict[str, Iterable[Mapping[str, Any]]] = {
        "verdicts": map(asdict, screening.verdicts),
        "subjects": map(asdict, screening.subjects),
        "scores": map(_score, screening.scores),
        "exposures": map(asdict, screening.exposures),
    }
    for name, items in rows.items():
        spooled = work / f"{name}.ndjson"
        with spooled.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        con.execute(
            f"CREATE OR REPLACE TABLE out_{name} AS SELECT * FROM read_json({text_literal(str(spooled))}, "
            f"format='newline_delimited', columns={_COLUMNS[name]})"
        )
        order = " ORDER BY rowid"
        _copy(con, f"SELECT * FROM out_{name}{order}", out / f"{name}.ndjson")
        if name == "verdicts":
            _copy(con, f"SELECT * FROM out_{name}{order}", out / "verdicts.parquet")
    counts: dict[str, int] = {}
    for subject in screening.subjects:
        counts[subject.eligibility.value] = counts.get(subject.eligibility.value, 0) + 1
    return counts


def _score(score: Score) -> dict[str, Any]:
    given = dict(score.inputs)
    return asdict(score) | {
        "inputs": {name: given.get(name) for name in ("tender", "swollen", "esr", "crp", "global")}
    }


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    kind = "parquet" if path.suffix == ".parquet" else "json"
    temporary = path.with_name(f".{path.name}.part")
    con.execute(f"COPY ({sql}) TO {text_literal(str(temporary))} (FORMAT {kind})")
    os.chmod(temporary, 0o600)
    temporary.replace(path)


def write_small_files(out: Path, unmapped: Sequence[UnmappedRow], quarantined: Iterable[Quarantined]) -> None:
    """unmapped.csv (cells that a spreadsheet would run are quoted) and quarantine.ndjson."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kind", "system", "code", "text", "count", "names"))
    for row in unmapped:
        writer.writerow((row.kind, *map(harmless, (row.system, row.code, row.text)), row.count, row.names))
    _write(out / "unmapped.csv", text.getvalue())
    lines = [json.dumps(asdict(line), ensure_ascii=False) for line in quarantined]
    _write(out / "quarantine.ndjson", "".join(f"{line}\n" for line in sorted(lines)))


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """One JSON document, keys in the order given."""
    _write(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    os.chmod(temporary, 0o600)
    temporary.replace(path)
