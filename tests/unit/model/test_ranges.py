"""Which reference ranges apply, and their limits (docs/semantics.md, section 3; CLINICAL section 4.3.9)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from fhir_adapter.model.inputs import QuantityInput, Site, UnitFactor
from fhir_adapter.model.ranges import read_ranges
from fhir_adapter.model.readings import Coding, RangeReading, RawRange

ALT = QuantityInput(
    id="alt",
    title="ALT",
    value_set="alt",
    unit="U/L",
    units={"U/L": UnitFactor(Fraction(1)), "ukat/L": UnitFactor(Fraction(60))},
    minimum=Decimal(0),
)
SNOMED = "http://snomed.info/sct"
GENDER = "http://hl7.org/fhir/administrative-gender"
V3_GENDER = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
NO_LIMITS = RangeReading(None, None, None, None)


def _read(
    *ranges: RawRange,
    unit: str | None = "U/L",
    sex: str | None = "female",
    age: tuple[int | None, int | None] = (40, 40),
) -> RangeReading:
    return read_ranges(ranges, ALT, Site(unit_maps={"单位": "U/L"}), unit, sex, *age)


@pytest.mark.parametrize(
    ("one", "unit", "expected"),
    [
        (RawRange(low="0", high="40"), "U/L", (0.0, 40.0)),
        (RawRange(high="40"), "U/L", (None, 40.0)),
        (RawRange(low="10"), "U/L", (10.0, None)),
        (RawRange(high="0.5"), "ukat/L", (None, 30.0)),  # a bound without unit has the value's
        (RawRange(high="40", high_unit="U/l"), "ukat/L", (None, 40.0)),
        (RawRange(high="40", high_unit="单位"), "ukat/L", (None, 40.0)),
        (RawRange(low="5", low_unit="U/L", high="1", high_unit="ukat/L"), "U/L", (5.0, 60.0)),
        (RawRange(low="5", low_unit="U/L", high="1", high_unit="foo"), "U/L", (5.0, None)),
        (RawRange(high="40"), None, (None, None)),
        (RawRange(high="40"), "foo", (None, None)),
        (RawRange(high="abc"), "U/L", (None, None)),
        (RawRange(low="50", high="40"), "U/L", (None, None)),
        (RawRange(high="1e308", high_unit="ukat/L"), "U/L", (None, None)),
        (RawRange(high="40", text="0-50"), "U/L", (None, 40.0)),  # the text only where there are no bounds
        (RawRange(), "U/L", (None, None)),
    ],
)
def test_bounds(one: RawRange, unit: str | None, expected: tuple[float | None, float | None]) -> None:
    lower, upper = expected
    assert _read(one, unit=unit) == RangeReading(lower, lower, upper, upper)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-40", (0.0, 40.0)),
        ("0－40", (0.0, 40.0)),
        ("0--40", (0.0, 40.0)),
        ("0 – 40", (0.0, 40.0)),
        ("9~50 U/L", (9.0, 50.0)),
        ("9～50", (9.0, 50.0)),
        ("9〜50U/L", (9.0, 50.0)),
        ("9至50", (9.0, 50.0)),
        ("(9-50)", (9.0, 50.0)),
        ("9-9", (9.0, 9.0)),
        ("［9-50］", (9.0, 50.0)),
        ("０．５－４０", (0.5, 40.0)),
        ("0.1-0.5 ukat/l", (6.0, 30.0)),
        ("<40", (None, 40.0)),
        ("＜40", (None, 40.0)),
        ("≤40 U/L", (None, 40.0)),
        ("<=40", (None, 40.0)),
        ("40以下", (None, 40.0)),
        ("40 U/L以下", (None, 40.0)),
        (">10", (10.0, None)),
        ("≥10", (10.0, None)),
        ("10以上", (10.0, None)),
        ("", (None, None)),
        ("40", (None, None)),
        ("阴性", (None, None)),
        ("0-40 foo", (None, None)),
        ("0-40-60", (None, None)),
        ("40-0", (None, None)),
        ("05-40", (None, None)),
        ("男 9-50 女 7-40", (None, None)),
        ("参考值:0-40", (None, None)),
    ],
)
def test_a_text_range(text: str, expected: tuple[float | None, float | None]) -> None:
    lower, upper = expected
    assert _read(RawRange(text=text)) == RangeReading(lower, lower, upper, upper)


def test_a_text_range_with_a_power_of_ten() -> None:
    platelets = QuantityInput("plt", "PLT", "plt", "10*9/L", {"10*9/L": UnitFactor(Fraction(1))})
    for text in ("125-350×10⁹/L", "125-350*10^9/L", "125-350 10^9/L"):
        assert read_ranges([RawRange(text=text)], platelets, Site(), None, None, None, None) == RangeReading(
            125.0, 125.0, 350.0, 350.0
        )


def test_a_range_of_a_value_without_unit_means_what_the_value_means() -> None:
    one, ten = UnitFactor(Fraction(1)), UnitFactor(Fraction(10))
    count = QuantityInput("n", "n", "n", "{#}", {}, no_unit=(one,))
    guess = QuantityInput("g", "g", "g", "mm", {}, no_unit=(one, ten))
    assert read_ranges([RawRange(high="4")], count, Site(), None, None, None, None).uln == 4.0
    assert read_ranges([RawRange(high="4")], guess, Site(), None, None, None, None) == NO_LIMITS


@pytest.mark.parametrize(
    ("types", "used"),
    [
        ((), True),
        (("normal",), True),
        (("normal", "x"), True),
        (("therapeutic",), False),
        (("critical",), False),
    ],
)
def test_only_normal_ranges(types: tuple[str, ...], used: bool) -> None:
    assert (_read(RawRange(high="40", type_codes=types)).uln is not None) == used


MEN = [
    RawRange(high="50", applies_to=(Coding(GENDER, "male"),)),
    RawRange(high="50", applies_to=(Coding(V3_GENDER, "M"),)),
    RawRange(high="50", applies_to=(Coding(None, "M"),)),
    RawRange(high="50", applies_to=(Coding(SNOMED, "248153007"),)),
    RawRange(high="50", applies_to=(Coding("urn:local", "1", "男性"),)),
    RawRange(high="50", applies_text=("男",)),
    RawRange(high="50", applies_text=("Adult MALE",)),
    RawRange(high="50", applies_text=("成年male",)),
    RawRange(high="50", applies_text=("m",)),
]
WOMEN = [
    RawRange(high="50", applies_to=(Coding(GENDER, "female"),)),
    RawRange(high="50", applies_to=(Coding(V3_GENDER, "F"),)),
    RawRange(high="50", applies_to=(Coding(SNOMED, "248152002"),)),
    RawRange(high="50", applies_text=("女",)),
    RawRange(high="50", applies_text=("Females",)),
]
EVERYBODY = [
    RawRange(high="50"),
    RawRange(high="50", applies_text=("男女",)),
    RawRange(high="50", applies_text=("male", "female")),
    RawRange(high="50", applies_to=(Coding("urn:race", "M"),)),
    RawRange(high="50", applies_text=("pregnant",)),
    RawRange(high="50", applies_text=("mmm",)),
]


@pytest.mark.parametrize("one", MEN + WOMEN + EVERYBODY)
@pytest.mark.parametrize("sex", ["male", "female", "other", "unknown", None])
def test_a_range_of_the_other_sex_is_left_out(one: RawRange, sex: str | None) -> None:
    other_sex = (one in MEN and sex == "female") or (one in WOMEN and sex == "male")
    assert (_read(one, sex=sex).uln is None) == other_sex


@pytest.mark.parametrize(
    ("low", "high", "unit", "age", "used"),
    [
        ("18", "65", "a", (40, 40), True),
        ("18", None, "a", (18, 18), True),
        ("18", None, "a", (17, 17), False),
        ("18", None, "a", (17, 18), True),  # bounds straddle: cannot be excluded
        (None, "65", "岁", (65, 65), True),
        (None, "65", "years", (66, 66), False),
        (None, "65", "a", (65, 66), True),
        ("18", "65", "a", (None, None), True),
        ("18", None, None, (10, 10), True),  # without unit: cannot be excluded
        ("18", None, "foo", (10, 10), True),
        ("x", None, "a", (10, 10), True),
        ("216", None, "mo", (17, 17), False),
        ("216", None, "mo", (18, 18), True),
        ("215", None, "个月", (17, 17), True),
        (None, "12", "月", (1, 1), True),
        (None, "11", "月", (1, 1), False),
        (None, "28", "d", (0, 0), True),
        (None, "28", "天", (1, 1), False),
        (None, "730", "d", (2, 2), True),  # 365 x 2: might be the second birthday
        (None, "729", "d", (2, 2), False),
        ("366", None, "d", (0, 0), False),
        ("365", None, "d", (0, 0), True),
        ("53", None, "wk", (0, 0), False),
        ("52", None, "wk", (0, 0), True),
        (None, "52", "wk", (1, 1), True),
        (None, "51", "wk", (1, 1), False),
    ],
)
def test_age_leaves_out_only_who_is_certainly_outside(
    low: str | None, high: str | None, unit: str | None, age: tuple[int | None, int | None], used: bool
) -> None:
    one = RawRange(high="40", age_low=low, age_low_unit=unit, age_high=high, age_high_unit=unit)
    assert (_read(one, age=age).uln is not None) == used


def test_an_age_bound_without_unit_has_the_others() -> None:
    assert (
        _read(RawRange(high="40", age_low="18", age_high="65", age_high_unit="a"), age=(10, 10)).uln is None
    )
    assert _read(RawRange(high="40", age_low="18", age_low_unit="a", age_high="65"), age=(70, 70)).uln is None


def test_of_several_ranges_the_outermost_limits_are_kept() -> None:
    ranges = [
        RawRange(low="5", high="40"),
        RawRange(low="7", high="50"),
        RawRange(high="60", type_codes=("target",)),
    ]
    assert _read(*ranges) == RangeReading(5.0, 7.0, 40.0, 50.0)
    assert _read() == NO_LIMITS
