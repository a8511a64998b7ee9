"""Owns the verbs `present`, `absent` and `age` (docs/semantics.md §6.3, §6.4), and asking any verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from fhir_adapter.engines.reference.answers import (
    Answer,
    Bounds,
    agree,
    compare,
    conjunction,
    decided,
    sorted_evidence,
)
from fhir_adapter.engines.reference.clock import Clock, earliest, plus_days
from fhir_adapter.engines.reference.diagnoses import CONFIRMED, EVERY_CONDITION, NO_VERIFICATION
from fhir_adapter.engines.reference.latest import latest
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.scored import scored
from fhir_adapter.engines.reference.scores import Visits, visits_of
from fhir_adapter.model.criteria import Comparison, Condition, Silence, Verb
from fhir_adapter.model.dates import add_years, birth_bounds, completed_years
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import Input, QuantityInput, ScoreInput
from fhir_adapter.model.truth import Reason, Truth

NOT_ACTIVE = "not-active"
ABSENT_TYPE = "absent-type"
RESTS_ON = {
    Verb.LATEST: "Observation",
    Verb.SCORE: "Observation",
    Verb.PRESENT: "Condition",
    Verb.ABSENT: "Condition",
}
SPEAKS_FOR_DAYS = 730
"""How long a recorded Condition shows that somebody keeps this record (CLINICAL §4.2, *silence*)."""


@dataclass(frozen=True)
class Judge:
    """Asks the conditions of a trial of one subject's record."""

    inputs: Mapping[str, Input]
    record: Record
    _visits: dict[str, Visits] = field(default_factory=dict)

    def ask(self, condition: Condition) -> Answer:
        """§6: one condition, by its verb; what rests on a type that the site does not hold is for a person."""
        answer = self._ask(condition)
        leans_on = RESTS_ON.get(condition.verb)
        return (
            replace(answer, notes=(*answer.notes, ABSENT_TYPE)) if leans_on in self.record.absent else answer
        )

    def _ask(self, condition: Condition) -> Answer:
        match condition.verb:
            case Verb.LATEST:
                of = self.inputs[condition.input]
                return latest(condition, self.record, of.unit if isinstance(of, QuantityInput) else None)
            case Verb.SCORE:
                return self._score(condition)
            case Verb.PRESENT:
                return present(condition, self.record)
            case Verb.ABSENT:
                return absent(condition, self.record)
            case Verb.AGE:
                return age(condition, self.record)

    def visits(self, of: ScoreInput) -> Visits:
        """The subject's visits; every row of a trial asks for the same ones."""
        if of.id not in self._visits:
            self._visits[of.id] = visits_of(self.record, of)
        return self._visits[of.id]

    def _score(self, condition: Condition) -> Answer:
        of = self.inputs[condition.input]
        if not isinstance(of, ScoreInput):
            raise ValueError(f"{condition.input} is no score input")
        return scored(condition, self.record, self.visits(of), self.record.results_of(of.recorded).results)


def present(condition: Condition, record: Record) -> Answer:
    """§6.3 `present`: a confirmed member, or only provisional ones, or none."""
    members = _members(condition, record)
    confirmed = [fact for fact in members if fact.certainty == CONFIRMED]
    notes = [NO_VERIFICATION] if any(NO_VERIFICATION in fact.flags for fact in members) else []
    if confirmed:
        if all(fact.activity != "active" for fact in confirmed):
            notes.append(NOT_ACTIVE)
        return Answer(Truth.TRUE, evidence=sorted_evidence(confirmed), notes=tuple(notes))
    if members:
        return _unknown(Reason.PROVISIONAL_ONLY, members, notes)
    if "Condition" in record.incomplete:
        return _unknown(Reason.INCOMPLETE_DATA)
    return Answer(Truth.FALSE)


def absent(condition: Condition, record: Record) -> Answer:
    """§6.3 `absent`: the opposite of `present`; `silence` says what it means that nothing is found."""
    found = present(condition, record)
    if found.truth is Truth.TRUE:
        return replace(found, truth=Truth.FALSE)
    if found.reason == Reason.PROVISIONAL_ONLY:
        return found
    match condition.silence:
        case Silence.FALSE:
            return Answer(Truth.TRUE)
        case Silence.FALSE_IF_RECORDED:
            return _false_if_recorded(record)
        case _:
            return _unknown(Reason.NO_RECORD)


def _false_if_recorded(record: Record) -> Answer:
    """§6.3: silence counts only in a record that is complete, mapped and speaks."""
    if "Condition" in record.incomplete:
        return _unknown(Reason.INCOMPLETE_DATA)
    every = record.diagnoses_of(EVERY_CONDITION)
    unmapped = [fact for fact in every if fact.problem == Reason.UNMAPPED_CODE]
    if unmapped:
        return _unknown(Reason.UNMAPPED_CODE, unmapped)
    clock = record.clock
    start = clock.window_start(SPEAKS_FOR_DAYS)
    recent = {
        fact: fact.recorded_low
        for fact in every
        if fact.certainty == CONFIRMED
        and fact.recorded_low is not None
        and (start is None or fact.recorded_low >= start)
        and fact.recorded_high is not None
        and fact.recorded_high <= clock.index
    }
    if not recent:
        return _unknown(Reason.NO_RECORD)
    newest = max(recent.values())
    return Answer(
        Truth.TRUE,
        evidence=sorted_evidence(fact for fact, low in recent.items() if low == newest),
        value=float(len(recent)),
        unit="Condition",
        valid_until=plus_days(clock.day(newest), SPEAKS_FOR_DAYS + 1),
    )


def _members(condition: Condition, record: Record) -> list[Fact]:
    """Existing, used facts of the input; `activity = "active"` keeps only active ones."""
    return [
        fact
        for fact in record.diagnoses_of(condition.input)
        if condition.activity != "active" or fact.activity == "active"
    ]


def _unknown(reason: Reason, facts: Iterable[Fact] = (), notes: Iterable[str] = ()) -> Answer:
    return Answer(Truth.UNKNOWN, reason.value, sorted_evidence(facts), notes=tuple(notes))


def age(condition: Condition, record: Record) -> Answer:
    """§6.4: completed years today, from both bounds of birthDate."""
    if "Patient" in record.incomplete:
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    subject, today = record.subject, record.clock.today
    if subject.birth_date is None:
        return Answer(Truth.FALSE)
    bounds = birth_bounds(subject.birth_date)
    if bounds is None or bounds[0] > today:
        return Answer(Truth.UNKNOWN, Reason.UNREADABLE_VALUE.value, (subject.evidence,))
    truths = [decided(_holds(completed_years(bound, today), condition.comparisons)) for bound in bounds]
    truth = agree(truths)
    years = {completed_years(bound, today) for bound in bounds}
    return Answer(
        truth,
        Reason.PARTIAL_DATE.value if truth is Truth.UNKNOWN else None,
        (subject.evidence,),
        float(years.pop()) if len(years) == 1 else None,
        valid_until=earliest(_changes(bound, record.clock, condition.comparisons) for bound in bounds),
    )


def _holds(years: int, comparisons: tuple[Comparison, ...]) -> bool:
    number = Bounds(float(years), float(years))
    worlds = [decided(compare(number, c.operator, c.threshold) is Truth.TRUE) for c in comparisons]
    return conjunction(worlds).truth is Truth.TRUE


def _changes(born: date, clock: Clock, comparisons: tuple[Comparison, ...]) -> date | None:
    """The first birthday after today that changes the answer; beyond the highest threshold nothing does."""
    now = completed_years(born, clock.today)
    last = max((int(comparison.threshold) + 1 for comparison in comparisons), default=now)
    for years in range(now + 1, last + 1):
        if _holds(years, comparisons) is not _holds(now, comparisons):
            return _birthday(born, years)
    return None


def _birthday(born: date, years: int) -> date | None:
    try:
        return add_years(born, years)
    except ValueError:  # after the year 9999
        return None
