"""Owns the birth dates of I2 (18 completed years today)."""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date, timedelta

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Archetype, Chart, awkward, unknown

PARTIAL_DATE = unknown(Reason.PARTIAL_DATE)
UNREADABLE = unknown(Reason.UNREADABLE_VALUE)


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; 29 February becomes 1 March where there is none."""
    leap_day_missing = (day.month, day.day) == (2, 29) and not isleap(day.year - years)
    return date(day.year - years, 3, 1) if leap_day_missing else day.replace(year=day.year - years)


def _birthday(chart: Chart, years: int, days_later: int = 0) -> str:
    return _years_before(chart.clock.today + timedelta(days=days_later), years).isoformat()


def adult(chart: Chart) -> Answer:
    """Grown up since years."""
    days = chart.rng.randint(28 * 366, 84 * 365)
    if 54 * 365 < days <= 55 * 366:
        days += 800  # E5 asks whether a woman is 55: nobody is about to be
    chart.person.birth_date = chart.clock.day(days)
    chart.person.adult = chart.person.any_age = True
    chart.person.past_55 = days > 55 * 366
    return MET


def child(chart: Chart) -> Answer:
    """Of the children's clinic."""
    chart.person.birth_date = chart.clock.day(chart.rng.randint(4 * 365, 17 * 365))
    return CLEAR


def eighteen_today(chart: Chart) -> Answer:
    """The birthday counts (on a leap day nobody's is 18 years ago: then it was yesterday's)."""
    leap_day = (chart.clock.today.month, chart.clock.today.day) == (2, 29)
    chart.person.birth_date = _birthday(chart, 18, -1 if leap_day else 0)
    return MET


def eighteen_tomorrow(chart: Chart) -> Answer:
    """One day too young."""
    chart.person.birth_date = _birthday(chart, 18, 1)
    return CLEAR


def born_on_a_leap_day(chart: Chart) -> Answer:
    """29 February, at least 19 years ago."""
    year = chart.clock.today.year - chart.rng.randint(19, 45)
    while not isleap(year):
        year -= 1
    chart.person.birth_date = f"{year}-02-29"
    return MET


def leap_day_child(chart: Chart) -> Answer:
    """29 February, less than 17 years ago."""
    year = chart.clock.today.year - 6
    while not isleap(year):
        year -= 1
    chart.person.birth_date = f"{year}-02-29"
    return CLEAR


def year_of_birth(chart: Chart) -> Answer:
    """`1990`."""
    chart.person.birth_date = str(chart.clock.today.year - 36)
    chart.person.adult = True
    return MET


def month_of_birth(chart: Chart) -> Answer:
    """`1990-06`."""
    chart.person.birth_date = f"{chart.clock.today.year - 36}-06"
    chart.person.adult = True
    return MET


def year_straddles(chart: Chart) -> Answer:
    """Born in the year 18 years ago: 18 already, or not yet; on 31 December all of them are."""
    chart.person.birth_date = str(chart.clock.today.year - 18)
    return MET if (chart.clock.today.month, chart.clock.today.day) == (12, 31) else PARTIAL_DATE


def month_after_the_birthday(chart: Chart) -> Answer:
    """Born in this month 18 years ago: on the last day that the month had then, all of them are 18."""
    today = chart.clock.today
    chart.person.birth_date = f"{today.year - 18}-{today.month:02d}"
    return MET if today.day >= monthrange(today.year - 18, today.month)[1] else PARTIAL_DATE


def next_month(chart: Chart) -> Answer:
    """Born in the month after this one, 18 years ago: nobody is 18 yet."""
    today = chart.clock.today
    years, month = divmod(today.month, 12)
    chart.person.birth_date = f"{today.year - 18 + years}-{month + 1:02d}"
    return CLEAR


def year_of_a_child(chart: Chart) -> Answer:
    """A whole year too young."""
    chart.person.birth_date = str(chart.clock.today.year - 9)
    return CLEAR


def no_birth_date(chart: Chart) -> Answer:
    """Nothing is known."""
    return unknown(Reason.NO_RECORD)


def unreadable_birth_date(chart: Chart) -> Answer:
    """No FHIR date."""
    chart.person.birth_date = chart.rng.choice(("1975-6-1", "19750601", "不详", "1975-02-30"))
    chart.person.unreadable_age = True
    return UNREADABLE


def born_tomorrow(chart: Chart) -> Answer:
    """A typing error."""
    chart.person.birth_date = chart.clock.day(-1)
    chart.person.unreadable_age = True
    return UNREADABLE


def corrected_birth_date(chart: Chart) -> Answer:
    """The older version of the Patient made a child of a grown-up."""
    chart.person.earlier_birth_date = chart.clock.day(3000)
    chart.person.birth_date = chart.clock.day(15000)
    chart.person.adult = True
    return MET


I2 = (
    Archetype("adult", adult, 11, fits=True),
    Archetype("child", child, 1),
    *awkward(
        eighteen_today,
        eighteen_tomorrow,
        born_on_a_leap_day,
        leap_day_child,
        year_of_birth,
        month_of_birth,
        year_straddles,
        month_after_the_birthday,
        next_month,
        year_of_a_child,
        no_birth_date,
        unreadable_birth_date,
        born_tomorrow,
        corrected_birth_date,
    ),
)
