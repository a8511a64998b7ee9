"""Owns the answers of `all` and `any` (docs/semantics.md, 6.7): Kleene over answers that are there already."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import QuantityInput, ScoreInput


def answer_composites(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `all` and `any` conditions to `answer`."""
    numbers = {condition: n for n, condition in conditions}
    for n, condition in conditions:
        if condition.verb in (Verb.ALL, Verb.ANY):
            _answer(run, n, condition, [numbers[part] for part in condition.of])


def numeric_part(run: Run, condition: Condition) -> int | None:
    """The place of the first part that has a number, if any."""
    inputs = run.given.definitions.inputs
    kinds = (QuantityInput, ScoreInput)
    counted = (
        part.verb is Verb.STABLE_DOSE or isinstance(inputs.get(part.input), kinds) for part in condition.of
    )
    return next((n for n, is_counted in enumerate(counted) if is_counted), None)


def _answer(run: Run, number: int, condition: Condition, parts: list[int]) -> None:
    places = range(len(parts))
    joins = " ".join(
        f"LEFT JOIN (SELECT * FROM answer WHERE asked = {asked}) a{n} ON a{n}.sid = s.sid"
        for n, asked in enumerate(parts)
    )
    truths = ", ".join(f"coalesce(a{n}.truth, {FALSE})" for n in places)
    winner, loser = (FALSE, TRUE) if condition.verb is Verb.ALL else (TRUE, FALSE)
    truth = f"CASE WHEN {winner} IN ({truths}) THEN {winner} WHEN {UNKNOWN} IN ({truths}) THEN {UNKNOWN} ELSE {loser} END"
    decides = [f"coalesce(a{n}.truth, {FALSE}) = truth" for n in places]
    evidence = " || ".join(
        f"CASE WHEN {decides[n]} THEN coalesce(a{n}.evidence, []) ELSE [] END" for n in places
    )
    reason = " ".join(f"WHEN {decides[n]} THEN a{n}.reason" for n in places)
    about = " ".join(
        f"WHEN {decides[n]} THEN {text_literal(part.about)}" for n, part in enumerate(condition.of)
    )
    trails = " ".join(f"WHEN {decides[n]} THEN a{n}.trail" for n in places)
    trail_evidence = " ".join(f"WHEN {decides[n]} THEN a{n}.trail_evidence" for n in places)
    counted = numeric_part(run, condition)
    value = (
        "NULL"
        if counted is None
        else f"CASE WHEN truth = {TRUE} AND {decides[counted]} THEN a{counted}.value END"
    )
    valid = ", ".join(f"a{n}.valid" for n in places)
    notes = " | ".join(f"coalesce(a{n}.notes, 0)" for n in places)
    columns = ", ".join(f"a{n}" for n in places)
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid, truth, CASE {reason} END,
            CASE WHEN truth <> {FALSE} THEN unique_of({evidence}) END, {value}, least({valid}, NULL), {notes},
            CASE WHEN truth = {FALSE} THEN coalesce(CASE {trails} END, 0) ELSE 0 END,
            CASE WHEN truth = {FALSE} THEN CASE {trail_evidence} END END, CASE {about} END
        FROM (SELECT s.sid, {columns}, {truth} AS truth FROM subject s {joins})"""
    )
