"""Dates: https://hl7.org/fhir/R4/search.html#date and #prefix. A date of any precision is a range of time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.making import observation, own, patient
from tests.interop.target import Target, matches

TIMES: dict[str, dict[str, Any]] = {
    "a": {"effectiveDateTime": "2024-05-10"},
    "b": {"effectiveDateTime": "2024-05-10T12:00:00Z"},
    "c": {"effectiveDateTime": "2024-05"},
    "d": {"effectiveDateTime": "2024"},
    "e": {"effectivePeriod": {"start": "2024-05-01", "end": "2024-05-20"}},
    "f": {"effectivePeriod": {"start": "2024-05-15"}},
    "g": {"effectivePeriod": {"end": "2024-05-05"}},
    "h": {"effectiveDateTime": "2024-06-01"},
    "i": {"effectiveDateTime": "2023-12-31"},
    "n": {},
}
"""Observations: a day, an instant, a month, a year, a closed period, two open ones, days before and after; n has no
date at all."""


@pytest.fixture(scope="module")
def dated(server: Target, shared_tag: str) -> str:
    """The observations, written once."""
    for name, elements in TIMES.items():
        server.update({**observation(shared_tag, **elements), "id": f"{shared_tag}-{name}"}, 201)
    return shared_tag


ROWS = [
    ("2024-05-10", "ab"),
    ("eq2024-05-10", "ab"),
    ("2024-05", "abce"),
    ("2024", "abcdeh"),
    ("2024-05-10T12:00:00Z", "b"),
    ("2024-05-10T14:00:00+02:00", "b"),
    ("2023", "i"),
    ("2022", ""),
    ("ne2024-05-10", "cdefghi"),
    ("ne2024", "fgi"),
    ("gt2024-05-10", "cdefh"),
    ("gt2024-05", "dfh"),
    ("gt2024", "f"),
    ("gt2024-05-10T12:00:00Z", "acdefh"),
    ("lt2024-05-10", "cdegi"),
    ("lt2024-05", "dgi"),
    ("lt2024", "gi"),
    ("lt2024-05-10T12:00:00Z", "acdegi"),
    ("ge2024-05-10", "abcdefh"),
    ("ge2024-05", "abcdefh"),
    ("ge2024-06-01", "dfh"),
    ("ge2025", "f"),
    ("le2024-05-10", "abcdegi"),
    ("le2024-05", "abcdegi"),
    ("le2023-12-31", "gi"),
    ("sa2024-05-10", "fh"),
    ("sa2024-04", "abcefh"),
    ("sa2024", ""),
    ("sa2023-12-31", "abcdefh"),
    ("eb2024-05-10", "gi"),
    ("eb2024-06", "abcegi"),
    ("eb2024", "i"),
    ("eb2025", "abcdeghi"),
]


@pytest.mark.parametrize(("value", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_date(server: Target, dated: str, value: str, expected: str) -> None:
    """search.html#prefix: eq holds the value's range, gt and lt reach beyond it, sa and eb lie beyond it wholly."""
    found = server.ids("Observation", {"_tag": own(dated), "date": value})
    assert "".join(sorted(one[-1] for one in found)) == server.says(f"date-{value}", expected)


TOGETHER = [
    ([("date", "ge2024-05-10"), ("date", "lt2024-06-01")], "abcdef", "two bounds make an interval"),
    ([("date:missing", "true")], "n", "missing finds what has no date"),
]


@pytest.mark.parametrize(("pairs", "expected", "reason"), TOGETHER, ids=[row[2] for row in TOGETHER])
def test_dates_together(
    server: Target, dated: str, pairs: list[tuple[str, str]], expected: str, reason: str
) -> None:
    """search.html#combining."""
    found = server.ids("Observation", [("_tag", own(dated)), *pairs])
    assert "".join(sorted(one[-1] for one in found)) == expected


def test_a_list_of_dates_means_or(server: Target, dated: str) -> None:
    """search.html#combining: each value of the list has its own prefix."""
    response = server.get("Observation", {"_tag": own(dated), "date": "ge2024-06-01,eq2023"})
    assert response.status_code == server.says("date-list", 200)
    if response.ok:
        assert sorted(one["id"][-1] for one in matches(response.json())) == ["d", "f", "h", "i"]


def test_an_instant_may_be_asked_for_in_any_zone(server: Target, tag: str) -> None:
    """search.html#date: instants are compared as instants."""
    stored = server.create(observation(tag, effectiveDateTime="2024-05-10T23:30:00-05:00"))
    assert server.ids("Observation", {"_tag": own(tag), "date": "2024-05-11T04:30:00Z"}) == [stored["id"]]
    assert server.ids("Observation", {"_tag": own(tag), "date": "lt2024-05-11T12:30:00+08:00"}) == []
    assert server.ids("Observation", {"_tag": own(tag), "date": "gt2024-05-11T12:29:59+08:00"}) == [
        stored["id"]
    ]


def test_a_day_of_a_search_is_the_servers_day(server: Target, tag: str) -> None:
    """search.html#date: a date without a zone is taken in the server's, not in the resource's (here: UTC)."""
    server.create(observation(tag, effectiveDateTime="2024-05-10T23:30:00-05:00"))
    days = [
        day for day in (10, 11) if server.ids("Observation", {"_tag": own(tag), "date": f"2024-05-{day}"})
    ]
    assert days == server.says("day-of-an-instant", [11])


BIRTHS = [
    ("1970-01-02", "a"),
    ("1970", "ab"),
    ("ge1970-01-03", "bc"),
    ("lt1970-01-02", "b"),
    ("le1970-01-02", "ab"),
    ("gt1970-12-31", "c"),
]


@pytest.mark.parametrize(("value", "expected"), BIRTHS, ids=[row[0] for row in BIRTHS])
def test_birthdate(server: Target, tag: str, value: str, expected: str) -> None:
    """patient.html#search: a birthDate may be a year only, which is the range of that year."""
    for name, born in (("a", "1970-01-02"), ("b", "1970"), ("c", "1984-03")):
        server.update({**patient(tag, birthDate=born), "id": f"{tag}-{name}"}, 201)
    found = server.ids("Patient", {"_tag": own(tag), "birthdate": value})
    assert "".join(sorted(one[-1] for one in found)) == server.says(f"birthdate-{value}", expected)


def test_last_updated(server: Target, tag: str) -> None:
    """search.html#all: _lastUpdated is a date as well; how a client asks for what has changed."""
    first = server.create(patient(tag))
    second = server.create(patient(tag))
    moment = second["meta"]["lastUpdated"]
    assert first["meta"]["lastUpdated"] < moment
    assert server.ids("Patient", {"_tag": own(tag), "_lastUpdated": f"ge{moment}"}) == [second["id"]]
    assert server.ids("Patient", {"_tag": own(tag), "_lastUpdated": f"lt{moment}"}) == [first["id"]]
    assert server.ids("Patient", {"_tag": own(tag), "_lastUpdated": f"gt{moment}"}) == []


def test_last_updated_moves_with_an_update(server: Target, tag: str) -> None:
    """search.html#all: the search sees the current version's time."""
    first = server.create(patient(tag))
    second = server.create(patient(tag))
    changed = server.update({**first, "gender": "male"})
    since = {"_tag": own(tag), "_lastUpdated": f"gt{second['meta']['lastUpdated']}"}
    assert server.ids("Patient", since) == [changed["id"]]
