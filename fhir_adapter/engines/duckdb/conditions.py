"""Owns facts of Conditions (docs/semantics.md, section 4): diagnoses, what they mean, what their record says."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.raw_results import codings_of
from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.dates import day_start

RECORD_SPEAKS_DAYS = 730

ACTIVE, INACTIVE, RESOLVED = 1, 2, 0
"""The activity of a diagnosis in SQL."""

_FIRST = "[c.code FOR c IN coalesce(r.{column}.coding, []) IF c.code IS NOT NULL][1]"


def build_condition_facts(run: Run) -> None:
    """Tables `diagnosis` (existing Conditions that are used), `meaning` and `membership` (concept -> input)."""
    _read_concepts(run)
    onset = 'coalesce(r.onset_datetime, r.onset_period."start")'
    recorded = f"coalesce(r.recorded_date, {onset})"
    ended = 'coalesce(r.abatement_datetime, r.abatement_period."end", r.abatement_period."start")'
    dated, begun = "r.abatement_datetime", 'r.abatement_period."start"'
    learn_times(run, "rows_Condition r", [recorded, onset, ended, begun])
    verification = _FIRST.format(column="verification_status")
    clinical = _FIRST.format(column="clinical_status")
    index = run.given.index
    stated = "('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')"
    abated = """(r.abatement_age IS NOT NULL OR r.abatement_range IS NOT NULL OR r.abatement_string IS NOT NULL
        OR r.abatement_datetime IS NOT NULL OR r.abatement_period IS NOT NULL)"""
    run.run(
        f"""CREATE OR REPLACE TABLE diagnosis AS SELECT * FROM (
        SELECT p.sid, m.cid, m.mapped, 'Condition/' || r.id || coalesce('/_history/' || r.version, '') AS evidence,
            coalesce({verification} = 'confirmed', r.verification_status IS NULL) AND NOT m.provisional AS confirmed,
            r.verification_status IS NULL AS no_verification,
            coalesce({verification} NOT IN ('refuted', 'entered-in-error'), true) AS is_used,
            CASE WHEN {clinical} IN ('active', 'recurrence', 'relapse') THEN {ACTIVE}
                WHEN {clinical} = 'inactive' THEN {INACTIVE} WHEN {clinical} IN ('remission', 'resolved') THEN {RESOLVED}
                WHEN {clinical} IS NOT NULL THEN {ACTIVE}
                WHEN r.abatement_age IS NOT NULL OR r.abatement_range IS NOT NULL OR r.abatement_string IS NOT NULL
                    OR ({dated} IS NOT NULL AND coalesce(quick_low({dated}), e.low, {index}) <= {index})
                    OR (r.abatement_period IS NOT NULL AND coalesce(quick_low({begun}), b.low, {index}) <= {index})
                THEN {RESOLVED} ELSE {ACTIVE} END AS activity,
            coalesce({clinical} NOT IN {stated}, true) AND NOT {abated} AS no_status,
            coalesce(quick_low({recorded}), d.low) AS recorded_low, coalesce(quick_high({recorded}), d.high) AS recorded_high,
            {onset} IS NOT NULL AS has_onset, coalesce(quick_low({onset}), o.low) AS onset_low,
            coalesce(quick_high({onset}), o.high) AS onset_high, r.recorded_date IS NOT NULL AS has_recorded,
            coalesce(quick_low({ended}), e.low) AS end_low, coalesce(quick_high({ended}), e.high) AS end_high
        FROM rows_Condition r JOIN person p USING (pid)
        LEFT JOIN meaning m ON r.code IS NOT DISTINCT FROM m.code
        LEFT JOIN spelled_time d ON {recorded} = d.text LEFT JOIN spelled_time o ON {onset} = o.text
        LEFT JOIN spelled_time e ON {ended} = e.text LEFT JOIN spelled_time b ON {begun} = b.text)
        WHERE recorded_low IS NULL OR recorded_low <= {index}"""
    )


def _read_concepts(run: Run) -> None:
    reader = ConceptReader(run.given.definitions, run.conditions())
    run.run(
        """CREATE OR REPLACE TABLE diagnosed AS SELECT code FROM rows_Condition SEMI JOIN person USING (pid)
        GROUP BY code"""
    )
    meanings, members = [], []
    for cid, (code,) in enumerate(run.rows("SELECT code FROM diagnosed ORDER BY rowid")):
        reading = reader.read(codings_of(code), (code or {}).get("text"))
        meanings.append((cid, reading.mapped, reading.provisional))
        members += [(cid, run.number(i), provisional) for i, provisional in reading.inputs]
    run.table("meant", "cid INTEGER, mapped BOOLEAN, provisional BOOLEAN", meanings)
    run.run(
        "CREATE OR REPLACE TABLE meaning AS SELECT d.code, m.* FROM diagnosed d JOIN meant m ON d.rowid = m.cid"
    )
    run.run(
        """CREATE OR REPLACE TABLE unmapped_condition AS SELECT r.code, count(*) AS n FROM rows_Condition r
        SEMI JOIN person USING (pid) JOIN meaning m ON r.code IS NOT DISTINCT FROM m.code WHERE NOT m.mapped GROUP BY r.code"""
    )
    run.table("membership", "cid INTEGER, input SMALLINT, provisional BOOLEAN", members)


def build_members(run: Run) -> None:
    """`member`: which used diagnoses belong to which input."""
    run.run(
        """CREATE OR REPLACE TABLE member AS SELECT d.* EXCLUDE (cid, mapped, confirmed, is_used), m.input,
            d.confirmed AND NOT m.provisional AS confirmed
        FROM diagnosis d JOIN membership m USING (cid) WHERE d.is_used"""
    )


def record_speaks(run: Run) -> None:
    """`record`: what silence needs to know of each subject's Conditions."""
    since = day_start(run.today.fromordinal(run.today.toordinal() - RECORD_SPEAKS_DAYS), run.zone)
    run.run(
        f"""CREATE OR REPLACE TABLE record AS WITH speaking AS (
            SELECT *, max(recorded_low) OVER (PARTITION BY sid) AS newest FROM diagnosis
            WHERE is_used AND confirmed AND recorded_low >= {since} AND recorded_high <= {run.given.index})
        SELECT s.sid, u.unmapped, n.speaking, n.how_many, n.valid FROM subject s
        LEFT JOIN (SELECT sid, list(evidence ORDER BY evidence) AS unmapped FROM diagnosis
            WHERE is_used AND NOT mapped GROUP BY sid) u USING (sid)
        LEFT JOIN (SELECT sid, list(evidence ORDER BY evidence) FILTER (recorded_low = newest) AS speaking,
            count(*)::DOUBLE AS how_many, day_of(any_value(newest)) + {RECORD_SPEAKS_DAYS + 1} AS valid
            FROM speaking GROUP BY sid) n USING (sid)"""
    )
