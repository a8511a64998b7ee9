"""Owns what an engine is given and what it answers: the Protocol that both engines implement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from fhir_adapter.landing import Landing
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import Definitions
from fhir_adapter.model.verdicts import Score, SubjectResult, Verdict


@dataclass(frozen=True)
class ScreeningInput:
    """One question: this trial, asked of this landing, as of this instant."""

    definitions: Definitions
    trial: Trial
    zone: ZoneInfo
    index: int  # instant
    landing: Landing


@dataclass(frozen=True)
class UnmappedRow:
    """What no definition file could place: a code, a unit or a diagnosis, and how often it stands there.

    `names`: ids of the inputs that the text names (hints), ";"-joined; "" else.
    """

    kind: str  # "code" | "unit" | "condition"
    system: str
    code: str
    text: str
    count: int
    names: str


@dataclass
class Screening:
    """What an engine returns; iterables may be read once.

    `counts`, per resource type: seen, used, superseded, unlinked, replaced, not_needed. `exposures`: sorted by
    subject, drug, evidence.
    """

    verdicts: list[Verdict]
    subjects: list[SubjectResult]
    scores: list[Score]
    facts: list[Fact]
    unmapped: list[UnmappedRow]
    counts: dict[str, dict[str, int]]
    exposures: list[Exposure] = field(default_factory=list)


class Engine(Protocol):
    """Anything that answers a ScreeningInput as docs/semantics.md says."""

    name: str

    def screen(self, given: ScreeningInput) -> Screening: ...
