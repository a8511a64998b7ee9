"""Owns who is on study (docs/semantics.md, 6.7), and the answers of `on_study` and `gender`."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.run import TRUE, UNKNOWN, Run, code_of
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.references import parse_reference
from fhir_adapter.model.truth import Reason

ON_STUDY = ("on-study", "on-study-intervention", "on-study-observation")


def find_participants(run: Run, *, is_read: bool) -> None:
    """Table `on_study`: subjects that take part in this trial, with the ResearchSubjects that say so."""
    run.run("CREATE OR REPLACE TABLE on_study (sid INTEGER, evidence VARCHAR[])")
    if not is_read:
        return
    registry = run.given.trial.registry_id
    known = set(run.given.definitions.site.studies.get(run.given.trial.id, ()))
    known |= {
        f"ResearchStudy/{study}"
        for (study,) in run.rows(
            'SELECT DISTINCT id FROM (SELECT id, unnest(identifier) AS i FROM rows_ResearchStudy) WHERE i."value" = ?',
            [registry],
        )
    }
    texts = run.rows("SELECT DISTINCT study FROM rows_ResearchSubject WHERE study IS NOT NULL")
    ours = [(text,) for (text,) in texts if _study(run, text) in known or text in known]
    run.table("our_study", "text VARCHAR", ours)
    listed = ", ".join(text_literal(status) for status in ON_STUDY)
    run.run(
        f"""INSERT INTO on_study SELECT p.sid, list('ResearchSubject/' || r.id || coalesce('/_history/' || r.version, '')
            ORDER BY 'ResearchSubject/' || r.id || coalesce('/_history/' || r.version, ''))
        FROM rows_ResearchSubject r JOIN person p USING (pid)
        WHERE r.status IN ({listed}) AND (r.study IN (SELECT text FROM our_study)
            OR r.study_identifier."value" = {text_literal(registry)}) GROUP BY p.sid"""
    )


def _study(run: Run, reference: str) -> str | None:
    target = run.given.landing.full_urls.get(reference)
    if target is not None:
        return target
    parsed = parse_reference(reference)
    return f"ResearchStudy/{parsed.id}" if parsed.resource_type == "ResearchStudy" else None


def answer_people(run: Run, conditions: list[tuple[int, Condition]]) -> None:
    """Add the rows of `gender` and `on_study` conditions to `answer`."""
    for n, condition in conditions:
        if condition.verb is Verb.ON_STUDY:
            run.run(
                f"INSERT INTO answer SELECT {n}, sid, {TRUE}, NULL, evidence, NULL, NULL, 0, 0, NULL, NULL FROM on_study"
            )
        elif condition.verb is Verb.GENDER:
            lost = "sid IN (SELECT sid FROM incomplete WHERE kind = 'Patient')"
            run.run(
                f"""INSERT INTO answer SELECT {n}, sid, CASE WHEN {lost} THEN {UNKNOWN} ELSE {TRUE} END,
                    CASE WHEN {lost} THEN {code_of(Reason.INCOMPLETE_DATA)} END, CASE WHEN NOT {lost} THEN [evidence] END,
                    NULL, NULL, 0, 0, NULL, NULL FROM subject
                WHERE {lost} OR gender = {text_literal(condition.input)}"""
            )
