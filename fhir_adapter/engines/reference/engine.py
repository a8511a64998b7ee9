"""Owns the reference engine: the contract of docs/semantics.md read from top to bottom, slow and obvious."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.conditions import Judge
from fhir_adapter.engines.reference.decide import result, verdict
from fhir_adapter.engines.reference.diagnoses import DiagnosisReader
from fhir_adapter.engines.reference.people import People, Subject
from fhir_adapter.engines.reference.reading import Newest, count_lines, read_newest
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.results import ResultReader
from fhir_adapter.engines.reference.scores import scores_of
from fhir_adapter.engines.reference.unmapped import UnmappedReport
from fhir_adapter.model.criteria import LineKind
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import ConditionInput, Input, QuantityInput, ScoreInput

READ_TYPES = ("Patient", "Observation", "Condition")


class ReferenceEngine:
    """Says what is right; the fast engine is held to it by generated tests."""

    name = "reference"

    def screen(self, given: ScreeningInput) -> Screening:
        """Facts, scores, verdicts and results of every subject of the landing."""
        clock = Clock(given.index, given.zone)
        needed = needed_inputs(given)
        gathered = _gather(given, needed, clock)
        screening = Screening([], [], [], gathered.facts, gathered.report.rows(), gathered.counts)
        of_subject: dict[str, list[Fact]] = {}
        for fact in gathered.facts:
            of_subject.setdefault(fact.subject, []).append(fact)
        for subject in gathered.subjects:
            record = _record(given, subject, of_subject.get(subject.id, []), clock)
            _screen_subject(given, needed, record, screening)
        return screening


def needed_inputs(given: ScreeningInput) -> dict[str, Input]:
    """The inputs that the trial's built lines read, a score's components among them."""
    needed: dict[str, Input] = {}
    for input_id in given.trial.inputs():
        of = given.definitions.inputs[input_id]
        needed[input_id] = of
        if isinstance(of, ScoreInput):
            needed.update({component: given.definitions.inputs[component] for component in of.components()})
    return needed


@dataclass
class _Gathered:
    """Everything that was read, before any question is asked."""

    subjects: list[Subject]
    facts: list[Fact]
    report: UnmappedReport = field(default_factory=UnmappedReport)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def _gather(given: ScreeningInput, needed: dict[str, Input], clock: Clock) -> _Gathered:
    patients = read_newest(given.landing, "Patient", clock)
    people = People(patients.resources, given.landing.full_urls, clock)
    gathered = _Gathered(people.subjects(), [])
    gathered.counts["Patient"] = _counts(patients, replaced=len(people.survivor_of))
    subjects = {subject.id: subject for subject in gathered.subjects}
    definitions, report = given.definitions, gathered.report
    quantities = [of for of in needed.values() if isinstance(of, QuantityInput)]
    results = ResultReader(definitions, quantities, clock, report)
    conditions = [of for of in needed.values() if isinstance(of, ConditionInput)]
    diagnoses = DiagnosisReader(definitions, conditions, clock, report) if conditions else None

    for resource_type in ("Observation", "Condition"):
        newest = read_newest(given.landing, resource_type, clock)
        unlinked = not_needed = 0
        for resource in newest.resources:
            owner = people.subject_of(resource)
            if owner is None:
                unlinked += 1
                continue
            if resource_type == "Observation":
                facts = results.read(resource, subjects[owner])
                not_needed += not facts
            else:
                facts = diagnoses.read(resource, subjects[owner]) if diagnoses is not None else []
            gathered.facts += facts
        gathered.counts[resource_type] = _counts(newest, unlinked=unlinked, not_needed=not_needed)

    for resource_type in sorted(given.landing.types.keys() - set(READ_TYPES)):
        seen = count_lines(given.landing, resource_type)
        gathered.counts[resource_type] = _counts(Newest((), seen, 0), not_needed=seen)
    gathered.facts.sort(key=lambda fact: (fact.subject, fact.input, fact.evidence, fact.element))
    return gathered


def _counts(newest: Newest, *, unlinked: int = 0, replaced: int = 0, not_needed: int = 0) -> dict[str, int]:
    """Every line that was read is in exactly one of the other five."""
    apart = {
        "superseded": newest.superseded,
        "unlinked": unlinked,
        "replaced": replaced,
        "not_needed": not_needed,
    }
    return {"seen": newest.seen, "used": newest.seen - sum(apart.values()), **apart}


def _record(given: ScreeningInput, subject: Subject, facts: list[Fact], clock: Clock) -> Record:
    """One subject's facts, which come sorted by input."""
    by_input = {name: tuple(of) for name, of in groupby(facts, key=lambda fact: fact.input)}
    incomplete = {name for name in READ_TYPES if _is_incomplete(given, name, subject)}
    absent = given.definitions.site.absent_types - given.landing.types.keys()
    return Record(subject, by_input, frozenset(incomplete), clock, absent)


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
    given: ScreeningInput, needed: dict[str, Input], record: Record, screening: Screening
) -> None:
    judge = Judge(given.definitions.inputs, record)
    subject = record.subject
    lines = [line for line in given.trial.lines if line.kind is not LineKind.DISCONTINUATION]
    verdicts = [verdict(line, subject, judge.ask) for line in lines]
    screening.verdicts += verdicts
    screening.subjects.append(result(given.trial, subject, verdicts))
    for input_id in sorted(needed):
        of = needed[input_id]
        if isinstance(of, ScoreInput):
            screening.scores += scores_of(judge.visits(of), of, subject.reference)
