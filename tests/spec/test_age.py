"""I2: eighteen completed years today, from both bounds of the birth date."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fhir_adapter.engines.base import Engine
from tests.resources import patient
from tests.screened import screened, write_folder
from tests.spec.cases import Case, case, everything

CASES = [
    case("I2-18-today-true", patient("2008-06-30"), "true", value=18.0, evidence=("Patient/1",)),
    case("I2-18-tomorrow-false", patient("2008-07-01"), "false", value=17.0, valid_until="2026-07-01"),
    case("I2-18-yesterday-true", patient("2008-06-29"), "true"),
    case("I2-grown-up-true", patient("1960-01-01"), "true", value=66.0),
    case("I2-child-false", patient("2016-01-01"), "false"),
    case("I2-born-today-false", patient("2026-06-30"), "false", value=0.0),
    case("I2-year-1990-true", patient("1990"), "true"),
    case("I2-month-1990-06-true", patient("1990-06"), "true"),
    case("I2-year-2008-straddles", patient("2008"), "PARTIAL_DATE"),
    case("I2-month-2008-06-last-day-is-today-true", patient("2008-06"), "true"),
    case("I2-month-2008-07-false", patient("2008-07"), "false", valid_until="2026-07-01"),
    case("I2-year-2007-true", patient("2007"), "true"),
    case("I2-year-2009-false", patient("2009"), "false"),
    case("I2-missing", patient(None), "NO_RECORD"),
    case("I2-unreadable", patient("30.06.2008"), "UNREADABLE_VALUE"),
    case("I2-with-a-time-unreadable", patient("1980-01-01T00:00:00Z"), "UNREADABLE_VALUE"),
    case("I2-30-february-unreadable", patient("1980-02-30"), "UNREADABLE_VALUE"),
    case("I2-born-tomorrow-unreadable", patient("2026-07-01"), "UNREADABLE_VALUE"),
    case("I2-29-february-2008-true", patient("2008-02-29"), "true"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        ("2026-02-28", "false"),
        ("2026-03-01", "true"),
        ("2026-02-28T23:59:59+08:00", "false"),
        ("2026-02-28T16:00:00Z", "true"),
    ],
)
def test_born_on_29_february_is_of_age_on_1_march(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, as_of: str, says: str
) -> None:
    """In the hospital's zone, not the computer's: 16:00Z is midnight there."""
    one = case("I2-born-on-a-leap-day", patient("2008-02-29"), says)
    folder = tmp_path_factory.mktemp("leap")
    answers = screened(engine, write_folder(folder / "in", everything([one])), folder / "work", as_of=as_of)
    one.check(answers.verdicts[one.id, "I2"])
