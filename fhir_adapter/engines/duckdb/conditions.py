"""Owns facts of Conditions (docs/semantics.md, section 4) and the answers of `present` and `absent` (6.3)."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.observations import codings_of
from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.criteria import Condition, Silence, Verb
from fhir_adapter.model.dates import day_start
from fhir_adapter.model.truth import Reason

RECORD_SPEAKS_DAYS = 730

_FIRST = "[c.code FOR c IN coalesce(r.{column}.coding, []) IF c.code IS NOT NULL][1]"


def build_condition_facts(run: Run) -> None:
    """Tables `diagnosis` (existing Conditions that are used), `meaning` and `membership` (concept -> input)."""
    _read_concepts(run)
    recorded = 'coalesce(r.recorded_date, r.onset_datetime, r.onset_period."start")'
    dated, begun = "r.abatement_datetime", 'r.abatement_period."start"'
    learn_times(run, "rows_Condition r", [recorded, dated, begun])
    verification = _FIRST.format(column="verification_status")
    clinical = _FIRST.format(column="clinical_status")
    index = run.given.index
    run.run(
        f"""CREATE OR REPLACE TABLE diagnosis AS SELECT * FROM (
        SELECT p.sid, m.cid, m.mapped, 'Condition/' || r.id || coalesce('/_history/' || r.version, '') AS evidence,
            coalesce({verification} = 'confirmed', r.verification_status IS NULL) AND NOT m.provisional AS confirmed,
            r.verification_status IS NULL AS no_verification,
            coalesce({verification} NOT IN ('refuted', 'entered-in-error'), true) AS is_used,
            CASE WHEN {clinical} IN ('active', 'recurrence', 'relapse') THEN true
                WHEN {clinical} IN ('inactive', 'remission', 'resolved') THEN false
                ELSE NOT (r.abatement_age IS NOT NULL OR r.abatement_range IS NOT NULL OR r.abatement_string IS NOT NULL
                    OR ({dated} IS NOT NULL AND coalesce(quick_low({dated}), e.low, {index}) <= {index})
                    OR (r.abatement_period IS NOT NULL AND coalesce(quick_low({begun}), b.low, {index}) <= {index})
                ) END AS active,
            coalesce(quick_low({recorded}), d.low) AS recorded_low, coalesce(quick_high({recorded}), d.high) AS recorded_high
        FROM rows_Condition r JOIN person p USING (pid)
        LEFT JOIN meaning m ON r.code IS NOT DISTINCT FROM m.code
        LEFT JOIN spelled_time d ON {recorded} = d.text LEFT JOIN spelled_time e ON {dated} = e.text
        LEFT JOIN spelled_time b ON {begun} = b.text)
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


def answer_conditions(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `present`/`absent` conditions to `answer`."""
    _members(run)
    _record_speaks(run)
    for number, condition in conditions:
        if condition.verb is Verb.PRESENT:
            _answer_present(run, number, condition)
        elif condition.verb is Verb.ABSENT:
            _answer_absent(run, number, condition)


def _members(run: Run) -> None:
    run.run(
        """CREATE OR REPLACE TABLE member AS SELECT d.sid, m.input, d.evidence, d.active, d.no_verification,
            d.confirmed AND NOT m.provisional AS confirmed
        FROM diagnosis d JOIN membership m USING (cid) WHERE d.is_used"""
    )


def _record_speaks(run: Run) -> None:
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


def _present(run: Run, condition: Condition) -> str:
    """SQL: sid, truth, reason, evidence, notes of `present`, for every subject."""
    activity = "AND active" if condition.activity == "active" else ""
    absent = NOTE_BITS["absent-type"] if run.is_absent("Condition") else 0
    provisional, incomplete = code_of(Reason.PROVISIONAL_ONLY), code_of(Reason.INCOMPLETE_DATA)
    return f"""SELECT s.sid,
        CASE WHEN m.confirmed THEN {TRUE} WHEN m.sid IS NOT NULL OR i.sid IS NOT NULL THEN {UNKNOWN} ELSE {FALSE} END AS truth,
        CASE WHEN m.confirmed THEN NULL WHEN m.sid IS NOT NULL THEN {provisional}
            WHEN i.sid IS NOT NULL THEN {incomplete} END AS reason,
        CASE WHEN m.confirmed THEN m.sure ELSE m.maybe END AS evidence,
        CASE WHEN m.unverified THEN {NOTE_BITS["no-verification"]} ELSE 0 END
            | CASE WHEN m.confirmed AND NOT m.any_active THEN {NOTE_BITS["not-active"]} ELSE 0 END | {absent} AS notes
        FROM subject s LEFT JOIN (SELECT sid, bool_or(confirmed) AS confirmed,
            list(evidence ORDER BY evidence) FILTER (confirmed) AS sure,
            list(evidence ORDER BY evidence) FILTER (NOT confirmed) AS maybe,
            bool_or(no_verification) AS unverified,
            coalesce(bool_or(active) FILTER (confirmed), false) AS any_active
            FROM (SELECT DISTINCT sid, evidence, active, no_verification, confirmed FROM member
                WHERE input = {run.number(condition.input)} {activity}) GROUP BY sid) m USING (sid)
        LEFT JOIN incomplete i ON i.sid = s.sid AND i.kind = 'Condition'"""


def _answer_present(run: Run, number: int, condition: Condition) -> None:
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid, truth, reason, evidence, NULL, NULL, notes, 0, NULL
        FROM ({_present(run, condition)}) WHERE truth <> {FALSE} OR notes <> 0"""
    )


def _answer_absent(run: Run, number: int, condition: Condition) -> None:
    found = _present(run, condition)
    silent = {
        Silence.UNKNOWN: (f"{UNKNOWN}", f"{code_of(Reason.NO_RECORD)}", "NULL", "NULL", "NULL"),
        Silence.FALSE: (f"{TRUE}", "NULL", "NULL", "NULL", "NULL"),
        Silence.FALSE_IF_RECORDED: (
            f"CASE WHEN i.sid IS NOT NULL OR r.unmapped IS NOT NULL OR r.speaking IS NULL THEN {UNKNOWN} ELSE {TRUE} END",
            f"CASE WHEN i.sid IS NOT NULL THEN {code_of(Reason.INCOMPLETE_DATA)} WHEN r.unmapped IS NOT NULL "
            f"THEN {code_of(Reason.UNMAPPED_CODE)} WHEN r.speaking IS NULL THEN {code_of(Reason.NO_RECORD)} END",
            "CASE WHEN i.sid IS NOT NULL THEN NULL WHEN r.unmapped IS NOT NULL THEN r.unmapped ELSE r.speaking END",
            "CASE WHEN i.sid IS NULL AND r.unmapped IS NULL THEN r.how_many END",
            "CASE WHEN i.sid IS NULL AND r.unmapped IS NULL THEN r.valid END",
        ),
    }[condition.silence or Silence.UNKNOWN]
    truth, reason, evidence, value, valid = silent
    judged = f"p.reason IS NULL OR p.reason = {code_of(Reason.INCOMPLETE_DATA)}"
    run.run(
        f"""INSERT INTO answer SELECT {number}, p.sid,
            CASE WHEN p.truth = {TRUE} THEN {FALSE} WHEN {judged} THEN {truth} ELSE {UNKNOWN} END,
            CASE WHEN p.truth = {TRUE} THEN NULL WHEN {judged} THEN {reason} ELSE p.reason END,
            CASE WHEN p.truth <> {TRUE} AND ({judged}) THEN {evidence} ELSE p.evidence END,
            CASE WHEN p.truth <> {TRUE} AND ({judged}) THEN {value} END,
            CASE WHEN p.truth <> {TRUE} AND ({judged}) THEN {valid} END, p.notes, 0, NULL
        FROM ({found}) p LEFT JOIN incomplete i ON i.sid = p.sid AND i.kind = 'Condition' LEFT JOIN record r ON r.sid = p.sid"""
    )


NOTE_BITS = {"preliminary": 1, "unmapped-result": 2, "no-verification": 4, "not-active": 8, "absent-type": 16}
