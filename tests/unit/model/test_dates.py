"""FHIR dates as intervals of instants (docs/semantics.md, section 1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.dates import (
    add_years,
    birth_bounds,
    completed_years,
    day_end,
    day_start,
    index_of,
    local_day,
    parse_datetime,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
HAVANA = ZoneInfo("America/Havana")  # clocks go back from 01:00 to 00:00, forward from 00:00 to 01:00
NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from([SHANGHAI, HAVANA, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/Berlin")])
EAST = timezone(timedelta(hours=8))


def micros(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
    tz: timezone = EAST,
) -> int:
    moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=tz)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026-06-01", micros(2026, 6, 1), micros(2026, 6, 1, 23, 59, 59, 999999)),
        ("2026-06", micros(2026, 6, 1), micros(2026, 6, 30, 23, 59, 59, 999999)),
        ("2024-02", micros(2024, 2, 1), micros(2024, 2, 29, 23, 59, 59, 999999)),
        ("2026", micros(2026, 1, 1), micros(2026, 12, 31, 23, 59, 59, 999999)),
        ("9999", micros(9999, 1, 1), micros(9999, 12, 31, 23, 59, 59, 999999)),
        ("9999-12-31", micros(9999, 12, 31), micros(9999, 12, 31, 23, 59, 59, 999999)),
        ("2026-06-01T08:00+08:00", micros(2026, 6, 1, 8), micros(2026, 6, 1, 8, 0, 59, 999999)),
    ],
)
def test_a_partial_date_is_an_interval_of_site_time(text: str, low: int, high: int) -> None:
    interval = parse_datetime(text, SHANGHAI)
    assert interval is not None
    assert (interval.low, interval.high, interval.flags) == (low, high, ())


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-01T08:00:00+08:00", micros(2026, 6, 1, 8)),
        ("2026-06-01T00:00:00Z", micros(2026, 6, 1, 8)),
        ("2026-06-01T00:00:00-00:00", micros(2026, 6, 1, 8)),
        ("2026-05-31T18:30:00-05:30", micros(2026, 6, 1, 8)),
        ("2026-06-01T14:00:00+14:00", micros(2026, 6, 1, 8)),
        ("2026-06-01T08:00:00.5+08:00", micros(2026, 6, 1, 8, 0, 0, 500000)),
        ("2026-06-01T08:00:00.123456999+08:00", micros(2026, 6, 1, 8, 0, 0, 123456)),
        ("2026-06-01T23:59:59.9999999+08:00", micros(2026, 6, 1, 23, 59, 59, 999999)),
        ("2026-06-30T23:59:60+08:00", micros(2026, 6, 30, 23, 59, 59, 999999)),
        ("2026-06-30T23:59:60.25+08:00", micros(2026, 6, 30, 23, 59, 59, 999999)),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("9999-12-31T23:59:59-14:00", micros(9999, 12, 31, 23, 59, 59) + 22 * 3_600_000_000),
        ("0001-01-01T00:00:00+14:00", micros(1, 1, 1) - 6 * 3_600_000_000),
    ],
)
def test_a_full_date_time_is_one_instant(text: str, instant: int) -> None:
    interval = parse_datetime(text, NEW_YORK)
    assert interval is not None
    assert (interval.low, interval.high, interval.flags) == (instant, instant, ())


@pytest.mark.parametrize(
    ("text", "zone", "low", "high"),
    [
        ("2026-06-01T08:00:00", SHANGHAI, micros(2026, 6, 1, 8), micros(2026, 6, 1, 8)),
        ("2026-06-01T08:00", SHANGHAI, micros(2026, 6, 1, 8), micros(2026, 6, 1, 8, 0, 59, 999999)),
        # Clocks set back: 01:30 is 05:30Z and 06:30Z. Set forward: 02:30 does not exist and is 03:30.
        (
            "2026-11-01T01:30:00",
            NEW_YORK,
            micros(2026, 11, 1, 5, 30, tz=UTC),
            micros(2026, 11, 1, 6, 30, tz=UTC),
        ),
        (
            "2026-03-08T02:30:00",
            NEW_YORK,
            micros(2026, 3, 8, 7, 30, tz=UTC),
            micros(2026, 3, 8, 7, 30, tz=UTC),
        ),
    ],
)
def test_a_time_without_offset_is_site_time_and_flagged(
    text: str, zone: ZoneInfo, low: int, high: int
) -> None:
    interval = parse_datetime(text, zone)
    assert interval is not None
    assert (interval.low, interval.high, interval.flags) == (low, high, ("no-zone",))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " 2026-06-01",
        "2026-06-01\n",
        "２０２６-06-01",
        "٢٠٢٦-06-01",
        "20200501",
        "2020-W10",
        "2020-123",
        "2026-6-1",
        "26-06-01",
        "2026/06/01",
        "infinity",
        "-infinity",
        "epoch",
        "0000",
        "0000-01-01",
        "10000-01-01",
        "-2026",
        "2026-00",
        "2026-13",
        "2026-02-29",
        "2026-06-31",
        "2026-06-01T",
        "2026-06-01T08",
        "2026-06T08:00:00Z",
        "2026-06-01 08:00:00Z",
        "2026-06-01t08:00:00z",
        "2026-06-01T24:00",
        "2026-06-01T24:00:00Z",
        "2026-06-01T08:60:00Z",
        "2026-06-01T08:00:61Z",
        "2026-06-01T08:00:00.Z",
        "2026-06-01T08:00:00,5Z",
        "2026-06-01T08:00:00+0800",
        "2026-06-01T08:00:00+8",
        "2026-06-01T08:00:00+14:01",
        "2026-06-01T08:00:00+24:00",
        "2026-06-01Z",
    ],
)
def test_anything_else_is_unreadable(text: str | None) -> None:
    assert parse_datetime(text, SHANGHAI) is None


@pytest.mark.parametrize(
    ("day", "zone", "start", "end"),
    [
        (
            date(2026, 3, 8),
            HAVANA,
            micros(2026, 3, 8, 5, tz=UTC),
            micros(2026, 3, 9, 3, 59, 59, 999999, tz=UTC),
        ),
        (
            date(2026, 11, 1),
            HAVANA,
            micros(2026, 11, 1, 4, tz=UTC),
            micros(2026, 11, 2, 4, 59, 59, 999999, tz=UTC),
        ),
    ],
)
def test_days_of_23_and_25_hours(day: date, zone: ZoneInfo, start: int, end: int) -> None:
    assert (day_start(day, zone), day_end(day, zone)) == (start, end)
    assert local_day(start, zone) == local_day(end, zone) == day


def test_a_day_that_the_zone_skipped_does_not_end_before_it_starts() -> None:
    apia = ZoneInfo("Pacific/Apia")
    interval = parse_datetime("2011-12-30", apia)
    assert interval is not None
    assert interval.low == interval.high == day_start(date(2011, 12, 31), apia)


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1)), ZONES)
def test_days_leave_no_gap(day: date, zone: ZoneInfo) -> None:
    start, end = day_start(day, zone), day_end(day, zone)
    assert start < end
    assert local_day(start, zone) == local_day(end, zone) == day
    assert day_start(day + timedelta(days=1), zone) == end + 1


@given(
    st.datetimes(), ZONES, st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"])
)
def test_intervals_are_ordered_and_nested(moment: datetime, zone: ZoneInfo, shape: str) -> None:
    text = moment.strftime(shape)
    text = text if len(text.split("-")[0]) == 4 else text.zfill(len(text) + 4 - len(text.split("-")[0]))
    interval = parse_datetime(text, zone)
    year = parse_datetime(text[:4], zone)
    assert interval is not None
    assert year is not None
    assert interval.low is not None
    assert interval.high is not None
    assert year.low is not None
    assert year.high is not None
    assert year.low <= interval.low <= interval.high <= year.high


@given(st.text(alphabet="0123456789-T:.Z+", max_size=30))
def test_parsing_never_raises(text: str) -> None:
    interval = parse_datetime(text, SHANGHAI)
    assert interval is None or (
        interval.low is not None and interval.high is not None and interval.low <= interval.high
    )


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (micros(2026, 6, 1), SHANGHAI, date(2026, 6, 1)),
        (micros(2026, 6, 1) - 1, SHANGHAI, date(2026, 5, 31)),
        (micros(9999, 12, 31, 23, 0, tz=UTC), SHANGHAI, date.max),
        (micros(1, 1, 1, 1, tz=UTC), NEW_YORK, date.min),
        (10**30, SHANGHAI, date.max),
        (-(10**30), SHANGHAI, date.min),
    ],
)
def test_the_local_day_of_an_instant(instant: int, zone: ZoneInfo, day: date) -> None:
    assert local_day(instant, zone) == day


@pytest.mark.parametrize(
    ("as_of", "instant"),
    [
        ("2026-06-01", micros(2026, 6, 1, 23, 59, 59, 999999)),
        ("2026-06-01T12:00:00+08:00", micros(2026, 6, 1, 12)),
        ("2026-06-01T04:00:00Z", micros(2026, 6, 1, 12)),
        ("2026-06-01T12:00:00", micros(2026, 6, 1, 12)),
    ],
)
def test_the_index_of_a_day_is_its_last_instant(as_of: str, instant: int) -> None:
    assert index_of(as_of, SHANGHAI) == instant


@pytest.mark.parametrize("as_of", ["", "2026", "2026-06", "2026-06-01T12:00+08:00", "today", "2026-13-01"])
def test_an_index_must_be_a_day_or_an_instant(as_of: str) -> None:
    with pytest.raises(ValueError, match=f"'{as_of}'".replace("+", r"\+")):
        index_of(as_of, SHANGHAI)


def test_an_index_that_the_clocks_show_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="more than one instant"):
        index_of("2026-11-01T01:30:00", NEW_YORK)


@pytest.mark.parametrize(
    ("day", "years", "later"),
    [
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 4, date(2012, 2, 29)),
        (date(2008, 2, 29), -8, date(2000, 2, 29)),
        (date(1896, 2, 29), 4, date(1900, 3, 1)),
        (date(2026, 6, 1), -5, date(2021, 6, 1)),
    ],
)
def test_years_are_added_by_the_calendar(day: date, years: int, later: date) -> None:
    assert add_years(day, years) == later


def test_years_end_with_9999() -> None:
    with pytest.raises(ValueError, match="year"):
        add_years(date(9990, 1, 1), 18)


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(2008, 6, 1), date(2026, 5, 31), 17),
        (date(2008, 6, 1), date(2026, 6, 1), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 6, 2), date(2026, 6, 1), -1),
    ],
)
def test_completed_years(birth: date, today: date, years: int) -> None:
    assert completed_years(birth, today) == years


@given(st.dates(max_value=date(2200, 1, 1)), st.integers(0, 120))
def test_a_birthday_completes_a_year(birth: date, years: int) -> None:
    birthday = add_years(birth, years)
    assert completed_years(birth, birthday) == years
    if years:
        assert completed_years(birth, birthday - timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1980", (date(1980, 1, 1), date(1980, 12, 31))),
        ("1980-02", (date(1980, 2, 1), date(1980, 2, 29))),
        ("1980-02-29", (date(1980, 2, 29), date(1980, 2, 29))),
        (None, None),
        ("", None),
        ("1981-02-29", None),
        ("1980-02-29T00:00:00Z", None),
        ("1980-2", None),
        ("１９８０", None),
        ("0000", None),
    ],
)
def test_birth_bounds(text: str | None, bounds: tuple[date, date] | None) -> None:
    assert birth_bounds(text) == bounds
