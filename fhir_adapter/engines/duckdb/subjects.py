"""Owns whose record it is: newest versions, subjects, merges and references (docs/semantics.md, section 2)."""

from __future__ import annotations

from collections import defaultdict

from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.engines.duckdb.times import learn_times
from fhir_adapter.model.dates import birth_bounds, parse_datetime
from fhir_adapter.model.merges import survivors
from fhir_adapter.model.references import parse_reference

# what decides between two versions that claim the same time and number, by type
_LAST_RESORT = {
    "Observation": "coalesce(status, ''), coalesce(effective_datetime, effective_instant, effective_period.\"end\", "
    'effective_period."start", \'\'), coalesce(quantity."value", "integer", string, \'\')',
    "Condition": "coalesce([c.code FOR c IN verification_status.coding IF c.code IS NOT NULL][1], ''), "
    "coalesce(recorded_date, onset_datetime, onset_period.\"start\", '')",
    "Patient": "coalesce(birth_date, ''), coalesce(gender, '')",
}
_OTHER_LAST_RESORT = "0"


def drop_superseded(run: Run, kind: str) -> int:
    """Keep the newest version of each id of `rows_<kind>`, and none of what the server deleted."""
    deleted = [key.split("/", 1)[1] for key in run.given.landing.deleted if key.startswith(f"{kind}/")]
    before = int(run.value(f"SELECT count(*) FROM rows_{kind}"))
    if deleted:
        run.run(f"DELETE FROM rows_{kind} WHERE id IN (SELECT unnest(?::VARCHAR[]))", [deleted])
    if run.value(f"SELECT count(*) > count(DISTINCT hash(id)) FROM rows_{kind}"):
        run.run(
            f"""CREATE OR REPLACE TABLE doubled AS SELECT * EXCLUDE (rowid), rowid AS row FROM (
            SELECT *, rowid FROM rows_{kind} WHERE id IN (SELECT id FROM rows_{kind} GROUP BY id HAVING count(*) > 1))"""
        )
        learn_times(run, "doubled", ["updated"])
        run.run(
            f"""DELETE FROM rows_{kind} WHERE rowid IN (SELECT row FROM (SELECT d.row, row_number() OVER (
                PARTITION BY d.id ORDER BY coalesce(quick_high(updated), s.high) DESC NULLS LAST,
                CASE WHEN regexp_full_match(version, '[0-9]+') THEN try_cast(version AS HUGEINT) END DESC NULLS LAST,
                CASE WHEN NOT regexp_full_match(version, '[0-9]+') THEN version END DESC NULLS LAST, row({_LAST_RESORT.get(kind, _OTHER_LAST_RESORT)}) DESC, to_json(d) DESC) AS place
                FROM doubled d LEFT JOIN spelled_time s ON d.updated = s.text) WHERE place > 1)"""
        )
        run.run("DROP TABLE doubled")
    return before - int(run.value(f"SELECT count(*) FROM rows_{kind}"))


def build_subjects(run: Run) -> None:
    """Tables `subject` (one row per subject, number `sid` in id order) and `person` (Patient id -> sid)."""
    replaced, unresolved = _merges(run)
    run.table("replaced", "pid VARCHAR, survivor VARCHAR", sorted(replaced.items()))
    run.table("unresolved", "pid VARCHAR", [(pid,) for pid in sorted(unresolved)])
    births = [
        (text, *(bounds or (None, None)))
        for (text,) in run.rows("SELECT DISTINCT birth_date FROM rows_Patient WHERE birth_date IS NOT NULL")
        for bounds in (birth_bounds(text),)
    ]
    run.table("birth", "text VARCHAR, low DATE, high DATE", births)
    deaths = [
        (text,)
        for (text,) in run.rows(
            "SELECT DISTINCT deceased_datetime FROM rows_Patient WHERE deceased_datetime IS NOT NULL"
        )
        for when in (parse_datetime(text, run.zone),)
        if when is None or when.low is None or when.low <= run.given.index
    ]
    run.table("death", "text VARCHAR", deaths)
    run.run(
        """CREATE OR REPLACE TABLE subject AS SELECT (row_number() OVER (ORDER BY id))::INTEGER AS sid, id,
            'Patient/' || id || coalesce('/_history/' || version, '') AS evidence, gender, b.low AS birth_low,
            b.high AS birth_high, birth_date IS NOT NULL AS has_birth,
            coalesce(deceased_boolean, false) OR d.text IS NOT NULL OR id IN (SELECT r.survivor FROM replaced r
                JOIN rows_Patient o ON o.id = r.pid LEFT JOIN death x ON o.deceased_datetime = x.text
                WHERE coalesce(o.deceased_boolean, false) OR x.text IS NOT NULL) AS deceased,
            u.pid IS NOT NULL AS merge_unresolved
        FROM rows_Patient p LEFT JOIN birth b ON p.birth_date = b.text LEFT JOIN death d ON p.deceased_datetime = d.text
        LEFT JOIN unresolved u ON p.id = u.pid WHERE id NOT IN (SELECT pid FROM replaced)"""
    )
    run.run(
        """CREATE OR REPLACE TABLE person AS SELECT id AS pid, sid FROM subject
            WHERE regexp_full_match(id, '[^\\s/?#|]+') AND id <> '_history' -- what a reference can name
        UNION ALL SELECT r.pid, s.sid FROM replaced r JOIN subject s ON r.survivor = s.id"""
    )
    run.counts["Patient"] = {"replaced": len(replaced)}


def _merges(run: Run) -> tuple[dict[str, str], frozenset[str]]:
    linked = run.rows(
        """SELECT id, l."type", l.other.reference, l.other.identifier FROM (SELECT id, unnest(link) AS l FROM rows_Patient
        WHERE len(link) > 0) WHERE l."type" IN ('replaces', 'replaced-by')"""
    )
    if not linked:
        return {}, frozenset()
    links: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for pid, kind, reference, identifier in linked:
        other = patient_id(run, reference) if reference is not None else _carrier(run, identifier)
        links[pid].append((kind, other or ""))
    targets = {other for edges in links.values() for _, other in edges if other} - set(links)
    for (pid,) in run.rows(
        "SELECT id FROM rows_Patient WHERE id IN (SELECT unnest(?::VARCHAR[]))", [sorted(targets)]
    ):
        links[pid] = []
    return survivors(links)


_CARRIERS = """SELECT i.system AS system, i."value" AS value, min(id) AS pid FROM (SELECT id, unnest(identifier) AS i
    FROM rows_Patient) WHERE i."value" <> '' GROUP BY ALL HAVING count(DISTINCT id) = 1"""


def _carrier(run: Run, identifier: dict[str, str | None] | None) -> str | None:
    """The one Patient that carries an identifier, before merging."""
    if identifier is None or not identifier.get("value"):
        return None
    found = run.rows(
        f"SELECT pid FROM ({_CARRIERS}) WHERE value = ? AND coalesce(system, '') = ?",
        [identifier["value"], identifier.get("system") or ""],
    )
    return str(found[0][0]) if found else None


def patient_id(run: Run, reference: str | None) -> str | None:
    """The Patient id that a reference names, if it is a Patient's; existence is not checked here."""
    if reference is None:
        return None
    full_urls = run.given.landing.full_urls
    if reference in full_urls:
        target = full_urls[reference]
        return target.removeprefix("Patient/") if target.startswith("Patient/") else None
    parsed = parse_reference(reference)
    if parsed.kind in ("relative", "absolute") and parsed.resource_type == "Patient":
        return parsed.id
    return None


def link_rows(run: Run, kind: str) -> None:
    """Fill `pid` of rows whose reference is not the plain `Patient/x`."""
    others = run.rows(f"SELECT DISTINCT subject FROM rows_{kind} WHERE pid IS NULL AND subject IS NOT NULL")
    found = [(text, pid) for (text,) in others for pid in (patient_id(run, text),) if pid is not None]
    if found:
        run.table(f"spelled_reference_{kind}", "text VARCHAR, pid VARCHAR", found)
        run.run(
            f"UPDATE rows_{kind} SET pid = f.pid FROM spelled_reference_{kind} f "
            f"WHERE rows_{kind}.pid IS NULL AND rows_{kind}.subject = f.text"
        )
    by_identifier = 'subject IS NULL AND subject_identifier."value" IS NOT NULL'
    if run.value(f"SELECT count(*) FROM rows_{kind} WHERE {by_identifier}"):
        run.run(
            f"""UPDATE rows_{kind} SET pid = f.pid FROM ({_CARRIERS}) f
            WHERE {by_identifier} AND subject_identifier."value" = f.value
                AND coalesce(subject_identifier.system, '') = coalesce(f.system, '')"""
        )


def drop_unlinked(run: Run, kind: str) -> None:
    """Set aside what belongs to no Patient of the input; it is counted."""
    foreign = "pid IS NULL OR pid NOT IN (SELECT pid FROM person)"
    run.unlinked[kind] = int(run.value(f"SELECT count(*) FROM rows_{kind} WHERE {foreign}"))
    if run.unlinked[kind]:
        run.run(f"DELETE FROM rows_{kind} WHERE {foreign}")
