"""Owns the verbs `age` and `gender`: what a Patient says of itself (docs/semantics.md §6.4, §6.7)."""

from __future__ import annotations

from datetime import date

from fhir_adapter.engines.reference.answers import Answer, Bounds, agree, compare, conjunction, decided
from fhir_adapter.engines.reference.clock import Clock, earliest
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.model.criteria import Comparison, Condition
from fhir_adapter.model.dates import add_years, birth_bounds, completed_years
from fhir_adapter.model.truth import Reason, Truth


def gender(condition: Condition, record: Record) -> Answer:
    """§6.7: whether Patient.gender is that code."""
    if "Patient" in record.incomplete:
        return Answer(Truth.UNKNOWN, Reason.INCOMPLETE_DATA.value)
    if record.subject.sex == condition.input:
        return Answer(Truth.TRUE, evidence=(record.subject.evidence,))
    return Answer(Truth.FALSE)


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
