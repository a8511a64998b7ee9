"""Owns DAS28 in bulk (docs/semantics.md, section 5): visits, their picked components, and every variant's score."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.newest import pick_newest
from fhir_adapter.engines.duckdb.run import Run, code_of
from fhir_adapter.model.inputs import ScoreInput
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

OK, SKIPPED, UNUSABLE = 0, 1, 2
"""Status of a visit."""

_TENDER, _SWOLLEN = "560.0::DOUBLE * sqrt({t})", "280.0::DOUBLE * sqrt({s})"
_JOINTS = f"{_TENDER} + {_SWOLLEN}"
_ESR, _CRP = "700.0::DOUBLE * ln({a})", "360.0::DOUBLE * ln({a} + 1.0::DOUBLE)"

# The expressions of model.das28, in the same order of operations: doubles must come out bit for bit alike.
FORMULAS = {
    "esr4": f"({_JOINTS} + {_ESR} + 14.0::DOUBLE * {{g}}) / 1000.0::DOUBLE",
    "crp4": f"({_JOINTS} + {_CRP} + 14.0::DOUBLE * {{g}} + 960.0::DOUBLE) / 1000.0::DOUBLE",
    "esr3": f"(({_JOINTS} + {_ESR}) * 108.0::DOUBLE + 16000.0::DOUBLE) / 100000.0::DOUBLE",
    "crp3": f"(({_JOINTS} + {_CRP}) * 110.0::DOUBLE + 115000.0::DOUBLE) / 100000.0::DOUBLE",
}


def build_scores(run: Run) -> None:
    """Tables `visit` and `score`, for every score input of the trial."""
    run.run(
        """CREATE OR REPLACE TABLE visit (input SMALLINT, sid INTEGER, day DATE, status TINYINT, problem SMALLINT,
        start_low BIGINT, start_high BIGINT, evidence VARCHAR[])"""
    )
    run.run(
        """CREATE OR REPLACE TABLE score (input SMALLINT, sid INTEGER, day DATE, variant TINYINT, low DOUBLE,
        high DOUBLE, low_open BOOLEAN, high_open BOOLEAN, evidence VARCHAR[], flags BIGINT, tender DOUBLE, swollen DOUBLE,
        acute DOUBLE, patient_global DOUBLE)"""
    )
    for known in run.scores():
        _pick(run, known)
        _join_components(run, known)
        _keep_visits(run, known)
        scored = (_score(run, known, place, variant) for place, variant in enumerate(FORMULAS))
        run.run(f"INSERT INTO score {' UNION ALL '.join(scored)}")


def _pick(run: Run, known: ScoreInput) -> None:
    """`picked`: one value per subject, component and day; `vague`: results whose day is not known."""
    wanted = ", ".join(str(run.number(i)) for i in known.components())
    drafts = ", ".join(
        str(code_of(p)) for p in (NOT_A_RESULT, Reason.PRELIMINARY, Reason.NO_STATUS, Reason.UNMAPPED_CODE)
    )
    usable = f"input IN ({wanted}) AND (problem IS NULL OR problem NOT IN ({drafts}))"
    whole_day = "coalesce(day_low = day_high, false)"
    run.run(
        f"""CREATE OR REPLACE TABLE vague AS SELECT sid, input, start_low, start_high, day_low, day_high, evidence
        FROM fact WHERE {usable} AND NOT {whole_day}"""
    )
    columns = "low, high, low_open, high_open, flags"
    single = ", ".join(f"any_value({column}) AS {column}" for column in columns.split(", "))
    # nearly every day has one result of a test: only the others are picked from
    run.run(
        f"""CREATE OR REPLACE TABLE picked AS SELECT sid, input, day_low AS day, any_value(unread) AS problem, {single},
            [any_value(evidence)] AS evidence, bool_or(NOT alone) AS shared, count(*) AS n
        FROM fact WHERE {usable} AND {whole_day} GROUP BY sid, input, day_low"""
    )
    if run.value("SELECT count(*) FROM picked WHERE n > 1"):
        run.run("CREATE OR REPLACE TABLE several AS SELECT sid, input, day FROM picked WHERE n > 1")
        run.run("DELETE FROM picked WHERE n > 1")
        _pick_of_several(run, usable)


def _pick_of_several(run: Run, usable: str) -> None:
    pick_newest(
        run,
        f"""SELECT sid, input, day_low AS day, start_low, start_high, true AS certain, issued_text, updated_text, low, high,
            low_open, high_open, unread, flags, evidence, element, alone FROM fact
        SEMI JOIN several s ON fact.sid = s.sid AND fact.input = s.input AND fact.day_low = s.day
        WHERE {usable} AND day_low = day_high""",
        "sid, input, day",
        "newest_pick",
    )
    conflict = run.flag_bit("conflicting")
    run.run(
        f"""INSERT INTO picked BY NAME SELECT sid, input, day, min_by(unread, evidence || chr(1) || element)
                FILTER (unread IS NOT NULL) AS problem, CASE WHEN count(low) = count(*) THEN min(low) END AS low,
            CASE WHEN count(high) = count(*) THEN max(high) END AS high,
            count(low) = count(*) AND coalesce(bool_and(low_open) FILTER (low = lowest), false) AS low_open,
            count(high) = count(*) AND coalesce(bool_and(high_open) FILTER (high = highest), false) AS high_open,
            list_sort(list(DISTINCT evidence)) AS evidence, bool_or(NOT alone) AS shared, 2 AS n, bit_or(flags)
                | CASE WHEN count(DISTINCT (low, high, low_open, high_open)) > 1 THEN {conflict} ELSE 0 END AS flags
        FROM (SELECT *, min(low) OVER w AS lowest, max(high) OVER w AS highest FROM newest_pick
            WINDOW w AS (PARTITION BY sid, input, day)) GROUP BY sid, input, day"""
    )


def _join_components(run: Run, known: ScoreInput) -> None:
    """`seen_visit`: each day with a joint count, and what stood beside it."""
    tender, swollen, patient_global = (
        run.number(i) for i in (known.tender, known.swollen, known.patient_global)
    )
    # columns of STRUCTs: t, s, g picked on the day, e and c the nearest in reach
    picks = {
        name: f"(SELECT sid, day, picked AS {name} FROM picked WHERE input = {number})"
        for name, number in (("t", tender), ("s", swollen), ("g", patient_global))
    }
    run.run(
        f"""CREATE OR REPLACE TABLE joints AS SELECT * FROM {picks["t"]} FULL JOIN {picks["s"]} USING (sid, day)"""
    )
    reach = known.acute_phase_days
    acute = f"({run.number(known.esr)}, {run.number(known.crp)})"
    run.run(
        f"""CREATE OR REPLACE TABLE beside AS SELECT j.sid, j.day, p.input, p AS p FROM joints j
        JOIN picked p ON p.sid = j.sid AND p.day = j.day WHERE p.input IN {acute}"""
    )
    for number in (run.number(known.esr), run.number(known.crp)):
        run.run(
            f"""INSERT INTO beside SELECT j.sid, j.day, p.input, arg_min(p, (abs(date_diff('day', p.day, j.day)),
                -date_diff('day', DATE '2000-01-01', p.day)))
            FROM joints j ANTI JOIN (SELECT sid, day FROM beside WHERE input = {number}) USING (sid, day)
            JOIN picked p ON p.sid = j.sid AND p.day BETWEEN j.day - {reach} AND j.day + {reach}
            WHERE p.input = {number} GROUP BY j.sid, j.day, p.input"""
        )
    loose = f"""SELECT j.sid, j.day, v.input, list_sort(list(DISTINCT v.evidence)) AS evidence FROM joints j JOIN vague v ON v.sid = j.sid
        AND coalesce(v.day_low <= j.day + {reach}, true) AND coalesce(v.day_high >= j.day - {reach}, true)
        WHERE v.input IN ({run.number(known.esr)}, {run.number(known.crp)}) GROUP BY j.sid, j.day, v.input"""
    run.run(
        f"""CREATE OR REPLACE TABLE seen_visit AS SELECT j.*, g.g, e.p AS e, c.p AS c,
            CASE WHEN e.p IS NULL THEN ve.evidence END AS e_vague, CASE WHEN c.p IS NULL THEN vc.evidence END AS c_vague
        FROM joints j
        LEFT JOIN {picks["g"]} g USING (sid, day)
        LEFT JOIN (SELECT * FROM beside WHERE input = {run.number(known.esr)}) e ON e.sid = j.sid AND e.day = j.day
        LEFT JOIN (SELECT * FROM beside WHERE input = {run.number(known.crp)}) c ON c.sid = j.sid AND c.day = j.day
        LEFT JOIN (SELECT * FROM ({loose}) WHERE input = {run.number(known.esr)}) ve ON ve.sid = j.sid AND ve.day = j.day
        LEFT JOIN (SELECT * FROM ({loose}) WHERE input = {run.number(known.crp)}) vc ON vc.sid = j.sid AND vc.day = j.day"""
    )


def _keep_visits(run: Run, known: ScoreInput) -> None:
    partial = code_of(Reason.PARTIAL_DATE)
    e_seen, c_seen = "(e IS NOT NULL OR e_vague IS NOT NULL)", "(c IS NOT NULL OR c_vague IS NOT NULL)"
    e_problem = f"CASE WHEN e_vague IS NOT NULL THEN {partial} ELSE e.problem END"
    c_problem = f"CASE WHEN c_vague IS NOT NULL THEN {partial} ELSE c.problem END"
    problem = f"""coalesce(t.problem, s.problem, CASE WHEN ({e_problem} IS NOT NULL OR NOT {e_seen})
        AND ({c_problem} IS NOT NULL OR NOT {c_seen}) THEN coalesce({e_problem}, {c_problem}) END)"""
    skipped = f"(t IS NULL OR s IS NULL OR NOT ({e_seen} OR {c_seen}))"
    day = f"epoch_us(day::TIMESTAMP AT TIME ZONE {run.zone_sql})"
    next_day = f"epoch_us((day + 1)::TIMESTAMP AT TIME ZONE {run.zone_sql}) - 1"
    parts = ("t.evidence", "s.evidence", "e.evidence, e_vague", "c.evidence, c_vague", "g.evidence")
    evidence = " || ".join(f"coalesce({part}, [])" for part in parts)
    shared = " OR ".join(f"coalesce({name}.shared, false)" for name in "tsecg")
    shared += " OR e_vague IS NOT NULL OR c_vague IS NOT NULL"
    run.run(
        f"""INSERT INTO visit SELECT {run.number(known.id)}, sid, day,
            CASE WHEN {skipped} THEN {SKIPPED} WHEN {problem} IS NOT NULL THEN {UNUSABLE} ELSE {OK} END,
            CASE WHEN {skipped} THEN {code_of(Reason.COMPONENT_MISSING)} ELSE {problem} END,
            {day}, {next_day}, CASE WHEN {shared} THEN unique_of({evidence}) ELSE {evidence} END FROM seen_visit"""
    )
    joints = f"{run.number(known.tender)}, {run.number(known.swollen)}"
    run.run(
        f"""INSERT INTO visit SELECT {run.number(known.id)}, sid, NULL, {UNUSABLE}, {partial}, start_low, start_high,
        [evidence] FROM vague WHERE input IN ({joints})"""
    )


def _score(run: Run, known: ScoreInput, place: int, variant: str) -> str:
    """SQL: the scores of one variant for every usable visit whose components allow it."""
    acute = "e" if variant.startswith("esr") else "c"
    with_global = variant.endswith("4")
    floor = 1 if acute == "e" else 0
    sides = [
        FORMULAS[variant].format(
            t=f"v.t.{side}",
            s=f"v.s.{side}",
            a=f"greatest(v.{acute}.{side}, {floor}.0::DOUBLE)",
            g=f"v.g.{side}",
        )
        for side in ("low", "high")
    ]
    # greatest() skips NULLs, an unbounded component must not
    low, high = (
        f"CASE WHEN v.{acute}.{side} IS NOT NULL THEN {expression} END"
        for side, expression in zip(("low", "high"), sides, strict=True)
    )
    used = ["t", "s", acute, *(["g"] if with_global else [])]
    evidence = " || ".join(f"v.{name}.evidence" for name in used)
    flags = " | ".join(f"v.{name}.flags" for name in used)
    # two components of one Observation share its reference
    shared = " OR ".join(f"v.{name}.shared" for name in used)
    extra = [
        f"CASE WHEN v.e.low < 1 THEN {run.flag_bit('esr-floor')} ELSE 0 END" if acute == "e" else "0",
        *(
            f"CASE WHEN v.{name}_vague IS NOT NULL OR v.{name}.problem IS NOT NULL THEN {run.flag_bit(flag)} ELSE 0 END"
            for name, flag in (("e", "esr-unusable"), ("c", "crp-unusable"))
        ),
        f"CASE WHEN v.g IS NULL THEN {run.flag_bit('global-missing')} WHEN v.g.problem IS NOT NULL "
        f"THEN {run.flag_bit('global-unusable')} ELSE 0 END",
    ]
    opens = [" OR ".join(f"v.{name}.{side}_open" for name in used) for side in ("low", "high")]
    if acute == "e":  # an open end that the floor replaced is closed
        opens[0] = opens[0].replace("v.e.low_open", "(v.e.low_open AND v.e.low >= 1)")
    exact = {
        name: f"CASE WHEN v.{name}.low = v.{name}.high THEN v.{name}.low END"
        for name in ("t", "s", acute, "g")
    }
    usable = f"v.{acute} IS NOT NULL AND v.{acute}.problem IS NULL"
    if with_global:
        usable += " AND v.g IS NOT NULL AND v.g.problem IS NULL"
    return f"""SELECT {run.number(known.id)}, v.sid, v.day, {place}, {low}, {high}, {opens[0]}, {opens[1]},
            CASE WHEN {shared} THEN unique_of({evidence}) ELSE {evidence} END, {flags} | {" | ".join(extra)}, {exact["t"]}, {exact["s"]}, {exact[acute]},
            {exact["g"] if with_global else "NULL"}
        FROM seen_visit v JOIN visit k ON k.sid = v.sid AND k.day = v.day AND k.input = {run.number(known.id)}
        WHERE k.status = {OK} AND {usable}"""
