"""Search rows of single resources, and the pieces they are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhir_adapter.testing.server.search.folding import fold
from fhir_adapter.testing.server.search.index import index_rows
from fhir_adapter.testing.server.search.intervals import EARLIEST, LATEST, interval, period, timing
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES, mandatory_elements, parameters_of
from fhir_adapter.testing.server.search.references import read_reference
from fhir_adapter.testing.server.store import INDEX_TABLES

DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970", (0, 365 * DAY)),
        ("1970-12", (334 * DAY, 365 * DAY)),
        ("1970-01-01", (0, DAY)),
        ("1970-01-01T00:01", (60_000, 120_000)),
        ("1970-01-01T00:00:01", (1000, 2000)),
        ("1970-01-01T08:00:00+08:00", (0, 1000)),
        ("1969-12-31T16:00:00-08:00", (0, 1000)),
        ("1970-01-01T00:00:00.5Z", (500, 600)),
        ("1970-01-01T00:00:00.123456Z", (123, 124)),
        ("1970-01-01T00:00:60Z", (60_000, 61_000)),
        ("9999-12-31T23:59:59Z", (253402300799000, 253402300800000)),
        ("", None),
        ("19700", None),
        ("1970-02-30", None),
        ("0000", None),
        ("1970-13", None),
        ("1970-01-01T24:00:00Z", None),
        ("1970-01-01T00:60:00Z", None),
        ("1970-01-01T00:00:00+15:00", None),
        ("1970-01-01 00:00:00", None),
        ("１９７０", None),
    ],
)
def test_date_is_an_interval(text: str, expected: tuple[int, int] | None) -> None:
    assert interval(text) == expected


def test_year_9999_has_an_end() -> None:
    assert interval("9999") == (253370764800000, 253402300800000)


def test_periods_and_timings_are_intervals() -> None:
    assert period({"start": "1970-01-02"}) == (DAY, LATEST)
    assert period({"end": "1970-01-01"}) == (EARLIEST, DAY)
    assert period({"start": "soon"}) is None
    assert timing({"event": ["1970-01-03", "1970-01-01", "?"]}) == (0, 3 * DAY)
    assert timing({"repeat": {"boundsPeriod": {"start": "1970"}}}) == (0, LATEST)
    assert timing({"repeat": {"count": 3}}) is None


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ｍüller  Łodz", "muller łodz"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("刘 海涛", "刘 海涛"),
     ("が", "か"), (" A\tb ", "a b")],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"reference": "Patient/1"}, ("1", "Patient", None)),
        ({"reference": "Patient/1/_history/2"}, ("1", "Patient", None)),
        ({"reference": "http://x/y/Patient/1/_history/2"}, ("1", "Patient", "http://x/y/Patient/1")),
        ({"reference": "urn:uuid:1", "type": "Patient"}, ("urn:uuid:1", "Patient", "urn:uuid:1")),
        ({"reference": "Nothing/1"}, ("Nothing/1", None, "Nothing/1")),
        ({"reference": "#x"}, (None, None, None)),
        ({"display": "Dr"}, (None, None, None)),
        ({"identifier": {}, "type": "Patient"}, (None, "Patient", None)),
    ],
)
def test_reference_is_read(reference: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    assert read_reference(reference) == expected


@pytest.mark.parametrize(
    "elements",
    [
        {"code": None},
        {"code": ["x", 1, None, {"coding": "x"}, {"coding": ["x", None]}]},
        {"subject": "Patient/1"},
        {"subject": [{"reference": 1}]},
        {"effectiveDateTime": {"x": 1}},
        {"effectivePeriod": 3},
        {"valueQuantity": {"value": "much"}},
        {"valueQuantity": [[{"value": None}]]},
        {"meta": [], "component": {"code": 3}},
        {"identifier": [{"type": {"coding": [None]}, "value": 3}]},
    ],
)
def test_wrong_shapes_are_passed_over(elements: dict[str, Any]) -> None:
    rows = index_rows({"resourceType": "Observation", "id": "1", **elements})
    for table, width in INDEX_TABLES.items():
        for row in getattr(rows, table):
            assert len(row) == width
            assert all(value is None or isinstance(value, str | int | float) for value in row)


def test_decimal_quantity_and_comparable_units() -> None:
    quantity = {"value": Decimal("5.40"), "unit": "mg per l", "code": "mg/L", "system": "u"}
    rows = index_rows({"resourceType": "Observation", "valueQuantity": quantity})
    assert rows.quantity == [("valueQuantity", 5.4, "u", "mg/L"), ("valueQuantity", 5.4, None, "mg per l")]


def test_every_type_has_parameters_that_can_be_read() -> None:
    assert len(RESOURCE_TYPES) == 146
    for version in ("4.0.1", "5.0.0"):
        for type_ in RESOURCE_TYPES:
            known = parameters_of(type_, version)
            assert {"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source"} <= set(known)
            assert all(set(one.targets) <= RESOURCE_TYPES for one in known.values() if version == "4.0.1")
            index_rows({"resourceType": type_, "id": "1"}, version)


def test_official_differences_are_kept() -> None:
    assert "identifier" not in parameters_of("AdverseEvent")
    assert "identifier" in parameters_of("AdverseEvent", "5.0.0")
    assert set(parameters_of("Device")) == set(parameters_of("Binary"))
    assert "individual" not in parameters_of("ResearchSubject", "5.0.0")
    assert mandatory_elements("ResearchSubject") == {"status", "study", "individual"}
    assert mandatory_elements("ResearchSubject", "5.0.0") == {"status", "study", "subject"}
    assert mandatory_elements("Device") == frozenset()
