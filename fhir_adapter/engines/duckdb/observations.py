"""Owns facts of Observations (docs/semantics.md, section 3): results, their values, times and ranges, in bulk.

Meaning is read once per *distinct* code, unit, value or range by model/ and joined back; the ordinary numbers, those
already in the canonical unit, never leave SQL.
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.engines.duckdb.ranges import read_reference_ranges
from fhir_adapter.engines.duckdb.raw_results import codings_of
from fhir_adapter.engines.duckdb.run import PROPERTIES, Run, code_of
from fhir_adapter.engines.duckdb.times import ALL_OF_DAY, DAY, FULL, settle_times
from fhir_adapter.engines.duckdb.values import (
    ANSWER_KEY,
    IS_POSSIBLE,
    NO_UNIT,
    NUMBER,
    SLOW_KEY,
    plain_unit,
    settle_values,
    unread_units,
)
from fhir_adapter.model.codes import ResultCodes, fold
from fhir_adapter.model.inputs import QuantityInput
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

_WHEN = 'coalesce(r.effective_datetime, r.effective_instant, r.effective_period."end", r.effective_period."start")'
_OTHER = ("concept", "boolean", "date_time", "time", "ratio", "sampled_data", "period")
_OTHER_KINDS = ("CodeableConcept", "Boolean", "DateTime", "Time", "Ratio", "SampledData", "Period")
_NO_ANSWER = ("date_time", "time", "ratio", "sampled_data", "period")
_NO_ANSWER_KINDS = ("DateTime", "Time", "Ratio", "SampledData", "Period")
# a value[x] that is there and holds no number is a result that cannot be read, not "no result"
_EMPTY = """({a} IS NULL AND (({q} IS NOT NULL AND {q}."value" IS NULL)
    OR ({r} IS NOT NULL AND {r}.low."value" IS NULL AND {r}.high."value" IS NULL)))"""
_KEY = "hash({'c': r.code, 'u': r.quantity.unit, 's': r.quantity.system, 'q': r.quantity.code})"
# 64 bits tell the few thousand pairs of code and unit of a hospital apart; comparing the nested values costs twice as much
_CONCEPT = f"""{_KEY} AS concept_key, any_value(r.code) AS code, coalesce(any_value(r.quantity.unit), '') AS unit,
    coalesce(any_value(r.quantity.system), '') AS system, coalesce(any_value(r.quantity.code), '') AS unit_code,
    count(*) AS n"""


def build_observation_facts(run: Run) -> None:
    """Table `fact`: one row per result of a needed quantity input, hints and excluded ones included."""
    has_components = bool(run.value("SELECT count(*) FROM rows_Observation WHERE len(component) > 0"))
    _match_concepts(run, has_components)
    if has_components:
        _spread_components(run)
    _collect(run, has_components)
    settle_times(run)
    settle_values(run)
    _flag_notes(run)
    _judge_status(run)
    read_reference_ranges(run)


def _spread_components(run: Run) -> None:
    """`part`: every component of a known code as a result of its own, with its parent's status, time and notes."""
    other = " OR ".join(f'k."value{kind}" IS NOT NULL' for kind in _OTHER_KINDS)
    other += " OR " + _EMPTY.format(q='k."valueQuantity"', r='k."valueRange"', a='k."dataAbsentReason"')
    mute = " OR ".join(f'k."value{kind}" IS NOT NULL' for kind in (*_NO_ANSWER_KINDS, "Range"))
    run.run(
        f"""CREATE OR REPLACE TABLE part AS SELECT id, version, pid, status, effective_datetime, effective_instant,
            effective_period, issued, updated, note, 'component[' || place || ']' AS element, k.code AS code,
            k."valueQuantity" AS quantity, k."valueString" AS string, k."valueInteger" AS "integer",
            k."valueRange" AS "range", ({other}) AS other, k."dataAbsentReason" IS NOT NULL AS absent,
            k."referenceRange" AS reference_range, k."valueCodeableConcept" AS concept, k."valueBoolean" AS "boolean",
            k.interpretation AS interpretation, ({mute}) AS mute
        FROM (SELECT * EXCLUDE (component, reference_range, code, quantity, string, "integer", "range", concept, "boolean",
                interpretation),
            unnest(component) AS k, generate_subscripts(component, 1) - 1 AS place
            FROM rows_Observation WHERE len(component) > 0) k SEMI JOIN coded c ON k.k.code = c.code"""
    )


def _match_concepts(run: Run, has_components: bool) -> None:
    """`concept` (distinct codes with unit) and `coded` (of them, what each input makes of it)."""
    parts = f"""UNION ALL SELECT {_CONCEPT} FROM (SELECT k.code AS code, k."valueQuantity" AS quantity FROM (
        SELECT unnest(component) AS k FROM rows_Observation WHERE len(component) > 0)) r GROUP BY 1"""
    run.run(
        f"""CREATE OR REPLACE TABLE concept AS SELECT (row_number() OVER ())::INTEGER AS cid, * FROM (
            SELECT concept_key, any_value(code) AS code, any_value(unit) AS unit, any_value(system) AS system,
                any_value(unit_code) AS unit_code, sum(n)::BIGINT AS n FROM (
                SELECT {_CONCEPT} FROM rows_Observation r GROUP BY 1
                {parts if has_components else ""})
            GROUP BY concept_key)"""
    )
    reader = ResultCodes(run.given.definitions, [*run.quantities(), *run.answers()])
    read: dict[str, Any] = {}
    matched: list[tuple[Any, ...]] = []
    for cid, code, unit, system, unit_code in run.rows(
        "SELECT cid, code, unit, system, unit_code FROM concept"
    ):
        key = repr(code)
        if key not in read:
            read[key] = reader.read(codings_of(code), (code or {}).get("text"))
        reading = read[key]
        named = [i for i, _ in reading.properties]
        # codes that say both mass and molar say nothing about the unit
        properties = {i: p for i, p in reading.properties if named.count(i) == 1}
        for names, hint in ((reading.inputs, False), (reading.hints, True)):
            for name in names:
                number, prop = run.number(name), PROPERTIES.index(properties.get(name, ""))
                of = run.inputs[number]
                units = (
                    plain_unit(run, of, (unit, system, unit_code), prop)
                    if isinstance(of, QuantityInput)
                    else NO_UNIT
                )
                matched.append((cid, number, hint, prop, *units))
    run.table(
        "matched",
        "cid INTEGER, input SMALLINT, hint BOOLEAN, property TINYINT, plain BOOLEAN, unit_used VARCHAR, "
        "value_flags BIGINT, minimum DOUBLE, maximum DOUBLE, whole BOOLEAN, numerator BIGINT, denominator BIGINT",
        matched,
    )
    run.run(
        """CREATE OR REPLACE TABLE coded AS SELECT *, count(*) OVER (PARTITION BY cid) = 1 AS single
        FROM concept JOIN matched USING (cid)"""
    )


def _collect(run: Run, has_components: bool) -> None:
    """`fact`, with the times and values that need no reading; `key`, `odd_when` and `note` wait for theirs."""
    other = " OR ".join(f"r.{name} IS NOT NULL" for name in _OTHER)
    other += " OR " + _EMPTY.format(q="r.quantity", r='r."range"', a="r.absent_reason")
    mute = " OR ".join(f"r.{name} IS NOT NULL" for name in (*_NO_ANSWER, '"range"'))
    coded = ", ".join(str(run.number(i.id)) for i in run.answers()) or "-1"
    ranged = ", ".join(str(run.number(i.id)) for i in run.quantities() if i.reference_range) or "-1"
    noted = ", ".join(str(run.number(i.id)) for i in run.quantities() if i.note_flags) or "-1"
    sources = [
        (
            "rows_Observation",
            f"r.*, '' AS element, ({other}) AS other, ({mute}) AS mute, r.absent_reason IS NOT NULL AS absent",
        )
    ]
    if has_components:
        sources.append(("part", "r.*"))
    run.run("DROP TABLE IF EXISTS fact")
    for n, (table, columns) in enumerate(sources):
        made = "CREATE TABLE fact AS" if n == 0 else "INSERT INTO fact BY NAME"
        run.run(
            f"""{made} SELECT sid, input, hint, status, number AS low, number AS high, false AS low_open,
                false AS high_open, NULL::SMALLINT AS unread, NULL::SMALLINT AS problem, unit_used,
                CASE WHEN number IS NOT NULL THEN value_flags ELSE 0 END AS flags,
                CASE WHEN input IN ({coded}) THEN {ANSWER_KEY} WHEN number IS NULL THEN {SLOW_KEY} END AS key,
                coalesce(instant, epoch_us(day::TIMESTAMP AT TIME ZONE {run.zone_sql})) AS start_low,
                coalesce(instant, {ALL_OF_DAY.format(zone=run.zone_sql)}) AS start_high,
                coalesce(day, day_of(instant)) AS day_low, coalesce(day, day_of(instant)) AS day_high,
                CASE WHEN instant IS NULL AND day IS NULL THEN when_text END AS odd_when, issued_text, updated_text,
                CASE WHEN input IN ({ranged}) THEN reference_range END AS reference_range,
                CASE WHEN input IN ({noted}) AND len(note) > 0 THEN note END AS note,
                evidence, element,
                single AND element = '' AS alone
            FROM (SELECT p.sid, r.* EXCLUDE (number), {FULL.format(t="when_text")} AS instant,
                    {DAY.format(t="when_text")} AS day, CASE WHEN {IS_POSSIBLE} THEN number END AS number
                FROM (SELECT *, {NUMBER} AS number FROM (SELECT c.numerator, c.denominator, c.input, c.hint, c.property, c.plain, c.unit_used, c.value_flags, c.minimum, c.maximum,
                        c.whole, c.single, r.* EXCLUDE (effective_datetime, effective_instant, effective_period, issued, updated, id,
                            version, code), {_WHEN} AS when_text, r.issued AS issued_text, r.updated AS updated_text,
                        'Observation/' || r.id || coalesce('/_history/' || r.version, '') AS evidence
                    FROM (SELECT {columns} FROM {table} r) r JOIN coded c ON {_KEY} = c.concept_key)) r
                JOIN person p USING (pid))"""
        )


def _flag_notes(run: Run) -> None:
    """Words such as 聚集 in a note, that a person must weigh, become flags."""
    watched = {run.number(i.id): i.note_flags for i in run.quantities() if i.note_flags}
    noted = run.rows("SELECT DISTINCT input, [n.text FOR n IN note] FROM fact WHERE note IS NOT NULL")
    for number, texts in noted:
        folded = [fold(text) for text in texts if text]
        found = [
            f for f, words in watched[number].items() if any(fold(w) in t for w in words for t in folded)
        ]
        if found:
            run.run(
                f"UPDATE fact SET flags = flags | {run.flag_mask(found)} WHERE input = {number} "
                "AND [n.text FOR n IN note] = ?::VARCHAR[]",
                [texts],
            )


def _judge_status(run: Run) -> None:
    """One problem per fact; what needs none is the common case and is not touched."""
    status = f"""CASE
        WHEN status IN ('registered', 'cancelled', 'entered-in-error') THEN {code_of(NOT_A_RESULT)}
        WHEN unread = {code_of(NOT_A_RESULT)} THEN unread
        WHEN hint THEN {code_of(Reason.UNMAPPED_CODE)}
        WHEN status = 'preliminary' THEN {code_of(Reason.PRELIMINARY)}
        WHEN status IS NULL OR status NOT IN ('final', 'amended', 'corrected') THEN {code_of(Reason.NO_STATUS)}
        ELSE unread END"""
    run.run(
        f"""UPDATE fact SET problem = {status}
        WHERE hint OR unread IS NOT NULL OR status IS NULL OR status NOT IN ('final', 'amended', 'corrected')"""
    )
    # nearly every Observation is one fact; only the others have to be told apart by name
    run.used["Observation"] = int(
        run.value(
            """SELECT count(*) FILTER (alone) + (SELECT count(DISTINCT evidence) FROM fact f WHERE NOT alone
            AND evidence NOT IN (SELECT evidence FROM fact g WHERE alone AND g.sid IN (
                SELECT sid FROM fact WHERE NOT alone))) FROM fact"""
        )
    )
    run.unread_units.extend(unread_units(run))
    # a result after the index does not exist
    run.run(f"DELETE FROM fact WHERE start_low > {run.given.index}")
