"""Owns the books of the fast engine: every resource in exactly one count, what is incomplete, what is unmapped."""

from __future__ import annotations

from collections import Counter

from fhir_adapter.engines.base import UnmappedRow
from fhir_adapter.engines.duckdb.events import EVENT_TYPES, NEEDED_EVENT_TYPES
from fhir_adapter.engines.duckdb.exposure_verbs import EXPOSURE_TYPES
from fhir_adapter.engines.duckdb.medications import RECORDS, raw_medication
from fhir_adapter.engines.duckdb.raw_results import codings_of
from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.model.codes import ResultCodes

NEEDED_TYPES = ("Patient", "Observation", "Condition", *EXPOSURE_TYPES, *NEEDED_EVENT_TYPES)
"""Types whose silence a trial may ask for; the others help when they are there and block nothing."""

_SHARED = ("Medication", "ResearchStudy")
"""Types that belong to nobody: others refer to them."""


def incomplete(run: Run) -> None:
    """Table `incomplete`: subjects for whom something of a type may be missing."""
    landing = run.given.landing
    run.run("CREATE OR REPLACE TABLE incomplete (kind VARCHAR, sid INTEGER)")
    for kind in NEEDED_TYPES:
        if not run.is_absent(kind) and landing.problem_of(kind) is not None:
            run.run("INSERT INTO incomplete SELECT ?, sid FROM subject", [kind])
            continue
        people = sorted(pid for named, pid in landing.incomplete if named == kind)
        if people:
            run.run(
                "INSERT INTO incomplete SELECT DISTINCT ?, sid FROM person WHERE pid IN (SELECT unnest(?::VARCHAR[]))",
                [kind, people],
            )


def count(run: Run, superseded: dict[str, int]) -> None:
    """`counts`: seen = used + superseded + unlinked + replaced + not_needed, per type."""
    replaced = run.counts.get("Patient", {}).get("replaced", 0)
    looked_up = () if run.is_medicated else (*RECORDS, "Medication")
    read = {kind: seen for kind, seen in run.seen.items() if kind not in looked_up}
    for kind, seen in read.items():
        apart = {"superseded": superseded[kind], "unlinked": 0, "replaced": 0, "not_needed": 0}
        if kind == "Patient":
            apart["replaced"] = replaced
        elif kind not in _SHARED:
            apart["unlinked"] = run.unlinked[kind]
            if kind in ("Observation", *RECORDS, *EVENT_TYPES):
                kept = seen - superseded[kind] - run.unlinked[kind]
                apart["not_needed"] = kept - run.used[kind]
        run.counts[kind] = {"seen": seen, "used": seen - sum(apart.values()), **apart}
    for kind in sorted(run.given.landing.types.keys() - read.keys()):
        seen = _lines(run, kind)
        run.counts[kind] = {
            "seen": seen,
            "used": 0,
            "superseded": 0,
            "unlinked": 0,
            "replaced": 0,
            "not_needed": seen,
        }


def _lines(run: Run, kind: str) -> int:
    """How many lines the files of a type that nobody reads hold."""
    files = [str(file.path) for file in run.given.landing.files_of(kind)]
    if not files:
        return 0
    return int(
        run.value(
            "SELECT count(*) FROM read_csv(?, columns={'l': 'VARCHAR'}, delim='', quote='', escape='', header=false)",
            [files],
        )
    )


def unmapped(run: Run) -> list[UnmappedRow]:
    """What no definition file could place, those that a text names first."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    names: dict[tuple[str, str, str, str, str], set[str]] = {}
    reader = ResultCodes(run.given.definitions, [*run.quantities(), *run.answers()])
    for code, how_many in run.rows(
        "SELECT code, sum(n)::BIGINT FROM concept WHERE cid NOT IN (SELECT cid FROM matched WHERE NOT hint) GROUP BY code"
    ):
        hints = reader.read(codings_of(code), (code or {}).get("text")).hints
        _add_concept(counts, names, "code", code, how_many, hints)
    for number, system, unit, how_many in run.unread_units:
        key = ("unit", system, unit, "", run.inputs[number].id)
        counts[key] += how_many
        names.setdefault(key, set()).add(run.inputs[number].id)
    for code, how_many in run.rows("SELECT * FROM unmapped_condition") if run.conditions() else ():
        _add_concept(counts, names, "condition", code, how_many, ())
    if run.is_medicated:
        for named, how_many in run.rows("SELECT * FROM unmapped_drug"):
            medication = raw_medication(named)
            said = (*medication.texts, *(coding.display for coding in medication.codings))
            text = next((text for text in said if text), "")
            for system, value in {(c.system or "", c.code) for c in medication.codings if c.code} or {
                ("", "")
            }:
                counts[("drug", system, value, text, "")] += how_many
                names.setdefault(("drug", system, value, text, ""), set())
    rows = [UnmappedRow(*key[:4], count=n, names=";".join(sorted(names[key]))) for key, n in counts.items()]
    return sorted(rows, key=lambda r: (not r.names, -r.count, r.system, r.code, r.text, r.kind, r.names))


def _add_concept(
    counts: Counter[tuple[str, str, str, str, str]],
    names: dict[tuple[str, str, str, str, str], set[str]],
    kind: str,
    code: dict[str, object] | None,
    how_many: int,
    hints: tuple[str, ...],
) -> None:
    codings = codings_of(code)
    given = (code or {}).get("text")
    text = given if given is not None else next((c.display for c in codings if c.display is not None), None)
    for system, value in {(c.system or "", c.code) for c in codings if c.code} or {("", "")}:
        key = (kind, system, str(value), str(text or ""), "")
        counts[key] += how_many
        names.setdefault(key, set()).update(hints)
