"""How long a supply lasts: whole days, whatever a record writes as a number."""

from __future__ import annotations

import pytest

from fhir_adapter.model.exposures import whole_days


@pytest.mark.parametrize(
    ("value", "unit", "code", "days"),
    [
        ("30", None, "d", 30),
        ("30", "天", None, 30),
        ("1.5", "wk", "wk", 10),
        ("2", "个月", None, 60),
        ("1", None, "a", 365),
        ("1e2", None, "d", 100),
        ("0.5", None, "d", None),  # less than a day
        ("0", None, "d", None),
        ("-3", None, "d", None),
        ("12", None, "h", None),  # hours are no days
        ("30", None, None, None),
        (None, None, "d", None),
        ("1_0", None, "d", None),  # no JSON number, though Python reads it
        ("٣", None, "d", None),
        ("1/2", None, "a", None),
        ("100000", None, "d", None),
        ("1e9999999", None, "d", None),  # must not be computed: it would take minutes
    ],
)
def test_whole_days(value: str | None, unit: str | None, code: str | None, days: int | None) -> None:
    assert whole_days(value, unit, code) == days
