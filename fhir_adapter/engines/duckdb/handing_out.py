"""Owns the tables of a finished screening as Python objects and as SQL in the order in which they are written."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from fhir_adapter.engines.base import Screening
from fhir_adapter.engines.duckdb import accounting
from fhir_adapter.engines.duckdb.conditions import ACTIVE, INACTIVE
from fhir_adapter.engines.duckdb.exposure_days import ENDS
from fhir_adapter.engines.duckdb.medications import NAMELESS, RECORDS, ROUTES, UNMAPPED
from fhir_adapter.engines.duckdb.run import Run, name_of
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.answers import ANSWERS
from fhir_adapter.model.exposures import Ends, Exposure
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import QuantityInput
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility, Score, SubjectResult, Verdict

# the order in which the variants of one visit are listed: esr4, esr3, crp4, crp3 (places in model.das28.VARIANTS)
_LISTED = "(CASE variant WHEN 0 THEN 0 WHEN 2 THEN 1 WHEN 1 THEN 2 ELSE 3 END)"
_NO_EXPOSURES = """SELECT NULL::VARCHAR AS subject, NULL::VARCHAR AS drug, NULL::VARCHAR AS certain_low,
    NULL::VARCHAR AS certain_high, NULL::VARCHAR AS possible_low, NULL::VARCHAR AS possible_high, NULL::VARCHAR AS ends,
    NULL::VARCHAR AS runs_to, NULL::DOUBLE AS dose, NULL::VARCHAR AS dose_problem, false AS as_needed, NULL::VARCHAR AS route,
    NULL::VARCHAR AS stopped_for, false AS stop_from_text, NULL::VARCHAR AS source_type, NULL::VARCHAR AS evidence WHERE false"""
_NO_CASE = "WHEN NULL THEN NULL"  # a trial may ask for ages alone, and CASE must have a branch


def verdicts_sql() -> str:
    """One row per subject and line, in order."""
    return f"""SELECT 'Patient/' || s.id AS subject, v.criterion, (['false', 'true', 'unknown'])[v.truth + 1] AS truth,
        {name_of("v.reason")} AS reason, v.review, v.value, v.unit, coalesce(v.evidence, []) AS evidence,
        strftime(v.valid, '%Y-%m-%d') AS valid_until, v.notes, v.about
        FROM verdict v JOIN subject s USING (sid) ORDER BY v.sid, v.place"""


def subjects_sql() -> str:
    """One row per subject, in order."""
    return """SELECT 'Patient/' || id AS subject, eligibility, blocked_by, missing, confirm, near_miss, flags
        FROM result ORDER BY sid"""


def scores_sql(run: Run) -> str:
    """Every computed score, in order."""
    names = (
        " ".join(f"WHEN {n} THEN {text_literal(known.id)}" for n, known in enumerate(run.inputs)) or _NO_CASE
    )
    esr = "variant IN (0, 2)"
    return f"""SELECT 'Patient/' || s.id AS subject,
        (CASE c.input {names} END) || '-' || (['esr4', 'crp4', 'esr3', 'crp3'])[variant + 1] AS variant,
        CASE WHEN low = high THEN low END AS value, low, high, strftime(day, '%Y-%m-%d') AS effective,
        {{'tender': tender, 'swollen': swollen, 'esr': CASE WHEN {esr} THEN acute END,
          'crp': CASE WHEN NOT {esr} THEN acute END, 'global': patient_global}} AS inputs,
        c.evidence, {run.flag_names("c.flags")} AS flags
        FROM score c JOIN subject s USING (sid) ORDER BY sid, c.input, day, {_LISTED}"""


def exposures_sql(run: Run) -> str:
    """Every exposure, in order; an unmapped or nameless drug is one too. None of a trial that asks for none."""
    if not run.is_medicated:
        return _NO_EXPOSURES
    drugs = "[" + ", ".join(text_literal(drug) for drug in run.drugs) + "]::VARCHAR[]"
    ends = "[" + ", ".join(text_literal(end.value) for end in ENDS) + "]"
    routes, records = (f"[{', '.join(map(text_literal, names))}]" for names in (ROUTES, RECORDS))
    day = "strftime({0}, '%Y-%m-%d') AS {0}"
    return f"""SELECT 'Patient/' || s.id AS subject, CASE e.drug WHEN {UNMAPPED} THEN 'unmapped'
            WHEN {NAMELESS} THEN 'nameless' ELSE ({drugs})[e.drug + 1] END AS drug, {day.format("certain_low")},
        {day.format("certain_high")}, {day.format("possible_low")}, {day.format("possible_high")}, ({ends})[e.ends + 1] AS ends,
        {day.format("runs_to")}, e.dose / 1e6 AS dose, {name_of("e.problem")} AS dose_problem, e.as_needed,
        ({routes})[e.route + 1] AS route, CASE e.stopped WHEN 1 THEN 'intolerance' WHEN 2 THEN 'level' END AS stopped_for,
        e.from_text AS stop_from_text, ({records})[e.kind + 1] AS source_type, e.evidence
        FROM exposure e JOIN subject s USING (sid) ORDER BY s.id, 2, e.evidence"""


def facts_sql(run: Run) -> str:
    """Facts of results and diagnoses, for the explanation, in order."""
    inputs = (
        " ".join(f"WHEN {n} THEN {text_literal(known.id)}" for n, known in enumerate(run.inputs)) or _NO_CASE
    )
    units = (
        " ".join(
            f"WHEN {n} THEN {text_literal(known.unit)}"
            for n, known in enumerate(run.inputs)
            if isinstance(known, QuantityInput)
        )
        or _NO_CASE
    )
    coded = f"f.input IN ({', '.join(str(run.number(of.id)) for of in run.answers()) or '-1'})"
    answers = ", ".join(text_literal(answer) for answer in ANSWERS)
    return f"""SELECT * FROM (
        SELECT s.id AS subject, CASE f.input {inputs} END AS input, CASE WHEN {coded} THEN 'coded' ELSE 'quantity' END AS kind,
            CASE WHEN NOT {coded} THEN f.low END AS low, CASE WHEN NOT {coded} THEN f.high END AS high, f.low_open, f.high_open, CASE f.input {units} ELSE NULL END AS unit, g.uln, g.uln_high, g.lln, f.start_low, f.start_high,
            NULL::BIGINT AS recorded_low, NULL::BIGINT AS recorded_high, f.status, NULL::VARCHAR AS certainty,
            NULL::VARCHAR AS activity, {name_of("f.problem")} AS problem, {run.flag_names("f.flags")} AS flags,
            'Observation' AS source_type, f.evidence, f.element,
            CASE WHEN {coded} THEN ([{answers}])[f.low::INTEGER + 1] END AS answer
        FROM fact f JOIN subject s USING (sid) LEFT JOIN range_reading g ON g.rid = f.rowid
        UNION ALL
        SELECT s.id, coalesce(CASE m.input {inputs} END, 'condition'), 'condition', NULL, NULL, false, false, NULL, NULL,
            NULL, NULL, NULL, NULL, d.recorded_low, d.recorded_high, NULL,
            CASE WHEN NOT d.is_used THEN 'refuted' WHEN d.confirmed AND NOT coalesce(m.provisional, false)
                THEN 'confirmed' ELSE 'provisional' END,
            CASE d.activity WHEN {ACTIVE} THEN 'active' WHEN {INACTIVE} THEN 'inactive' ELSE 'resolved' END,
            CASE WHEN NOT d.mapped THEN {text_literal(Reason.UNMAPPED_CODE.value)} END,
            CASE WHEN d.no_verification THEN ['no-verification'] ELSE [] END, 'Condition', d.evidence, '', NULL
        FROM diagnosis d JOIN subject s USING (sid) LEFT JOIN membership m USING (cid))
        ORDER BY subject, input, evidence, element"""


def screening(run: Run) -> Screening:
    """Everything as Python objects."""
    verdicts = [_verdict(row) for row in run.rows(verdicts_sql())]
    subjects = [
        SubjectResult(r[0], Eligibility(r[1]), tuple(r[2]), tuple(r[3]), tuple(r[4]), r[5], tuple(r[6]))
        for r in run.rows(subjects_sql())
    ]
    scores = [_score(row) for row in run.rows(scores_sql(run))]
    facts = [_fact(row) for row in run.rows(facts_sql(run))]
    exposures = [_exposure(row) for row in run.rows(exposures_sql(run))]
    return Screening(verdicts, subjects, scores, facts, accounting.unmapped(run), run.counts, exposures)


def _exposure(row: tuple[Any, ...]) -> Exposure:
    values = dict(zip([field.name for field in fields(Exposure)], row, strict=True))
    values["ends"] = Ends(values["ends"])
    return Exposure(**values)


def _verdict(row: tuple[Any, ...]) -> Verdict:
    subject, criterion, truth, reason, review, value, unit, evidence, valid_until, notes, about = row
    return Verdict(
        subject=subject,
        criterion=criterion,
        truth=Truth(truth),
        reason=Reason(reason) if reason else None,
        review=review,
        value=value,
        unit=unit,
        evidence=tuple(evidence),
        valid_until=valid_until,
        notes=tuple(notes),
        about=tuple(about),
    )


def _score(row: tuple[object, ...]) -> Score:
    subject, variant, value, low, high, effective, inputs, evidence, flags = row
    assert isinstance(inputs, dict)  # noqa: S101  # a STRUCT
    acute = "esr" if "-esr" in str(variant) else "crp"
    named = tuple((name, inputs[name]) for name in ("tender", "swollen", acute, "global"))
    return Score(subject, variant, value, low, high, effective, named, tuple(evidence), tuple(flags))  # type: ignore[arg-type]


def _fact(row: tuple[object, ...]) -> Fact:
    names = (
        "subject input kind low high low_open high_open unit uln uln_high lln start_low start_high recorded_low "
        "recorded_high status certainty activity problem flags source_type evidence element answer"
    ).split()
    values = dict(zip(names, row, strict=True))
    values.pop("status")
    values["flags"] = tuple(values["flags"])  # type: ignore[arg-type]
    return Fact(**values)  # type: ignore[arg-type]
