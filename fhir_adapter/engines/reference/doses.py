"""Owns the verbs `stable_dose` and `changed_dose` (docs/semantics.md §8.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fhir_adapter.engines.reference.answers import Answer
from fhir_adapter.engines.reference.clock import earliest, plus_days
from fhir_adapter.engines.reference.drug_days import DrugDays, State
from fhir_adapter.engines.reference.exposures import INJECTION, NANOGRAMS, Use, references, touches
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.model.criteria import Condition
from fhir_adapter.model.inputs import ExposureInput
from fhir_adapter.model.truth import Reason, Truth

UNIT = "mg/d"


@dataclass(frozen=True)
class _Day:
    """A day that is not left out: whether anything was taken, and the least and greatest known sum."""

    day: date
    present: bool
    unknown: bool
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class _Course:
    """One reading of the input: all its drugs together, or one drug."""

    days: tuple[_Day, ...]
    states: tuple[State, ...]

    @property
    def changed(self) -> bool:
        """A start, a stop, or two doses that differ whichever of the overlapping ones is right."""
        known = [day for day in self.days if not day.unknown]
        differ = len({day.low for day in known}) > 1 and len({day.high for day in known}) > 1
        return differ or len({day.present for day in self.days}) > 1

    @property
    def doubt(self) -> Reason | None:
        """Why nobody can say that the dose stayed the same, where it did not certainly change."""
        if self.changed:
            return None
        if any(state.unknown for state in self.states):
            return Reason.DOSE_NOT_CODED
        if any(len(state.doses) > 1 for state in self.states):
            return Reason.CONFLICTING_VALUES
        maybe = [state for state in self.states if state.maybe]
        if any(state.after_supply for state in maybe):
            return Reason.SUPPLY_ENDED
        return Reason.PARTIAL_DATE if maybe else None

    def last_change(self) -> date | None:
        """The last day that is not as the day before it."""
        pairs = zip(self.days, self.days[1:], strict=False)
        return max((after.day for before, after in pairs if _said(before) != _said(after)), default=None)


@dataclass(frozen=True)
class _Doses:
    """Everything both verbs ask for."""

    courses: tuple[_Course, ...]
    uses: tuple[Use, ...]  # with sure or maybe days in the window
    nameless: tuple[Use, ...]
    incomplete: bool

    @property
    def changed(self) -> tuple[_Course, ...]:
        """The readings in which the dose certainly changed."""
        return tuple(course for course in self.courses if course.changed)

    def unknown(self) -> Answer | None:
        """Why it cannot be said, in the order of §8.4; None: it can. Only where nothing changed."""
        if self.incomplete:
            return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value, references(self.uses))
        if self.nameless:
            evidence = references([*self.uses, *self.nameless])
            return Answer(Truth.UNKNOWN, Reason.UNMAPPED_CODE.value, evidence)
        doubt = next((course.doubt for course in self.courses if course.doubt is not None), None)
        return Answer(Truth.UNKNOWN, doubt.value, references(self.uses)) if doubt is not None else None


def changed_dose(condition: Condition, record: Record, of: ExposureInput) -> Answer:
    """§8.4: TRUE if a dose certainly changed in the window."""
    doses = _doses(condition, record, of)
    if not doses.changed:
        return doses.unknown() or Answer(Truth.FALSE, evidence=references(doses.uses))
    last = max(day for course in doses.changed if (day := course.last_change()) is not None)
    return Answer(
        Truth.TRUE,
        evidence=references(doses.uses),
        valid_until=plus_days(last, condition.within_days or 0),
    )


def stable_dose(condition: Condition, record: Record, of: ExposureInput) -> Answer:
    """§8.4: TRUE if the drug was taken in the window, and certainly in one dose."""
    doses = _doses(condition, record, of)
    evidence = references(doses.uses)
    if doses.changed:
        return Answer(Truth.FALSE, evidence=evidence)
    unknown = doses.unknown()
    if unknown is not None:
        return unknown
    if not doses.uses:
        return Answer(Truth.FALSE)
    runs_to = [use.course.runs_to for use in doses.uses if use.course.runs_to is not None]
    total = doses.courses[0].days[-1].low / NANOGRAMS if of.equivalents else None
    return Answer(
        Truth.TRUE,
        evidence=evidence,
        value=float(total) if total is not None else None,
        unit=UNIT if total is not None else None,
        valid_until=earliest(plus_days(day, 1) for day in runs_to),
    )


def _doses(condition: Condition, record: Record, of: ExposureInput) -> _Doses:
    today = record.clock.today
    first = record.clock.window_day(condition.within_days) or date.min
    counted = [use for use in record.uses if use.drug in of.drugs and _counts(use, of)]
    # A drug without a use is in state 0 on every day: it changes no reading and raises no doubt.
    by_drug = {
        drug: DrugDays([use for use in counted if use.drug == drug], first, today)
        for drug in sorted({use.drug for use in counted})
    }
    # With equivalents the drugs stand for each other; without, each is looked at by itself.
    together = [tuple(by_drug)] if of.equivalents and by_drug else [(drug,) for drug in by_drug]
    nameless = [use for use in record.uses if use.is_nameless and touches(use.possible, first, today)]
    return _Doses(
        courses=tuple(_course({drug: by_drug[drug] for drug in drugs}, of) for drugs in together),
        uses=tuple(use for drug in by_drug.values() for use in drug.uses_in_window()),
        nameless=tuple(nameless),
        incomplete=record.medications_incomplete,
    )


def _counts(use: Use, of: ExposureInput) -> bool:
    """An injection is no daily dose; as-needed use is none either, but of a drug whose sum is asked for."""
    return use.route != INJECTION if of.equivalents else not use.as_needed


def _course(drugs: dict[str, DrugDays], of: ExposureInput) -> _Course:
    days, states = [], []
    for day in next(iter(drugs.values())).days:
        of_day = {drug: _weighed(drug_days.state(day), drug, of) for drug, drug_days in drugs.items()}
        states += list(of_day.values())
        if not any(state.maybe for state in of_day.values()):
            days.append(_sum(day, of_day, of))
    return _Course(tuple(days), tuple(states))


def _weighed(state: State, drug: str, of: ExposureInput) -> State:
    """A dose of a drug without an equivalent is an unknown dose."""
    if state.sure and of.equivalents and drug not in of.equivalents:
        return State(sure=True, unknown=True)
    return state


def _sum(day: date, states: dict[str, State], of: ExposureInput) -> _Day:
    low = high = Fraction(0)
    for drug, state in states.items():
        if state.doses:
            weight = of.equivalents.get(drug, Fraction(1))
            low += min(state.doses) * weight
            high += max(state.doses) * weight
    return _Day(
        day,
        present=any(state.sure for state in states.values()),
        unknown=any(state.unknown for state in states.values()),
        low=low,
        high=high,
    )


def _said(day: _Day) -> tuple[bool, bool, Fraction, Fraction]:
    return day.present, day.unknown, day.low, day.high
