"""Owns the answers of `exposed`, `stopped_for` and `list_kept` (docs/semantics.md, 8.1, 8.2, 8.5)."""

from __future__ import annotations

from datetime import timedelta

from fhir_adapter.engines.duckdb.comparing import UNSURE
from fhir_adapter.engines.duckdb.medications import NAMELESS, REQUEST, ROUTES, STOPS, UNMAPPED
from fhir_adapter.engines.duckdb.results_verbs import note_absence
from fhir_adapter.engines.duckdb.run import NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import ExposureInput
from fhir_adapter.model.truth import Reason

EXPOSURE_TYPES = ("MedicationStatement", "MedicationRequest")
"""The types without which a medication list is not complete."""


def drugs_of(run: Run, of: ExposureInput) -> str:
    """SQL list of the drugs of an input."""
    return ", ".join(str(run.drug(drug)) for drug in of.drugs)


def answer_exposed(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `exposed` conditions to `answer`."""
    asked = [(n, c) for n, c in conditions if c.verb is Verb.EXPOSED]
    if not asked:
        return
    run.table(
        "asked_exposed",
        "asked SMALLINT, since DATE, days INTEGER, possible BOOLEAN, route TINYINT, as_needed BOOLEAN, above DOUBLE",
        [
            (
                n,
                None if c.within_days is None else run.today - timedelta(days=c.within_days),
                c.within_days,
                c.possible,
                None if c.route is None else ROUTES.index(c.route),
                c.as_needed,
                None if c.dose_above is None else c.dose_above * 1e6,
            )
            for n, c in asked
        ],
    )
    drugs = {n: [run.drug(drug) for drug in run.input(c.input, ExposureInput).drugs] for n, c in asked}
    pairs = [(n, drug) for n, of in drugs.items() for drug in (*of, NAMELESS)]
    run.table("asked_drug", "asked SMALLINT, drug SMALLINT", pairs)
    partial = UNSURE + code_of(Reason.PARTIAL_DATE)
    touches = "(q.since IS NULL OR e.{end} >= q.since)"
    certain = f"(e.certain_low IS NOT NULL AND {touches.format(end='certain_high')})"
    possible = touches.format(end="possible_high")
    unnamed = UNSURE + code_of(Reason.UNMAPPED_CODE)
    dose = f"CASE WHEN q.above IS NULL THEN 1 WHEN e.dose IS NULL THEN {UNSURE} + e.problem WHEN e.dose > q.above THEN 1 ELSE 0 END"
    run.run(
        f"""CREATE OR REPLACE TABLE exposed AS SELECT *, CASE WHEN in_time = 0 OR enough = 0 THEN 0
            WHEN drug = {NAMELESS} THEN {unnamed} WHEN in_time > 1 THEN in_time WHEN enough > 1 THEN enough ELSE 1 END AS said
        FROM (SELECT q.asked, q.days, e.sid, e.drug, e.evidence, e.kind, e.certain_high,
            CASE WHEN NOT {possible} THEN 0 WHEN q.possible OR {certain} THEN 1 ELSE {partial} END AS in_time, {dose} AS enough
            FROM exposure e JOIN asked_drug d USING (drug) JOIN asked_exposed q USING (asked)
            WHERE (q.route IS NULL OR q.route = e.route) AND (NOT q.as_needed OR e.as_needed))"""
    )
    today = f"DATE '{run.today.isoformat()}'"
    leaves = f"""CASE WHEN days IS NOT NULL AND certain_high < {today} AND certain_high + days + 1 > {today}
        THEN certain_high + days + 1 END"""
    run.run(
        f"""INSERT INTO answer SELECT asked, sid, CASE WHEN sure THEN {TRUE} ELSE {UNKNOWN} END,
            CASE WHEN NOT sure THEN coalesce(doubt, {unnamed}) - {UNSURE} END,
            CASE WHEN sure THEN yes ELSE unsure END, NULL, CASE WHEN sure THEN valid END,
            CASE WHEN sure AND only_requests THEN {NOTE_BITS["requests-only"]} ELSE 0 END, 0, NULL, NULL
        FROM (SELECT asked, sid, bool_or(said = 1) AS sure, list(DISTINCT evidence ORDER BY evidence) FILTER (said = 1) AS yes,
            list(DISTINCT evidence ORDER BY evidence) FILTER (said > 1) AS unsure,
            min_by(said, evidence) FILTER (said > 1 AND said <> {unnamed}) AS doubt, min({leaves}) FILTER (said = 1) AS valid,
            bool_and(kind = {REQUEST}) FILTER (said = 1) AS only_requests FROM exposed WHERE said > 0 GROUP BY asked, sid)"""
    )
    silent(run, [n for n, _ in asked])


def answer_stopped(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `stopped_for` conditions to `answer`."""
    asked = [(n, c) for n, c in conditions if c.verb is Verb.STOPPED_FOR]
    sure = STOPS.index("intolerance")
    for n, condition in asked:
        run.run(
            f"""INSERT INTO answer SELECT {n}, sid, {TRUE}, NULL, CASE WHEN sure THEN yes ELSE maybe END, NULL, NULL,
                CASE WHEN sure AND only_text THEN {NOTE_BITS["stop-from-text"]} WHEN NOT sure
                    THEN {NOTE_BITS["intolerance-doubtful"]} ELSE 0 END, 0, NULL, NULL
            FROM (SELECT sid, bool_or(stopped = {sure}) AS sure, bool_and(from_text) FILTER (stopped = {sure}) AS only_text,
                list(DISTINCT evidence ORDER BY evidence) FILTER (stopped = {sure}) AS yes,
                list(DISTINCT evidence ORDER BY evidence) AS maybe
                FROM exposure WHERE stopped > 0 AND drug IN ({drugs_of(run, run.input(condition.input, ExposureInput))}) GROUP BY sid)"""
        )
    silent(run, [n for n, _ in asked])


def answer_list_kept(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `list_kept` conditions to `answer`."""
    today = f"DATE '{run.today.isoformat()}'"
    for n, condition in conditions:
        if condition.verb is not Verb.LIST_KEPT:
            continue
        days = condition.within_days or 0
        since = (run.today - timedelta(days=days)).isoformat()
        ever = condition.unmapped_within_days is None
        looked = (run.today - timedelta(days=condition.unmapped_within_days or 0)).isoformat()
        in_time = "true" if ever else f"possible_high >= DATE '{looked}'"
        lost = ", ".join(f"'{kind}'" for kind in EXPOSURE_TYPES)
        run.run(
            f"""INSERT INTO answer SELECT {n}, s.sid,
                CASE WHEN i.sid IS NULL AND u.sid IS NULL AND k.sid IS NOT NULL THEN {TRUE} ELSE {UNKNOWN} END,
                CASE WHEN i.sid IS NOT NULL THEN {code_of(Reason.INCOMPLETE_DATA)} WHEN u.sid IS NOT NULL
                    THEN {code_of(Reason.UNMAPPED_CODE)} WHEN k.sid IS NULL THEN {code_of(Reason.NO_RECORD)} END,
                CASE WHEN i.sid IS NULL THEN coalesce(u.evidence, k.evidence) END, NULL,
                CASE WHEN i.sid IS NULL AND u.sid IS NULL AND k.last < {today} THEN k.last + {days + 1} END,
                {absent_note(run)}, 0, NULL, NULL
            FROM subject s LEFT JOIN (SELECT DISTINCT sid FROM incomplete WHERE kind IN ({lost})) i USING (sid)
            LEFT JOIN (SELECT sid, list(DISTINCT evidence ORDER BY evidence) AS evidence FROM exposure
                WHERE drug IN ({UNMAPPED}, {NAMELESS}) AND {in_time} GROUP BY sid) u USING (sid)
            LEFT JOIN (SELECT sid, any_value(last) AS last, list(DISTINCT evidence ORDER BY evidence) FILTER (certain_high = last)
                AS evidence FROM (SELECT *, max(certain_high) OVER (PARTITION BY sid) AS last FROM exposure
                    WHERE drug >= 0 AND certain_high >= DATE '{since}') GROUP BY sid) k USING (sid)"""
        )


def absent_note(run: Run) -> int:
    return NOTE_BITS["absent-type"] if any(run.is_absent(kind) for kind in EXPOSURE_TYPES) else 0


def silent(run: Run, asked: list[int]) -> None:
    """Who said nothing at all: unknown where the list may be incomplete, for a person where the server has none."""
    lost = ", ".join(f"'{kind}'" for kind in EXPOSURE_TYPES)
    if not asked:
        return
    for n in asked:
        run.run(
            f"""INSERT INTO answer SELECT DISTINCT {n}, sid, {UNKNOWN}, {code_of(Reason.INCOMPLETE_DATA)}, NULL::VARCHAR[],
                NULL::DOUBLE, NULL::DATE, {absent_note(run)}, 0, NULL::VARCHAR[], NULL::VARCHAR FROM incomplete
            WHERE kind IN ({lost}) AND sid NOT IN (SELECT sid FROM answer WHERE asked = {n})"""
        )
    if absent_note(run):
        note_absence(run, asked)
