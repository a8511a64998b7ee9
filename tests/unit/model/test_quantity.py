"""value[x] of a result as an interval in the canonical unit (docs/semantics.md, section 3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.inputs import QuantityInput, Site, UnitFactor
from fhir_adapter.model.quantity import UCUM, convert, read_number, read_value
from fhir_adapter.model.readings import RawValue, ValueReading
from fhir_adapter.model.units import normalise

ONE = UnitFactor(Fraction(1))


def _input(unit: str, units: dict[str, UnitFactor], **more: object) -> QuantityInput:
    known = {normalise(text): factor for text, factor in units.items()}
    blank = QuantityInput(id="x", title="x", value_set="x", unit=unit, units=known)
    return replace(blank, **more)  # type: ignore[arg-type]


PLATELETS = _input(
    "10*9/L",
    {
        "10*9/L": ONE,
        "10*3/uL": ONE,
        "G/L": ONE,
        "/uL": UnitFactor(Fraction(1, 1000)),
        "万/μL": UnitFactor(Fraction(10)),
    },
    minimum=Decimal(0),
)
CRP = _input(
    "mg/L",
    {"mg/L": ONE, "ug/mL": ONE, "mg/dL": UnitFactor(Fraction(10)), "nmol/L": UnitFactor(Fraction("0.105"))},
    minimum=Decimal(0),
    maximum=Decimal(1000),
    mass_units=frozenset({"mg/L", "mg/dL"}),
    molar_units=frozenset({"nmol/L"}),
)
CREATININE = _input("umol/L", {"μmol/L": ONE, "mg/dl": UnitFactor(Fraction("88.4"))})
HBA1C = _input("%", {"%": ONE, "mmol/mol": UnitFactor(Fraction("0.0915"), Fraction("2.15"))})
JOINTS = _input("{#}", {"{#}": ONE}, no_unit=(ONE,), whole=True, minimum=Decimal(0), maximum=Decimal(28))
CENTIMETRES = UnitFactor(Fraction(10), maximum=Decimal(10))
GLOBAL = _input(
    "mm", {"mm": ONE, "cm": CENTIMETRES}, no_unit=(ONE, CENTIMETRES), minimum=Decimal(0), maximum=Decimal(100)
)
NO_SITE = Site()


def _brief(reading: ValueReading) -> object:
    """(low, high, comparators) or the problem."""
    if reading.problem is not None:
        assert (reading.low, reading.high, reading.low_open, reading.high_open) == (None, None, False, False)
        return reading.problem
    return reading.low, reading.high, ("(" if reading.low_open else "[") + (")" if reading.high_open else "]")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", "5"),
        ("5.10", "5.1"),
        ("-0.5", "-0.5"),
        ("1e3", "1E+3"),
        ("0.1E-2", "0.001"),
        ("3.2000000000000000001", "3.2"),
        ("79.99999999999999", "79.99999999999999"),
    ],
)
def test_a_number_is_the_shortest_decimal_of_its_double(text: str, number: str) -> None:
    found = read_number(text)
    assert found is not None
    assert found == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 5",
        "5 ",
        "+5",
        "05",
        ".5",
        "5.",
        "５",
        "5,1",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "0x1",
        "1_000",
    ],
)
def test_anything_but_a_finite_json_number_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("number", "factor", "canonical"),
    [
        ("80", ONE, 80.0),
        ("80000", UnitFactor(Fraction(1, 1000)), 80.0),
        ("3000", UnitFactor(Fraction(1, 1000)), 3.0),
        ("0.3", UnitFactor(Fraction(10)), 3.0),
        ("1.99", UnitFactor(Fraction("88.4")), 175.916),
        ("2", UnitFactor(Fraction("88.4")), 176.8),
        ("126", UnitFactor(Fraction(100, 1802)), 126 / 18.02),
        ("48", UnitFactor(Fraction("0.0915"), Fraction("2.15")), 6.542),
    ],
)
def test_conversion_is_exact(number: str, factor: UnitFactor, canonical: float) -> None:
    assert convert(Decimal(number), factor) == canonical


@given(st.decimals(0, 10**6, places=3), st.fractions(min_value=Fraction(1, 1000), max_value=1000))
def test_conversion_never_turns_two_numbers_round(number: Decimal, factor: Fraction) -> None:
    assert convert(number, UnitFactor(factor)) <= convert(number + Decimal("0.001"), UnitFactor(factor))


@pytest.mark.parametrize(
    ("of", "quantity", "unit", "canonical"),
    [
        (PLATELETS, "80", "×10＾9／l", 80.0),
        (PLATELETS, "80", "10*3/uL", 80.0),
        (PLATELETS, "80", "G/L", 80.0),
        (PLATELETS, "79900", "/μl", 79.9),
        (PLATELETS, "7.99", "×万/μl", 79.9),
        (CRP, "0.5", "mg/dl", 5.0),
        (CREATININE, "1.99", "㎎/dl", 175.916),
        (HBA1C, "48", "mmol/mol", 6.542),
    ],
)
def test_a_quantity_in_any_accepted_spelling(
    of: QuantityInput, quantity: str, unit: str, canonical: float
) -> None:
    reading = read_value(RawValue(quantity=quantity, unit=unit), of, NO_SITE)
    assert _brief(reading) == (canonical, canonical, "[]")
    assert reading.unit_used == normalise(unit)
    assert reading.flags == ()


UNITS_OF_A_QUANTITY = [
    # unit text, system, code -> result
    ("mg/L", UCUM, "mg/L", (5.0, 5.0, "[]")),
    ("mg/L", UCUM, "ug/mL", (5.0, 5.0, "[]")),
    ("mg/L", UCUM, "mg/dL", "UNIT_NOT_CONVERTIBLE"),  # converts differently
    ("毫克每升", UCUM, "mg/L", (5.0, 5.0, "[]")),  # unknown text beside a known code
    ("mg/L", UCUM, "mg/foo", "UNIT_NOT_CONVERTIBLE"),  # unknown UCUM code beside a known text
    (None, UCUM, "mg/dL", (50.0, 50.0, "[]")),
    ("mg/dL", UCUM, None, (50.0, 50.0, "[]")),
    ("mg/dL", None, None, (50.0, 50.0, "[]")),
    ("mg/dL", None, "mg/L", (50.0, 50.0, "[]")),  # not UCUM: the printed unit
    ("foo", None, "mg/L", "UNIT_NOT_CONVERTIBLE"),
    (None, "urn:local", "mg/dL", (50.0, 50.0, "[]")),
    (" ", "urn:local", "mg/dL", (50.0, 50.0, "[]")),
    (None, None, None, "UNIT_NOT_CONVERTIBLE"),
    ("", UCUM, "", "UNIT_NOT_CONVERTIBLE"),
    ("MG/L", None, None, "UNIT_NOT_CONVERTIBLE"),  # never lowercased
    ("mg/24h", None, None, "UNIT_NOT_CONVERTIBLE"),
]


@pytest.mark.parametrize(("unit", "system", "code", "expected"), UNITS_OF_A_QUANTITY)
def test_code_and_text_of_a_unit(
    unit: str | None, system: str | None, code: str | None, expected: object
) -> None:
    raw = RawValue(quantity="5", unit=unit, system=system, code=code)
    assert _brief(read_value(raw, CRP, NO_SITE)) == expected


def test_the_sites_own_words_come_before_the_allow_list() -> None:
    site = Site(unit_maps={"毫克/分升": "mg/dl", "mg/L": "mg/dL"})
    assert _brief(read_value(RawValue(quantity="5", unit="毫克/分升"), CRP, site)) == (50.0, 50.0, "[]")
    assert _brief(read_value(RawValue(quantity="5", unit="mg/L"), CRP, site)) == (50.0, 50.0, "[]")
    unknown = Site(unit_maps={"mg/L": "stone"})
    assert _brief(read_value(RawValue(quantity="5", unit="mg/L"), CRP, unknown)) == "UNIT_NOT_CONVERTIBLE"


@pytest.mark.parametrize(
    ("comparator", "of", "quantity", "unit", "expected"),
    [
        ("<", CRP, "0.5", "mg/dL", (0.0, 5.0, "[)")),
        ("<=", CRP, "5", "mg/L", (0.0, 5.0, "[]")),
        (">", CRP, "5", "mg/L", (5.0, None, "(]")),
        (">=", CRP, "5", "mg/L", (5.0, None, "[]")),
        ("<", CREATININE, "5", "umol/L", (None, 5.0, "[)")),
        ("<", CRP, "0", "mg/L", "UNREADABLE_VALUE"),  # nothing lies below the minimum
        ("<=", CRP, "0", "mg/L", (0.0, 0.0, "[]")),
        (">", CRP, "1000", "mg/L", (1000.0, None, "(]")),
        (">", CRP, "1001", "mg/L", "UNREADABLE_VALUE"),
        ("<", JOINTS, "2.5", None, "UNREADABLE_VALUE"),
        ("ad", CRP, "5", "mg/L", "UNREADABLE_VALUE"),
        ("≤", CRP, "5", "mg/L", "UNREADABLE_VALUE"),  # no FHIR code
    ],
)
def test_comparators(
    comparator: str, of: QuantityInput, quantity: str, unit: str | None, expected: object
) -> None:
    assert (
        _brief(read_value(RawValue(quantity=quantity, comparator=comparator, unit=unit), of, NO_SITE))
        == expected
    )


@pytest.mark.parametrize(
    ("of", "raw", "expected"),
    [
        (CRP, RawValue(), "NOT_A_RESULT"),
        (CRP, RawValue(absent_reason=True), "NOT_A_RESULT"),
        (CRP, RawValue(unit="mg/L"), "NOT_A_RESULT"),
        (CRP, RawValue(quantity="5", unit="mg/L", absent_reason=True), "UNREADABLE_VALUE"),
        (CRP, RawValue(other=True), "UNREADABLE_VALUE"),
        (CRP, RawValue(quantity="abc", unit="mg/L"), "UNREADABLE_VALUE"),
        (CRP, RawValue(quantity="-1", unit="mg/L"), "UNREADABLE_VALUE"),
        (CRP, RawValue(quantity="1001", unit="mg/L"), "UNREADABLE_VALUE"),
        (CRP, RawValue(quantity="100.1", unit="mg/dL"), "UNREADABLE_VALUE"),
        (CRP, RawValue(quantity="100", unit="mg/dL"), (1000.0, 1000.0, "[]")),
        (CREATININE, RawValue(quantity="1.7e308", unit="mg/dL"), "UNREADABLE_VALUE"),
        (JOINTS, RawValue(integer="28"), (28.0, 28.0, "[]")),
        (JOINTS, RawValue(integer="29"), "UNREADABLE_VALUE"),
        (JOINTS, RawValue(integer="4.0"), "UNREADABLE_VALUE"),
        (JOINTS, RawValue(quantity="4.0"), (4.0, 4.0, "[]")),
        (JOINTS, RawValue(quantity="4.5"), "UNREADABLE_VALUE"),
        (JOINTS, RawValue(quantity="4", unit="{#}"), (4.0, 4.0, "[]")),
        (JOINTS, RawValue(string="4"), (4.0, 4.0, "[]")),
        (CRP, RawValue(integer="5"), "UNIT_NOT_CONVERTIBLE"),
        # several value[x]: the first of quantity, integer, string, range
        (JOINTS, RawValue(quantity="3", integer="4", string="5"), (3.0, 3.0, "[]")),
        (JOINTS, RawValue(integer="4", string="5", range_low="6"), (4.0, 4.0, "[]")),
        (JOINTS, RawValue(string="5", range_low="6"), (5.0, 5.0, "[]")),
    ],
)
def test_what_is_a_result_and_what_is_unreadable(of: QuantityInput, raw: RawValue, expected: object) -> None:
    assert _brief(read_value(raw, of, NO_SITE)) == expected


@pytest.mark.parametrize(
    ("of", "string", "expected"),
    [
        (PLATELETS, "45 x10^9/L", (45.0, 45.0, "[]")),
        (PLATELETS, "45×10⁹/L", (45.0, 45.0, "[]")),
        (PLATELETS, "45 10⁹/L", (45.0, 45.0, "[]")),
        (PLATELETS, "４５　×10＾9／Ｌ", (45.0, 45.0, "[]")),
        (PLATELETS, "45 x 10^9 / L", (45.0, 45.0, "[]")),
        (PLATELETS, "4.5万/μl", (45.0, 45.0, "[]")),
        (CRP, "<5 mg/L", (0.0, 5.0, "[)")),
        (CRP, "＜0.5mg/dL", (0.0, 5.0, "[)")),
        (CRP, "≤5mg/L", (0.0, 5.0, "[]")),
        (CRP, "<= 5 mg/L", (0.0, 5.0, "[]")),
        (CRP, "≥ 3 mg/L", (3.0, None, "[]")),
        (CRP, "＞＝3 mg/L", (3.0, None, "[]")),
        (CRP, "> 3 mg/L", (3.0, None, "(]")),
        (CRP, " 5.1 mg/L ", (5.1, 5.1, "[]")),
        (CRP, "1.2E+01 mg/L", (12.0, 12.0, "[]")),
        (CRP, "5.1", "UNIT_NOT_CONVERTIBLE"),
        (CRP, "5.1 foo", "UNIT_NOT_CONVERTIBLE"),
        (CRP, "", "UNREADABLE_VALUE"),
        (CRP, "阴性", "UNREADABLE_VALUE"),
        (CRP, "mg/L", "UNREADABLE_VALUE"),
        (CRP, "<", "UNREADABLE_VALUE"),
        (CRP, "<> 5 mg/L", "UNREADABLE_VALUE"),
        (CRP, "CRP 5 mg/L", "UNREADABLE_VALUE"),
        (CRP, "5 mg/L H", "UNREADABLE_VALUE"),
        (CRP, "5 mg/L↑", "UNIT_NOT_CONVERTIBLE"),
        (CRP, "5-10", "UNREADABLE_VALUE"),
        (CRP, "5-10 mg/L", "UNREADABLE_VALUE"),
        (CRP, "1,000 mg/L", "UNREADABLE_VALUE"),
        (CRP, "1，5 mg/L", "UNREADABLE_VALUE"),
        (CRP, "5. mg/L", "UNREADABLE_VALUE"),
        (CRP, "05 mg/L", "UNREADABLE_VALUE"),
        (CRP, "5.1.2", "UNREADABLE_VALUE"),
        (CRP, "-5 mg/L", "UNREADABLE_VALUE"),
        (PLATELETS, "10E9/L", "UNIT_NOT_CONVERTIBLE"),  # a unit without a number
        (PLATELETS, "x10^9/L", "UNREADABLE_VALUE"),
        (JOINTS, "<3", (0.0, 3.0, "[)")),
        (JOINTS, "3个", "UNIT_NOT_CONVERTIBLE"),
    ],
)
def test_a_string_with_number_and_unit(of: QuantityInput, string: str, expected: object) -> None:
    assert _brief(read_value(RawValue(string=string), of, NO_SITE)) == expected


@pytest.mark.parametrize(
    ("of", "low", "low_unit", "high", "high_unit", "expected"),
    [
        (CRP, "5", "mg/L", "10", "mg/L", (5.0, 10.0, "[]")),
        (CRP, "5", "mg/L", "10", None, (5.0, 10.0, "[]")),
        (CRP, "5", None, "10", "mg/L", (5.0, 10.0, "[]")),
        (CRP, "5", "mg/L", None, None, (5.0, None, "[]")),
        (CRP, None, None, "10", "mg/L", (0.0, 10.0, "[]")),
        (CRP, "5", "mg/dL", None, "mg/L", (50.0, None, "[]")),
        (CRP, None, "mg/dL", "10", "mg/L", (0.0, 10.0, "[]")),
        (CRP, "10", "mg/L", "5", "mg/L", "UNREADABLE_VALUE"),
        (CRP, "5", "mg/L", "10", "mg/dL", "UNIT_NOT_CONVERTIBLE"),
        (CRP, "5", "mg/L", "10", "foo", "UNIT_NOT_CONVERTIBLE"),
        (CRP, "5", None, "10", None, "UNIT_NOT_CONVERTIBLE"),
        (CRP, "x", "mg/L", "10", "mg/L", "UNREADABLE_VALUE"),
        (JOINTS, "5", None, "10", None, (5.0, 10.0, "[]")),
        (JOINTS, "5", None, "29", None, "UNREADABLE_VALUE"),
    ],
)
def test_a_range_is_a_closed_interval(
    of: QuantityInput,
    low: str | None,
    low_unit: str | None,
    high: str | None,
    high_unit: str | None,
    expected: object,
) -> None:
    raw = RawValue(range_low=low, range_low_unit=low_unit, range_high=high, range_high_unit=high_unit)
    assert _brief(read_value(raw, of, NO_SITE)) == expected


@pytest.mark.parametrize(
    ("raw", "expected", "flags"),
    [
        (RawValue(quantity="5"), (5.0, 50.0, "[]"), ("global-unit-guess",)),
        (RawValue(integer="5"), (5.0, 50.0, "[]"), ("global-unit-guess",)),
        (RawValue(string="5"), (5.0, 50.0, "[]"), ("global-unit-guess",)),
        (RawValue(string="<5"), (0.0, 50.0, "[)"), ("global-unit-guess",)),
        (RawValue(quantity="50"), (50.0, 50.0, "[]"), ("global-unit-guess",)),  # 50 cm is impossible
        (RawValue(quantity="10"), (10.0, 100.0, "[]"), ("global-unit-guess",)),
        (RawValue(string=">5"), (5.0, None, "(]"), ("global-unit-guess",)),
        (RawValue(quantity="101"), "UNREADABLE_VALUE", ()),
        (RawValue(quantity="5", unit="cm"), (50.0, 50.0, "[]"), ()),
        (RawValue(quantity="10", unit="cm"), (100.0, 100.0, "[]"), ()),
        (RawValue(quantity="11", unit="cm"), "UNREADABLE_VALUE", ()),
        (RawValue(quantity="5", unit="points"), "UNIT_NOT_CONVERTIBLE", ()),
    ],
)
def test_a_patient_global_without_unit_may_be_mm_or_cm(
    raw: RawValue, expected: object, flags: tuple[str, ...]
) -> None:
    reading = read_value(raw, GLOBAL, NO_SITE)
    assert (_brief(reading), reading.flags) == (expected, flags)


@pytest.mark.parametrize(
    ("unit", "code_property", "flags"),
    [
        ("nmol/L", "mass", ("unit-conflict-mass-molar",)),
        ("mg/L", "molar", ("unit-conflict-mass-molar",)),
        ("mg/L", "mass", ()),
        ("nmol/L", "molar", ()),
        ("nmol/L", None, ()),
        ("ug/mL", "molar", ()),  # in neither list
    ],
)
def test_the_unit_wins_over_the_code_and_is_flagged(
    unit: str, code_property: str | None, flags: tuple[str, ...]
) -> None:
    reading = read_value(RawValue(quantity="5", unit=unit), CRP, NO_SITE, code_property)
    assert (reading.problem, reading.flags) == (None, flags)


@given(
    st.text(alphabet="0123456789.<>=≤≥-eE ×x^*/LmguU万", max_size=15), st.sampled_from([CRP, JOINTS, GLOBAL])
)
def test_reading_never_raises_and_intervals_are_ordered(text: str, of: QuantityInput) -> None:
    for raw in (RawValue(string=text), RawValue(quantity=text, unit="mg/L"), RawValue(integer=text)):
        reading = read_value(raw, of, NO_SITE)
        assert reading.low is None or reading.high is None or reading.low <= reading.high


@given(st.decimals(0, 100, places=2))
def test_every_way_of_sending_a_number_reads_alike(number: Decimal) -> None:
    ways = [
        RawValue(quantity=str(number), unit="mg/L"),
        RawValue(string=f"{number} mg/L"),
        RawValue(string=f"{number}mg/l"),
        RawValue(range_low=str(number), range_high=str(number), range_low_unit="mg/L"),
    ]
    assert {(r.low, r.high) for r in (read_value(raw, CRP, NO_SITE) for raw in ways)} == {
        (float(number),) * 2
    }
