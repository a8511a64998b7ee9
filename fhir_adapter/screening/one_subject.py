"""Owns the explanation of one subject after a run: the facts that no out folder keeps, computed when asked for.

Writing every fact of every patient cost a tenth of a run, and nearly none of them is ever looked at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.reference import ReferenceEngine
from fhir_adapter.engines.reference.engine import READ_TYPES
from fhir_adapter.errors import UsageError
from fhir_adapter.facts.rows import land_rows
from fhir_adapter.landing import Landing, clean_lines, quote
from fhir_adapter.landing.writing import WorkFolder
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.verdicts import Verdict
from fhir_adapter.screening.narrowing import Traces, narrow, trace
from fhir_adapter.views import CompiledView, compile_view

Progress = Callable[[str], None]
_Row = Mapping[str, Any]


@dataclass(frozen=True)
class SubjectExplanation:
    """What was known about one subject. `quotes`: the raw JSON by reference, of all evidence and of every fact."""

    facts: tuple[Fact, ...]
    quotes: Mapping[str, str]
    input_changed: bool  # the input folder holds other bytes than the run read
    answers_changed: bool  # the verdicts written are not the ones computed now

    @property
    def changed(self) -> bool:
        """Whether what is explained here may be something else than what the run answered."""
        return self.input_changed or self.answers_changed


@dataclass(frozen=True)
class PastRun:
    """An out folder, and what its run.json tells of the whole input, which one subject's lines cannot tell."""

    out: Path
    document: _Row
    input_changed: Callable[[], bool]

    def problems(self) -> Mapping[str, str]:
        """Why a type was incomplete for everybody."""
        types: Mapping[str, str | None] = self.document.get("types", {})
        return {name: problem for name, problem in types.items() if problem is not None}

    def refused_from(self) -> frozenset[str]:
        """The files of which lines were refused."""
        return frozenset(str(row["file"]) for row in _rows(self.out / "quarantine.ndjson"))

    def may_hold_versions(self) -> bool:
        """Whether an id may stand twice in the input as it is now."""
        counts: Mapping[str, Mapping[str, int]] = self.document.get("counts", {})
        known = all("superseded" in counts.get(name, {}) for name in READ_TYPES)
        return not known or any(counts[name]["superseded"] for name in READ_TYPES) or self.input_changed()

    def rows_of(self, name: str, subject: str) -> list[_Row]:
        """One subject's rows of verdicts.ndjson or scores.ndjson."""
        needle = json.dumps(f"Patient/{subject}", ensure_ascii=False).encode()
        rows = _rows(self.out / f"{name}.ndjson", needle)
        return [row for row in rows if row["subject"] == f"Patient/{subject}"]


def explain_one(
    con: duckdb.DuckDBPyConnection,
    given: ScreeningInput,
    run: PastRun,
    subject: str,
    work: Path,
    progress: Progress = lambda _: None,
) -> SubjectExplanation:
    """Answer the run's question again for one subject, and say what it rests on; `subject` is the Patient's id."""
    written = run.rows_of("verdicts", subject)
    if not written:
        # The id stays out of the message: it would stand in logs.
        raise UsageError(f"No such patient in {run.out}.")
    landing = _landing_of(con, given, run, subject, work, progress)
    progress("answering again")
    screening = ReferenceEngine().screen(replace(given, landing=landing))
    facts = tuple(fact for fact in screening.facts if fact.subject == subject)
    verdicts = [verdict for verdict in screening.verdicts if verdict.subject == f"Patient/{subject}"]
    told = [*written, *run.rows_of("scores", subject), *_answered(screening, subject)]
    evidence = [reference for row in told for reference in row["evidence"]]
    return SubjectExplanation(
        facts=facts,
        quotes=quote(landing, [*evidence, *(fact.evidence for fact in facts)]),
        input_changed=run.input_changed(),
        answers_changed=not _alike(written, verdicts),
    )


def _landing_of(
    con: duckdb.DuckDBPyConnection,
    given: ScreeningInput,
    run: PastRun,
    subject: str,
    work: Path,
    progress: Progress,
) -> Landing:
    """The lines of one subject as the run's strict scan left them."""
    opened = given.landing
    views = {name: compile_view(given.definitions.views[name]) for name in READ_TYPES}
    folder = WorkFolder(work / "one")
    traces = trace(subject, opened.files_of("Patient"), opened.full_urls)
    while True:
        progress("looking for the patient's records")
        landing = narrow(opened, traces, folder, run.may_hold_versions)
        _scan(con, landing, views, run.refused_from(), folder.path)
        grown = _traced_again(subject, opened, landing)
        if grown == traces:
            break
        traces = grown
    for name, problem in run.problems().items():
        # A type that the hospital does not hold stays believed in its silence: it must not look pulled.
        if name in landing.types or name not in given.definitions.site.absent_types:
            landing.blame(name, problem)
    return landing


def _traced_again(subject: str, opened: Landing, landing: Landing) -> Traces:
    """Cleaning opens Bundles and moves Patients that stood among other lines: they may tell more."""
    files = dict.fromkeys((*opened.files_of("Patient"), *landing.files_of("Patient")))
    return trace(subject, files, landing.full_urls)


def _scan(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    views: Mapping[str, CompiledView],
    refused_from: frozenset[str],
    work: Path,
) -> None:
    """Refuse the lines that the run refused: it looked at each line of a file only if any of them was bad."""
    for name in READ_TYPES:
        for file in landing.files_of(name):
            if file.origin in refused_from:
                clean_lines(landing, file, views[name].shape, work=work)
    land_rows(con, landing, views, work)


def _answered(screening: Screening, subject: str) -> Iterator[_Row]:
    """The verdicts and scores of one subject as rows."""
    for answers in (screening.verdicts, screening.scores):
        yield from (asdict(answer) for answer in answers if answer.subject == f"Patient/{subject}")


def _alike(written: Sequence[_Row], verdicts: Sequence[Verdict]) -> bool:
    """Whether the rows of verdicts.ndjson say what was computed again, whichever engine wrote them."""
    return len(written) == len(verdicts) and all(map(_same, written, verdicts))


def _same(row: _Row, verdict: Verdict) -> bool:
    """What the row says, column by column; a newer program may know more columns."""
    computed = {name: value for name, value in json.loads(json.dumps(asdict(verdict))).items() if name in row}
    value, other = row["value"], computed["value"]
    if value is not None and other is not None and math.isclose(value, other, rel_tol=1e-12):
        # The last digit of a double is no other answer.
        computed["value"] = value
    return bool(row == computed)


def _rows(path: Path, needle: bytes = b"") -> Iterator[_Row]:
    """The rows of a file that hold these bytes; none where there is no file."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            if needle in line:
                yield json.loads(line)
