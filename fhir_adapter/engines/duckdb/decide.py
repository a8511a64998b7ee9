"""Owns rows, parts, lines and subjects in SQL (docs/semantics.md, section 7): answers become verdicts."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.engines.duckdb.conditions import NOTE_BITS
from fhir_adapter.engines.duckdb.results_verbs import COMPONENT_MISSING, TOO_OLD
from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Condition, Line, LineKind, Part, Row, Trial
from fhir_adapter.model.inputs import QuantityInput, ScoreInput
from fhir_adapter.model.truth import Reason, Truth

_CODE = {Truth.TRUE: TRUE, Truth.FALSE: FALSE, Truth.UNKNOWN: UNKNOWN}
_STATE = "sid, truth, reason, evidence, value, unit, valid, notes, about"


def asked_lines(trial: Trial) -> list[Line]:
    """The lines that every subject gets a row for."""
    return [line for line in trial.lines if line.kind is not LineKind.DISCONTINUATION]


def decide(run: Run, numbers: dict[Condition, int]) -> None:
    """Tables `verdict` and `result`."""
    run.run(
        """CREATE OR REPLACE TABLE verdict (sid INTEGER, place SMALLINT, criterion VARCHAR, against BOOLEAN,
        truth TINYINT, reason SMALLINT, review BOOLEAN, value DOUBLE, unit VARCHAR, evidence VARCHAR[], valid DATE,
        notes VARCHAR[], about VARCHAR[])"""
    )
    run.together(
        *(_deciding(place, line, numbers) for place, line in enumerate(asked_lines(run.given.trial)))
    )
    _decide_subjects(run)


def _deciding(place: int, line: Line, numbers: dict[Condition, int]) -> Callable[[Run], None]:
    return lambda fork: _decide_line(fork, place, line, numbers)


def _decide_line(run: Run, place: int, line: Line, numbers: dict[Condition, int]) -> None:
    against = {LineKind.INCLUSION: FALSE, LineKind.EXCLUSION: TRUE}[line.kind]
    always = [] if line.review_always is None else [line.review_always]
    if not line.built:
        notes = ", ".join(text_literal(note) for note in always)
        run.run(
            f"""INSERT INTO verdict SELECT sid, {place}, {text_literal(line.id)}, false, {UNKNOWN},
            {code_of(Reason.NOT_BUILT)}, {bool(always)}, NULL, NULL, [], NULL, [{notes}]::VARCHAR[], [] FROM subject"""
        )
        return
    parts = range(len(line.parts))
    decided = [_decide_part(run, part, numbers) for part in line.parts]
    joined = f"({decided[0]}) p0 " + " ".join(f"JOIN ({decided[n]}) p{n} USING (sid)" for n in parts if n)
    for column, condition, _ in _reviews(line):
        joined += (
            f" LEFT JOIN answer {column} ON {column}.asked = {numbers[condition]} AND {column}.sid = p0.sid"
        )
    truths = ", ".join(f"p{n}.truth" for n in parts)
    winner, loser = (TRUE, FALSE) if line.combine == "any" else (FALSE, TRUE)
    truth = f"CASE WHEN {winner} IN ({truths}) THEN {winner} WHEN {UNKNOWN} IN ({truths}) THEN {UNKNOWN} ELSE {loser} END"
    bits = " | ".join(
        [f"p{n}.notes" for n in parts] + [f"coalesce({c}.notes, 0)" for c, _, _ in _reviews(line)]
    )
    valid = ", ".join([f"p{n}.valid" for n in parts] + [f"{c}.valid" for c, _, _ in _reviews(line)])
    flagged = [f"CASE WHEN {c}.truth = {TRUE} THEN {text_literal(note)} END" for c, _, note in _reviews(line)]
    flagged += [text_literal(note) for note in always]
    listed = f"[x FOR x IN [{', '.join(flagged)}] IF x IS NOT NULL]" if flagged else "CAST([] AS VARCHAR[])"
    first = {
        column: "CASE " + " ".join(f"WHEN truth = truth{n} THEN {column}{n}" for n in parts) + " END"
        for column in ("reason", "value", "unit")
    }
    kept = ("truth", "reason", "value", "unit", "evidence", "about")
    columns = ", ".join(f"p{n}.{column} AS {column}{n}" for n in parts for column in kept)
    evidence = " || ".join(
        f"CASE WHEN truth = truth{n} THEN coalesce(evidence{n}, []) ELSE [] END" for n in parts
    )
    about = ", ".join(f"CASE WHEN truth = truth{n} THEN about{n} END" for n in parts)
    run.run(
        f"""INSERT INTO verdict SELECT sid, {place}, {text_literal(line.id)}, truth = {against}, truth, {first["reason"]},
            len(review_notes) > 0 OR bits <> 0, {first["value"]}, {first["unit"]},
            unique_of({evidence}), valid, list_sort(list_distinct(review_notes || {_note_names("bits")})),
            unique_of([x FOR x IN [{about}] IF x IS NOT NULL])
        FROM (SELECT p0.sid, {truth} AS truth, {columns}, {bits} AS bits, least({valid}, NULL) AS valid,
            {listed} AS review_notes FROM {joined})"""
    )


def _reviews(line: Line) -> list[tuple[str, Condition, str]]:
    rows = [row for part in line.parts for row in part.review]
    return [(f"r{n}", row.when, row.note) for n, row in enumerate(rows)]


def _note_names(bits: str) -> str:
    named = ", ".join(f"CASE WHEN {bits} & {bit} <> 0 THEN '{name}' END" for name, bit in NOTE_BITS.items())
    return f"[n FOR n IN [{named}] IF n IS NOT NULL]"


def _decide_part(run: Run, part: Part, numbers: dict[Condition, int]) -> str:
    """SQL: the rows folded from the last to the first: each lays its answer over that of the rows after it."""
    joins = "".join(
        f" LEFT JOIN answer c{n} ON c{n}.asked = {numbers[row.when]} AND c{n}.sid = s.sid"
        for n, row in enumerate(part.rows)
    )
    end = _no_row_left(len(part.rows))
    steps = [f"step_{len(part.rows)} AS (SELECT s.sid, {end} FROM subject s{joins})"]
    for n in reversed(range(len(part.rows))):
        steps.append(f"step_{n} AS ({_row(run, n, part.rows[n], numbers)})")
    return f"WITH {', '.join(steps)} SELECT {_STATE} FROM step_0"


def _no_row_left(rows: int) -> str:
    ranked = [
        (f"coalesce(c{n}.trail, 0) = {trail}", code_of(reason), f"c{n}.trail_evidence")
        for trail, reason in ((COMPONENT_MISSING, Reason.COMPONENT_MISSING), (TOO_OLD, Reason.TOO_OLD))
        for n in range(rows)
    ]
    reason = " ".join(f"WHEN {met} THEN {code}" for met, code, _ in ranked)
    evidence = " ".join(f"WHEN {met} THEN {found}" for met, _, found in ranked)
    return f"""{UNKNOWN} AS truth, CASE {reason} ELSE {code_of(Reason.NO_RECORD)} END AS reason,
        CASE {evidence} END AS evidence, NULL::DOUBLE AS value, NULL::VARCHAR AS unit, NULL::DATE AS valid, 0 AS notes,
        NULL::VARCHAR AS about"""


def _row(run: Run, n: int, row: Row, numbers: dict[Condition, int]) -> str:
    then = _CODE[row.then]
    reason = "NULL" if row.reason is None else str(code_of(row.reason))
    unit = text_literal(_unit(run, row.when)) if _unit(run, row.when) else "NULL"
    truth = f"coalesce(c.truth, {FALSE})"
    agrees = f"({truth} = {UNKNOWN} AND b.truth = {then} AND {then} <> {UNKNOWN})"
    about = text_literal(row.when.input)
    own_unit = f"CASE WHEN c.value IS NOT NULL THEN {unit} END"
    return f"""SELECT b.sid,
        CASE WHEN {truth} = {FALSE} THEN b.truth WHEN {truth} = {TRUE} OR {agrees} THEN {then} ELSE {UNKNOWN} END AS truth,
        CASE WHEN {truth} = {FALSE} THEN b.reason WHEN {truth} = {TRUE} THEN {reason} WHEN {agrees} THEN NULL
            ELSE c.reason END AS reason,
        CASE WHEN {truth} = {FALSE} THEN b.evidence WHEN {agrees} THEN
            unique_of(coalesce(c.evidence, []) || coalesce(b.evidence, [])) ELSE c.evidence END AS evidence,
        CASE WHEN {truth} = {FALSE} THEN b.value ELSE c.value END AS value,
        CASE WHEN {truth} = {FALSE} THEN b.unit ELSE {own_unit} END AS unit,
        CASE WHEN {truth} = {TRUE} THEN c.valid ELSE least(c.valid, b.valid) END AS valid,
        coalesce(c.notes, 0) | CASE WHEN {truth} = {TRUE} THEN 0 ELSE b.notes END AS notes,
        CASE WHEN {truth} = {FALSE} THEN coalesce(b.about, {about}) ELSE {about} END AS about
        FROM step_{n + 1} b LEFT JOIN answer c ON c.asked = {numbers[row.when]} AND c.sid = b.sid"""


def _unit(run: Run, condition: Condition) -> str:
    known = next((i for i in run.inputs if i.id == condition.input), None)
    if isinstance(known, QuantityInput):
        return known.unit
    if isinstance(known, ScoreInput):
        return "{score}"
    return "" if known is None else "Condition"


def _decide_subjects(run: Run) -> None:
    listed = "coalesce(list(criterion ORDER BY place) FILTER ({}), [])"
    run.run(
        f"""CREATE OR REPLACE TABLE result AS SELECT s.sid, s.id,
            CASE WHEN s.deceased OR len(v.against) > 0 THEN 'ineligible' WHEN len(v.missing) > 0 THEN 'undetermined'
                ELSE 'eligible' END AS eligibility,
            CASE WHEN s.deceased THEN ['deceased'] || v.against ELSE v.against END AS blocked_by, v.missing, v.confirm,
            len(v.against) = 1 AND NOT s.deceased AS near_miss,
            CASE WHEN s.merge_unresolved THEN ['merge-unresolved'] ELSE CAST([] AS VARCHAR[]) END AS flags
        FROM subject s JOIN (SELECT sid, {listed.format("against")} AS against,
            {listed.format(f"truth = {UNKNOWN}")} AS missing, {listed.format("review")} AS confirm
            FROM verdict GROUP BY sid) v USING (sid)"""
    )
