"""Owns the answers of `latest` and `score` (docs/semantics.md, 6.1 and 6.2): worlds, and what they agree on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fhir_adapter.engines.duckdb.comparing import UNSURE, asks_flag_only, outcome
from fhir_adapter.engines.duckdb.newest import pick_newest
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Trial, Verb
from fhir_adapter.model.dates import day_start
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

TOO_OLD, COMPONENT_MISSING = 1, 2
"""Trails: what an answer F leaves behind for the end of the list."""


@dataclass(frozen=True)
class Pair:
    """One question about one input's results: which are the latest in a window. Many conditions share a pair."""

    number: int
    condition: Condition
    within: int | None
    since: int | None  # instant at which the window opens


def pair_key(condition: Condition) -> tuple[object, ...]:
    """Conditions with equal keys look at the same candidates."""
    return (condition.verb, condition.input, condition.within_days, condition.variants)


SEVERAL = (Verb.MEAN_OF, Verb.ANY_OF_LAST, Verb.READINGS)


def trail_pair(condition: Condition) -> Condition:
    """The `latest` question whose trail says why a verb of several results found nothing in its window."""
    return Condition(verb=Verb.LATEST, input=condition.input, within_days=condition.within_days)


def pairs_of(run: Run, conditions: list[tuple[int, Condition]]) -> dict[tuple[object, ...], Pair]:
    """The distinct pairs of `latest` and `score` conditions."""
    found: dict[tuple[object, ...], Pair] = {}
    for _, asked in conditions:
        condition = trail_pair(asked) if asked.verb in SEVERAL else asked
        if condition.verb in (Verb.LATEST, Verb.SCORE) and pair_key(condition) not in found:
            days = condition.within_days
            since = None if days is None else day_start(run.today - timedelta(days=days), run.zone)
            found[pair_key(condition)] = Pair(len(found), condition, days, since)
    return found


def prepare(run: Run) -> None:
    """Empty tables that `latest` and `score` fill."""
    run.run(EMPTY_CANDIDATES.format(table="candidate"))
    run.run("CREATE OR REPLACE TABLE trail (pair SMALLINT, sid INTEGER, trail TINYINT, evidence VARCHAR[])")


def find_latest(run: Run, pairs: list[Pair]) -> None:
    """`candidate` (results that may be the latest), `newer` (drafts and hints) and `trail` for pairs of `latest`."""
    rows = [
        (p.number, run.number(p.condition.input), p.since) for p in pairs if p.condition.verb is Verb.LATEST
    ]
    run.table("pair", "pair SMALLINT, input SMALLINT, since BIGINT", rows)
    draft = f"({code_of(Reason.PRELIMINARY)}, {code_of(Reason.NO_STATUS)})"
    hint, nothing = code_of(Reason.UNMAPPED_CODE), code_of(NOT_A_RESULT)
    certain = f"coalesce((since IS NULL OR start_low >= since) AND start_high <= {run.given.index}, false)"
    run.run(
        f"""CREATE OR REPLACE TABLE reach AS SELECT p.pair, f.sid, f.rowid AS fid, f.start_low, f.start_high,
            f.issued_text, f.updated_text, f.low, f.high, f.low_open, f.high_open, f.unread, f.flags, f.evidence, f.element,
            CASE WHEN f.problem IN {draft} THEN 1 WHEN f.problem = {hint} THEN 2 ELSE 0 END AS kind, {certain} AS certain
        FROM fact f JOIN pair p USING (input) WHERE (f.problem IS NULL OR f.problem <> {nothing})
            AND (f.start_high IS NULL OR p.since IS NULL OR f.start_high >= p.since)"""
    )
    pick_newest(run, "SELECT * EXCLUDE (kind) FROM reach WHERE kind = 0", "pair, sid", "newest_result")
    run.run(
        f"""INSERT INTO candidate BY NAME SELECT c.pair, c.sid, c.none_certain, c.certain, c.start_low, c.start_high,
            c.low, c.high, c.low_open, c.high_open, c.unread, g.uln, g.uln_high, c.flags,
            {code_of(Reason.CENSORED_VALUE)} AS mixed, c.evidence || chr(1) || c.element AS sort_key, [c.evidence] AS evidence,
            false AS three, false AS late
        FROM newest_result c LEFT JOIN range_reading g ON g.rid = c.fid"""
    )
    _find_newer(run)
    results = f"(f.problem IS NULL OR f.problem NOT IN ({nothing}, {hint}, {draft.strip('()')}))"
    run.run(
        f"""INSERT INTO trail WITH older AS (SELECT p.pair, f.sid, f.start_high, f.evidence
            FROM fact f JOIN pair p USING (input) WHERE {results} AND f.start_high < p.since
            AND (p.pair, f.sid) NOT IN (SELECT pair, sid FROM candidate)),
        newest AS (SELECT pair, sid, max(start_high) AS start_high FROM older GROUP BY ALL)
        SELECT pair, sid, {TOO_OLD} AS trail, list(evidence ORDER BY evidence) AS evidence
        FROM older JOIN newest USING (pair, sid, start_high) GROUP BY ALL"""
    )
    run.run("DROP TABLE reach")


def _find_newer(run: Run) -> None:
    """Drafts and hints that are newer than the candidates, or may be."""
    run.run(
        f"""CREATE OR REPLACE TABLE newer AS SELECT r.*, g.uln, g.uln_high, {code_of(Reason.CENSORED_VALUE)} AS mixed,
            false AS three, NULL::TINYINT AS variant, NULL::DOUBLE AS recorded_low, NULL::DOUBLE AS recorded_high,
            NULL::DOUBLE AS all_low, NULL::DOUBLE AS all_high, NULL::BOOLEAN AS all_open
        FROM (SELECT * FROM reach WHERE kind > 0) r
        LEFT JOIN (SELECT pair, sid, max(start_low) AS max_low FROM candidate GROUP BY ALL) w USING (pair, sid)
        LEFT JOIN range_reading g ON g.rid = r.fid
        WHERE r.start_high IS NULL OR w.max_low IS NULL OR r.start_high > w.max_low"""
    )


def summarise_worlds(run: Run, pairs: list[Pair]) -> None:
    """`world`: per pair and subject what does not depend on the comparison: evidence, value, validity."""
    days = [(p.number, p.within) for p in pairs]
    run.table("pair_days", "pair SMALLINT, days INTEGER", days)
    today = f"DATE '{run.today.isoformat()}'"
    change = f"""CASE WHEN day_of(start_low) + d.days + 1 > {today} THEN day_of(start_low) + d.days + 1
        WHEN day_of(start_high) + d.days + 1 > {today} THEN day_of(start_high) + d.days + 1 END"""
    run.run(
        f"""CREATE OR REPLACE TABLE world AS SELECT pair, sid, bool_or(none_certain) AS has_none,
            bool_or(NOT certain) AS uncertain, bool_or(late) AS late, flatten(list(evidence ORDER BY sort_key)) AS evidence,
            min_by(unread, sort_key) FILTER (unread IS NOT NULL) AS first_unread,
            CASE WHEN bool_and(low IS NOT NULL AND high IS NOT NULL AND unread IS NULL) FILTER (NOT late)
                AND min(low) FILTER (NOT late) = max(high) FILTER (NOT late) THEN min(low) FILTER (NOT late) END AS value,
            min({change}) AS valid
        FROM candidate c JOIN pair_days d USING (pair) GROUP BY pair, sid"""
    )
    run.run(
        """CREATE OR REPLACE TABLE drafts AS SELECT pair, sid, list(evidence ORDER BY evidence) AS evidence
        FROM newer WHERE kind = 1 GROUP BY pair, sid"""
    )


def answer_results(
    run: Run, conditions: list[tuple[int, Condition]], pairs: dict[tuple[object, ...], Pair]
) -> None:
    """Add the rows of `latest` and `score` conditions to `answer`."""
    asked = [(n, c, pairs[pair_key(c)].number) for n, c in conditions if c.verb in (Verb.LATEST, Verb.SCORE)]
    if not asked:
        return
    judged = " UNION ALL ".join(
        f"SELECT {n}::SMALLINT AS asked, pair, sid, {outcome(run, c)}::SMALLINT AS said FROM candidate WHERE pair = {p}"
        for n, c, p in asked
    )
    drafted = " UNION ALL ".join(
        f"SELECT {n}::SMALLINT AS asked, pair, sid, {outcome(run, c)}::SMALLINT AS said FROM newer "
        f"WHERE pair = {p} AND kind = 1"
        for n, c, p in asked
    )
    leaning = _only_reviewed(run.given.trial)
    run.table(
        "question",
        "asked SMALLINT, pair SMALLINT, flag_only BOOLEAN, lean BOOLEAN, newer_than SMALLINT[], counted BOOLEAN",
        [
            (n, p, asks_flag_only(c), c in leaning, [run.number(i) for i in c.after], not c.answers)
            for n, c, p in asked
        ],
    )
    conflicting, partial = code_of(Reason.CONFLICTING_VALUES), code_of(Reason.PARTIAL_DATE)
    base = f"""CASE WHEN j.least = 1 AND j.most = 1 AND NOT w.has_none THEN {TRUE} WHEN j.most = 0 THEN {FALSE}
        ELSE {UNKNOWN} END"""
    run.run(
        f"""CREATE OR REPLACE TABLE settled AS SELECT asked, pair, sid, evidence, value, valid, base,
        CASE WHEN flag_only THEN CASE WHEN most = 1 THEN {TRUE} ELSE {FALSE} END ELSE base END AS truth,
        CASE WHEN flag_only OR base <> {UNKNOWN} THEN NULL
            WHEN least = most AND least >= {UNSURE} AND NOT has_none THEN least - {UNSURE}
            WHEN late THEN {partial} WHEN first_unread IS NOT NULL THEN first_unread
            WHEN uncertain THEN {partial} ELSE {conflicting} END AS reason
        FROM (SELECT j.*, w.* EXCLUDE (pair, sid), q.flag_only, {base} AS base FROM (
            SELECT asked, pair, sid, min(said) AS least, max(said) AS most FROM ({judged}) GROUP BY ALL) j
            JOIN world w USING (pair, sid) JOIN question q USING (asked))"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE drafted AS SELECT asked, pair, sid, min(said) AS least, max(said) AS most
        FROM ({drafted}) GROUP BY ALL"""
    )
    _insert_answers(run)


def note_absence(run: Run, asked: list[int]) -> None:
    """Every answer that rests on a type which the server does not hold is for a person, whatever it says."""
    bit = NOTE_BITS["absent-type"]
    for number in asked:
        run.run(f"UPDATE answer SET notes = notes | {bit} WHERE asked = {number}")
        run.run(
            f"""INSERT INTO answer SELECT {number}, sid, {FALSE}, NULL, NULL, NULL, NULL, {bit}, 0, NULL, NULL FROM subject
            WHERE sid NOT IN (SELECT sid FROM answer WHERE asked = {number})"""
        )


def _check_newer(run: Run) -> None:
    """`after`: an answer T stands only if its results are newer than every date of those diagnoses."""
    asked = run.rows("SELECT asked, pair, newer_than FROM question WHERE len(newer_than) > 0")
    for number, pair, inputs in asked:
        listed = ", ".join(map(str, inputs))
        run.run(
            f"""UPDATE answer SET truth = {FALSE}, evidence = NULL, value = NULL WHERE asked = {number} AND truth = {TRUE}
            AND sid IN (SELECT c.sid FROM (SELECT sid, min(day_of(start_low)) AS day, bool_or(start_low IS NULL) AS undated
                    FROM candidate WHERE pair = {pair} GROUP BY sid) c
                JOIN (SELECT sid, max(greatest(day_of(onset_high), day_of(recorded_high), day_of(end_high))) AS day FROM member
                    WHERE input IN ({listed}) GROUP BY sid) m USING (sid)
                WHERE m.day IS NOT NULL AND (c.undated OR c.day <= m.day))"""
        )
        # a diagnosis that is not here may be newer
        run.run(
            f"""UPDATE answer SET truth = {UNKNOWN}, reason = {code_of(Reason.INCOMPLETE_DATA)} WHERE asked = {number}
            AND truth = {TRUE} AND sid IN (SELECT sid FROM incomplete WHERE kind = 'Condition')"""
        )


def _only_reviewed(trial: Trial) -> set[Condition]:
    """Conditions of review rows whose candidates a first row of the same line looks at too.

    That row is always asked, so its evidence and dates stand for theirs: only a yes or a note has to be kept.
    """
    lean: set[Condition] = set()
    asked: set[Condition] = set()
    for line in trial.lines:
        first = {pair_key(part.rows[0].when) for part in line.parts if part.rows}
        asked |= {row.when for part in line.parts for row in part.rows}
        reviews = {row.when for part in line.parts for row in part.review}
        lean |= {condition for condition in reviews if pair_key(condition) in first}
        asked |= {condition for condition in reviews if pair_key(condition) not in first}
    return lean - asked


def _insert_answers(run: Run) -> None:
    """Settled worlds, then drafts and hints laid over them, then the trail of those with nothing in the window."""
    truth, base = f"coalesce(s.truth, {FALSE})", f"coalesce(s.base, {FALSE})"
    same = f"(d.least = d.most AND d.least = {base})"
    upset = f"(d.asked IS NOT NULL AND {base} <> {UNKNOWN} AND NOT {same})"
    run.run(
        f"""INSERT INTO answer SELECT q.asked, k.sid,
            CASE WHEN {upset} THEN {UNKNOWN} ELSE {truth} END,
            CASE WHEN {upset} THEN {code_of(Reason.PRELIMINARY)} ELSE s.reason END,
            CASE WHEN q.lean THEN NULL WHEN {upset} THEN list_sort(list_distinct(coalesce(s.evidence, []) || dd.evidence))
                ELSE s.evidence END,
            CASE WHEN q.counted THEN s.value END, s.valid,
            CASE WHEN d.asked IS NOT NULL AND {base} <> {UNKNOWN} AND {same} THEN {NOTE_BITS["preliminary"]} ELSE 0 END
                | CASE WHEN h.sid IS NOT NULL THEN {NOTE_BITS["unmapped-result"]} ELSE 0 END,
            CASE WHEN s.asked IS NULL AND NOT {upset} THEN coalesce(t.trail, 0) ELSE 0 END,
            CASE WHEN s.asked IS NULL AND NOT {upset} THEN t.evidence END, NULL
        FROM question q JOIN (SELECT pair, sid FROM world UNION SELECT pair, sid FROM newer
            UNION SELECT pair, sid FROM trail) k USING (pair)
        LEFT JOIN settled s ON s.asked = q.asked AND s.sid = k.sid
        LEFT JOIN drafted d ON d.asked = q.asked AND d.sid = k.sid
        LEFT JOIN drafts dd ON dd.pair = q.pair AND dd.sid = k.sid
        LEFT JOIN (SELECT DISTINCT pair, sid FROM newer WHERE kind = 2) h ON h.pair = q.pair AND h.sid = k.sid
        LEFT JOIN trail t ON t.pair = q.pair AND t.sid = k.sid
        WHERE NOT q.lean OR {upset} OR {truth} <> {FALSE} OR d.asked IS NOT NULL OR h.sid IS NOT NULL"""
    )
    _check_newer(run)
    if run.is_absent("Observation"):
        note_absence(run, [number for (number,) in run.rows("SELECT asked FROM question")])
    run.run(
        """DELETE FROM answer WHERE asked IN (SELECT asked FROM question)
        AND sid IN (SELECT sid FROM incomplete WHERE kind = 'Observation')"""
    )
    run.run(
        f"""INSERT INTO answer SELECT q.asked, i.sid, {UNKNOWN}, {code_of(Reason.INCOMPLETE_DATA)}, NULL, NULL, NULL, 0,
        0, NULL, NULL FROM question q, incomplete i WHERE i.kind = 'Observation'"""
    )
    if run.is_absent("Condition"):
        note_absence(run, [n for (n,) in run.rows("SELECT asked FROM question WHERE len(newer_than) > 0")])


EMPTY_CANDIDATES = """CREATE OR REPLACE TABLE {table} (pair SMALLINT, sid INTEGER, low DOUBLE, high DOUBLE,
    low_open BOOLEAN, high_open BOOLEAN, unread SMALLINT, uln DOUBLE, uln_high DOUBLE, mixed SMALLINT, certain BOOLEAN,
    sort_key VARCHAR, evidence VARCHAR[], flags BIGINT, three BOOLEAN, variant TINYINT, recorded_low DOUBLE,
    recorded_high DOUBLE, all_low DOUBLE, all_high DOUBLE, all_open BOOLEAN, start_low BIGINT, start_high BIGINT,
    none_certain BOOLEAN, late BOOLEAN)"""
