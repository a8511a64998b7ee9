"""Owns asking a condition of one subject's record: which verb answers it, and what it rests on (semantics §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from fhir_adapter.engines.reference.ages import age, gender
from fhir_adapter.engines.reference.answers import Answer
from fhir_adapter.engines.reference.conditions import absent, present
from fhir_adapter.engines.reference.doses import changed_dose, stable_dose
from fhir_adapter.engines.reference.events import event
from fhir_adapter.engines.reference.exposed import exposed, list_kept, stopped_for
from fhir_adapter.engines.reference.islands import During, exposed_for
from fhir_adapter.engines.reference.joined import joined
from fhir_adapter.engines.reference.latest import latest
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.engines.reference.scored import scored
from fhir_adapter.engines.reference.scores import Visits, visits_of
from fhir_adapter.engines.reference.several import any_of_last, enough_readings, ever, mean_of
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import EventInput, ExposureInput, Input, QuantityInput, ScoreInput
from fhir_adapter.model.truth import Truth

_Kind = TypeVar("_Kind", EventInput, ExposureInput, ScoreInput)

ABSENT_TYPE = "absent-type"
_RESULTS = (Verb.LATEST, Verb.EVER, Verb.MEAN_OF, Verb.ANY_OF_LAST, Verb.READINGS, Verb.SCORE)
_DIAGNOSES = (Verb.PRESENT, Verb.ABSENT)
_EXPOSURES = (
    Verb.EXPOSED,
    Verb.EXPOSED_FOR,
    Verb.STOPPED_FOR,
    Verb.STABLE_DOSE,
    Verb.CHANGED_DOSE,
    Verb.LIST_KEPT,
)


@dataclass(frozen=True)
class Judge:
    """Asks the conditions of a trial of one subject's record."""

    inputs: Mapping[str, Input]
    record: Record
    _visits: dict[str, Visits] = field(default_factory=dict)

    def ask(self, condition: Condition) -> Answer:
        """§6: one condition, by its verb; what rests on a type that the site does not hold is for a person."""
        if condition.verb in (Verb.ALL, Verb.ANY):
            return joined(condition, [self.ask(one) for one in condition.of], self.inputs)
        answer = replace(self._ask(condition), about=condition.about)
        leans = self._rests_on(condition) & self.record.absent
        return replace(answer, notes=(*answer.notes, ABSENT_TYPE)) if leans else answer

    def visits(self, of: ScoreInput) -> Visits:
        """The subject's visits; every row of a trial asks for the same ones."""
        if of.id not in self._visits:
            self._visits[of.id] = visits_of(self.record, of)
        return self._visits[of.id]

    def _ask(self, condition: Condition) -> Answer:
        record = self.record
        match condition.verb:
            case Verb.PRESENT:
                return present(condition, record)
            case Verb.ABSENT:
                return absent(condition, record)
            case Verb.AGE:
                return age(condition, record)
            case Verb.GENDER:
                return gender(condition, record)
            case Verb.ON_STUDY:
                return Answer(Truth.TRUE if record.on_study else Truth.FALSE, evidence=record.on_study)
            case Verb.LIST_KEPT:
                return list_kept(condition, record)
            case Verb.EVENT:
                of = self.inputs[condition.input]
                return event(condition, record, _is(EventInput, of))
            case verb if verb in _EXPOSURES:
                return self._of_exposures(condition)
            case _:
                return self._of_results(condition)

    def _of_results(self, condition: Condition) -> Answer:
        record, of = self.record, self.inputs[condition.input]
        unit = of.unit if isinstance(of, QuantityInput) else None
        match condition.verb:
            case Verb.LATEST:
                return latest(condition, record, unit)
            case Verb.EVER:
                return ever(condition, record)
            case Verb.MEAN_OF:
                return mean_of(condition, record, unit)
            case Verb.ANY_OF_LAST:
                return any_of_last(condition, record)
            case Verb.READINGS:
                return enough_readings(condition, record)
            case Verb.SCORE:
                score = _is(ScoreInput, of)
                totals = record.results_of(score.recorded).results
                return scored(condition, record, self.visits(score), totals)
        raise ValueError(f"{condition.verb!r} is no verb")

    def _of_exposures(self, condition: Condition) -> Answer:
        record, of = self.record, _is(ExposureInput, self.inputs[condition.input])
        match condition.verb:
            case Verb.EXPOSED:
                return exposed(condition, record, of)
            case Verb.STOPPED_FOR:
                return stopped_for(record, of)
            case Verb.STABLE_DOSE:
                return stable_dose(condition, record, of)
            case Verb.CHANGED_DOSE:
                return changed_dose(condition, record, of)
        return exposed_for(condition, record, of, self._during(condition))

    def _during(self, condition: Condition) -> During | None:
        if condition.score is None:
            return None
        score = _is(ScoreInput, self.inputs[condition.score])
        return During(self.visits(score), self.record.results_of(score.recorded).results)

    def _rests_on(self, condition: Condition) -> set[str]:
        """The types whose silence the answer may rest on."""
        types: set[str] = set()
        if condition.verb in _RESULTS or condition.score is not None:
            types.add("Observation")
        if condition.verb in _DIAGNOSES or condition.after:
            types.add("Condition")
        if condition.verb in _EXPOSURES:
            types |= {"MedicationStatement", "MedicationRequest"}
        if condition.verb is Verb.EVENT:
            types.update(_is(EventInput, self.inputs[condition.input]).types)
        return types


def _is(kind: type[_Kind], of: Input) -> _Kind:
    if not isinstance(of, kind):
        raise ValueError(f"{of.id} is no {kind.__name__}")
    return of
