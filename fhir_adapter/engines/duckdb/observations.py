"""Owns facts of Observations (docs/semantics.md, section 3): results, their values, times and ranges, in bulk.

Meaning is read once per *distinct* code, unit, value or range by model/ and joined back; the ordinary numbers, those
already in the canonical unit, never leave SQL.
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.engines.duckdb.ranges import read_reference_ranges
from fhir_adapter.engines.duckdb.run import PROPERTIES, Run, code_of
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.engines.duckdb.values import read_values
from fhir_adapter.model.codes import ResultCodes, fold
from fhir_adapter.model.readings import Coding
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

_WHEN = 'coalesce(r.effective_datetime, r.effective_instant, r.effective_period."end", r.effective_period."start")'
_EVIDENCE = "'Observation/' || r.id || coalesce('/_history/' || r.version, '')"


def codings_of(code: dict[str, Any] | None) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept as DuckDB hands it over."""
    items = (code or {}).get("coding") or []
    return tuple(Coding(c.get("system"), c.get("code"), c.get("display")) for c in items if c is not None)


def build_observation_facts(run: Run) -> None:
    """Table `fact`: one row per result of a needed quantity input, hints and excluded ones included."""
    _match_concepts(run)
    _collect_results(run)
    learn_times(run, "result", ["when_text", "issued_text", "updated_text"])
    read_values(run)
    _flag_notes(run)
    _assemble(run)
    read_reference_ranges(run)


def _match_concepts(run: Run) -> None:
    """Tables `concept` (distinct codes) and `matched` (concept -> input, hint or not, property)."""
    run.run(
        """CREATE OR REPLACE TEMP TABLE concept AS SELECT (row_number() OVER ())::INTEGER AS cid, code, n, parts FROM (
            SELECT code, count(*) FILTER (whole) AS n, count(*) FILTER (NOT whole) AS parts FROM (
                SELECT code, true AS whole FROM rows_Observation SEMI JOIN person USING (pid)
                UNION ALL SELECT c.code, false FROM (SELECT unnest(component) AS c FROM rows_Observation
                    SEMI JOIN person USING (pid) WHERE len(component) > 0)
            ) WHERE code IS NOT NULL GROUP BY code)"""
    )
    reader = ResultCodes(run.given.definitions, run.quantities())
    matched: list[tuple[int, int, bool, int]] = []
    for cid, code in run.rows("SELECT cid, code FROM concept"):
        reading = reader.read(codings_of(code), code.get("text"))
        # codes that say both mass and molar say nothing about the unit
        properties = {i: p for i, p in reading.properties if [j for j, _ in reading.properties].count(i) == 1}
        for names, hint in ((reading.inputs, False), (reading.hints, True)):
            matched += [(cid, run.number(i), hint, PROPERTIES.index(properties.get(i, ""))) for i in names]
    run.table("matched", "cid INTEGER, input SMALLINT, hint BOOLEAN, property TINYINT", matched)


def _collect_results(run: Run) -> None:
    others = ("concept", "boolean", "date_time", "time", "ratio", "sampled_data", "period")
    other = "(" + " OR ".join(f"r.{name} IS NOT NULL" for name in others) + ")"
    kinds = ("CodeableConcept", "Boolean", "DateTime", "Time", "Ratio", "SampledData", "Period")
    inner = "(" + " OR ".join(f'r.k."value{kind}" IS NOT NULL' for kind in kinds) + ")"
    common = f"""p.sid, r.status, {_WHEN} AS when_text, r.issued AS issued_text, r.updated AS updated_text,
        {_EVIDENCE} AS evidence, r.pid"""
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE coded AS SELECT c.cid, c.code, m.input, m.hint, m.property
        FROM concept c JOIN matched m USING (cid)"""
    )
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE result AS
        SELECT {common}, '' AS element, c.input, c.hint, c.property, c.cid, r.quantity, r.string, r."integer",
            r."range", {other} AS other, r.absent_reason IS NOT NULL AS absent, r.note, r.reference_range
        FROM rows_Observation r JOIN person p USING (pid) JOIN coded c ON r.code = c.code
        UNION ALL
        SELECT {common}, 'component[' || r.place || ']', c.input, c.hint, c.property, c.cid, r.k."valueQuantity",
            r.k."valueString", r.k."valueInteger", r.k."valueRange", {inner},
            r.k."dataAbsentReason" IS NOT NULL, r.note, r.k."referenceRange"
        FROM (SELECT * EXCLUDE (component, reference_range), unnest(component) AS k,
                generate_subscripts(component, 1) - 1 AS place FROM rows_Observation WHERE len(component) > 0) r
        JOIN person p USING (pid) JOIN coded c ON r.k.code = c.code"""
    )


def _flag_notes(run: Run) -> None:
    """`note_flag` (distinct notes of an input -> flags): words such as 聚集 that a person must weigh."""
    watched = {run.number(i.id): i.note_flags for i in run.quantities() if i.note_flags}
    rows = []
    if watched:
        listed = ", ".join(str(n) for n in watched)
        for number, note in run.rows(
            f"SELECT DISTINCT input, note FROM valued WHERE input IN ({listed}) AND len(note) > 0"
        ):
            texts = [fold(n["text"]) for n in note if n is not None and n.get("text")]
            found = [
                f for f, words in watched[number].items() if any(fold(w) in t for w in words for t in texts)
            ]
            mask = run.flag_mask(found)
            if mask:
                rows.append((number, [n and n.get("text") for n in note], mask))
    run.run(
        "CREATE OR REPLACE TEMP TABLE note_flag (input SMALLINT, note STRUCT(text VARCHAR)[], mask BIGINT)"
    )
    for number, texts, mask in rows:
        run.run(
            "INSERT INTO note_flag SELECT ?::SMALLINT, [{'text': t} FOR t IN ?::VARCHAR[]], ?::BIGINT",
            [number, texts, mask],
        )


def _assemble(run: Run) -> None:
    status = f"""CASE
        WHEN r.status IN ('registered', 'cancelled', 'entered-in-error') THEN {code_of(NOT_A_RESULT)}
        WHEN r.unread = {code_of(NOT_A_RESULT)} THEN r.unread
        WHEN r.hint THEN {code_of(Reason.UNMAPPED_CODE)}
        WHEN r.status = 'preliminary' THEN {code_of(Reason.PRELIMINARY)}
        WHEN r.status IS NULL OR r.status NOT IN ('final', 'amended', 'corrected') THEN {code_of(Reason.NO_STATUS)}
        ELSE r.unread END"""
    start_low = "coalesce(quick_low(r.when_text), w.low)"
    issued_high = "coalesce(quick_high(r.issued_text), i.high)"
    ranged = ", ".join(str(run.number(i.id)) for i in run.quantities() if i.reference_range) or "-1"
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE fact AS SELECT *, day_of(start_low) AS day_low, day_of(start_high) AS day_high
        FROM (SELECT r.sid, r.input, r.low, r.high, r.low_open, r.high_open, {status} AS problem, r.unread,
            CASE WHEN r.input IN ({ranged}) THEN r.reference_range END AS reference_range, r.unit_used, r.cid, r.status,
            {start_low} AS start_low, coalesce(quick_high(r.when_text), w.high, {issued_high}) AS start_high,
            coalesce(quick_high(r.issued_text), i.high) AS issued, coalesce(quick_high(r.updated_text), u.high) AS updated,
            r.value_flags | coalesce(n.mask, 0) | coalesce(w.flags, 0)
                | CASE WHEN {start_low} IS NULL THEN {run.flag_bit("no-effective")} | coalesce(i.flags, 0) ELSE 0 END AS flags,
            r.evidence, r.element, r.sent
        FROM valued r LEFT JOIN spelled_time w ON r.when_text = w.text
        LEFT JOIN spelled_time i ON r.issued_text = i.text LEFT JOIN spelled_time u ON r.updated_text = u.text
        LEFT JOIN note_flag n ON r.input = n.input AND r.note = n.note)"""
    )
    run.run("DROP TABLE valued")
    run.observations_used = int(run.value("SELECT count(DISTINCT evidence) FROM fact"))
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE unread_unit AS SELECT input, sent.system, sent.unit, count(*) AS n FROM fact
        WHERE problem = {code_of(Reason.UNIT_NOT_CONVERTIBLE)} GROUP BY ALL"""
    )
    # a result after the index does not exist
    run.run(f"DELETE FROM fact WHERE start_low > {run.given.index}")
