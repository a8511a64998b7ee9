"""Owns which DAS28 is the latest (docs/semantics.md, 6.2): the newest visit, unless a recorded total is newer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fhir_adapter.engines.duckdb.newest import pick_newest
from fhir_adapter.engines.duckdb.results_verbs import COMPONENT_MISSING, TOO_OLD, Pair
from fhir_adapter.engines.duckdb.run import Run, code_of
from fhir_adapter.engines.duckdb.scores import OK, SKIPPED
from fhir_adapter.model.criteria import Verb
from fhir_adapter.model.das28 import VARIANTS
from fhir_adapter.model.inputs import ScoreInput
from fhir_adapter.model.truth import NOT_A_RESULT, Reason


@dataclass(frozen=True)
class ScoreQuestion:
    """Which score is the latest: of all subjects in one window, or of each row of a table of windows.

    `visits` and `facts` are SQL with the columns of the tables of that name and `opens`, `closes`: the instants of the
    window. With windows, `sid` is the number of the window.
    """

    number: int
    known: ScoreInput
    variants: tuple[str, ...]
    visits: str
    facts: str
    scores: str = "score"
    into: str = "candidate"


def find_latest_scores(run: Run, pairs: list[Pair]) -> None:
    """Add the pairs of `score` to `candidate` and `trail`."""
    for pair in pairs:
        if pair.condition.verb is Verb.SCORE:
            known = run.input(pair.condition.input, ScoreInput)
            bounds = f"{pair.since if pair.since is not None else 'NULL'}::BIGINT AS opens, {run.given.index}::BIGINT AS closes"
            collect(
                run,
                ScoreQuestion(
                    pair.number,
                    known,
                    pair.condition.variants,
                    f"(SELECT *, {bounds} FROM visit)",
                    f"(SELECT *, {bounds} FROM fact)",
                ),
            )
            _leave_trail(run, pair)


def collect(run: Run, asked: ScoreQuestion) -> None:
    """Add what may be the latest score to the table `asked.into`."""
    _window(run, asked)
    _from_recorded(run, asked)
    _from_visits(run, asked)


def _window(run: Run, asked: ScoreQuestion) -> None:
    """`held`: usable and unusable visits with their newest day; `total`: recorded totals, in relation to it."""
    drafts = ", ".join(
        str(code_of(p)) for p in (NOT_A_RESULT, Reason.PRELIMINARY, Reason.NO_STATUS, Reason.UNMAPPED_CODE)
    )
    run.run(
        f"""CREATE OR REPLACE TABLE held AS SELECT *, max(day) OVER (PARTITION BY sid) AS newest,
            CASE WHEN opens IS NULL THEN true WHEN day IS NULL THEN coalesce(start_high >= opens, true)
                ELSE day >= day_of(opens) END AS inside
        FROM {asked.visits} WHERE input = {run.number(asked.known.id)} AND status <> {SKIPPED}"""
    )
    run.run(
        f"""CREATE OR REPLACE TABLE total AS SELECT f.* EXCLUDE (key, note, reference_range), n.newest AS newest_visit,
            n.newest IS NULL OR coalesce(f.day_low > n.newest, false) AS newer,
            coalesce(f.day_high > n.newest, true) AS maybe,
            coalesce((opens IS NULL OR f.start_low >= opens) AND f.start_high <= closes, false) AS certain
        FROM {asked.facts} f LEFT JOIN (SELECT sid, max(day) AS newest FROM held WHERE inside GROUP BY sid) n USING (sid)
        WHERE f.input = {run.number(asked.known.recorded)} AND (f.problem IS NULL OR f.problem NOT IN ({drafts}))
            AND (opens IS NULL OR coalesce(f.start_high >= opens, true))"""
    )


def _from_recorded(run: Run, asked: ScoreQuestion) -> None:
    pick_newest(
        run,
        "SELECT * FROM total WHERE (newer OR maybe) AND sid IN (SELECT sid FROM total WHERE newer)",
        "sid",
        "newest_total",
    )
    run.run(
        f"""INSERT INTO {asked.into} BY NAME SELECT {asked.number} AS pair, sid, low, high, low_open, high_open, unread,
            {code_of(Reason.CENSORED_VALUE)} AS mixed, certain, none_certain, evidence AS sort_key, [evidence] AS evidence,
            flags, false AS three, start_low, start_high, false AS late FROM newest_total"""
    )


def _from_visits(run: Run, asked: ScoreQuestion) -> None:
    """The newest visit, beside it what may be newer still."""
    order = asked.variants or VARIANTS
    rank = (
        "CASE s.variant "
        + " ".join(f"WHEN {VARIANTS.index(v)} THEN {n}" for n, v in enumerate(order))
        + " END"
    )
    mixed = f"""CASE WHEN s.flags & {run.flag_bit("conflicting")} <> 0 THEN {code_of(Reason.CONFLICTING_VALUES)}
        WHEN s.flags & {run.flag_bit("global-unit-guess")} <> 0 THEN {code_of(Reason.UNIT_NOT_CONVERTIBLE)}
        ELSE {code_of(Reason.CENSORED_VALUE)} END"""
    no_newer = "sid NOT IN (SELECT sid FROM total WHERE newer)"
    run.run(
        f"""INSERT INTO {asked.into} BY NAME
        SELECT {asked.number} AS pair, h.sid, s.low, s.high, s.low_open, s.high_open,
            CASE WHEN h.status <> {OK} THEN h.problem WHEN s.sid IS NULL THEN {code_of(Reason.COMPONENT_MISSING)} END AS unread,
            {mixed} AS mixed, true AS certain, false AS none_certain, '' AS sort_key,
            coalesce(s.evidence, h.evidence) AS evidence, coalesce(s.flags, 0) AS flags,
            coalesce(s.variant >= 2, false) AS three, s.variant, r.low AS recorded_low, r.high AS recorded_high,
            s.all_low, s.all_high, s.all_open, h.start_low, h.start_high, false AS late
        FROM (SELECT * FROM held WHERE inside AND day = newest) h
        LEFT JOIN (SELECT *, CASE WHEN count(low) OVER v = count(*) OVER v THEN min(low) OVER v END AS all_low,
                CASE WHEN count(high) OVER v = count(*) OVER v THEN max(high) OVER v END AS all_high,
                bool_and(high_open) OVER v AS all_open, row_number() OVER (PARTITION BY input, sid, day ORDER BY {rank} NULLS LAST) AS place
                FROM {asked.scores} s SEMI JOIN (SELECT * FROM held WHERE inside AND day = newest) n
                    ON n.sid = s.sid AND n.day = s.day AND n.input = s.input
            WINDOW v AS (PARTITION BY input, sid, day)) s
            ON s.place = 1 AND {rank} IS NOT NULL AND s.sid = h.sid AND s.day = h.day AND s.input = h.input
        LEFT JOIN (SELECT sid, day_low AS day, min(low) AS low, max(low) AS high FROM total
            WHERE day_low = day_high AND low = high AND unread IS NULL GROUP BY ALL) r ON r.sid = h.sid AND r.day = h.day
        WHERE h.{no_newer}"""
    )
    run.run(
        f"""INSERT INTO {asked.into} BY NAME SELECT {asked.number} AS pair, sid, {code_of(Reason.PARTIAL_DATE)} AS unread,
            {code_of(Reason.CENSORED_VALUE)} AS mixed, false AS certain, newest IS NULL AS none_certain, evidence[1] AS sort_key,
            evidence, 0 AS flags, false AS three, true AS late
        FROM (SELECT h.* EXCLUDE (newest), n.newest FROM held h LEFT JOIN (SELECT sid, max(day) AS newest FROM held
            WHERE inside GROUP BY sid) n USING (sid) WHERE h.day IS NULL AND h.inside)
        WHERE coalesce(day_of(start_high) > newest, true) AND {no_newer}"""
    )
    run.run(
        f"""INSERT INTO {asked.into} BY NAME SELECT {asked.number} AS pair, sid, low, high, low_open, high_open, unread,
            {code_of(Reason.CENSORED_VALUE)} AS mixed, certain, false AS none_certain, evidence AS sort_key,
            [evidence] AS evidence, flags, false AS three, start_low, start_high, true AS late
        FROM total WHERE maybe AND NOT newer AND {no_newer}"""
    )


def _leave_trail(run: Run, pair: Pair) -> None:
    known = run.input(pair.condition.input, ScoreInput)
    first = (run.today - timedelta(days=pair.within)).isoformat() if pair.within is not None else "0001-01-01"
    here = f"input = {run.number(known.id)}"
    drafts = ", ".join(
        str(code_of(p)) for p in (NOT_A_RESULT, Reason.PRELIMINARY, Reason.NO_STATUS, Reason.UNMAPPED_CODE)
    )
    since = pair.since if pair.since is not None else -(2**62)
    run.run(
        f"""INSERT INTO trail SELECT {pair.number}, sid, {COMPONENT_MISSING}, max_by(evidence, day) FROM visit
        WHERE {here} AND status = {SKIPPED} AND day >= DATE '{first}' GROUP BY sid"""
    )
    run.run(
        f"""INSERT INTO trail SELECT {pair.number}, sid, {TOO_OLD},
            unique_of(flatten(list(evidence ORDER BY rank, evidence))) FROM (
            SELECT *, max(day) OVER (PARTITION BY sid) AS newest FROM (SELECT * FROM (
                SELECT sid, day, 0 AS rank, evidence FROM visit WHERE {here} AND day IS NOT NULL AND day < DATE '{first}'
                UNION ALL SELECT sid, day_of(start_high), 1, evidence FROM visit WHERE {here} AND day IS NULL
                    AND start_high < {since}
                UNION ALL SELECT sid, day_high, 1, [evidence] FROM fact WHERE input = {run.number(known.recorded)}
                    AND (problem IS NULL OR problem NOT IN ({drafts})) AND start_high < {since})
            WHERE sid NOT IN (SELECT sid FROM trail WHERE pair = {pair.number} UNION ALL SELECT sid FROM candidate WHERE pair = {pair.number})))
        WHERE day = newest GROUP BY sid"""
    )
