"""Owns the answer of `exposed_for` (docs/semantics.md, 8.3): islands of a drug, and the score found during one."""

from __future__ import annotations

from datetime import timedelta

from fhir_adapter.engines.duckdb.comparing import UNSURE, outcome
from fhir_adapter.engines.duckdb.exposure_days import LONG_AGO_DAYS
from fhir_adapter.engines.duckdb.exposure_verbs import drugs_of, silent
from fhir_adapter.engines.duckdb.medications import REQUEST
from fhir_adapter.engines.duckdb.results_verbs import EMPTY_CANDIDATES, note_absence
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.engines.duckdb.score_verb import ScoreQuestion, collect
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import ExposureInput, ScoreInput
from fhir_adapter.model.truth import Reason


def answer_exposed_for(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `exposed_for` conditions to `answer`."""
    asked = [(n, c) for n, c in conditions if c.verb is Verb.EXPOSED_FOR]
    for n, condition in asked:
        _build_islands(run, condition)
        _find_scores(run, condition)
        _answer(run, n, condition)
    silent(run, [n for n, _ in asked])
    if run.is_absent("Observation"):
        note_absence(run, [n for n, condition in asked if condition.score is not None])


def _today(run: Run) -> str:
    return f"DATE '{run.today.isoformat()}'"


def _build_islands(run: Run, condition: Condition) -> None:
    """`island`: per world (0 certain, 1 possible) and drug, with its number `wid`."""
    ago = (run.today - timedelta(days=LONG_AGO_DAYS)).isoformat()
    drugs = drugs_of(run, run.input(condition.input, ExposureInput))
    run.run(
        f"""CREATE OR REPLACE TABLE island AS SELECT (row_number() OVER ())::INTEGER AS wid, * FROM (
        SELECT world, sid, drug, min(lo) AS first, max(hi) AS last, list(DISTINCT evidence ORDER BY evidence) AS evidence,
            bool_and(kind = {REQUEST}) AS only_requests
        FROM (SELECT *, sum(CASE WHEN lo - reached - 1 > {condition.gap_days} OR reached IS NULL THEN 1 ELSE 0 END) OVER w AS part
            FROM (SELECT *, max(hi) OVER (PARTITION BY world, sid, drug ORDER BY lo, hi, evidence
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
                FROM (SELECT 0 AS world, sid, drug, certain_low AS lo, certain_high AS hi, evidence, kind FROM exposure
                        WHERE certain_low IS NOT NULL AND drug IN ({drugs})
                    UNION ALL SELECT 1, sid, drug, coalesce(possible_low, DATE '{ago}'), possible_high, evidence, kind
                        FROM exposure WHERE drug IN ({drugs})))
            WINDOW w AS (PARTITION BY world, sid, drug ORDER BY lo, hi, evidence))
        GROUP BY world, sid, drug, part)"""
    )


def _find_scores(run: Run, condition: Condition) -> None:
    """`island_score`: what the latest score in reach of each long island says, its evidence and value."""
    run.run(EMPTY_CANDIDATES.format(table="island_candidate"))
    if condition.score is not None:
        _collect(run, condition, condition.score)
    said = outcome(run, _as_score(condition)) if condition.score is not None else "0"
    conflicting, partial = code_of(Reason.CONFLICTING_VALUES), code_of(Reason.PARTIAL_DATE)
    run.run(
        f"""CREATE OR REPLACE TABLE island_score AS SELECT sid AS wid, evidence, value,
            CASE WHEN least = 1 AND most = 1 AND NOT has_none THEN 1 WHEN most = 0 AND NOT has_none THEN 0
                WHEN least = most AND least >= {UNSURE} AND NOT has_none THEN least
                WHEN late THEN {UNSURE + partial} WHEN first_unread IS NOT NULL THEN {UNSURE} + first_unread
                WHEN uncertain THEN {UNSURE + partial} ELSE {UNSURE + conflicting} END AS said
        FROM (SELECT sid, min(said) AS least, max(said) AS most, bool_or(none_certain) AS has_none, bool_or(late) AS late,
            bool_or(NOT certain) AS uncertain, unique_of(flatten(list(evidence ORDER BY sort_key))) AS evidence,
            min_by(unread, sort_key) FILTER (unread IS NOT NULL) AS first_unread,
            CASE WHEN bool_and(low IS NOT NULL AND high IS NOT NULL AND unread IS NULL) FILTER (NOT late)
                AND min(low) FILTER (NOT late) = max(high) FILTER (NOT late) THEN min(low) FILTER (NOT late) END AS value
            FROM (SELECT *, {said} AS said FROM island_candidate) GROUP BY sid)"""
    )


def _as_score(condition: Condition) -> Condition:
    return Condition(
        verb=Verb.SCORE,
        input=condition.score or "",
        comparisons=condition.comparisons,
        variants=condition.variants,
        three_variable_margin=condition.three_variable_margin,
    )


def _collect(run: Run, condition: Condition, score: str) -> None:
    """Visits and recorded totals of each window: its number stands for the subject."""
    known = run.input(score, ScoreInput)
    zone, today = run.zone_sql, _today(run)
    until = f"least(last + {condition.score_after_days}, {today})"
    recent = run.today - timedelta(days=condition.ended_within_days or 0)
    run.run(
        f"""CREATE OR REPLACE TABLE island_window AS SELECT wid, sid, epoch_us(day::TIMESTAMP AT TIME ZONE {zone}) AS opens,
            least(epoch_us((until + 1)::TIMESTAMP AT TIME ZONE {zone}) - 1, {run.given.index}) AS closes
        FROM (SELECT *, first + {condition.days - 1} AS day, {until} AS until FROM island
            WHERE last - first + 1 >= {condition.days} AND last >= DATE '{recent.isoformat()}')"""
    )
    visits = """(SELECT v.* REPLACE (w.wid AS sid), w.opens, w.closes FROM visit v JOIN island_window w USING (sid)
        WHERE coalesce(v.day <= day_of(w.closes), v.start_low <= w.closes, true)
            AND coalesce(v.day >= day_of(w.opens), v.start_high >= w.opens, true))"""
    facts = f"""(SELECT f.* REPLACE (w.wid AS sid), w.opens, w.closes FROM fact f JOIN island_window w USING (sid)
        WHERE f.input = {run.number(known.recorded)} AND coalesce(f.start_low <= w.closes, true))"""
    scores = """(SELECT c.* REPLACE (w.wid AS sid) FROM score c JOIN island_window w USING (sid)
        WHERE c.day BETWEEN day_of(w.opens) AND day_of(w.closes))"""
    collect(run, ScoreQuestion(0, known, condition.variants, visits, facts, scores, "island_candidate"))


def _answer(run: Run, number: int, condition: Condition) -> None:
    today, n = _today(run), condition.days
    too_old, no_record = UNSURE + code_of(Reason.TOO_OLD), UNSURE + code_of(Reason.NO_RECORD)
    ago = (run.today - timedelta(days=condition.ended_within_days or 0)).isoformat()
    length = "(last - first + 1)"
    # scores of which a part may be missing say nothing
    lost = "i.sid IN (SELECT sid FROM incomplete WHERE kind = 'Observation')"
    if condition.ongoing:
        said = f"CASE WHEN {length} >= {n} AND last = {today} THEN 1 ELSE 0 END"
    else:
        said = f"""CASE WHEN last < DATE '{ago}' THEN {too_old} WHEN {length} < {n} THEN 0
            WHEN {lost} THEN {UNSURE + code_of(Reason.INCOMPLETE_DATA)} ELSE coalesce(s.said, {no_record}) END"""
    leaves = f"""CASE WHEN {length} < {n} AND last = {today} AND world = 0 THEN first + {n - 1} END"""
    left = "NULL::DATE"
    if not condition.ongoing:
        left = (
            f"CASE WHEN said = 1 AND last < {today} THEN last + {(condition.ended_within_days or 0) + 1} END"
        )
    run.run(
        f"""CREATE OR REPLACE TABLE island_said AS SELECT i.*, {said} AS said,
            CASE WHEN NOT {lost} THEN s.value END AS value, CASE WHEN NOT {lost} THEN s.evidence END AS score_evidence
        FROM island i LEFT JOIN island_score s USING (wid)"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE world_said AS SELECT world, sid, CASE WHEN bool_or(said = 1) THEN 1
            WHEN bool_or(said >= {UNSURE}) THEN 2 ELSE 0 END AS truth,
            min_by(said, (drug, first)) FILTER (said >= {UNSURE}) AS doubt, min({leaves}) AS grows
        FROM island_said GROUP BY world, sid"""
    )
    kept = "(CASE WHEN i.said >= " + str(UNSURE) + " THEN 2 ELSE i.said END) = t.truth"
    shown = "i.world = t.shown"
    run.run(
        f"""INSERT INTO answer WITH told AS (
            SELECT sid, certain, possible, grows, CASE WHEN certain = possible THEN certain ELSE 2 END AS truth,
                CASE WHEN certain <> possible THEN {code_of(Reason.PARTIAL_DATE)} WHEN certain = 2 THEN doubt - {UNSURE} END AS reason
            FROM (SELECT p.sid, coalesce(c.truth, 0) AS certain, p.truth AS possible, c.doubt, c.grows
                FROM world_said p LEFT JOIN world_said c ON c.sid = p.sid AND c.world = 0 WHERE p.world = 1)),
        looked AS (SELECT *, CASE WHEN EXISTS (SELECT 1 FROM island_said i WHERE i.sid = told.sid AND i.world = 0
            AND (CASE WHEN i.said >= {UNSURE} THEN 2 ELSE i.said END) = told.truth) THEN 0 ELSE 1 END AS shown FROM told)
        SELECT {number}, t.sid, CASE t.truth WHEN 1 THEN {TRUE} WHEN 0 THEN {FALSE} ELSE {UNKNOWN} END, t.reason, e.evidence, e.value,
            least(t.grows, CASE WHEN t.truth = 1 THEN e.leaves END, NULL),
            CASE WHEN t.truth = 1 AND e.only_requests THEN {NOTE_BITS["requests-only"]} ELSE 0 END, 0, NULL, NULL
        FROM looked t LEFT JOIN (SELECT t.sid, unique_of(flatten(list(i.evidence || coalesce(i.score_evidence, [])
                ORDER BY i.drug, i.first))) AS evidence, bool_and(i.only_requests) AS only_requests,
            first(i.value ORDER BY i.drug, i.first) FILTER (i.said = 1) AS value, min({left}) AS leaves
            FROM looked t JOIN island_said i ON i.sid = t.sid AND {shown} AND {kept} GROUP BY t.sid) e USING (sid)
        WHERE t.truth <> 0 OR t.grows IS NOT NULL OR e.evidence IS NOT NULL"""
    )
    # what may be missing outweighs a no
    run.run(
        f"""UPDATE answer SET truth = {UNKNOWN}, reason = {code_of(Reason.INCOMPLETE_DATA)}, evidence = NULL, value = NULL
        WHERE asked = {number} AND truth = {FALSE} AND sid IN (
            SELECT sid FROM incomplete WHERE kind IN ('MedicationStatement', 'MedicationRequest'))"""
    )
