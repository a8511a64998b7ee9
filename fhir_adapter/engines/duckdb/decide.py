"""Owns rows, parts, lines and subjects in SQL (docs/semantics.md, section 7): answers become verdicts."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.engines.duckdb.composites import numeric_part
from fhir_adapter.engines.duckdb.results_verbs import COMPONENT_MISSING, TOO_OLD
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Condition, Line, LineKind, Part, Row, Trial, Verb
from fhir_adapter.model.inputs import QuantityInput, ScoreInput
from fhir_adapter.model.truth import Reason, Truth

_CODE = {Truth.TRUE: TRUE, Truth.FALSE: FALSE, Truth.UNKNOWN: UNKNOWN}
_STATE = "sid, truth, reason, evidence, value, unit, valid, notes, about"


def asked_lines(trial: Trial) -> list[Line]:
    """The lines in protocol order; one of discontinuation asks only subjects on study."""
    return list(trial.lines)


def decide(run: Run, numbers: dict[Condition, int]) -> None:
    """Tables `verdict` and `result`."""
    run.run(
        """CREATE OR REPLACE TABLE verdict (sid INTEGER, place SMALLINT, criterion VARCHAR, against BOOLEAN,
        truth TINYINT, reason SMALLINT, review BOOLEAN, value DOUBLE, unit VARCHAR, evidence VARCHAR[], valid DATE,
        notes VARCHAR[], about VARCHAR[], proposed BOOLEAN)"""
    )
    run.together(
        *(_deciding(place, line, numbers) for place, line in enumerate(asked_lines(run.given.trial)))
    )
    _decide_subjects(run)


def _deciding(place: int, line: Line, numbers: dict[Condition, int]) -> Callable[[Run], None]:
    return lambda fork: _decide_line(fork, place, line, numbers)


def _decide_line(run: Run, place: int, line: Line, numbers: dict[Condition, int]) -> None:
    against = {LineKind.INCLUSION: f"truth = {FALSE}", LineKind.EXCLUSION: f"truth = {TRUE}"}.get(
        line.kind, "false"
    )
    proposed = line.kind is LineKind.DISCONTINUATION
    asked = "SEMI JOIN on_study USING (sid)" if proposed else ""
    always = [] if line.review_always is None else [line.review_always]
    if not line.built:
        notes = ", ".join(text_literal(note) for note in always)
        run.run(
            f"""INSERT INTO verdict SELECT sid, {place}, {text_literal(line.id)}, false, {UNKNOWN},
            {code_of(Reason.NOT_BUILT)}, {bool(always)}, NULL, NULL, [], NULL, [{notes}]::VARCHAR[], [], {proposed} FROM subject {asked}"""
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
    if line.review_when_false is not None:
        flagged.append(f"CASE WHEN {truth} = {FALSE} THEN {text_literal(line.review_when_false)} END")
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
        f"""INSERT INTO verdict SELECT sid, {place}, {text_literal(line.id)}, {against}, truth, {first["reason"]},
            len(review_notes) > 0 OR bits <> 0, {first["value"]}, {first["unit"]},
            unique_of({evidence}), valid, list_sort(list_distinct(review_notes || {_note_names("bits")})),
            unique_of([x FOR x IN [{about}] IF x IS NOT NULL]), {proposed}
        FROM (SELECT p0.sid, {truth} AS truth, {columns}, {bits} AS bits, least({valid}, NULL) AS valid,
            {listed} AS review_notes FROM {joined}) {asked}"""
    )


def _reviews(line: Line) -> list[tuple[str, Condition, str]]:
    rows = [row for part in line.parts for row in part.review]
    return [(f"r{n}", row.when, row.note) for n, row in enumerate(rows)]


def _note_names(bits: str) -> str:
    named = ", ".join(f"CASE WHEN {bits} & {bit} <> 0 THEN '{name}' END" for name, bit in NOTE_BITS.items())
    return f"[n FOR n IN [{named}] IF n IS NOT NULL]"


_CARRIED = ("truth", "reason", "evidence", "value", "valid", "notes", "about", "trail", "trail_evidence")


def _decide_part(run: Run, part: Part, numbers: dict[Condition, int]) -> str:
    """SQL: the rows folded from the last to the first: each lays its answer over that of the rows after it.

    Every answer is joined once, at the end of the list, and carried along: `truth3` is that of row 3.
    """
    places = range(len(part.rows))
    carried = "".join(f", c{n}.{column} AS {column}{n}" for n in places for column in _CARRIED)
    joins = "".join(
        f" LEFT JOIN answer c{n} ON c{n}.asked = {numbers[row.when]} AND c{n}.sid = s.sid"
        for n, row in enumerate(part.rows)
    )
    reason, evidence = _trails(list(places))
    start = f"""SELECT *, {UNKNOWN} AS truth, CASE {reason} ELSE {code_of(Reason.NO_RECORD)} END AS reason,
        CASE {evidence} END AS evidence, NULL::DOUBLE AS value, NULL::VARCHAR AS unit, NULL::DATE AS valid, 0 AS notes,
        NULL::VARCHAR AS about FROM (SELECT s.sid{carried} FROM subject s{joins})"""
    steps = [f"step_{len(part.rows)} AS ({start})"]
    for n in reversed(places):
        steps.append(f"step_{n} AS ({_row(run, n, part.rows[n])})")
    return f"WITH {', '.join(steps)} SELECT {_STATE} FROM step_0"


def _trails(rows: list[int]) -> tuple[str, str]:
    """SQL: the branches of CASE for reason and evidence of the first trail by rank."""
    ranked = [
        (f"coalesce(trail{n}, 0) = {trail}", code_of(reason), f"trail_evidence{n}")
        for trail, reason in ((COMPONENT_MISSING, Reason.COMPONENT_MISSING), (TOO_OLD, Reason.TOO_OLD))
        for n in rows
    ]
    reasons = " ".join(f"WHEN {met} THEN {code}" for met, code, _ in ranked)
    return reasons, " ".join(f"WHEN {met} THEN {found}" for met, _, found in ranked)


def _row(run: Run, n: int, row: Row) -> str:
    then = _CODE[row.then]
    reason = "NULL" if row.reason is None else str(code_of(row.reason))
    evidence = f"evidence{n}"
    if row.reason is Reason.NO_RECORD and n:
        # what an earlier row looked for in vain may be there, only too old
        reasons, found = _trails(list(range(n)))
        reason = f"CASE {reasons} ELSE {reason} END"
        evidence = (
            f"CASE WHEN truth{n} = {TRUE} THEN (CASE {found} ELSE evidence{n} END) ELSE evidence{n} END"
        )
    unit = text_literal(_unit(run, row.when)) if _unit(run, row.when) else "NULL"
    own = f"coalesce(truth{n}, {FALSE})"
    agrees = f"({own} = {UNKNOWN} AND truth = {then} AND {then} <> {UNKNOWN})"
    about = f"coalesce(about{n}, {text_literal(row.when.about) if row.when.about else 'NULL'})"
    return f"""SELECT * REPLACE (
        CASE WHEN {own} = {FALSE} THEN truth WHEN {own} = {TRUE} OR {agrees} THEN {then} ELSE {UNKNOWN} END AS truth,
        CASE WHEN {own} = {FALSE} THEN reason WHEN {own} = {TRUE} THEN {reason} WHEN {agrees} THEN NULL
            ELSE reason{n} END AS reason,
        CASE WHEN {own} = {FALSE} THEN evidence WHEN {agrees} THEN
            unique_of(coalesce(evidence{n}, []) || coalesce(evidence, [])) ELSE {evidence} END AS evidence,
        CASE WHEN {own} = {FALSE} THEN value ELSE value{n} END AS value,
        CASE WHEN {own} = {FALSE} THEN unit WHEN value{n} IS NOT NULL THEN {unit} END AS unit,
        CASE WHEN {own} = {TRUE} THEN valid{n} ELSE least(valid{n}, valid) END AS valid,
        coalesce(notes{n}, 0) | CASE WHEN {own} = {TRUE} THEN 0 ELSE notes END AS notes,
        CASE WHEN {own} = {FALSE} THEN coalesce(about, {about}) ELSE {about} END AS about)
        FROM step_{n + 1}"""


def _unit(run: Run, condition: Condition) -> str:
    counted = numeric_part(run, condition)
    if counted is not None:
        return _unit(run, condition.of[counted])
    if condition.verb is Verb.STABLE_DOSE:
        return "mg/d"
    if condition.verb is Verb.EXPOSED_FOR:
        return "{score}"
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
            CASE WHEN s.deceased OR coalesce(len(v.against), 0) > 0 THEN 'ineligible' WHEN coalesce(len(v.missing), 0) > 0 THEN 'undetermined'
                ELSE 'eligible' END AS eligibility,
            CASE WHEN s.deceased THEN ['deceased'] || coalesce(v.against, []) ELSE coalesce(v.against, []) END AS blocked_by,
            coalesce(v.missing, []) AS missing, coalesce(v.confirm, []) AS confirm,
            coalesce(len(v.against), 0) = 1 AND NOT s.deceased AS near_miss,
            CASE WHEN s.merge_unresolved THEN ['merge-unresolved'] ELSE CAST([] AS VARCHAR[]) END AS flags
        FROM subject s LEFT JOIN (SELECT sid, {listed.format("against")} AS against,
            {listed.format(f"truth = {UNKNOWN} AND NOT proposed")} AS missing, {listed.format("review AND NOT proposed")} AS confirm
            FROM verdict GROUP BY sid) v USING (sid)"""
    )
