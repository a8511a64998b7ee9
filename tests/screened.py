"""Owns asking a question of a few resources: they are written to a folder, landed, and screened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.engines.base import Engine, Screening, ScreeningInput
from fhir_adapter.facts.rows import land_rows
from fhir_adapter.facts.session import connect
from fhir_adapter.landing import Landing, open_input
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.dates import index_of
from fhir_adapter.model.inputs import Definitions
from fhir_adapter.model.verdicts import SubjectResult, Verdict
from fhir_adapter.views import compile_view

Resource = dict[str, Any]

TYPES = (
    "Patient",
    "Observation",
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "Medication",
    "AllergyIntolerance",
    "Immunization",
    "Procedure",
    "AdverseEvent",
    "ResearchSubject",
    "ResearchStudy",
)
"""What a complete pull of the shipped trial holds."""

TRIAL = "tacrolimus-ra"
AS_OF = "2026-06-30"
ZONE = ZoneInfo("Asia/Shanghai")
EXAMPLE_HOSPITAL = "example-hospital"

_RAW_NUMBER = re.compile(r'"@number:([^"]*)"')


def raw_number(spelling: str) -> str:
    """A JSON number in exactly this spelling (`80.000`, `8E1`), wherever a number may stand."""
    return f"@number:{spelling}"


def as_line(resource: Mapping[str, Any]) -> str:
    """One line of NDJSON."""
    return _RAW_NUMBER.sub(r"\1", json.dumps(resource, ensure_ascii=False))


def write_folder(folder: Path, resources: Iterable[Mapping[str, Any]], types: Sequence[str] = TYPES) -> Path:
    """`Patient.000.ndjson` and so on; a type without a resource has an empty file: pulled, none there."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {name: [] for name in types}
    for resource in resources:
        lines.setdefault(resource["resourceType"], []).append(as_line(resource) + "\n")
    for name, of_type in lines.items():
        (folder / f"{name}.000.ndjson").write_text("".join(of_type), encoding="utf-8", newline="\n")
    return folder


@cache
def shipped(
    site: str | None = EXAMPLE_HOSPITAL, definitions: tuple[Path, ...] = ()
) -> tuple[Definitions, Trial]:
    """The shipped definitions with a site, perhaps of a folder that comes before them, and the shipped trial."""
    loaded = load_definitions(SearchPath(definitions), site)
    return loaded, load_trial(SearchPath(definitions), TRIAL, loaded)


def land(folder: Path, work: Path, definitions: Definitions) -> Landing:
    """Open a folder and let the strict scan name its bad lines, as every screening does."""
    work.mkdir(parents=True, exist_ok=True)
    landing = open_input(folder, work=work / "landing")
    with connect(work) as con:
        land_rows(con, landing, {name: compile_view(view) for name, view in definitions.views.items()}, work)
    return landing


@dataclass(frozen=True)
class Screened:
    """The answers of one engine, by the ids a test knows."""

    screening: Screening
    verdicts: Mapping[tuple[str, str], Verdict]
    subjects: Mapping[str, SubjectResult]


def screened(
    engine: Engine,
    folder: Path,
    work: Path,
    *,
    site: str | None = EXAMPLE_HOSPITAL,
    as_of: str = AS_OF,
    definitions: tuple[Path, ...] = (),
    change: Callable[[Landing], None] = lambda _: None,
) -> Screened:
    """Screen a folder for the shipped trial; `change` does to the landing what a file cannot say."""
    loaded, trial = shipped(site, definitions)
    landing = land(folder, work, loaded)
    change(landing)
    given = ScreeningInput(loaded, trial, ZONE, index_of(as_of, ZONE), landing)
    return by_id(engine.screen(given))


def by_id(screening: Screening) -> Screened:
    """A screening, found by the Patient's id and the line's."""
    return Screened(
        screening,
        {(v.subject.removeprefix("Patient/"), v.criterion): v for v in screening.verdicts},
        {s.subject.removeprefix("Patient/"): s for s in screening.subjects},
    )
