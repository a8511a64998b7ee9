"""Owns the days of exposures (docs/semantics.md, section 8): which are certain, which possible, how they end."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.medications import (
    ADMINISTRATION,
    NAMELESS,
    RECORDS,
    REQUEST,
    ROUTES,
    STATEMENT,
    UNMAPPED,
)
from fhir_adapter.engines.duckdb.run import Run, code_of
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.model.exposures import Ends, whole_days
from fhir_adapter.model.truth import Reason

RECORDED, SUPPLY, OPEN, UNKNOWN_END = range(4)
ENDS = (Ends.RECORDED, Ends.SUPPLY, Ends.OPEN, Ends.UNKNOWN)
"""In SQL an end is its place here."""

CALENDAR_DAYS = 3_660_000
_LAST_DAY = "DATE '9999-12-31'"
"""Where the calendar ends: a supply for ten thousand years is none longer."""

LONG_AGO_DAYS = 40_000
"""A start that nobody knows, in days before today."""


def build_exposures(run: Run) -> None:
    """Table `exposure` from `medicated`: one row per record and drug; `unmapped_drug`: names that say none."""
    run.run("DELETE FROM medicated WHERE sid IS NULL OR NOT is_used")
    learn_times(run, "medicated", ["start_text", "end_text", "valid_to"])
    _learn_starts(run)
    _learn_lengths(run)
    today = f"DATE '{run.today.isoformat()}'"
    in_force = "coalesce(status IN ('active', 'in-progress'), false)"
    known = "coalesce(status IN ('active', 'in-progress', 'completed', 'stopped', 'on-hold'), false)"
    to_come = f"(NOT (one_time AND kind = {STATEMENT}) AND NOT {in_force} AND coalesce(status <> 'completed', true) AND end_high > {today})"
    day_only = f"(one_time AND kind = {STATEMENT} AND start_low IS NOT NULL)"
    run.run(
        f"""CREATE OR REPLACE TABLE dated AS SELECT * EXCLUDE (end_low, end_high),
            CASE WHEN NOT moot THEN end_low END AS end_low, CASE WHEN NOT moot THEN end_high END AS end_high,
            CASE WHEN unreadable OR (start_low IS NULL AND end_low IS NULL) THEN 0
                WHEN {day_only} AND ({in_force} OR NOT {known}) THEN 4 WHEN end_low IS NOT NULL AND NOT moot THEN 1
                WHEN start_low IS NOT NULL AND {in_force} AND NOT one_time AND kind <> {REQUEST} THEN 2 ELSE 3 END AS shape
        FROM (SELECT *, coalesce({to_come}, false) AS moot FROM ({_ends()}) WHERE start_low IS NULL OR start_low <= {today})"""
    )
    one_day = "CASE WHEN start_low = start_high THEN start_low END"
    run.run(
        f"""CREATE OR REPLACE TABLE spanned AS SELECT * EXCLUDE (certain_low, certain_high),
            CASE WHEN certain_low <= certain_high AND {known} THEN certain_low END AS certain_low,
            CASE WHEN certain_low <= certain_high AND {known} THEN certain_high END AS certain_high,
            one_time AND start_low = start_high AND NOT unreadable AS one_day
        FROM (SELECT *, CASE shape WHEN 0 THEN NULL WHEN 1 THEN start_high WHEN 2 THEN start_high ELSE {one_day} END AS certain_low,
            CASE shape WHEN 0 THEN NULL WHEN 1 THEN least(end_low, {today}) WHEN 2 THEN {today} ELSE {one_day} END AS certain_high,
            CASE WHEN shape NOT IN (0, 4) THEN start_low END AS possible_low,
            CASE WHEN shape = 1 THEN least(end_high, {today}) ELSE {today} END AS possible_high,
            CASE shape WHEN 1 THEN CASE WHEN from_supply THEN {SUPPLY} ELSE {RECORDED} END WHEN 2 THEN {OPEN}
                ELSE {UNKNOWN_END} END AS ends,
            CASE WHEN shape = 1 AND end_low >= {today} THEN end_low END AS runs_to FROM dated)"""
    )
    _name_drugs(run)


def _learn_starts(run: Run) -> None:
    """`started`: the earliest of several starts that one record names; an unreadable one leaves none."""
    run.run(
        "CREATE OR REPLACE TABLE told AS SELECT evidence, unnest(starts) AS text FROM medicated WHERE starts IS NOT NULL"
    )
    learn_times(run, "told", ["text"])
    run.run(
        """CREATE OR REPLACE TABLE started AS SELECT evidence, count(low) < count(*) AS bad, min(low) AS low, min(high) AS high
        FROM (SELECT t.evidence, day_of(coalesce(quick_low(t.text), s.low)) AS low, day_of(coalesce(quick_high(t.text), s.high))
            AS high FROM told t LEFT JOIN spelled_time s USING (text)) GROUP BY evidence"""
    )


def _learn_lengths(run: Run) -> None:
    """`lasting`: every duration as whole days."""
    found = run.rows(
        "SELECT lasts FROM medicated WHERE lasts IS NOT NULL UNION SELECT supply FROM medicated WHERE supply IS NOT NULL"
    )
    rows = [
        (d["value"], d["unit"], d["code"], whole_days(d["value"], d["unit"], d["code"])) for (d,) in found
    ]
    run.table("lasting", "value VARCHAR, unit VARCHAR, code VARCHAR, days INTEGER", rows)


def _ends() -> str:
    """SQL: `medicated` with its start and end as local days."""

    def day(end: str, text: str, joined: str) -> str:
        return f"day_of(coalesce(quick_{end}({text}), {joined}.{end}))"

    def same(of: str, joined: str) -> str:
        return " AND ".join(
            f"{of}.{part} IS NOT DISTINCT FROM {joined}.{part}" for part in ('"value"', "unit", "code")
        )

    lasts = f"CASE WHEN start_{{end}} + last_days IS NOT NULL THEN least(start_{{end}} + (last_days - 1), {_LAST_DAY}) END"
    supplied = f"CASE WHEN start_{{end}} + supply_days IS NOT NULL THEN least(start_{{end}} + (supply_days - 1), {_LAST_DAY}) END"
    ended = f"""CASE WHEN kind = {ADMINISTRATION} AND one_time THEN start_{{end}}
        WHEN one_time AND start_low IS NOT NULL AND NOT coalesce(status IN ('active', 'in-progress'), false)
            AND coalesce(status IN ('completed', 'stopped', 'on-hold'), false) THEN start_{{end}}
        WHEN end_text IS NOT NULL THEN stop_{{end}} WHEN has_last THEN {lasts} WHEN has_supply THEN {supplied}
        ELSE valid_{{end}} END"""
    bad_end = """(end_text IS NOT NULL AND stop_low IS NULL OR end_text IS NULL AND NOT has_last AND NOT has_supply
        AND valid_to IS NOT NULL AND valid_low IS NULL)"""
    return f"""SELECT * EXCLUDE (stop_low, stop_high, valid_low, valid_high, last_days, supply_days, bad_start),
            bad_start OR NOT one_time AND {bad_end} OR coalesce(end_high < start_low, false) AS unreadable,
            end_text IS NULL AND NOT has_last AND has_supply AS from_supply
        FROM (SELECT *, {ended.format(end="low")} AS end_low, {ended.format(end="high")} AS end_high
        FROM (SELECT r.*, coalesce({day("low", "r.start_text", "a")}, z.low) AS start_low,
            coalesce({day("high", "r.start_text", "a")}, z.high) AS start_high,
            coalesce(z.bad, false) OR r.start_text IS NOT NULL AND {day("low", "r.start_text", "a")} IS NULL AS bad_start,
            {day("low", "r.end_text", "b")} AS stop_low, {day("high", "r.end_text", "b")} AS stop_high,
            {day("low", "r.valid_to", "c")} AS valid_low, {day("high", "r.valid_to", "c")} AS valid_high,
            l.days AS last_days, CASE WHEN r.repeats IS NULL THEN u.days WHEN u.days IS NOT NULL AND regexp_full_match(r.repeats, '[0-9]{{1,5}}')
                THEN least(u.days::BIGINT * (1 + r.repeats::BIGINT), {CALENDAR_DAYS})::INTEGER END AS supply_days
        FROM medicated r LEFT JOIN spelled_time a ON r.start_text = a.text LEFT JOIN spelled_time b ON r.end_text = b.text
        LEFT JOIN spelled_time c ON r.valid_to = c.text LEFT JOIN started z ON z.evidence = r.evidence AND r.starts IS NOT NULL
        LEFT JOIN lasting l ON r.lasts IS NOT NULL AND {same("r.lasts", "l")}
        LEFT JOIN lasting u ON r.supply IS NOT NULL AND {same("r.supply", "u")}))"""


def _name_drugs(run: Run) -> None:
    """A route without systemic effect is no exposure; a record of two drugs is two."""
    route = "coalesce(g.route, n.route, 0)"
    # what was given at one time is a dose of a day only if that day is known
    given = f"(s.kind <> {ADMINISTRATION} OR s.one_day)"
    stopped = "coalesce(s.status IN ('stopped', 'on-hold', 'completed'), false)"
    run.run(
        f"""CREATE OR REPLACE TABLE exposure AS SELECT s.sid, d.drug, s.kind, s.evidence, s.certain_low, s.certain_high,
            s.possible_low, s.possible_high, s.ends::TINYINT AS ends, s.runs_to, coalesce(s.one_day, false) AS one_day,
            CASE WHEN {given} THEN g.dose END AS dose,
            CASE WHEN {given} THEN g.problem ELSE {code_of(Reason.DOSE_NOT_CODED)} END AS problem, g.as_needed,
            {route}::TINYINT AS route, CASE WHEN {stopped} THEN coalesce(w.stopped, 0) ELSE 0 END::TINYINT AS stopped,
            {stopped} AND coalesce(w.from_text, false) AS from_text
        FROM spanned s JOIN drug_key k ON s.named = k.named JOIN drug_name n ON n.mid = k.rowid JOIN drug_of d ON d.mid = n.mid
        JOIN dosage_key x ON x.how IS NOT DISTINCT FROM s.how AND x.strength IS NOT DISTINCT FROM n.strength
            AND x.once = (s.kind = {ADMINISTRATION}) AND x.spread = (s.kind = {ADMINISTRATION} AND NOT s.one_time)
        JOIN dosage_reading g ON g.did = x.rowid LEFT JOIN reason_reading w ON s.why = w.why
        WHERE {route} <> {ROUTES.index("none")}"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE unmapped_drug AS SELECT s.named, count(*) AS n FROM spanned s
        SEMI JOIN (SELECT evidence FROM exposure WHERE drug IN ({UNMAPPED}, {NAMELESS})) e USING (evidence) GROUP BY s.named"""
    )
    for place, record in enumerate(RECORDS):
        run.used[record] = int(
            run.value(f"SELECT count(DISTINCT evidence) FROM exposure WHERE kind = {place}")
        )
    for table in ("medicated", "dated", "spanned"):
        run.run(f"DROP TABLE {table}")
