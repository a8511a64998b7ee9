"""Owns the order of the fast engine's steps, and handing its tables out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.duckdb import accounting, handing_out
from fhir_adapter.engines.duckdb.age import answer_age
from fhir_adapter.engines.duckdb.composites import answer_composites
from fhir_adapter.engines.duckdb.conditions import build_condition_facts
from fhir_adapter.engines.duckdb.decide import decide
from fhir_adapter.engines.duckdb.doses import answer_doses
from fhir_adapter.engines.duckdb.events import EVENT_TYPES, answer_events, build_events
from fhir_adapter.engines.duckdb.exposure_days import build_exposures
from fhir_adapter.engines.duckdb.exposure_verbs import answer_exposed, answer_list_kept, answer_stopped
from fhir_adapter.engines.duckdb.islands import answer_exposed_for
from fhir_adapter.engines.duckdb.medications import RECORDS, gather_records
from fhir_adapter.engines.duckdb.observations import build_observation_facts
from fhir_adapter.engines.duckdb.presence import answer_conditions
from fhir_adapter.engines.duckdb.results_verbs import (
    Pair,
    answer_results,
    find_latest,
    pairs_of,
    prepare,
    summarise_worlds,
)
from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.engines.duckdb.score_verb import find_latest_scores
from fhir_adapter.engines.duckdb.scores import build_scores
from fhir_adapter.engines.duckdb.several import answer_several
from fhir_adapter.engines.duckdb.study import answer_people, find_participants
from fhir_adapter.engines.duckdb.subjects import build_subjects, drop_superseded, drop_unlinked, link_rows
from fhir_adapter.engines.duckdb.times import define_macros
from fhir_adapter.facts.rows import land_rows
from fhir_adapter.facts.session import connect
from fhir_adapter.model.criteria import Condition, LineKind, Verb
from fhir_adapter.model.inputs import EventInput, ExposureInput, Input, ScoreInput
from fhir_adapter.views import compile_view


@dataclass(frozen=True)
class Tables:
    """A finished screening that is still in the database: `run` holds the connection and its tables."""

    run: Run


class DuckDBEngine:
    """Computes; the reference engine judges it."""

    name = "duckdb"

    def screen(self, given: ScreeningInput) -> Screening:
        """The answers as Python objects: for tests and small populations."""
        with tempfile.TemporaryDirectory() as work, connect(Path(work)) as con:
            return handing_out.screening(self.compute(con, given, Path(work)).run)

    def compute(
        self,
        con: duckdb.DuckDBPyConnection,
        given: ScreeningInput,
        work: Path,
        progress: Callable[[str], None] = lambda _: None,
        *,
        workers: int = 2,
    ) -> Tables:
        """Read the landing and fill the tables `fact`, `diagnosis`, `score`, `verdict` and `result`."""
        needed = needed_types(given)
        views = {name: compile_view(given.definitions.views[name]) for name in needed}
        seen = land_rows(con, given.landing, views, work, progress)
        run = Run(con, given, seen, _needed(given), workers=workers)
        define_macros(run)
        superseded = {name: drop_superseded(run, name) for name in needed}
        build_subjects(run)
        accounting.incomplete(run)
        asked = _prepare_answers(run)
        progress("reading results and diagnoses")
        run.together(_read_observations, lambda fork: _read_others(fork, asked))
        accounting.count(run, superseded)
        progress("answering")
        _answer(run, asked)
        return Tables(run)


def _answer(run: Run, asked: list[tuple[int, Condition]]) -> None:
    """From facts to verdicts; what only led there is dropped."""
    pairs = pairs_of(run, asked)
    prepare(run)
    run.together(
        lambda fork: find_latest(fork, list(pairs.values())),
        lambda fork: _find_scores(fork, list(pairs.values())),
    )
    summarise_worlds(run, list(pairs.values()))
    answer_results(run, asked, pairs)
    answer_several(run, asked, pairs)
    answer_exposed_for(run, asked)
    answer_composites(run, asked)
    decide(run, {condition: number for number, condition in asked})
    for table in (
        "candidate",
        "newest_result",
        "newer",
        "world",
        "settled",
        "drafted",
        "answer",
        "record",
        "member",
    ):
        run.run(f"DROP TABLE IF EXISTS {table}")


def _read_observations(run: Run) -> None:
    _link(run, "Observation")
    build_observation_facts(run)
    run.run("DROP TABLE rows_Observation")


def _read_others(run: Run, asked: list[tuple[int, Condition]]) -> None:
    """Diagnoses, medications, events and people, with the answers that need nothing else."""
    _link(run, "Condition")
    build_condition_facts(run)
    run.run("DROP TABLE rows_Condition")
    answer_conditions(run, asked)
    for number, condition in asked:
        if condition.verb is Verb.AGE:
            answer_age(run, number, condition)
    _read_medications(run)
    find_participants(run, is_read=_link_read(run, ("ResearchSubject",)))
    answer_people(run, asked)
    answer_exposed(run, asked)
    answer_stopped(run, asked)
    answer_list_kept(run, asked)
    answer_doses(run, asked)
    answer_events(run, asked)


def _read_medications(run: Run) -> None:
    if run.reads(RECORDS[0]):
        for kind in RECORDS:
            link_rows(run, kind)
        gather_records(run)
        for kind in RECORDS:
            drop_unlinked(run, kind)
    kinds = [kind for kind in EVENT_TYPES if run.reads(kind)]
    if _link_read(run, kinds):
        build_events(run, kinds)
    if run.is_medicated:
        build_exposures(run)


def _link_read(run: Run, kinds: Sequence[str]) -> bool:
    """Find whose the rows of these types are; False if they are not read."""
    read = [kind for kind in kinds if run.reads(kind)]
    for kind in read:
        _link(run, kind)
    return bool(read)


def _link(run: Run, kind: str) -> None:
    link_rows(run, kind)
    drop_unlinked(run, kind)


def _find_scores(run: Run, pairs: list[Pair]) -> None:
    build_scores(run)
    find_latest_scores(run, pairs)


def needed_types(given: ScreeningInput) -> tuple[str, ...]:
    """The resource types that the trial's built lines read, Patients first."""
    inputs = [given.definitions.inputs[name] for name in given.trial.inputs()]
    built = [line for line in given.trial.lines if line.built]
    verbs = {condition.verb for line in built for condition in line.conditions()}
    of_events = {kind for of in inputs if isinstance(of, EventInput) for kind in of.types}
    is_medicated = Verb.LIST_KEPT in verbs or any(isinstance(of, ExposureInput) for of in inputs)
    types = ["Patient", "Observation", "Condition", *(kind for kind in EVENT_TYPES if kind in of_events)]
    if is_medicated or "AdverseEvent" in of_events:
        types += [*RECORDS, "Medication"]
    if Verb.ON_STUDY in verbs or any(line.kind is LineKind.DISCONTINUATION for line in given.trial.lines):
        types += ["ResearchSubject", "ResearchStudy"]
    return tuple(types)


def _needed(given: ScreeningInput) -> tuple[Input, ...]:
    """The inputs that the trial's built lines read, a score's components among them, in id order."""
    known = given.definitions.inputs
    wanted = set(given.trial.inputs())
    for name in tuple(wanted):
        of = known[name]
        if isinstance(of, ScoreInput):
            wanted.update(of.components())
    return tuple(known[name] for name in sorted(wanted))


def _prepare_answers(run: Run) -> list[tuple[int, Condition]]:
    """The empty table `answer`, and every distinct condition of the trial with its number in it."""
    run.run(
        """CREATE OR REPLACE TABLE answer (asked SMALLINT, sid INTEGER, truth TINYINT, reason SMALLINT,
        evidence VARCHAR[], value DOUBLE, valid DATE, notes INTEGER, trail TINYINT, trail_evidence VARCHAR[], about VARCHAR)"""
    )
    conditions = [c for line in run.given.trial.lines if line.built for c in line.conditions()]
    return list(enumerate(dict.fromkeys(conditions)))
