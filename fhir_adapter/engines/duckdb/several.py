"""Owns the answers of `ever`, `mean_of`, `any_of_last` and `readings` (docs/semantics.md, 6.6): several results of one input."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fhir_adapter.engines.duckdb.comparing import UNSURE, outcome
from fhir_adapter.engines.duckdb.results_verbs import SEVERAL, Pair, note_absence, pair_key, trail_pair
from fhir_adapter.engines.duckdb.run import FALSE, NOTE_BITS, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.dates import day_start
from fhir_adapter.model.truth import NOT_A_RESULT, Reason


def answer_several(
    run: Run, conditions: list[tuple[int, Condition]], pairs: dict[tuple[object, ...], Pair]
) -> None:
    """Add the rows of these verbs to `answer`."""
    asked = [(n, c) for n, c in conditions if c.verb in SEVERAL]
    windows = sorted({(run.number(c.input), c.within_days) for _, c in asked}, key=str)
    for number, within in windows:
        _read(run, number, within)
        for n, condition in asked:
            if (run.number(condition.input), condition.within_days) == (number, within):
                _answer(run, n, condition, pairs[pair_key(trail_pair(condition))].number)
    for n, condition in conditions:
        if condition.verb is Verb.EVER:
            _answer_ever(run, n, condition)
    _lost(run, [n for n, c in conditions if c.verb in (*SEVERAL, Verb.EVER)])


def _since(run: Run, within: int | None) -> int | None:
    return None if within is None else day_start(run.today - timedelta(days=within), run.zone)


def _kind() -> str:
    """SQL: 0 a result, 1 a draft, 2 a hint, 3 none of these."""
    drafts = f"({code_of(Reason.PRELIMINARY)}, {code_of(Reason.NO_STATUS)})"
    return f"""CASE WHEN problem IN {drafts} THEN 1 WHEN problem = {code_of(Reason.UNMAPPED_CODE)} THEN 2
        WHEN problem = {code_of(NOT_A_RESULT)} THEN 3 ELSE 0 END"""


def _read(run: Run, number: int, within: int | None) -> None:
    """`looked`: facts in reach; `reading`: certain results of one time, newest first."""
    since = _since(run, within)
    opened = "true" if since is None else f"start_low >= {since}"
    reached = "true" if since is None else f"coalesce(start_high >= {since}, true)"
    leaves = "NULL::DATE" if within is None else _leaves(run, within)
    run.run(
        f"""CREATE OR REPLACE TABLE looked AS SELECT * FROM (SELECT sid, start_low, start_high, low, high, low_open, high_open,
            unread, evidence, element, {_kind()} AS kind, coalesce({opened} AND start_high <= {run.given.index}, false)
            AS certain, {leaves} AS leaves FROM fact WHERE input = {number} AND {reached}) WHERE kind < 3"""
    )
    run.run(
        """CREATE OR REPLACE TABLE reading AS SELECT *, row_number() OVER (PARTITION BY sid
            ORDER BY start_high DESC, start_low DESC)::INTEGER AS place
        FROM (SELECT sid, start_low, start_high, CASE WHEN count(low) = count(*) THEN min(low) END AS low,
            CASE WHEN count(high) = count(*) THEN max(high) END AS high,
            coalesce(bool_and(low_open) FILTER (low = least_low), false) AS low_open,
            coalesce(bool_and(high_open) FILTER (high = most_high), false) AS high_open,
            min_by(unread, evidence || chr(1) || element) FILTER (unread IS NOT NULL) AS unread,
            list(DISTINCT evidence ORDER BY evidence) AS evidence, min(leaves) AS leaves
            FROM (SELECT *, min(low) OVER w AS least_low, max(high) OVER w AS most_high FROM looked
                WHERE kind = 0 AND certain WINDOW w AS (PARTITION BY sid, start_low, start_high))
            GROUP BY sid, start_low, start_high)"""
    )


def _leaves(run: Run, within: int) -> str:
    today = f"DATE '{run.today.isoformat()}'"
    low, high = (f"day_of({end}) + {within + 1}" for end in ("start_low", "start_high"))
    return f"CASE WHEN {low} > {today} THEN {low} WHEN {high} > {today} THEN {high} END"


def _answer(run: Run, number: int, condition: Condition, pair: int) -> None:
    """What the readings say, then what may be newer than the last of them: results of unsure date, drafts, hints."""
    n = condition.how_many
    said = {Verb.MEAN_OF: _mean, Verb.ANY_OF_LAST: _any, Verb.READINGS: _enough}[condition.verb]
    decided = f"coalesce(a.truth, {FALSE}) <> {UNKNOWN}"
    late = draft = "false"
    notes, differs = "0", "NULL::INTEGER"
    if condition.verb is not Verb.READINGS:
        differs = _outcome(run, condition)
        late = f"(x.late IS NOT NULL AND {decided})"
        # a draft that says otherwise leaves nothing decided; one that says the same is for a person to see
        draft = f"(NOT {late} AND {decided} AND x.drafts IS NOT NULL AND NOT (x.least = x.most AND x.least = coalesce(a.truth, {FALSE})))"
        notes = f"""CASE WHEN x.drafts IS NOT NULL AND NOT {draft} THEN {NOTE_BITS["preliminary"]} ELSE 0 END
            | CASE WHEN x.hinted THEN {NOTE_BITS["unmapped-result"]} ELSE 0 END"""
    trail = "coalesce(t.trail, 0)" if condition.verb is not Verb.ANY_OF_LAST else "0"
    lacks = f"a.truth IS NULL AND NOT {late} AND NOT {draft}"
    own = "coalesce(a.evidence, l.evidence, [])"
    run.run(
        f"""INSERT INTO answer WITH last AS (SELECT sid, min(start_low) FILTER (place = {n}) AS nth,
            min(leaves) FILTER (place <= {n}) AS valid,
            unique_of(flatten(list(evidence ORDER BY place) FILTER (place <= {n}))) AS evidence FROM reading GROUP BY sid),
        said AS ({said(run, condition)}),
        newer AS (SELECT *, {differs} AS says FROM (SELECT l.*, {_columns()}, p.nth FROM looked l LEFT JOIN last p USING (sid)
            WHERE (kind > 0 OR NOT certain) AND (l.start_high IS NULL OR p.nth IS NULL OR l.start_high > p.nth))),
        beside AS (SELECT sid, list(DISTINCT evidence ORDER BY evidence) FILTER (kind = 0 AND NOT certain) AS late,
            list(DISTINCT evidence ORDER BY evidence) FILTER (kind = 1) AS drafts, bool_or(kind = 2) AS hinted,
            min(says) FILTER (kind = 1) AS least, max(says) FILTER (kind = 1) AS most FROM newer GROUP BY sid)
        SELECT {number}, k.sid, CASE WHEN {late} OR {draft} THEN {UNKNOWN} ELSE coalesce(a.truth, {FALSE}) END,
            CASE WHEN {late} THEN {code_of(Reason.PARTIAL_DATE)} WHEN {draft} THEN {code_of(Reason.PRELIMINARY)} ELSE a.reason END,
            CASE WHEN {late} THEN unique_of({own} || x.late) WHEN {draft} THEN unique_of({own} || x.drafts)
                ELSE a.evidence END,
            a.value, coalesce(a.valid, l.valid), {notes}, CASE WHEN {lacks} THEN {trail} ELSE 0 END,
            CASE WHEN {lacks} THEN t.evidence END, NULL
        FROM (SELECT sid FROM last UNION SELECT sid FROM beside UNION SELECT sid FROM trail WHERE pair = {pair}) k
        LEFT JOIN said a USING (sid) LEFT JOIN beside x USING (sid) LEFT JOIN last l USING (sid)
        LEFT JOIN trail t ON t.sid = k.sid AND t.pair = {pair}"""
    )


def _outcome(run: Run, condition: Condition) -> str:
    return outcome(run, replace(condition, verb=Verb.LATEST))


def _columns() -> str:
    return f"""{code_of(Reason.CENSORED_VALUE)} AS mixed, NULL::DOUBLE AS uln, NULL::DOUBLE AS uln_high, 0::BIGINT AS flags,
        false AS three, NULL::TINYINT AS variant"""


def _verdict(said: str) -> str:
    return f"""CASE WHEN {said} = 1 THEN {TRUE} WHEN {said} = 0 THEN {FALSE} ELSE {UNKNOWN} END AS truth,
        CASE WHEN {said} >= {UNSURE} THEN {said} - {UNSURE} END AS reason"""


def _mean(run: Run, condition: Condition) -> str:
    n = condition.how_many
    return f"""SELECT sid, {_verdict("said")}, evidence, CASE WHEN low = high AND unread IS NULL THEN low END AS value, valid
        FROM (SELECT *, {_outcome(run, condition)} AS said FROM (SELECT sid,
            CASE WHEN count(low) = {n} THEN sum(low ORDER BY place) / {n} END AS low,
            CASE WHEN count(high) = {n} THEN sum(high ORDER BY place) / {n} END AS high,
            bool_or(low_open) AS low_open, bool_or(high_open) AS high_open,
            min_by(unread, place) FILTER (unread IS NOT NULL) AS unread,
            unique_of(flatten(list(evidence ORDER BY place))) AS evidence, min(leaves) AS valid, {_columns()}
            FROM reading WHERE place <= {n} GROUP BY sid HAVING count(*) = {n}))"""


def _any(run: Run, condition: Condition) -> str:
    n = condition.how_many
    return f"""SELECT sid, {_verdict("said")}, evidence, NULL::DOUBLE AS value, valid
        FROM (SELECT sid, CASE WHEN bool_or(said = 1) THEN 1 WHEN bool_or(said >= {UNSURE})
                THEN min_by(said, place) FILTER (said >= {UNSURE}) ELSE 0 END AS said,
            CASE WHEN bool_or(said = 1) THEN unique_of(flatten(list(evidence ORDER BY place) FILTER (said = 1)))
                ELSE unique_of(flatten(list(evidence ORDER BY place))) END AS evidence, min(leaves) AS valid
            FROM (SELECT *, {_outcome(run, condition)} AS said FROM (SELECT *, {_columns()} FROM reading WHERE place <= {n}))
            GROUP BY sid)"""


def _enough(run: Run, condition: Condition) -> str:
    n = condition.how_many
    return f"""SELECT sid, CASE WHEN unread THEN {FALSE} ELSE {TRUE} END AS truth, NULL::SMALLINT AS reason,
        CASE WHEN NOT unread THEN evidence END AS evidence, NULL::DOUBLE AS value, valid
        FROM (SELECT sid, bool_or(unread IS NOT NULL) AS unread, unique_of(flatten(list(evidence ORDER BY place))) AS evidence,
            min(leaves) AS valid FROM reading WHERE place <= {n} GROUP BY sid HAVING count(*) = {n})"""


def _answer_ever(run: Run, number: int, condition: Condition) -> None:
    since = _since(run, condition.within_days)
    reached = "true" if since is None else f"coalesce(start_high >= {since}, true)"
    leaves = "NULL::DATE" if condition.within_days is None else _leaves(run, condition.within_days)
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid, CASE WHEN bool_or(said = 1) THEN {TRUE} ELSE {FALSE} END, NULL,
            list(DISTINCT evidence ORDER BY evidence) FILTER (said = 1), NULL, min(leaves), 0, 0, NULL, NULL
        FROM (SELECT *, {_outcome(run, condition)} AS said FROM (SELECT f.*, g.uln, g.uln_high, {leaves} AS leaves,
                {code_of(Reason.CENSORED_VALUE)} AS mixed, false AS three, NULL::TINYINT AS variant
            FROM fact f LEFT JOIN range_reading g ON g.rid = f.rowid
            WHERE input = {run.number(condition.input)} AND problem IS NULL AND {reached}))
        GROUP BY sid HAVING bool_or(said = 1) OR min(leaves) IS NOT NULL"""
    )


def _lost(run: Run, asked: list[int]) -> None:
    """Where an Observation may be missing nothing is known; where the server has none, a person looks."""
    if not asked:
        return
    listed = ", ".join(map(str, asked))
    if run.is_absent("Observation"):
        note_absence(run, asked)
    if not run.value("SELECT count(*) FROM incomplete WHERE kind = 'Observation'"):
        return
    run.run(
        f"""DELETE FROM answer WHERE asked IN ({listed}) AND sid IN (SELECT sid FROM incomplete WHERE kind = 'Observation')"""
    )
    run.run(
        f"""INSERT INTO answer SELECT unnest([{listed}]), sid, {UNKNOWN}, {code_of(Reason.INCOMPLETE_DATA)}, NULL, NULL, NULL,
        0, 0, NULL, NULL FROM incomplete WHERE kind = 'Observation'"""
    )
