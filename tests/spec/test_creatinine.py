"""E4: serum creatinine of 176 umol/L or more; mg/dL times 88.4."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import UCUM, creatinine, day, observation, quantity
from tests.screened import raw_number
from tests.spec.cases import Case, case

CASES = [
    case("E4-176-exactly-true", creatinine(176), "true", review=True, value=176.0),
    case("E4-176-as-decimal-true", creatinine(raw_number("176.00")), "true"),
    case("E4-175.9999-false", creatinine(175.9999), "false", review=True),
    case("E4-1.99-mg-dl-false", creatinine(1.99, "mg/dL"), "false", review=True, value=175.916),
    case("E4-2.00-mg-dl-true", creatinine(raw_number("2.00"), "mg/dL"), "true", value=176.8),
    case("E4-0.176-mmol-true", creatinine(0.176, "mmol/L"), "true", value=176.0),
    case("E4-greek-mu-true", creatinine(176, "μmol/L"), "true"),
    case("E4-micro-sign-full-width-true", creatinine(176, "µmol／Ｌ"), "true"),
    case("E4-172-review", creatinine(172), "false", review=True),
    case("E4-171.9-no-review", creatinine(171.9), "false", review=False),
    case("E4-181-review", creatinine(181), "true", review=True),
    case("E4-181.1-no-review", creatinine(181.1), "true", review=False),
    case("E4-none-recorded", [], "NO_RECORD"),
    case("E4-day-28-true", creatinine(200, when=day(28)), "true", valid_until="2026-07-01"),
    case("E4-day-29-too-old", creatinine(200, when=day(29)), "TOO_OLD"),
    case(
        "E4-more-than-170-censored",
        observation("creatinine", quantity(170, "umol/L", comparator=">")),
        "CENSORED_VALUE",
    ),
    case("E4-at-least-176-true", observation("creatinine", quantity(176, "umol/L", comparator=">=")), "true"),
    case(
        "E4-less-than-176-false", observation("creatinine", quantity(176, "umol/L", comparator="<")), "false"
    ),
    case(
        "E4-mass-code-molar-unit-wins-true",
        observation("creatinine-mass", quantity(176, "umol/L")),
        "true",
        rules=(10,),
    ),
    case("E4-molar-code-mass-unit-wins-true", creatinine(2, "mg/dL"), "true", rules=(10,)),
    case(
        "E4-code-and-text-convert-differently",
        observation("creatinine", quantity(2, "mg/dL", system=UCUM, code="umol/L")),
        "UNIT_NOT_CONVERTIBLE",
        rules=(10,),
    ),
    case("E4-no-unit-is-never-guessed", creatinine(176, None), "UNIT_NOT_CONVERTIBLE", rules=(9,)),
    case("E4-string-true", observation("creatinine", {"valueString": "2.1 mg/dL"}), "true", rules=(9,)),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
