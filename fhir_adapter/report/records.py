"""Owns the rows of an out folder: their columns, and how a row becomes a record of model/ or of here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_adapter.model.exposures import Ends, Exposure
from fhir_adapter.model.spreadsheet import original
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility, Score, SubjectResult, Verdict

_TEXTS = "VARCHAR[]"
VERDICTS = {
    "subject": "VARCHAR",
    "criterion": "VARCHAR",
    "truth": "VARCHAR",
    "reason": "VARCHAR",
    "review": "BOOLEAN",
    "value": "DOUBLE",
    "unit": "VARCHAR",
    "evidence": _TEXTS,
    "valid_until": "VARCHAR",
    "notes": _TEXTS,
    "about": _TEXTS,
}
SUBJECTS = {
    "subject": "VARCHAR",
    "eligibility": "VARCHAR",
    "blocked_by": _TEXTS,
    "missing": _TEXTS,
    "confirm": _TEXTS,
    "near_miss": "BOOLEAN",
    "flags": _TEXTS,
}
SCORES = {
    "subject": "VARCHAR",
    "variant": "VARCHAR",
    "value": "DOUBLE",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "effective": "VARCHAR",
    "inputs": "JSON",
    "evidence": _TEXTS,
    "flags": _TEXTS,
}
EXPOSURES = {
    "subject": "VARCHAR",
    "drug": "VARCHAR",
    "certain_low": "VARCHAR",
    "certain_high": "VARCHAR",
    "possible_low": "VARCHAR",
    "possible_high": "VARCHAR",
    "ends": "VARCHAR",
    "runs_to": "VARCHAR",
    "dose": "DOUBLE",
    "dose_problem": "VARCHAR",
    "as_needed": "BOOLEAN",
    "route": "VARCHAR",
    "stopped_for": "VARCHAR",
    "stop_from_text": "BOOLEAN",
    "source_type": "VARCHAR",
    "evidence": "VARCHAR",
}


@dataclass(frozen=True)
class Run:
    """run.json: which question was asked of which data."""

    trial: str
    trial_version: str
    site: str | None
    as_of: str
    index: int  # the instant of `as_of`
    zone: str
    engine: str
    input: Path
    definitions: tuple[Path, ...]
    types: Mapping[str, str | None]  # resource type -> why it is incomplete
    subjects: Mapping[str, int]
    document: Mapping[str, object]


@dataclass(frozen=True)
class Tally:
    """How often a line was answered how."""

    criterion: str
    true: int
    false: int
    unknown: int
    review: int
    not_built: bool


@dataclass(frozen=True)
class Step:
    """One step of the attrition: who left first at this line, who is left, of how many of those it is unknown."""

    criterion: str | None  # None: before the first line, because the patient has died
    out: int
    unknown: int
    remaining: int


@dataclass(frozen=True)
class UnmappedCode:
    """A row of unmapped.csv; `names` are the inputs that its text names."""

    kind: str
    system: str
    code: str
    text: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """Which subjects: every filter that is set must hold."""

    eligibility: Eligibility | None = None
    unknown_lines: tuple[str, ...] | None = None  # at least one of these lines is UNKNOWN
    unknown_reason: str | None = None
    criterion: str | None = None
    truth: Truth | None = None
    without_ineligible: bool = False


@dataclass(frozen=True)
class Listed:
    """A row of the list; `verdict` is the answer to the line that was asked for."""

    result: SubjectResult
    score: Score | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Dossier:
    """Everything that an out folder says of one patient: verdicts in protocol order, scores newest first."""

    listed: Listed
    verdicts: tuple[Verdict, ...]
    scores: tuple[Score, ...] = ()
    exposures: tuple[Exposure, ...] = ()


def to_listed(row: tuple[Any, ...]) -> Listed:
    """One row of the list query: subject, newest score, verdict of the line that was asked for, count."""
    result, score = row[: len(SUBJECTS)], row[len(SUBJECTS) : len(SUBJECTS) + len(SCORES)]
    verdict = row[len(SUBJECTS) + len(SCORES) : -1]
    return Listed(
        to_subject(result),
        to_score(score) if score[0] is not None else None,
        to_verdict(verdict) if verdict[0] is not None else None,
    )


def to_subject(row: tuple[Any, ...]) -> SubjectResult:
    """A row of subjects.ndjson."""
    subject, eligibility, blocked_by, missing, confirm, near_miss, flags = row
    return SubjectResult(
        subject,
        Eligibility(eligibility),
        tuple(blocked_by or ()),
        tuple(missing or ()),
        tuple(confirm or ()),
        bool(near_miss),
        tuple(flags or ()),
    )


def to_verdict(row: tuple[Any, ...]) -> Verdict:
    """A row of verdicts.ndjson."""
    subject, criterion, truth, reason, review, value, unit, evidence, valid_until, notes, about = row
    return Verdict(
        subject,
        criterion,
        Truth(truth),
        Reason(reason) if reason else None,
        bool(review),
        value,
        unit,
        tuple(evidence or ()),
        valid_until,
        tuple(notes or ()),
        tuple(about or ()),
    )


def to_score(row: tuple[Any, ...]) -> Score:
    """A row of scores.ndjson."""
    subject, variant, value, low, high, effective, inputs, evidence, flags = row
    given: Mapping[str, float | None] = json.loads(inputs) if inputs else {}
    return Score(
        subject,
        variant,
        value,
        low,
        high,
        effective,
        tuple((name, number) for name, number in given.items() if number is not None),
        tuple(evidence or ()),
        tuple(flags or ()),
    )


def to_exposure(row: tuple[Any, ...]) -> Exposure:
    """A row of exposures.ndjson."""
    values = dict(zip(EXPOSURES, row, strict=True))
    return Exposure(**{**values, "ends": Ends(values["ends"])})


def to_unmapped(row: Mapping[str, str]) -> UnmappedCode:
    """A row of unmapped.csv."""
    return UnmappedCode(
        kind=row["kind"],
        system=original(row["system"]),
        code=original(row["code"]),
        text=original(row["text"]),
        count=int(row["count"]),
        names=tuple(name for name in row["names"].split(";") if name),
    )
