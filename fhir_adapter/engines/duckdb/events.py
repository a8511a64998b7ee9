"""Owns events (docs/semantics.md, section 9): allergies, vaccinations, procedures, adverse events; the answer of `event`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from fhir_adapter.engines.duckdb.comparing import UNSURE
from fhir_adapter.engines.duckdb.medications import RECORDS, medication_id
from fhir_adapter.engines.duckdb.raw_results import codings_of, texts_of
from fhir_adapter.engines.duckdb.results_verbs import note_absence
from fhir_adapter.engines.duckdb.run import TRUE, UNKNOWN, Run, code_of
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.dates import day_start
from fhir_adapter.model.events import EventReader
from fhir_adapter.model.inputs import EventInput
from fhir_adapter.model.references import parse_reference
from fhir_adapter.model.truth import Reason

EVENT_TYPES = ("AllergyIntolerance", "Immunization", "Procedure", "AdverseEvent")
NEEDED_EVENT_TYPES = ("AllergyIntolerance", "Immunization")
"""The others help when they are there, and block nothing."""

_FIRST = "[c.code FOR c IN coalesce(r.{0}.coding, []) IF c.code IS NOT NULL][1]"
_VERIFICATION = _FIRST.format("verification_status")
_COLUMNS = {
    "AllergyIntolerance": f"""to_json([r.code] || coalesce([x.substance FOR x IN r.reaction], []))::VARCHAR AS names, r.recorded_date AS dated,
        coalesce({_VERIFICATION} NOT IN ('refuted', 'entered-in-error'), true) AS is_used,
        coalesce({_VERIFICATION} NOT IN ('confirmed', 'presumed'), r.verification_status IS NOT NULL) AS provisional, false AS severe""",
    "Immunization": """to_json([r.vaccine_code])::VARCHAR AS names, r.occurrence_datetime AS dated,
        coalesce(r.status = 'completed', false) AS is_used, false AS provisional, false AS severe""",
    "Procedure": """to_json([r.code])::VARCHAR AS names, coalesce(r.performed_datetime, r.performed_period."start") AS dated,
        CASE WHEN r.performed_datetime IS NULL THEN r.performed_period."end" END AS until, r.performed_datetime IS NULL AND
        r.performed_period IS NOT NULL AS lasted, coalesce(r.status = 'completed', false) AS is_used, false AS provisional, false AS severe""",
    "AdverseEvent": """to_json([r.event] || coalesce(suspects, []))::VARCHAR AS names, r.date AS dated,
        coalesce(r.actuality <> 'potential', true) AS is_used, false AS provisional,
        list_contains([lower(c.code) FOR c IN coalesce(r.seriousness.coding, [])], 'serious')
            OR list_contains([lower(c.code) FOR c IN coalesce(r.severity.coding, [])], 'severe') AS severe""",
}


def build_events(run: Run, kinds: list[str]) -> None:
    """`event` (what happened to whom) and `event_of` (of which inputs it is)."""
    run.run(
        """CREATE OR REPLACE TABLE event (sid INTEGER, kind VARCHAR, evidence VARCHAR, names VARCHAR, dated VARCHAR, until VARCHAR, lasted BOOLEAN,
        is_used BOOLEAN, provisional BOOLEAN, severe BOOLEAN)"""
    )
    for kind in kinds:
        source = "rows_AdverseEvent_suspects" if kind == "AdverseEvent" else f"rows_{kind}"
        if kind == "AdverseEvent":
            _name_suspects(run)
        run.run(
            f"""INSERT INTO event BY NAME SELECT p.sid, '{kind}' AS kind,
                '{kind}/' || r.id || coalesce('/_history/' || r.version, '') AS evidence, {_COLUMNS[kind]}
            FROM {source} r JOIN person p USING (pid)"""
        )
    learn_times(run, "event", ["dated", "until"])
    run.run(
        f"""CREATE OR REPLACE TABLE event AS SELECT * FROM (SELECT e.*, coalesce(quick_low(dated), t.low) AS low,
            CASE WHEN lasted THEN coalesce(quick_high(until), u.high) ELSE coalesce(quick_high(dated), t.high) END AS high
            FROM event e LEFT JOIN spelled_time t ON e.dated = t.text LEFT JOIN spelled_time u ON e.until = u.text)
        WHERE is_used AND (low IS NULL OR low <= {run.given.index})"""
    )
    _read_names(run)


def _name_suspects(run: Run) -> None:
    """The suspected medications of each AdverseEvent: contained, by reference, or only displayed."""
    texts = [
        text
        for (text,) in run.rows(
            """SELECT DISTINCT s.instance.reference FROM (SELECT unnest(suspect_entity) AS s FROM rows_AdverseEvent)
            WHERE s.instance.reference IS NOT NULL"""
        )
    ]
    found = [(text, known) for text in texts for known in (medication_id(run, text),) if known is not None]
    run.table("suspect_medication", "text VARCHAR, id VARCHAR", found)
    records = [(text, known) for text in texts for known in (_record(run, text),) if known is not None]
    run.table("suspect_record", "text VARCHAR, record VARCHAR", records)
    run.run(
        """CREATE OR REPLACE TABLE rows_AdverseEvent_suspects AS SELECT r.*, x.suspects FROM rows_AdverseEvent r LEFT JOIN (
            SELECT row, list(named) AS suspects FROM (SELECT e.row, coalesce(
                [c.code FOR c IN e.contained IF '#' || c.id = e.s.instance.reference][1], m.code, d.named.code,
                CASE WHEN d.record IS NULL AND m.id IS NULL THEN {'coding': [], 'text': e.s.instance.display} END,
                CASE WHEN d.named.display IS NOT NULL THEN {'coding': [], 'text': d.named.display} END) AS named
            FROM (SELECT rowid AS row, contained, unnest(suspect_entity) AS s FROM rows_AdverseEvent) e
            LEFT JOIN suspect_medication y ON e.s.instance.reference = y.text LEFT JOIN rows_Medication m ON m.id = y.id
            LEFT JOIN suspect_record z ON e.s.instance.reference = z.text
            LEFT JOIN medicated d USING (record))
            WHERE named IS NOT NULL GROUP BY row) x ON x.row = r.rowid"""
    )


def _record(run: Run, reference: str) -> str | None:
    """`Type/id` of the medication record that a reference names."""
    target = run.given.landing.full_urls.get(reference)
    if target is not None:
        return target if target.split("/")[0] in RECORDS else None
    parsed = parse_reference(reference)
    return f"{parsed.resource_type}/{parsed.id}" if parsed.resource_type in RECORDS else None


def _read_names(run: Run) -> None:
    reader = EventReader(run.given.definitions)
    rows = []
    for kind, names in run.rows("SELECT DISTINCT kind, names FROM event"):
        concepts: list[dict[str, Any]] = [item for item in json.loads(names) if item is not None]
        codings, texts = [c for item in concepts for c in codings_of(item)], texts_of(concepts)
        for of in run.events():
            if kind not in of.types:
                continue
            if of.severe:
                rows.append((kind, names, run.number(of.id), False, False, True))
                continue
            naming = reader.read(codings, texts, of)
            if naming.named or naming.nameless:
                rows.append((kind, names, run.number(of.id), naming.nameless, naming.provisional, False))
    run.table(
        "event_of",
        "kind VARCHAR, names VARCHAR, input SMALLINT, nameless BOOLEAN, hedged BOOLEAN, only_severe BOOLEAN",
        rows,
    )
    for kind in {kind for of in run.events() for kind in of.types}:
        run.used[kind] = int(
            run.value(
                f"""SELECT count(DISTINCT evidence) FROM event JOIN event_of USING (kind, names) WHERE kind = '{kind}' AND (severe OR NOT only_severe)"""
            )
        )


def answer_events(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `event` conditions to `answer`."""
    for number, condition in conditions:
        if condition.verb is Verb.EVENT:
            _answer(run, number, condition)


def _answer(run: Run, number: int, condition: Condition) -> None:
    of = run.input(condition.input, EventInput)
    partial, provisional, unmapped = (
        UNSURE + code_of(reason)
        for reason in (Reason.PARTIAL_DATE, Reason.PROVISIONAL_ONLY, Reason.UNMAPPED_CODE)
    )
    in_time, leaves = "1", "NULL::DATE"
    if condition.within_days is not None:
        since = day_start(run.today - timedelta(days=condition.within_days), run.zone)
        undated = 1 if condition.undated_counts else 2
        in_time = f"""CASE WHEN low IS NULL AND high IS NULL THEN {undated} WHEN high < {since} THEN 0
            WHEN low >= {since} THEN 1 ELSE {undated} END"""
        leaves = f"day_of(low) + {condition.within_days + 1}"
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid, CASE WHEN sure THEN {TRUE} ELSE {UNKNOWN} END,
            CASE WHEN NOT sure THEN (CASE WHEN partly THEN {partial} WHEN doubted THEN {provisional} ELSE {unmapped} END) - {UNSURE} END,
            CASE WHEN sure THEN yes ELSE unsure END, NULL, CASE WHEN sure THEN valid END, 0, 0, NULL, NULL
        FROM (SELECT sid, bool_or(said = 1) AS sure, list(DISTINCT evidence ORDER BY evidence) FILTER (said = 1) AS yes,
            list(DISTINCT evidence ORDER BY evidence) FILTER (said > 1) AS unsure, bool_or(said = {partial}) AS partly,
            bool_or(said = {provisional}) AS doubted, min({leaves}) FILTER (said = 1 AND {leaves} > DATE '{run.today.isoformat()}') AS valid
            FROM (SELECT *, CASE WHEN in_time = 0 THEN 0 WHEN in_time = 2 THEN {partial} WHEN nameless THEN {unmapped}
                    WHEN provisional OR hedged THEN {provisional} ELSE 1 END AS said
                FROM (SELECT e.*, o.nameless, o.hedged, {in_time} AS in_time FROM event e JOIN event_of o USING (kind, names)
                    WHERE o.input = {run.number(condition.input)} AND (NOT o.only_severe OR e.severe))) WHERE said <> 0 GROUP BY sid)"""
    )
    needed = [kind for kind in of.types if kind in NEEDED_EVENT_TYPES]
    listed = ", ".join(f"'{kind}'" for kind in needed) or "''"
    run.run(
        f"""INSERT INTO answer SELECT DISTINCT {number}, sid, {UNKNOWN}, {code_of(Reason.INCOMPLETE_DATA)}, NULL::VARCHAR[],
            NULL::DOUBLE, NULL::DATE, 0, 0, NULL::VARCHAR[], NULL::VARCHAR FROM incomplete WHERE kind IN ({listed})
            AND sid NOT IN (SELECT sid FROM answer WHERE asked = {number})"""
    )
    if any(run.is_absent(kind) for kind in of.types):
        note_absence(run, [number])
