"""Owns the answers of `stable_dose` and `changed_dose` (docs/semantics.md, 8.4): the dose of every day of a window."""

from __future__ import annotations

from datetime import timedelta
from math import lcm

from fhir_adapter.engines.duckdb.exposure_days import SUPPLY
from fhir_adapter.engines.duckdb.exposure_verbs import EXPOSURE_TYPES, absent_note, drugs_of
from fhir_adapter.engines.duckdb.medications import ADMINISTRATION, NAMELESS, ROUTES
from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import ExposureInput
from fhir_adapter.model.truth import Reason

REFILL_DAYS = 7
"""Uncovered days between two supplies of one dose that a patient may have bridged (CLINICAL 4.3 rule 19)."""

STOPPED_DAYS = 30
"""A supply that ran out so many days before the window was a stop."""

_DOUBTS = (Reason.DOSE_NOT_CODED, Reason.CONFLICTING_VALUES, Reason.SUPPLY_ENDED, Reason.PARTIAL_DATE)
"""In the order in which they explain an answer; in SQL a reading says its place here + 2, 1 changed, 0 neither."""


def answer_doses(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of both verbs to `answer`; they share the readings of an input and window."""
    asked = [(n, c) for n, c in conditions if c.verb in (Verb.STABLE_DOSE, Verb.CHANGED_DOSE)]
    for name, days in sorted({(c.input, c.within_days or 0) for _, c in asked}):
        of = run.input(name, ExposureInput)
        _spread(run, of, days)
        _judge(run, bool(of.equivalents), days)
        for n, condition in asked:
            if (condition.input, condition.within_days or 0) == (name, days):
                _answer(run, n, condition)


def _spread(run: Run, of: ExposureInput, days: int) -> None:
    """`dose_day`: per drug and day of the window what is sure and what is only maybe."""
    today, first = run.today, run.today - timedelta(days=days)
    fits = f"e.route <> {ROUTES.index('injection')}" if of.equivalents else "NOT e.as_needed"
    # whole numbers, so that sums are exact whatever their order
    shared = lcm(*(factor.denominator for factor in of.equivalents.values()))
    weights = [(run.drug(d), f.numerator * (shared // f.denominator)) for d, f in of.equivalents.items()]
    run.table("equivalent", "drug SMALLINT, weight BIGINT", weights)
    stopped = (first - timedelta(days=STOPPED_DAYS)).isoformat()
    run.run(
        f"""CREATE OR REPLACE TABLE dosed AS SELECT (row_number() OVER ())::INTEGER AS row, e.sid, e.drug, e.evidence, e.kind,
            e.certain_low, e.certain_high, e.possible_low, e.possible_high, e.ends, e.dose, e.runs_to, e.one_day
        FROM exposure e WHERE {fits} AND e.drug IN ({drugs_of(run, of)})"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE refill AS SELECT a.row, any_value(a.sid) AS sid, any_value(a.drug) AS drug,
            any_value(a.evidence) AS evidence, any_value(a.dose) AS dose, any_value(a.runs_to) AS runs_to,
            any_value(a.certain_high) AS ended, any_value(a.last) AS last,
            min(b.certain_low) FILTER (b.certain_low > a.last) AS next,
            arg_min(b.doses, b.certain_low) FILTER (b.certain_low > a.last) AS next_doses,
            max(b.certain_high) FILTER (b.certain_low <= a.last) AS covered
        FROM (SELECT *, coalesce(certain_high, possible_high) AS last FROM dosed) a LEFT JOIN (SELECT sid, drug, certain_low,
            max(certain_high) AS certain_high, list(DISTINCT coalesce(dose, -1)) AS doses FROM dosed WHERE certain_low IS NOT NULL
            GROUP BY sid, drug, certain_low) b ON a.sid = b.sid AND a.drug = b.drug
        WHERE a.ends = {SUPPLY} AND a.last >= DATE '{stopped}' GROUP BY a.row"""
    )
    bridged = f"""(next IS NOT NULL AND ended IS NOT NULL AND dose IS NOT NULL AND next_doses = [dose]
        AND next - greatest(covered, ended) - 1 <= {REFILL_DAYS})"""
    until = f"coalesce(next - 1, DATE '{today}')"
    run.run(
        f"""CREATE OR REPLACE TABLE dose_said AS WITH days AS (
            SELECT unnest(range(DATE '{first}', DATE '{today + timedelta(days=1)}', INTERVAL 1 DAY))::DATE AS day),
        said AS (
            SELECT sid, drug, day, evidence, dose, kind = {ADMINISTRATION} AND one_day AS given, true AS sure,
                false AS bridged, false AS supply, runs_to FROM dosed JOIN days ON day BETWEEN certain_low AND certain_high
            UNION ALL SELECT sid, drug, day, evidence, NULL, false, false, false, false, runs_to FROM dosed JOIN days
                ON day <= possible_high AND (possible_low IS NULL OR day >= possible_low)
                AND (certain_low IS NULL OR day NOT BETWEEN certain_low AND certain_high)
            UNION ALL SELECT sid, drug, day, evidence, dose, false, bridged, bridged, NOT bridged, runs_to
                FROM (SELECT *, coalesce({bridged}, false) AS bridged, {until} AS until FROM refill) JOIN days
                ON day > last AND day <= until)
        SELECT * EXCLUDE (covered) FROM (SELECT *, bool_or(sure AND NOT bridged) OVER w AS covered,
            bool_or(sure) OVER w AS any_sure FROM said WINDOW w AS (PARTITION BY sid, drug, day))
        WHERE (sure AND NOT bridged) OR (bridged AND NOT covered) OR NOT any_sure"""
    )
    run.run(
        """CREATE OR REPLACE TABLE dose_day AS SELECT sid, drug, day, bool_or(sure) AS sure, bool_or(NOT sure) AS maybe,
            bool_or(supply) AS supply,
            CASE WHEN bool_or(sure AND NOT given) THEN list(DISTINCT coalesce(dose, -1)) FILTER (sure AND NOT given)
                WHEN bool_or(given) THEN [CASE WHEN count(dose) FILTER (given) = count(*) FILTER (given)
                    THEN sum(dose) FILTER (given)::BIGINT ELSE -1 END] END AS doses
        FROM dose_said GROUP BY sid, drug, day"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE nameless_day AS SELECT sid, list(DISTINCT evidence ORDER BY evidence) AS evidence FROM exposure e
        WHERE drug = {NAMELESS} AND possible_high >= DATE '{first}' GROUP BY sid"""
    )


def _judge(run: Run, summed: bool, days: int) -> None:
    """`dose_reading`: per reading changed (1), a doubt (2 ...) or neither (0); `dose_evidence`: per subject."""
    today, first = run.today, run.today - timedelta(days=days)
    group = "sid" if summed else "sid, drug"
    scaled = "x::HUGEINT * coalesce(q.weight, 1)"
    run.run(
        f"""CREATE OR REPLACE TABLE dose_state AS SELECT {group}, day, bool_or(sure) AS present, bool_or(maybe) AS maybe,
            bool_or(supply) AS supply, bool_or(list_contains(doses, -1)) AS unknown, sum(lo) AS lo, sum(hi) AS hi,
            bool_or(len(doses) > 1) AS several
        FROM (SELECT d.*, coalesce(list_min([{scaled} FOR x IN doses IF x >= 0]), 0) AS lo,
            coalesce(list_max([{scaled} FOR x IN doses IF x >= 0]), 0) AS hi
            FROM dose_day d LEFT JOIN equivalent q USING (drug)) GROUP BY {group}, day"""
    )
    keys = "who.sid" if summed else "who.sid, who.drug"
    drug = "" if summed else " AND t.drug = who.drug"
    run.run(
        f"""CREATE OR REPLACE TABLE dose_full AS SELECT {keys}, d.day, coalesce(t.present, false) AS present,
            coalesce(t.maybe, false) AS maybe, coalesce(t.supply, false) AS supply, coalesce(t.unknown, false) AS unknown,
            coalesce(t.lo, 0) AS lo, coalesce(t.hi, 0) AS hi, coalesce(t.several, false) AS several
        FROM (SELECT DISTINCT {group} FROM dose_state) who, (SELECT unnest(range(DATE '{first}',
            DATE '{today + timedelta(days=1)}', INTERVAL 1 DAY))::DATE AS day) d
        LEFT JOIN dose_state t ON t.sid = who.sid{drug} AND t.day = d.day"""
    )
    changed = """bool_or(present) FILTER (NOT maybe) AND bool_or(NOT present) FILTER (NOT maybe)
        OR (count(DISTINCT lo) FILTER (NOT maybe AND NOT unknown) > 1 AND count(DISTINCT hi) FILTER (NOT maybe AND NOT unknown) > 1)"""
    state = "(present, unknown, lo, hi)"
    run.run(
        f"""CREATE OR REPLACE TABLE dose_reading AS SELECT r.*, c.changed_on FROM (SELECT {group}, CASE
            WHEN coalesce({changed}, false) THEN 1 WHEN bool_or(unknown) THEN 2
            WHEN bool_or(several) THEN 3 WHEN bool_or(maybe AND supply) THEN 4 WHEN bool_or(maybe) THEN 5
            ELSE 0 END AS said, arg_max(lo, day) FILTER (NOT maybe) AS dose FROM dose_full GROUP BY {group}) r
        LEFT JOIN (SELECT {group}, max(day) FILTER (NOT same) AS changed_on FROM (SELECT *,
            coalesce({state} = lag({state}) OVER (PARTITION BY {group} ORDER BY day), true) AS same FROM dose_full WHERE NOT maybe)
            GROUP BY {group}) c USING ({group})"""
    )
    run.run(
        """CREATE OR REPLACE TABLE dose_evidence AS SELECT sid, list(DISTINCT evidence ORDER BY evidence) AS evidence,
            min(runs_to) AS runs_to FROM dose_said GROUP BY sid"""
    )


def _answer(run: Run, number: int, condition: Condition) -> None:
    today = f"DATE '{run.today.isoformat()}'"
    of = run.input(condition.input, ExposureInput)
    doubt = f"([{', '.join(str(code_of(reason)) for reason in _DOUBTS)}])[doubt - 1]"
    lost = ", ".join(f"'{kind}'" for kind in EXPOSURE_TYPES)
    first = "min_by(said, drug)" if not of.equivalents else "min(said)"
    shared = lcm(*(factor.denominator for factor in of.equivalents.values()))
    is_change = condition.verb is Verb.CHANGED_DOSE
    yes = (
        "changed"
        if is_change
        else "(told AND NOT changed AND doubt IS NULL AND NOT lost AND unnamed IS NULL)"
    )
    no = (
        "(NOT changed AND doubt IS NULL AND NOT lost AND unnamed IS NULL)"
        if is_change
        else "(changed OR NOT told AND NOT lost AND unnamed IS NULL)"
    )
    reason = f"""CASE WHEN lost THEN {code_of(Reason.INCOMPLETE_DATA)} WHEN unnamed IS NOT NULL
        THEN {code_of(Reason.UNMAPPED_CODE)} ELSE {doubt} END"""
    value = (
        f"CASE WHEN {yes} THEN dose::DOUBLE / {1e6 * shared}::DOUBLE END"
        if of.equivalents and not is_change
        else "NULL"
    )
    valid = (
        f"changed_on + {condition.within_days}"
        if is_change
        else f"CASE WHEN runs_to >= {today} THEN runs_to + 1 END"
    )
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid, CASE WHEN {yes} THEN {TRUE} WHEN {no} THEN {FALSE} ELSE {UNKNOWN} END,
            CASE WHEN NOT {yes} AND NOT {no} THEN {reason} END,
            CASE WHEN {yes} OR lost OR unnamed IS NULL THEN evidence
                ELSE list_sort(list_distinct(coalesce(evidence, []) || unnamed)) END, {value},
            CASE WHEN {yes} THEN {valid} END, {absent_note(run)}, 0, NULL, NULL
        FROM (SELECT s.sid, r.sid IS NOT NULL AS told, coalesce(r.changed, false) AS changed, r.doubt, r.changed_on, r.dose,
            i.sid IS NOT NULL AS lost, u.evidence AS unnamed, e.evidence, e.runs_to
        FROM subject s LEFT JOIN (SELECT sid, bool_or(said = 1) AS changed, {first} FILTER (said > 1) AS doubt,
            max(changed_on) FILTER (said = 1) AS changed_on, any_value(dose) AS dose FROM dose_reading GROUP BY sid) r USING (sid)
        LEFT JOIN dose_evidence e USING (sid) LEFT JOIN nameless_day u USING (sid)
        LEFT JOIN (SELECT DISTINCT sid FROM incomplete WHERE kind IN ({lost})) i USING (sid))
        WHERE NOT ({no}) OR {absent_note(run)} <> 0"""
    )
