"""Owns the reading of an out folder: what `screen` wrote, as the records of model/ where it has them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from fhir_adapter.errors import UsageError
from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.verdicts import Score, SubjectResult, Verdict
from fhir_adapter.report.attrition import steps_sql
from fhir_adapter.report.dossiers import Tables, dossiers
from fhir_adapter.report.records import (
    EXPOSURES,
    SCORES,
    SUBJECTS,
    VERDICTS,
    Dossier,
    Listed,
    Run,
    Step,
    Tally,
    UnmappedCode,
    Wanted,
    to_exposure,
    to_listed,
    to_score,
    to_subject,
    to_unmapped,
    to_verdict,
)

_VARIANT_RANK = "list_position(['esr4', 'crp4', 'esr3', 'crp3'], regexp_replace(variant, '^.*-', ''))"


@dataclass
class OutFolder:
    """One out folder; nothing is read before it is asked for."""

    folder: Path
    _database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False)

    def __post_init__(self) -> None:
        missing = [
            name
            for name in ("run.json", "verdicts.ndjson", "subjects.ndjson")
            if not (self.folder / name).is_file()
        ]
        if missing:
            raise UsageError(
                f"{self.folder} holds no screening ({', '.join(missing)} not found): "
                "run fhir-adapter screen first, or name its folder with --out."
            )

    @cached_property
    def run(self) -> Run:
        """What was asked of which data."""
        try:
            read = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
            return Run(
                trial=read["trial"],
                trial_version=str(read.get("trial_version", "")),
                site=read.get("site"),
                as_of=read["as_of"],
                index=int(read["index"]),
                zone=read.get("zone") or "UTC",
                engine=read.get("engine", ""),
                input=Path(read["input"]),
                definitions=tuple(Path(folder) for folder in read.get("definitions", ())),
                types=read.get("types", {}),
                subjects=read.get("subjects", {}),
                document=read,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self.folder}/run.json cannot be read: screen again.") from error

    def tallies(self) -> tuple[Tally, ...]:
        """One row per line, in the order of the file."""
        rows = self._rows(
            f"""SELECT criterion, count(*) FILTER (truth = 'true'), count(*) FILTER (truth = 'false'),
                count(*) FILTER (truth = 'unknown'), count(*) FILTER (review), bool_or(reason = 'NOT_BUILT')
            FROM (SELECT *, row_number() OVER () AS place FROM {self._source("verdicts", VERDICTS)})
            GROUP BY criterion ORDER BY min(place)"""
        )
        return tuple(
            Tally(line, true, false, unknown, review, bool(not_built))
            for line, true, false, unknown, review, not_built in rows
        )

    def attrition(self) -> tuple[Step, ...]:
        """Line by line, in the order of the file: who left there first, and of how many who stayed it is unknown."""
        sql = steps_sql(self._source("verdicts", VERDICTS), self._source("subjects", SUBJECTS))
        rows = self._rows(sql)
        remaining = sum(self.run.subjects.values())
        steps = []
        for line, _, out, unknown in rows:
            remaining -= out
            steps.append(Step(line or None, out, unknown, remaining))
        return tuple(steps)

    def not_built(self) -> tuple[str, ...]:
        """Lines that are UNKNOWN for everybody because nobody has built them."""
        return tuple(tally.criterion for tally in self.tallies() if tally.not_built)

    def find_subject(self, patient: str) -> SubjectResult:
        """By id or `Patient/id`."""
        subject = patient if patient.startswith("Patient/") else f"Patient/{patient}"
        rows = self._rows(f"SELECT * FROM {self._source('subjects', SUBJECTS)} WHERE subject = ?", [subject])
        if not rows:
            # The id stays out of the message: it would stand in logs.
            raise UsageError(
                f"No such patient in {self.folder}: fhir-adapter list shows them. "
                "A patient who was merged into another stands under the surviving id."
            )
        return to_subject(rows[0])

    def verdicts(self, subject: str) -> tuple[Verdict, ...]:
        """All lines of one subject, in protocol order."""
        rows = self._rows(f"SELECT * FROM {self._source('verdicts', VERDICTS)} WHERE subject = ?", [subject])
        return tuple(to_verdict(row) for row in rows)

    def scores(self, subject: str) -> tuple[Score, ...]:
        """One subject's scores, newest first, of one day the best variant first."""
        rows = self._rows(
            f"SELECT * FROM {self._source('scores', SCORES)} WHERE subject = ? "
            f"ORDER BY effective DESC, {_VARIANT_RANK}",
            [subject],
        )
        return tuple(to_score(row) for row in rows)

    def exposures(self, subject: str) -> tuple[Exposure, ...]:
        """One subject's medications."""
        rows = self._rows(
            f"SELECT * FROM {self._source('exposures', EXPOSURES)} WHERE subject = ?", [subject]
        )
        return tuple(to_exposure(row) for row in rows)

    def dossiers(self, wanted: Wanted, limit: int | None = None) -> Iterator[Dossier]:
        """Everything about the subjects of the list, one after the other: they need not fit into memory."""
        sql, values = self._listing(wanted)
        tables = Tables(
            verdicts=self._source("verdicts", VERDICTS),
            scores=f"(SELECT *, {_VARIANT_RANK} AS rank FROM {self._source('scores', SCORES)})",
            exposures=self._source("exposures", EXPOSURES),
        )
        try:
            yield from dossiers(self._database, (sql, [*values, limit]), tables)
        except duckdb.Error as error:
            raise self._unreadable() from error

    def listed(self, wanted: Wanted, limit: int | None) -> tuple[tuple[Listed, ...], int]:
        """Subjects nearest to being eligible first, and how many there are without the limit."""
        sql, values = self._listing(wanted)
        rows = self._rows(sql, [*values, limit])
        return tuple(to_listed(row) for row in rows), int(rows[0][-1]) if rows else 0

    def subjects(self, wanted: Wanted, limit: int | None) -> list[str]:
        """`Patient/id` of those who fit, in the order of the list."""
        sql, values = self._listing(wanted)
        return [row[0] for row in self._rows(sql, [*values, limit])]

    def count(self, wanted: Wanted) -> int:
        """How many subjects fit."""
        sql, values = self._listing(wanted)
        return int(self._rows(f"SELECT count(*) FROM ({sql})", [*values, None])[0][0])

    def _listing(self, wanted: Wanted) -> tuple[str, list[object]]:
        """The query of the list and its values, but for the limit, which comes last."""
        where, values = _where(wanted)
        open_lines = "SELECT subject, count(*) AS n FROM verdict WHERE truth = 'unknown' GROUP BY subject"
        sql = f"""WITH verdict AS MATERIALIZED (SELECT * FROM {self._source("verdicts", VERDICTS)}),
            newest AS (SELECT * FROM {self._source("scores", SCORES)} QUALIFY row_number() OVER
                (PARTITION BY subject ORDER BY effective DESC, {_VARIANT_RANK}) = 1)
            SELECT s.*, n.*, v.*, count(*) OVER () FROM {self._source("subjects", SUBJECTS)} s
            LEFT JOIN newest n ON n.subject = s.subject
            LEFT JOIN verdict v ON v.subject = s.subject AND v.criterion = ?
            LEFT JOIN ({open_lines}) o ON o.subject = s.subject
            WHERE {where}
            ORDER BY list_position(['eligible', 'undetermined', 'ineligible'], s.eligibility),
                coalesce(o.n, 0), NOT s.near_miss, len(s.blocked_by), s.subject LIMIT ?"""
        return sql, [wanted.criterion, *values]

    def answers(self) -> Iterator[tuple[str, str, str, str | None]]:
        """Subject, line, truth and reason of every verdict."""
        for row in self._rows(
            f"SELECT subject, criterion, truth, reason FROM {self._source('verdicts', VERDICTS)}"
        ):
            yield row[0], row[1], row[2], row[3]

    def reasons(self) -> frozenset[str]:
        """The reasons that stand in this folder."""
        rows = self._rows(
            f"SELECT DISTINCT reason FROM {self._source('verdicts', VERDICTS)} WHERE reason IS NOT NULL"
        )
        return frozenset(str(row[0]) for row in rows)

    def unmapped(self) -> tuple[UnmappedCode, ...]:
        """What the site has to map: those that name an input first, then the most frequent."""
        file = self.folder / "unmapped.csv"
        if not file.is_file():
            return ()
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = [to_unmapped(row) for row in csv.DictReader(text)]
        return tuple(sorted(rows, key=lambda row: (not row.names, -row.count)))

    def _source(self, name: str, columns: Mapping[str, str]) -> str:
        """A file as a table; runs of earlier versions wrote fewer files: those are empty."""
        if not (self.folder / f"{name}.ndjson").is_file():
            nulls = ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items())
            return f"(SELECT {nulls} WHERE false)"
        shape = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
        file = _literal(self.folder / f"{name}.ndjson")
        return f"read_json({file}, format='newline_delimited', columns={{{shape}}})"

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            raise self._unreadable() from error

    def _unreadable(self) -> UsageError:
        # DuckDB's own message may quote a line of the file.
        return UsageError(f"The files in {self.folder} cannot be read as a screening: screen again.")


def _where(wanted: Wanted) -> tuple[str, list[object]]:
    conditions: list[str] = ["true"]
    values: list[object] = []
    unknown = "EXISTS (SELECT 1 FROM verdict u WHERE u.subject = s.subject AND u.truth = 'unknown' AND "
    if wanted.eligibility is not None:
        conditions.append("s.eligibility = ?")
        values.append(str(wanted.eligibility))
    if wanted.without_ineligible:
        conditions.append("s.eligibility <> 'ineligible'")
    if wanted.unknown_lines is not None:
        conditions.append(unknown + "list_contains(?, u.criterion))")
        values.append(list(wanted.unknown_lines))
    if wanted.unknown_reason is not None:
        conditions.append(unknown + "u.reason = ?)")
        values.append(wanted.unknown_reason)
    if wanted.truth is not None:
        conditions.append("v.truth = ?")
        values.append(str(wanted.truth))
    return " AND ".join(conditions), values


def _literal(path: Path) -> str:
    """A path as SQL text, its wildcards taken literally."""
    return "'" + re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''") + "'"
