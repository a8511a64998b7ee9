"""Owns medication records as exposures (docs/semantics.md, section 8): which drug, which route, what dose, why stopped.

Names, dosages and reasons are read once per distinct one by model/; their days are computed in SQL (exposure_days).
"""

from __future__ import annotations

import json
from typing import Any

from fhir_adapter.engines.duckdb.raw_dosages import raw_administered, raw_dosages
from fhir_adapter.engines.duckdb.raw_results import codings_of, raw_amount, texts_of
from fhir_adapter.engines.duckdb.run import Run, code_of
from fhir_adapter.model.dosage import DosageReader
from fhir_adapter.model.medications import DrugReader, StopReader
from fhir_adapter.model.readings import RawMedication
from fhir_adapter.model.references import parse_reference
from fhir_adapter.model.truth import Reason

STATEMENT, REQUEST, ADMINISTRATION = 0, 1, 2
RECORDS = ("MedicationStatement", "MedicationRequest", "MedicationAdministration")
"""In SQL a record's type is its place here."""

UNMAPPED, NAMELESS = -1, -2
"""Instead of a drug: none of the catalogue; no name at all, so that it may be any."""

ROUTES = ("systemic", "injection", "none")
STOPS = (None, "intolerance", "level")

_DOSAGE = """{'a': d."asNeededBoolean", 'c': d."asNeededCodeableConcept" IS NOT NULL, 'f': d.timing.repeat.frequency,
    'fm': d.timing.repeat."frequencyMax", 'p': d.timing.repeat."period", 'pm': d.timing.repeat."periodMax",
    'u': d.timing.repeat."periodUnit", 'w': d.timing.repeat."dayOfWeek", 't': len(d.timing.repeat."timeOfDay"),
    'h': len(d.timing.repeat."when"), 'k': d.timing.code, 'e': len(d.timing.event) > 0 OR d.timing.repeat.count IS NOT NULL, 'r': d.route,
    'd': d."doseAndRate", 'b': CASE WHEN len({l}) > 1 THEN to_json({{'p': d.timing.repeat."boundsPeriod",
        'd': d.timing.repeat."boundsDuration", 'r': d.timing.repeat."boundsRange"}})::VARCHAR ELSE '' END}}"""


def _dosages(column: str) -> str:
    """SQL: everything a dose depends on, as text; bounds only where several dosages must be told apart."""
    return f"to_json([{_DOSAGE.replace('{l}', column).replace('{{', '{').replace('}}', '}')} FOR d IN {column}])::VARCHAR"


_NOT_USED = {
    "MedicationStatement": "coalesce(r.status IN ('entered-in-error', 'intended', 'not-taken', 'draft'), false)",
    "MedicationRequest": """(coalesce(r.status IN ('draft', 'cancelled', 'entered-in-error'), false)
        OR coalesce(r.do_not_perform, false) OR coalesce(r.intent IN ('proposal', 'plan', 'option'), false))""",
    "MedicationAdministration": "coalesce(r.status IN ('not-done', 'entered-in-error'), false)",
}
_BOUNDS = """[{'p': d.timing.repeat."boundsPeriod", 'd': d.timing.repeat."boundsDuration", 'r': d.timing.repeat."boundsRange"}
    FOR d IN r.dosage_instruction IF d.timing IS NOT NULL]"""
_AGREED = "CASE WHEN len(list_distinct(bounds)) = 1 THEN bounds[1] END"
_STARTS = """list_distinct([b.p."start" FOR b IN bounds IF b.p."start" IS NOT NULL])"""
_LENGTH = """{{'value': {of}."value", 'unit': {of}.unit, 'code': {of}.code}}"""
_NO_LENGTH = """NULL::STRUCT("value" VARCHAR, unit VARCHAR, code VARCHAR)"""

_EFFECTIVE = f"""CASE WHEN r.effective_period IS NOT NULL THEN r.effective_period."start" ELSE r.effective_datetime END AS start_text,
    NULL::VARCHAR[] AS starts, r.effective_period."end" AS end_text, r.effective_period IS NULL AS one_time,
    false AS has_last, {_NO_LENGTH} AS lasts, false AS has_supply, {_NO_LENGTH} AS supply, NULL::VARCHAR AS repeats,
    NULL::VARCHAR AS valid_to"""
_DATES = {
    "MedicationStatement": _EFFECTIVE,
    "MedicationAdministration": _EFFECTIVE,
    "MedicationRequest": f"""CASE WHEN coalesce(len(starts), 0) = 0 THEN coalesce(r.validity_period."start", r.authored_on)
            WHEN len(starts) = 1 THEN starts[1] END AS start_text,
        CASE WHEN len(starts) > 1 THEN starts END AS starts, agreed.p."end" AS end_text, false AS one_time,
        agreed.d IS NOT NULL OR agreed.r IS NOT NULL AS has_last,
        CASE WHEN agreed.d IS NOT NULL THEN {_LENGTH.format(of="agreed.d")} END AS lasts,
        NOT disagree AND r.expected_supply_duration IS NOT NULL AS has_supply,
        CASE WHEN NOT disagree AND r.expected_supply_duration IS NOT NULL AND r.expected_supply_duration.comparator IS NULL
            THEN {_LENGTH.format(of="r.expected_supply_duration")} END AS supply,
        r.number_of_repeats_allowed AS repeats, CASE WHEN NOT disagree THEN r.validity_period."end" END AS valid_to""",
}
_SOURCES = {
    "MedicationStatement": "rows_MedicationStatement",
    "MedicationAdministration": "rows_MedicationAdministration",
    "MedicationRequest": f"""(SELECT *, {_AGREED} AS agreed, {_STARTS} AS starts, coalesce(len(list_distinct(bounds)) > 1, false) AS disagree
        FROM (SELECT r.*, {_BOUNDS} AS bounds FROM rows_MedicationRequest r))""",
}
_HOW = {
    "MedicationStatement": _dosages("r.dosage"),
    "MedicationRequest": _dosages("r.dosage_instruction"),
    "MedicationAdministration": "to_json(r.dosage)::VARCHAR",
}
_WHY = {
    "MedicationStatement": "r.status_reason",
    "MedicationRequest": "CASE WHEN r.status_reason IS NOT NULL THEN [r.status_reason] END",
    "MedicationAdministration": "r.status_reason",
}


def gather_records(run: Run) -> None:
    """`medicated`: every medication record, its texts as sent and its names resolved; `is_used` and `sid` say which count."""
    _learn_references(run)
    for place, kind in enumerate(RECORDS):
        made = "CREATE OR REPLACE TABLE medicated AS" if place == 0 else "INSERT INTO medicated BY NAME"
        run.run(
            f"""{made} SELECT {place}::TINYINT AS kind, p.sid, '{kind}/' || r.id AS record, NOT {_NOT_USED[kind]} AS is_used,
            '{kind}/' || r.id || coalesce('/_history/' || r.version, '') AS evidence,
            r.status, {{'code': coalesce(r.medication_concept, k.code, m.code), 'form': coalesce(k.form, m.form),
                'ingredient': coalesce(k.ingredient, m.ingredient),
                'display': CASE WHEN r.medication_concept IS NULL AND k.id IS NULL AND m.id IS NULL
                    THEN r.medication_reference.display END}} AS named,
            {_HOW[kind]} AS how, to_json({_WHY[kind]})::VARCHAR AS why, {_DATES[kind]}
            FROM (SELECT r.*, [c FOR c IN r.contained IF c.id = r.medication_reference.reference[2:]
                AND starts_with(r.medication_reference.reference, '#') AND r.medication_concept IS NULL][1] AS k
                FROM {_SOURCES[kind]} r) r
            LEFT JOIN person p USING (pid)
            LEFT JOIN spelled_medication x ON r.medication_reference.reference = x.text
            LEFT JOIN rows_Medication m ON m.id = x.id AND r.medication_concept IS NULL"""
        )
    _read_names(run)
    _read_dosages(run)
    _read_reasons(run)


def medication_id(run: Run, reference: str) -> str | None:
    """The id of the Medication that a reference names, by any of its spellings."""
    target = run.given.landing.full_urls.get(reference)
    if target is not None:
        return target.removeprefix("Medication/") if target.startswith("Medication/") else None
    parsed = parse_reference(reference)
    return parsed.id if parsed.resource_type == "Medication" else None


def _learn_references(run: Run) -> None:
    texts = " UNION ".join(
        f"SELECT medication_reference.reference AS t FROM rows_{kind} WHERE medication_reference.reference IS NOT NULL"
        for kind in RECORDS
    )
    found = [
        (text, known)
        for (text,) in run.rows(texts)
        for known in (medication_id(run, text),)
        if known is not None
    ]
    run.table("spelled_medication", "text VARCHAR, id VARCHAR", found)


def raw_medication(named: dict[str, Any]) -> RawMedication:
    """A medication as its record names it."""
    code, form = named.get("code"), named.get("form")
    strengths = [(item or {}).get("strength") or {} for item in named.get("ingredient") or []]
    texts = (*texts_of([code]), *((named["display"],) if named.get("display") else ()))
    return RawMedication(
        codings=codings_of(code),
        texts=texts,
        form=codings_of(form),
        form_text=(form or {}).get("text"),
        strengths=tuple(
            (raw_amount(s.get("numerator")), raw_amount(s.get("denominator"))) for s in strengths if s
        ),
    )


def _read_names(run: Run) -> None:
    """`drug_name` (distinct names with what they are) and `drug_of` (its drugs)."""
    reader = DrugReader(run.given.definitions)
    run.run("CREATE OR REPLACE TABLE drug_key AS SELECT named FROM medicated GROUP BY named")
    names, drugs = [], []
    for mid, (named,) in enumerate(run.rows("SELECT named FROM drug_key ORDER BY rowid")):
        reading = reader.read(raw_medication(named))
        route = ROUTES.index(reading.route) if reading.route is not None else None
        names.append((mid, reading.mapped, reading.nameless, route, reading.strength))
        of = [run.drug(drug) for drug in reading.drugs] or [NAMELESS if reading.nameless else UNMAPPED]
        drugs += [(mid, drug) for drug in of]
    run.table(
        "drug_name", "mid INTEGER, mapped BOOLEAN, nameless BOOLEAN, route TINYINT, strength VARCHAR", names
    )
    run.table("drug_of", "mid INTEGER, drug SMALLINT", drugs)


def _read_dosages(run: Run) -> None:
    """`dosage_reading`: per distinct dosage and strength: the dose in nanograms a day, as-needed, route."""
    reader = DosageReader(run.given.definitions)
    run.run(
        f"""CREATE OR REPLACE TABLE dosage_key AS SELECT DISTINCT how, strength, kind = {ADMINISTRATION} AS once,
            kind = {ADMINISTRATION} AND NOT one_time AS spread
        FROM medicated m JOIN drug_key k ON m.named = k.named JOIN drug_name d ON d.mid = k.rowid"""
    )
    rows = []
    for did, (how, strength, once, spread) in enumerate(
        run.rows("SELECT how, strength, once, spread FROM dosage_key ORDER BY rowid")
    ):
        given = None if how is None else json.loads(how)
        reading = (
            reader.read_once(raw_administered(given), strength)
            if once
            else reader.read(raw_dosages(given), strength)
        )
        dose = None if spread else reading.dose
        problem = None if dose is not None else code_of(reading.problem or Reason.DOSE_NOT_CODED)
        route = ROUTES.index(reading.route) if reading.route is not None else None
        rows.append((did, dose, problem, reading.as_needed, route))
    run.table(
        "dosage_reading", "did INTEGER, dose BIGINT, problem SMALLINT, as_needed BOOLEAN, route TINYINT", rows
    )


def _read_reasons(run: Run) -> None:
    """`reason_reading`: per distinct stop reason."""
    reader = StopReader(run.given.definitions)
    rows = []
    for (why,) in run.rows("SELECT DISTINCT why FROM medicated WHERE why IS NOT NULL"):
        concepts = [item for item in json.loads(why) if item is not None]
        readings = [reader.read(codings_of(item), item.get("text")) for item in concepts]
        # of several reasons the graver one counts
        for reason in ("intolerance", "level"):
            found = [reading for reading in readings if reading.reason == reason]
            if found:
                rows.append((why, STOPS.index(reason), all(reading.from_text for reading in found)))
                break
    run.table("reason_reading", "why VARCHAR, stopped TINYINT, from_text BOOLEAN", rows)
