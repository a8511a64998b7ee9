"""Owns lines and subjects in SQL (docs/semantics.md, section 7): parts become verdicts, verdicts results."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.engines.duckdb.decision_rows import define_rows, fold_parts
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Condition, Line, LineKind
from fhir_adapter.model.truth import Reason

_AGAINST = {LineKind.INCLUSION: f"truth = {FALSE}", LineKind.EXCLUSION: f"truth = {TRUE}"}
"""A line of discontinuation speaks against nobody."""


def decide(run: Run, numbers: dict[Condition, int]) -> None:
    """Tables `verdict` and `result`."""
    run.run(
        """CREATE OR REPLACE TABLE verdict (sid INTEGER, place SMALLINT, criterion VARCHAR, against BOOLEAN,
        truth TINYINT, reason SMALLINT, review BOOLEAN, value DOUBLE, unit VARCHAR, evidence VARCHAR[], valid DATE,
        notes VARCHAR[], about VARCHAR[], proposed BOOLEAN)"""
    )
    define_rows(run, numbers)
    run.together(*(_deciding(place, line) for place, line in enumerate(run.given.trial.lines)))
    _decide_subjects(run)


def _deciding(place: int, line: Line) -> Callable[[Run], None]:
    return lambda fork: (_decide_line if line.built else _say_not_built)(fork, place, line)


def _asked(line: Line) -> str:
    """SQL: a line of discontinuation asks only subjects on study."""
    return "SEMI JOIN on_study USING (sid)" if line.kind is LineKind.DISCONTINUATION else ""


def _say_not_built(run: Run, place: int, line: Line) -> None:
    always = [] if line.review_always is None else [line.review_always]
    notes = ", ".join(text_literal(note) for note in always)
    run.run(
        f"""INSERT INTO verdict SELECT sid, {place}, {text_literal(line.id)}, false, {UNKNOWN},
        {code_of(Reason.NOT_BUILT)}, {bool(always)}, NULL, NULL, [], NULL, [{notes}]::VARCHAR[], [],
        {line.kind is LineKind.DISCONTINUATION} FROM subject {_asked(line)}"""
    )


def _decide_line(run: Run, place: int, line: Line) -> None:
    """The parts of each subject joined to one answer, beside what its review rows say."""
    winner, loser = (TRUE, FALSE) if line.combine == "any" else (FALSE, TRUE)
    deciding = "FILTER (part_truth = truth)"
    flagged = [] if line.review_always is None else [text_literal(line.review_always)]
    if line.review_when_false is not None:
        flagged.append(f"CASE WHEN truth = {FALSE} THEN {text_literal(line.review_when_false)} END")
    run.run(
        f"""INSERT INTO verdict WITH parts AS ({fold_parts(place)}),
        joined AS (SELECT * EXCLUDE (truth), truth AS part_truth, CASE WHEN bool_or(truth = {winner}) OVER s THEN {winner}
            WHEN bool_or(truth = {UNKNOWN}) OVER s THEN {UNKNOWN} ELSE {loser} END AS truth
            FROM parts WINDOW s AS (PARTITION BY sid)),
        summed AS (SELECT sid, any_value(truth) AS truth, first(reason ORDER BY part) {deciding} AS reason,
            first(value ORDER BY part) {deciding} AS value, first(unit ORDER BY part) {deciding} AS unit,
            unique_of(flatten(list(evidence ORDER BY part) {deciding})) AS evidence, min(valid) AS valid,
            bit_or(notes) AS bits, unique_of(list(about ORDER BY part) FILTER (part_truth = truth AND about IS NOT NULL))
            AS about FROM joined GROUP BY sid),
        looked AS (SELECT a.sid, list(r.note) FILTER (a.truth = {TRUE}) AS found, bit_or(a.notes) AS bits,
            min(a.valid) AS valid FROM answer a JOIN review_row r USING (asked) WHERE r.line = {place} GROUP BY a.sid)
        SELECT sid, {place}, {text_literal(line.id)}, {_AGAINST.get(line.kind, "false")}, truth, reason,
            len(flagged) > 0 OR bits <> 0, value, unit, evidence, valid,
            list_sort(list_distinct(flagged || {_note_names("bits")})), coalesce(about, []),
            {line.kind is LineKind.DISCONTINUATION}
        FROM (SELECT s.* REPLACE (s.bits | coalesce(l.bits, 0) AS bits, least(s.valid, l.valid) AS valid),
            [x FOR x IN coalesce(l.found, []) || [{", ".join(flagged)}]::VARCHAR[] IF x IS NOT NULL] AS flagged
            FROM summed s LEFT JOIN looked l USING (sid)) {_asked(line)}"""
    )


def _note_names(bits: str) -> str:
    named = ", ".join(f"CASE WHEN {bits} & {bit} <> 0 THEN '{name}' END" for name, bit in NOTE_BITS.items())
    return f"[n FOR n IN [{named}] IF n IS NOT NULL]"


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
