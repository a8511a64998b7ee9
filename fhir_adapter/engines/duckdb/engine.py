"""Owns the order of the fast engine's steps, and handing its tables out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.duckdb import accounting, handing_out
from fhir_adapter.engines.duckdb.age import answer_age
from fhir_adapter.engines.duckdb.conditions import answer_conditions, build_condition_facts
from fhir_adapter.engines.duckdb.decide import asked_lines, decide
from fhir_adapter.engines.duckdb.observations import build_observation_facts
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
from fhir_adapter.engines.duckdb.subjects import build_subjects, drop_superseded, drop_unlinked, link_rows
from fhir_adapter.engines.duckdb.times import define_macros
from fhir_adapter.facts.rows import land_rows
from fhir_adapter.facts.session import connect
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import Input, ScoreInput
from fhir_adapter.views import compile_view

TYPES = ("Patient", "Observation", "Condition")


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
        views = {name: compile_view(given.definitions.views[name]) for name in TYPES}
        seen = land_rows(con, given.landing, views, work, progress)
        run = Run(con, given, seen, _needed(given), workers=workers)
        define_macros(run)
        superseded = {name: drop_superseded(run, name) for name in TYPES}
        build_subjects(run)
        accounting.incomplete(run)
        asked = _prepare_answers(run)
        progress("reading results and diagnoses")
        run.together(_read_observations, lambda fork: _read_conditions(fork, asked))
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
    link_rows(run, "Observation")
    drop_unlinked(run, "Observation")
    build_observation_facts(run)
    run.run("DROP TABLE rows_Observation")


def _read_conditions(run: Run, asked: list[tuple[int, Condition]]) -> None:
    link_rows(run, "Condition")
    drop_unlinked(run, "Condition")
    build_condition_facts(run)
    run.run("DROP TABLE rows_Condition")
    answer_conditions(run, asked)
    for number, condition in asked:
        if condition.verb is Verb.AGE:
            answer_age(run, number, condition)


def _find_scores(run: Run, pairs: list[Pair]) -> None:
    build_scores(run)
    find_latest_scores(run, pairs)


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
        evidence VARCHAR[], value DOUBLE, valid DATE, notes INTEGER, trail TINYINT, trail_evidence VARCHAR[])"""
    )
    conditions = [c for line in asked_lines(run.given.trial) if line.built for c in line.conditions()]
    return list(enumerate(dict.fromkeys(conditions)))
