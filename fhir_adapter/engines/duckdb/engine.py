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
from fhir_adapter.engines.duckdb.results_verbs import answer_results, find_latest, pairs_of, summarise_worlds
from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.engines.duckdb.score_verb import find_latest_scores
from fhir_adapter.engines.duckdb.scores import build_scores
from fhir_adapter.engines.duckdb.subjects import build_subjects, drop_superseded, link_rows
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
    ) -> Tables:
        """Read the landing and fill the tables `fact`, `diagnosis`, `score`, `verdict` and `result`."""
        views = {name: compile_view(given.definitions.views[name]) for name in TYPES}
        seen = land_rows(con, given.landing, views, work, progress)
        run = Run(con, given, seen, _needed(given))
        define_macros(run)
        superseded = {name: drop_superseded(run, name) for name in TYPES}
        build_subjects(run)
        for name in ("Observation", "Condition"):
            link_rows(run, name)
        accounting.incomplete(run)
        progress("reading results")
        build_observation_facts(run)
        build_condition_facts(run)
        accounting.count(run, superseded)
        run.run("DROP TABLE rows_Observation")
        run.run("DROP TABLE rows_Condition")
        progress("computing scores")
        build_scores(run)
        progress("answering")
        decide(run, _answer(run))
        return Tables(run)


def _needed(given: ScreeningInput) -> tuple[Input, ...]:
    """The inputs that the trial's built lines read, a score's components among them, in id order."""
    known = given.definitions.inputs
    wanted = set(given.trial.inputs())
    for name in tuple(wanted):
        of = known[name]
        if isinstance(of, ScoreInput):
            wanted.update(of.components())
    return tuple(known[name] for name in sorted(wanted))


def _answer(run: Run) -> dict[Condition, int]:
    """Ask every distinct condition of the trial once; returns its number in the table `answer`."""
    run.run(
        """CREATE OR REPLACE TEMP TABLE answer (asked SMALLINT, sid INTEGER, truth TINYINT, reason SMALLINT,
        evidence VARCHAR[], value DOUBLE, valid DATE, notes INTEGER, trail TINYINT, trail_evidence VARCHAR[])"""
    )
    conditions = [c for line in asked_lines(run.given.trial) if line.built for c in line.conditions()]
    numbers = {condition: number for number, condition in enumerate(dict.fromkeys(conditions))}
    asked = [(number, condition) for condition, number in numbers.items()]
    pairs = pairs_of(run, asked)
    find_latest(run, list(pairs.values()))
    find_latest_scores(run, list(pairs.values()))
    summarise_worlds(run, list(pairs.values()))
    answer_results(run, asked, pairs)
    answer_conditions(run, asked)
    for number, condition in asked:
        if condition.verb is Verb.AGE:
            answer_age(run, number, condition)
    return numbers
