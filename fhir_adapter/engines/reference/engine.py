"""Owns the reference engine: the contract of docs/semantics.md read from top to bottom, slow and obvious."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.decide import result, verdict
from fhir_adapter.engines.reference.gathering import ALWAYS_READ, EVENTS, Gathered, gather, needs_of
from fhir_adapter.engines.reference.judge import Judge
from fhir_adapter.engines.reference.medications import MEDICATION_RECORDS
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.scores import scores_of
from fhir_adapter.model.criteria import LineKind
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import Input, ScoreInput

READ_TYPES = (
    *ALWAYS_READ,
    *MEDICATION_RECORDS,
    "Medication",
    *EVENTS,
    "ResearchSubject",
    "ResearchStudy",
)
"""Every type that some trial reads."""

_MAY_BE_INCOMPLETE = (
    *ALWAYS_READ,
    "MedicationStatement",
    "MedicationRequest",
    "AllergyIntolerance",
    "Immunization",
)
"""The others help when they are there; that they are not there never blocks an answer (§6)."""


class ReferenceEngine:
    """Says what is right; the fast engine is held to it by generated tests."""

    name = "reference"

    def screen(self, given: ScreeningInput) -> Screening:
        """Facts, exposures, scores, verdicts and results of every subject of the landing."""
        clock = Clock(given.index, given.zone)
        needs = needs_of(given)
        gathered = gather(given, needs, clock)
        screening = Screening([], [], [], gathered.facts, gathered.report.rows(), gathered.counts)
        of_subject: dict[str, list[Fact]] = {}
        for fact in gathered.facts:
            of_subject.setdefault(fact.subject, []).append(fact)
        for subject in gathered.subjects:
            record = _record(given, subject, of_subject.get(subject.id, []), gathered, clock)
            _screen_subject(given, needs.inputs, record, screening)
        screening.exposures.sort(key=lambda one: (one.subject, one.drug, one.evidence))
        return screening


def _record(
    given: ScreeningInput, subject: Subject, facts: list[Fact], gathered: Gathered, clock: Clock
) -> Record:
    """One subject's facts, which come sorted by input, and its other records."""
    by_input = {name: tuple(of) for name, of in groupby(facts, key=lambda fact: fact.input)}
    incomplete = {name for name in _MAY_BE_INCOMPLETE if _is_incomplete(given, name, subject)}
    events = gathered.events.get(subject.id, {})
    return Record(
        subject,
        by_input,
        frozenset(incomplete),
        clock,
        absent=given.definitions.site.absent_types - given.landing.types.keys(),
        uses=tuple(sorted(gathered.uses.get(subject.id, ()), key=lambda use: (use.drug, use.evidence))),
        events={input_id: tuple(members) for input_id, members in events.items()},
        on_study=tuple(sorted(gathered.on_study.get(subject.id, ()))),
    )


def _is_incomplete(given: ScreeningInput, resource_type: str, subject: Subject) -> bool:
    """Whether something of this type may be missing for the subject, or for one merged into it."""
    landing = given.landing
    if any((resource_type, id_) in landing.incomplete for id_ in (subject.id, *subject.merged)):
        return True
    if resource_type in given.definitions.site.absent_types and resource_type not in landing.types:
        # The hospital's server does not hold this type: pulled, and empty.
        return False
    return landing.problem_of(resource_type) is not None


def _screen_subject(
    given: ScreeningInput, needed: Mapping[str, Input], record: Record, screening: Screening
) -> None:
    judge = Judge(given.definitions.inputs, record)
    subject = record.subject
    verdicts = [
        verdict(line, subject, judge.ask)
        for line in given.trial.lines
        # A discontinuation rule speaks of those who are on the study only.
        if line.kind is not LineKind.DISCONTINUATION or record.on_study
    ]
    screening.verdicts += verdicts
    screening.subjects.append(result(given.trial, subject, verdicts))
    screening.exposures += [use.exposure(subject.reference) for use in record.uses]
    for input_id in sorted(needed):
        of = needed[input_id]
        if isinstance(of, ScoreInput):
            screening.scores += scores_of(judge.visits(of), of, subject.reference)
