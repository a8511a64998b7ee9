"""Owns the awkward dates of a laboratory result, for any test of E2, E3 and E4 (window: 28 days)."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Test
from fhir_adapter.testing.hospital.chart import Answer, Chart, unknown
from fhir_adapter.testing.hospital.clock import WINDOW

TOO_OLD = unknown(Reason.TOO_OLD)
NO_RECORD = unknown(Reason.NO_RECORD)
PARTIAL_DATE = unknown(Reason.PARTIAL_DATE)


def never_measured(chart: Chart, test: Test) -> Answer:
    """Nothing at all."""
    return NO_RECORD


def months_ago_only(chart: Chart, test: Test) -> Answer:
    """The newest result is months old."""
    chart.either(test, chart.clock.at(chart.rng.randint(40, 300)))
    return TOO_OLD


def last_second_before_the_window(chart: Chart, test: Test) -> Answer:
    """Day 29 at 23:59:59."""
    chart.either(test, chart.clock.at(WINDOW + 1, 23, 59, 59))
    return TOO_OLD


def first_instant_of_the_window(chart: Chart, test: Test) -> Answer:
    """Day 28 at midnight."""
    return chart.either(test, chart.clock.at(WINDOW, 0))


def date_of_day_28(chart: Chart, test: Test) -> Answer:
    """Day 28 as a date: that whole day lies inside."""
    return chart.either(test, chart.clock.on(WINDOW))


def date_of_day_29(chart: Chart, test: Test) -> Answer:
    """Day 29 as a date: that whole day lies outside."""
    chart.either(test, chart.clock.on(WINDOW + 1))
    return TOO_OLD


def window_starts_in_utc(chart: Chart, test: Test) -> Answer:
    """Day 28 at 00:00 in Shanghai is 16:00 UTC of day 29."""
    return chart.either(test, chart.clock.in_utc(WINDOW, 0))


def window_missed_in_utc(chart: Chart, test: Test) -> Answer:
    """Day 29 at 23:59:59 in Shanghai is 15:59:59 UTC of day 29."""
    chart.either(test, chart.clock.in_utc(WINDOW + 1, 23, 59, 59))
    return TOO_OLD


def last_second_of_today(chart: Chart, test: Test) -> Answer:
    """Today at 23:59:59 local is still before the index."""
    return chart.either(test, chart.clock.in_utc(0, 23, 59, 59))


def date_of_today(chart: Chart, test: Test) -> Answer:
    """Today as a date ends with the index."""
    return chart.either(test, chart.clock.on(0))


def after_the_index_only(chart: Chart, test: Test) -> Answer:
    """Tomorrow's result does not exist yet."""
    chart.bad(test, chart.clock.in_utc(-1, 0))
    return NO_RECORD


def after_the_index_beside_an_older_one(chart: Chart, test: Test) -> Answer:
    """What will be bad does not change what is fine."""
    chart.bad(test, chart.clock.at(-2))
    return chart.fine(test, chart.clock.at(6))


def month_only(chart: Chart, test: Test) -> Answer:
    """A month that begins before the window."""
    chart.either(test, chart.clock.written(chart.clock.month_across_the_window_start(), 10))
    return PARTIAL_DATE


def year_only(chart: Chart, test: Test) -> Answer:
    """The year of the index."""
    chart.either(test, chart.clock.written(chart.clock.year(0), 10))
    return PARTIAL_DATE


def month_agrees_with_a_dated_one(chart: Chart, test: Test) -> Answer:
    """Whichever is newer, the answer is the same."""
    chart.fine(test, chart.clock.written(chart.clock.month_across_the_window_start(), 20))
    return chart.fine(test, chart.clock.at(WINDOW, 8))


def month_may_be_newer_and_differs(chart: Chart, test: Test) -> Answer:
    """The vague one decides if it is the newer one, and nobody knows."""
    chart.bad(test, chart.clock.written(chart.clock.month_across_the_window_start(), 20))
    chart.fine(test, chart.clock.at(WINDOW, 0))
    return PARTIAL_DATE


def year_before_cannot_be_newer(chart: Chart, test: Test) -> Answer:
    """A vague result that ends before the certain one begins."""
    chart.bad(test, chart.clock.written(str(chart.clock.today.year - 1), 200))
    return chart.fine(test, chart.clock.at(0, 7))


def no_date_but_issued(chart: Chart, test: Test) -> Answer:
    """It lies anywhere up to its issue."""
    chart.either(test, chart.clock.never(5))
    return PARTIAL_DATE


def no_date_and_issued_long_ago(chart: Chart, test: Test) -> Answer:
    """Issued before the window, so taken before it."""
    chart.either(test, chart.clock.never(60))
    return TOO_OLD


def no_date_at_all(chart: Chart, test: Test) -> Answer:
    """Neither effective nor issued: it may lie anywhere."""
    chart.either(test, chart.clock.never(5), issued=None)
    return PARTIAL_DATE


def undated_may_be_newer_and_differs(chart: Chart, test: Test) -> Answer:
    """Issued after the dated one was taken: nobody knows which is newer."""
    chart.bad(test, chart.clock.never(3))
    chart.fine(test, chart.clock.at(9))
    return PARTIAL_DATE


def undated_was_issued_before(chart: Chart, test: Test) -> Answer:
    """Issued before the dated one was taken, so it is older, wherever it lies."""
    chart.bad(test, chart.clock.never(9))
    return chart.fine(test, chart.clock.at(3))


def month_long_before(chart: Chart, test: Test) -> Answer:
    """A month that ends before the window begins."""
    chart.either(test, chart.clock.written(chart.clock.month(95), 95))
    return TOO_OLD


def unreadable_date(chart: Chart, test: Test) -> Answer:
    """A date that is no FHIR date is as good as none."""
    chart.either(test, chart.clock.written(f"{chart.clock.day(5)} 8点", 5))
    return PARTIAL_DATE


def time_without_zone(chart: Chart, test: Test) -> Answer:
    """Site time: the first minute of the window stays inside."""
    return chart.either(test, chart.clock.written(f"{chart.clock.day(WINDOW)}T00:00:30", WINDOW))


def time_without_seconds(chart: Chart, test: Test) -> Answer:
    """That minute."""
    return chart.either(test, chart.clock.written(f"{chart.clock.day(3)}T08:30+08:00", 3))


def nanoseconds(chart: Chart, test: Test) -> Answer:
    """More digits than a clock has: cut, never rounded into the next day."""
    return chart.either(test, chart.clock.written(f"{chart.clock.day(0)}T23:59:59.999999999+08:00", 0))


def period_ends_in_the_window(chart: Chart, test: Test) -> Answer:
    """A collection period counts by its end."""
    return chart.either(test, chart.clock.period(WINDOW + 3, 2))


def open_period(chart: Chart, test: Test) -> Answer:
    """Without an end it counts by its start."""
    return chart.either(test, chart.clock.period(4, None))


def open_period_from_long_ago(chart: Chart, test: Test) -> Answer:
    """Without an end it counts by its start, which lies outside."""
    chart.either(test, chart.clock.period(WINDOW + 3, None))
    return TOO_OLD


def instant(chart: Chart, test: Test) -> Answer:
    """effectiveInstant."""
    when = chart.clock.at(9)
    when.elements["effectiveInstant"] = when.elements.pop("effectiveDateTime")
    return chart.either(test, when)


def newest_of_two_wins(chart: Chart, test: Test) -> Answer:
    """An hour later on the same day is newer."""
    chart.fine(test, chart.clock.at(3, 8))
    return chart.bad(test, chart.clock.at(3, 9))


def zones_mislead_the_text(chart: Chart, test: Test) -> Answer:
    """As text the UTC one looks older; it is the newer by an hour."""
    chart.bad(test, chart.clock.at(3, 6))
    return chart.fine(test, chart.clock.in_utc(3, 7))


DATES = (
    never_measured,
    months_ago_only,
    last_second_before_the_window,
    first_instant_of_the_window,
    date_of_day_28,
    date_of_day_29,
    window_starts_in_utc,
    window_missed_in_utc,
    last_second_of_today,
    date_of_today,
    after_the_index_only,
    after_the_index_beside_an_older_one,
    month_only,
    year_only,
    month_agrees_with_a_dated_one,
    month_may_be_newer_and_differs,
    year_before_cannot_be_newer,
    no_date_but_issued,
    no_date_and_issued_long_ago,
    no_date_at_all,
    undated_may_be_newer_and_differs,
    undated_was_issued_before,
    month_long_before,
    unreadable_date,
    time_without_zone,
    time_without_seconds,
    nanoseconds,
    period_ends_in_the_window,
    open_period,
    open_period_from_long_ago,
    instant,
    newest_of_two_wins,
    zones_mislead_the_text,
)
