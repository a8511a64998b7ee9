"""Owns the answers of `present` and `absent` (docs/semantics.md, 6.3): all such conditions of a trial in one pass."""

from __future__ import annotations

from datetime import date, timedelta

from fhir_adapter.engines.duckdb.conditions import ACTIVE, INACTIVE, RESOLVED, build_members, record_speaks
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Silence, Span, Verb
from fhir_adapter.model.dates import add_years, day_start
from fhir_adapter.model.truth import Reason

_ACTIVITIES = {
    "any": (ACTIVE, INACTIVE, RESOLVED),
    "active": (ACTIVE,),
    "unresolved": (ACTIVE, INACTIVE),
    "ended": (INACTIVE, RESOLVED),
}
_DOUBTS = (Reason.STALE_STATUS, Reason.NO_STATUS, Reason.PARTIAL_DATE, Reason.PROVISIONAL_ONLY)
"""In the order in which they explain an answer; in SQL a member says its place here + 2."""

_ASKED = """asked SMALLINT, input SMALLINT, activities TINYINT, any_activity BOOLEAN, since BIGINT, since_days INTEGER,
    since_years INTEGER, recorded BIGINT, recorded_days INTEGER, recorded_years INTEGER, ended BIGINT, ended_days INTEGER,
    ended_years INTEGER, unless SMALLINT, stale BIGINT, stale_days INTEGER, no_status BIGINT, absent BOOLEAN, silence TINYINT"""


def answer_conditions(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `present` and `absent` conditions to `answer`."""
    asked = [(n, c) for n, c in conditions if c.verb in (Verb.PRESENT, Verb.ABSENT)]
    build_members(run)
    record_speaks(run)
    if not asked:
        return
    run.table("asked_presence", _ASKED, [_parameters(run, n, c) for n, c in asked])
    _judge_members(run)
    _gather(run)
    _answer_present(run)
    _answer_absent(run)


def _parameters(run: Run, number: int, condition: Condition) -> tuple[object, ...]:
    mask = sum(1 << activity for activity in _ACTIVITIES[condition.activity])
    spans = (condition.since, condition.recorded_within, condition.ended_within)
    unless = None if condition.unless is None else run.number(condition.unless)
    silence = None if condition.silence is None else list(Silence).index(condition.silence)
    return (
        number,
        run.number(condition.input),
        mask,
        condition.activity == "any",
        *(value for span in spans for value in _span(run, span)),
        unless,
        _days_ago(run, condition.stale_after_days),
        condition.stale_after_days,
        _days_ago(run, condition.no_status_after_days),
        condition.verb is Verb.ABSENT,
        silence,
    )


def _span(run: Run, span: Span | None) -> tuple[int | None, int | None, int | None]:
    """The instant at which it opens, its days, its years."""
    if span is None:
        return None, None, None
    if span.unit == "y":
        return _start(run, add_years(run.today, -span.count) + timedelta(days=1)), None, span.count
    return _days_ago(run, span.count), span.count, None


def _days_ago(run: Run, days: int | None) -> int | None:
    return None if days is None else _start(run, run.today - timedelta(days=days))


def _start(run: Run, day: date) -> int:
    return day_start(day, run.zone)


def _inside(low: str, high: str, since: str) -> str:
    """SQL: 1 inside, 0 outside, 2 uncertain; 1 where the row does not ask."""
    return f"(CASE WHEN {since} IS NULL OR {low} >= {since} THEN 1 WHEN {high} < {since} THEN 0 ELSE 2 END)"


def _judge_members(run: Run) -> None:
    """`judged`: what each member says to each question: 0 F, 1 T, else 2 + its doubt; and the day on which T ends."""
    is_dated = "(onset_low IS NOT NULL OR onset_high IS NOT NULL)"
    begun_low = f"(CASE WHEN {is_dated} THEN onset_low ELSE recorded_low END)"
    begun_high = f"(CASE WHEN {is_dated} THEN onset_high ELSE recorded_high END)"
    known = "greatest(onset_high, recorded_high)"
    spans = [
        _inside(begun_low, begun_high, "q.since"),
        _inside("recorded_low", "recorded_high", "q.recorded"),
        _inside("end_low", "end_high", "q.ended"),
    ]
    outside = " OR ".join(f"{span} = 0" for span in spans)
    uncertain = " OR ".join(f"{span} = 2" for span in spans)
    leaves = ", ".join(
        f"CASE WHEN q.{name} IS NOT NULL THEN coalesce(day_of({low}) + q.{name}_days + 1, years_later(day_of({low}), q.{name}_years)) END"
        for name, low in (("since", begun_low), ("recorded", "recorded_low"), ("ended", "end_low"))
    )
    stale = (
        f"CASE WHEN q.stale IS NOT NULL AND activity = {ACTIVE} THEN day_of({known}) + q.stale_days + 1 END"
    )
    run.run(
        f"""CREATE OR REPLACE TABLE judged AS SELECT *, least({leaves}, {stale}, NULL) AS leaves
        FROM (SELECT m.* EXCLUDE (input), q.*, CASE WHEN {outside} THEN 0
            WHEN q.no_status IS NOT NULL AND m.no_status AND coalesce({known} < q.no_status, true) THEN 3
            WHEN q.stale IS NOT NULL AND activity = {ACTIVE} AND {known} < q.stale THEN 2
            WHEN {uncertain} THEN 4 WHEN NOT confirmed THEN 5 ELSE 1 END AS said
        FROM member m JOIN asked_presence q USING (input)
        LEFT JOIN (SELECT DISTINCT sid, input, evidence FROM member
            WHERE input IN (SELECT unless FROM asked_presence)) u
            ON u.sid = m.sid AND u.evidence = m.evidence AND u.input = q.unless
        WHERE q.activities & (1 << activity) <> 0 AND u.sid IS NULL) q WHERE said <> 0"""
    )


def _gather(run: Run) -> None:
    """`found`: per question and subject the answer of `present`, where a member says anything but F."""
    unverified, idle = NOTE_BITS["no-verification"], NOTE_BITS["not-active"]
    today = f"DATE '{run.today.isoformat()}'"
    run.run(
        f"""CREATE OR REPLACE TABLE found AS SELECT asked, sid, coalesce(sure, false) AS sure,
            CASE WHEN sure THEN yes ELSE unsure END AS evidence,
            CASE WHEN sure THEN NULL ELSE ([{", ".join(str(code_of(r)) for r in _DOUBTS)}])[doubt - 1] END AS reason,
            CASE WHEN sure THEN valid END AS valid,
            CASE WHEN unverified THEN {unverified} ELSE 0 END
                | CASE WHEN sure AND any_activity AND NOT any_active THEN {idle} ELSE 0 END AS notes
        FROM (SELECT asked, sid, bool_or(said = 1) AS sure, any_value(any_activity) AS any_activity,
            list(evidence ORDER BY evidence) FILTER (said = 1) AS yes, list(evidence ORDER BY evidence) FILTER (said > 1) AS unsure,
            min(said) FILTER (said > 1) AS doubt, bool_or(no_verification) AS unverified,
            min(leaves) FILTER (said = 1 AND leaves > {today}) AS valid,
            coalesce(bool_or(activity = {ACTIVE}) FILTER (said = 1), false) AS any_active
            FROM judged GROUP BY asked, sid)"""
    )


def _answer_present(run: Run) -> None:
    absent = NOTE_BITS["absent-type"] if run.is_absent("Condition") else 0
    run.run(
        f"""INSERT INTO answer SELECT asked, sid, CASE WHEN sure THEN {TRUE} ELSE {UNKNOWN} END, reason, evidence, NULL,
            valid, notes | {absent}, 0, NULL, NULL
        FROM found JOIN asked_presence USING (asked) WHERE NOT absent"""
    )
    nobody = "FROM asked_presence q, {people} WHERE NOT q.absent AND (q.asked, p.sid) NOT IN (SELECT asked, sid FROM found)"
    run.run(
        f"""INSERT INTO answer SELECT q.asked, p.sid, {UNKNOWN}, {code_of(Reason.INCOMPLETE_DATA)}, NULL, NULL, NULL, {absent},
            0, NULL, NULL {nobody.format(people="incomplete p")} AND p.kind = 'Condition'"""
    )
    if absent:
        run.run(
            f"""INSERT INTO answer SELECT q.asked, p.sid, {FALSE}, NULL, NULL, NULL, NULL, {absent}, 0, NULL, NULL
            {nobody.format(people="subject p")}"""
        )


def _answer_absent(run: Run) -> None:
    """For every subject: silence speaks only as far as the row says."""
    absent = NOTE_BITS["absent-type"] if run.is_absent("Condition") else 0
    unknown, false = list(Silence).index(Silence.UNKNOWN), list(Silence).index(Silence.FALSE)
    incomplete, unmapped = code_of(Reason.INCOMPLETE_DATA), code_of(Reason.UNMAPPED_CODE)
    no_record = code_of(Reason.NO_RECORD)
    run.run(
        f"""INSERT INTO answer SELECT asked, sid,
            CASE WHEN sure THEN {FALSE} WHEN told OR silence = {unknown} THEN {UNKNOWN} WHEN silence = {false} THEN {TRUE}
                WHEN lost OR unmapped IS NOT NULL OR speaking IS NULL THEN {UNKNOWN} ELSE {TRUE} END,
            CASE WHEN told THEN reason WHEN silence = {unknown} THEN {no_record} WHEN silence = {false} THEN NULL
                WHEN lost THEN {incomplete} WHEN unmapped IS NOT NULL THEN {unmapped} WHEN speaking IS NULL THEN {no_record} END,
            CASE WHEN told THEN evidence WHEN silently AND NOT lost THEN coalesce(unmapped, speaking) END,
            CASE WHEN silently AND NOT lost AND unmapped IS NULL THEN how_many END,
            CASE WHEN told THEN found_valid WHEN silently AND NOT lost AND unmapped IS NULL THEN record_valid END,
            notes | {absent}, 0, NULL, NULL
        FROM (SELECT q.asked, s.sid, q.silence, f.asked IS NOT NULL AS told, coalesce(f.sure, false) AS sure, f.reason,
                f.evidence, f.valid AS found_valid, coalesce(f.notes, 0) AS notes, i.sid IS NOT NULL AS lost,
                f.asked IS NULL AND q.silence NOT IN ({unknown}, {false}) AS silently,
                r.unmapped, r.speaking, r.how_many, r.valid AS record_valid
            FROM asked_presence q JOIN subject s ON q.absent LEFT JOIN found f ON f.asked = q.asked AND f.sid = s.sid
            LEFT JOIN incomplete i ON i.sid = s.sid AND i.kind = 'Condition' LEFT JOIN record r ON r.sid = s.sid)"""
    )
