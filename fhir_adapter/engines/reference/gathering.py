"""Owns reading a landing: every record that counts, as facts, uses and events of its subject, and the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fhir_adapter.engines.base import ScreeningInput
from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.diagnoses import DiagnosisReader
from fhir_adapter.engines.reference.elements import Node
from fhir_adapter.engines.reference.exposures import ExposureReader, Use
from fhir_adapter.engines.reference.happenings import Happening, HappeningReader
from fhir_adapter.engines.reference.medications import MEDICATION_RECORDS, Medications
from fhir_adapter.engines.reference.people import People, Subject
from fhir_adapter.engines.reference.reading import Newest, count_lines, read_newest
from fhir_adapter.engines.reference.results import ResultReader
from fhir_adapter.engines.reference.studies import Studies
from fhir_adapter.engines.reference.unmapped import UnmappedReport
from fhir_adapter.model.criteria import LineKind, Verb
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    ScoreInput,
)

ALWAYS_READ = ("Patient", "Observation", "Condition")
EVENTS = ("AllergyIntolerance", "Immunization", "Procedure", "AdverseEvent")


@dataclass
class Gathered:
    """Everything that was read, before any question is asked; by subject id where it belongs to one."""

    subjects: list[Subject]
    facts: list[Fact] = field(default_factory=list)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    events: dict[str, dict[str, list[Happening]]] = field(default_factory=dict)  # and by input
    on_study: dict[str, list[str]] = field(default_factory=dict)
    report: UnmappedReport = field(default_factory=UnmappedReport)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Needs:
    """What a trial asks for: its inputs, and the types of record that they are read from."""

    inputs: dict[str, Input]
    types: frozenset[str]
    looked_up: frozenset[str]  # only to follow a reference of an adverse event


def needs_of(given: ScreeningInput) -> Needs:
    """The inputs that the trial's built lines read, a score's components among them, and their types."""
    inputs: dict[str, Input] = {}
    for input_id in given.trial.inputs():
        of = given.definitions.inputs[input_id]
        inputs[input_id] = of
        if isinstance(of, ScoreInput):
            inputs.update({component: given.definitions.inputs[component] for component in of.components()})
    lines = given.trial.lines
    verbs = {condition.verb for line in lines if line.built for condition in line.conditions()}
    types, looked_up = set(ALWAYS_READ), set[str]()
    if Verb.LIST_KEPT in verbs or any(isinstance(of, ExposureInput) for of in inputs.values()):
        types.update(MEDICATION_RECORDS, ("Medication",))
    for of in inputs.values():
        if isinstance(of, EventInput):
            types.update(of.types)
            looked_up.update(MEDICATION_RECORDS if "AdverseEvent" in of.types else (), ("Medication",))
    if Verb.ON_STUDY in verbs or any(line.kind is LineKind.DISCONTINUATION for line in lines):
        types.update(("ResearchSubject", "ResearchStudy"))
    return Needs(inputs, frozenset(types), frozenset(looked_up))


def gather(given: ScreeningInput, needs: Needs, clock: Clock) -> Gathered:
    """Read every type that is needed; count every line of the others."""
    patients = read_newest(given.landing, "Patient", clock)
    people = People(patients.resources, given.landing.full_urls, clock)
    reading = _Reading(given, needs, clock, people, Gathered(people.subjects()))
    gathered = reading.gathered
    gathered.counts["Patient"] = _counts(patients, replaced=len(people.survivor_of))
    reading.results_and_diagnoses()
    reading.medications_and_events()
    reading.studies()
    for resource_type in sorted(given.landing.types.keys() - gathered.counts.keys()):
        seen = count_lines(given.landing, resource_type)
        gathered.counts[resource_type] = _counts(Newest((), seen, 0), not_needed=seen)
    gathered.facts.sort(key=lambda fact: (fact.subject, fact.input, fact.evidence, fact.element))
    return gathered


@dataclass(frozen=True)
class _Reading:
    given: ScreeningInput
    needs: Needs
    clock: Clock
    people: People
    gathered: Gathered

    def results_and_diagnoses(self) -> None:
        """§3, §4: Observations and Conditions, whatever the trial asks for."""
        definitions, gathered, inputs = self.given.definitions, self.gathered, self.needs.inputs.values()
        measured = [of for of in inputs if isinstance(of, QuantityInput | AnswerInput)]
        results = ResultReader(definitions, measured, self.clock, gathered.report)
        conditions = [of for of in inputs if isinstance(of, ConditionInput)]
        diagnoses = DiagnosisReader(definitions, conditions, self.clock, gathered.report)

        def read_result(resource: Node, subject: Subject) -> bool:
            facts = results.read(resource, subject)
            gathered.facts += facts
            return bool(facts)

        def read_diagnosis(resource: Node, subject: Subject) -> bool:
            gathered.facts += diagnoses.read(resource, subject) if conditions else []
            return True

        self._each("Observation", self._newest("Observation"), read_result)
        self._each("Condition", self._newest("Condition"), read_diagnosis)

    def medications_and_events(self) -> None:
        """§8, §9: medication records and what they name; allergies, vaccinations, procedures, adverse events."""
        needs, gathered, definitions = self.needs, self.gathered, self.given.definitions
        names = ("Medication", *MEDICATION_RECORDS)
        newest = {name: self._newest(name) for name in names if name in needs.types | needs.looked_up}
        every = [resource for of_type in newest.values() for resource in of_type.resources]
        medications = Medications(every, self.given.landing.full_urls)
        exposures = ExposureReader(definitions, medications, self.clock, gathered.report)
        inputs = [of for of in needs.inputs.values() if isinstance(of, EventInput)]
        happenings = HappeningReader(definitions, inputs, medications, self.clock)

        def read_use(resource: Node, subject: Subject) -> bool:
            uses = exposures.read(resource, subject)
            gathered.uses.setdefault(subject.id, []).extend(uses)
            return bool(uses)

        def read_event(resource: Node, subject: Subject) -> bool:
            members = list(happenings.read(resource))
            for input_id, member in members:
                by_input = gathered.events.setdefault(subject.id, {})
                by_input.setdefault(input_id, []).append(member)
            return bool(members)

        if "Medication" in needs.types:
            gathered.counts["Medication"] = _counts(newest["Medication"])
        for name in MEDICATION_RECORDS:
            if name in needs.types:
                self._each(name, newest[name], read_use)
        for name in EVENTS:
            if name in needs.types:
                self._each(name, self._newest(name), read_event)

    def studies(self) -> None:
        """§6.7: who is on the trial's study."""
        if "ResearchSubject" not in self.needs.types:
            return
        given, gathered = self.given, self.gathered
        newest = self._newest("ResearchStudy")
        gathered.counts["ResearchStudy"] = _counts(newest)
        site, full_urls = given.definitions.site, given.landing.full_urls
        studies = Studies(newest.resources, given.trial, site, full_urls)

        def read_subject(resource: Node, subject: Subject) -> bool:
            reference = studies.on_study(resource)
            if reference is not None:
                gathered.on_study.setdefault(subject.id, []).append(reference)
            return True

        self._each("ResearchSubject", self._newest("ResearchSubject"), read_subject)

    def _newest(self, resource_type: str) -> Newest:
        return read_newest(self.given.landing, resource_type, self.clock)

    def _each(self, resource_type: str, newest: Newest, read: Callable[[Node, Subject], bool]) -> None:
        """Read the records of each subject; `read` says whether one is of any use."""
        subjects = {subject.id: subject for subject in self.gathered.subjects}
        unlinked = not_needed = 0
        for resource in newest.resources:
            owner = self.people.subject_of(resource)
            if owner is None:
                unlinked += 1
            elif not read(resource, subjects[owner]):
                not_needed += 1
        self.gathered.counts[resource_type] = _counts(newest, unlinked=unlinked, not_needed=not_needed)


def _counts(newest: Newest, *, unlinked: int = 0, replaced: int = 0, not_needed: int = 0) -> dict[str, int]:
    """Every line that was read is in exactly one of the other five."""
    apart = {
        "superseded": newest.superseded,
        "unlinked": unlinked,
        "replaced": replaced,
        "not_needed": not_needed,
    }
    return {"seen": newest.seen, "used": newest.seen - sum(apart.values()), **apart}
