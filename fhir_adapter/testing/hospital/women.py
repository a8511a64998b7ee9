"""Owns who can be pregnant: sex and age as an archetype of E5 needs them, within what I2 asks for."""

from __future__ import annotations

from fhir_adapter.testing.hospital.chart import CLEAR, Answer, Chart
from fhir_adapter.testing.hospital.names import FAMILY, GIVEN_FEMALE, GIVEN_MALE
from fhir_adapter.testing.hospital.screens import HCG, negative, says


def man(chart: Chart) -> None:
    """A man of whatever age."""
    _named(chart, "male", GIVEN_MALE)


def woman(chart: Chart) -> None:
    """A woman of whatever age."""
    _named(chart, "female", GIVEN_FEMALE)


def fertile(chart: Chart) -> bool:
    """A woman certainly below 55; False if her age cannot be read, so that it may be any."""
    woman(chart)
    if chart.person.any_age and chart.person.past_55:
        chart.person.birth_date = chart.clock.day(chart.rng.randint(22 * 366, 48 * 365))
        chart.person.past_55 = False
    return not chart.person.unreadable_age


def past_55(chart: Chart) -> bool:
    """A woman certainly of 55 years or more; False if I2 asks for another age."""
    woman(chart)
    if chart.person.any_age and not chart.person.past_55:
        chart.person.birth_date = chart.clock.day(chart.rng.randint(55 * 366, 84 * 365))
        chart.person.past_55 = True
    return chart.person.past_55


def both_answered(chart: Chart) -> Answer:
    """A negative test and a statement: whatever her age, neither pregnant nor nursing."""
    negative(chart, HCG, chart.clock.at(chart.rng.randint(0, 14)))
    says(chart, False, chart.clock.at(chart.rng.randint(0, 300)))
    return CLEAR


def _named(chart: Chart, gender: str, given: tuple[str, ...]) -> None:
    chart.person.gender = gender
    chart.person.name = chart.rng.choice(FAMILY) + chart.rng.choice(given)
