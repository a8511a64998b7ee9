"""ICD-10 spellings of three countries, and which value set rows hold them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.icd import IcdCode, in_range, is_exactly, matches, parse_icd


def one(code: str) -> IcdCode:
    parsed = parse_icd(code)
    assert parsed is not None
    assert len(parsed) == 1
    return parsed[0]


@pytest.mark.parametrize(
    ("code", "category", "rest", "class_code", "full"),
    [
        # CN
        ("M06.900", "M06", "900", "M06.9", "M06.900"),
        ("M05.900", "M05", "900", "M05.9", "M05.900"),
        ("M06.800x071", "M06", "800x071", "M06.8", "M06.800x071"),
        ("I10.x00", "I10", "x00", "I10", "I10.x00"),
        ("I10.x00x032", "I10", "x00x032", "I10", "I10.x00x032"),
        ("E11.900", "E11", "900", "E11.9", "E11.900"),
        ("D70.x04", "D70", "x04", "D70", "D70.x04"),
        ("I10.x", "I10", "x", "I10", "I10.x"),
        ("M06.9x071", "M06", "9x071", "M06.9", "M06.9x071"),
        # WHO
        ("M06.9", "M06", "9", "M06.9", "M06.9"),
        ("B18.19", "B18", "19", "B18.1", "B18.19"),
        ("I10", "I10", "", "I10", "I10"),
        ("M06", "M06", "", "M06", "M06"),
        ("M05.1†", "M05", "1", "M05.1", "M05.1"),
        ("M05.1+", "M05", "1", "M05.1", "M05.1"),
        ("J99.0*", "J99", "0", "J99.0", "J99.0"),
        # CM
        ("M05.79", "M05", "79", "M05.7", "M05.79"),
        ("M05.741", "M05", "741", "M05.7", "M05.741"),
        ("Z3A.20", "Z3A", "20", "Z3A.2", "Z3A.20"),
        ("M1A.0", "M1A", "0", "M1A.0", "M1A.0"),
        ("Z90.712", "Z90", "712", "Z90.7", "Z90.712"),
        ("T81.4XXA", "T81", "4XXA", "T81.4", "T81.4XXA"),
        ("T07.XXXA", "T07", "XXXA", "T07", "T07.XXXA"),
        ("O99.A1", "O99", "A1", "O99.A", "O99.A1"),
    ],
)
def test_spellings_have_one_normal_form(
    code: str, category: str, rest: str, class_code: str, full: str
) -> None:
    assert parse_icd(code) == (IcdCode(category, rest, class_code, full),)


@pytest.mark.parametrize(
    ("code", "classes"),
    [
        ("A18.002+M01.1*", ["A18.0", "M01.1"]),
        ("M05.1†J99.0*", ["M05.1", "J99.0"]),
        ("M05.1†+J99.0*", ["M05.1", "J99.0"]),
        ("E14.200x021+N08.3*", ["E14.2", "N08.3"]),
    ],
)
def test_pairs_are_two_codes(code: str, classes: list[str]) -> None:
    parsed = parse_icd(code)
    assert parsed is not None
    assert [half.class_code for half in parsed] == classes


@pytest.mark.parametrize(
    "code",
    [
        "M0690",
        "M06900",
        "M06.900x",
        "M06.9x",
        "I10x032",
        "m06.9",
        "M06.",
        "M06.9.1",
        "M06.9 ",
        " M06.9",
        "M06.9\n",
        "M06.12345",
        "M06.900x71",
        "MO6.9",
        "6.9",
        "",
        "+",
        "+M01.1",
        "A18.0++M01.1",
        "A18.0+类风湿",
        "Ｍ06.9",
        "M0６.9",
        "M06.9-M06.9",
        "类风湿性关节炎",
    ],
)
def test_anything_else_does_not_parse(code: str) -> None:
    assert parse_icd(code) is None


@given(st.one_of(st.text(), st.from_regex(r"[A-Z0-9.x+*†]{0,12}", fullmatch=True)))
def test_parsing_never_raises_and_keeps_what_was_sent(code: str) -> None:
    parsed = parse_icd(code)
    if parsed is not None:
        assert "".join(half.full for half in parsed) == code.translate(str.maketrans("", "", "+†*"))
        assert all(half.full.startswith(half.class_code) for half in parsed)


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("M06.9", "M06.9", True),
        ("M06.900", "M06.9", True),
        ("M06.90", "M06.9", True),
        ("M06.900", "M06", True),
        ("M06", "M06", True),
        ("M06", "M06.9", False),
        ("M06.1", "M06.9", False),
        ("M05.79", "M05", True),
        ("M05.300", "M05.3", True),
        ("M15.0", "M05", False),
        ("Z90.710", "Z90.71", True),
        ("Z90.712", "Z90.71", True),
        ("Z90.712", "Z90.710", False),
        ("Z90.7", "Z90.71", False),
        ("I10.x00x032", "I10", True),
        ("I10.x00x032", "I10.x00x032", True),
        ("I10.x00x032", "I10.x", True),
        ("I10.x00", "I10.x00x032", False),
        ("I10.x00x023", "I10.x00x032", False),
        ("B20.1", "A00-B99", True),
        ("C00.0", "A00–B99", False),
        ("M46.300", "M46.2–M46.5", True),
        ("T81.4XXA", "T81.4", True),
    ],
)
def test_a_value_holds_what_is_below_it(code: str, value: str, expected: bool) -> None:
    assert matches(one(code), value) is expected


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("M06", "M06", True),
        ("M06.x00", "M06", True),
        ("M06.1", "M06", False),
        ("M06.900", "M06.9", True),
        ("M06.9", "M06.900", False),
        ("Z90.710", "Z90.710", True),
        ("Z90.711", "Z90.710", False),
        ("I10.x00x032", "I10.x00x032", True),
    ],
)
def test_exactly_means_the_class_or_the_whole_code(code: str, value: str, expected: bool) -> None:
    assert is_exactly(one(code), value) is expected


@pytest.mark.parametrize(
    ("code", "low", "high", "expected"),
    [
        ("A00", "A00", "B99", True),
        ("B99.900", "A00", "B99", True),
        ("C00.0", "A00", "B99", False),
        ("O84.900", "O80", "O84", True),
        ("O85.x00", "O80", "O84", False),
        ("M46.200", "M46.2", "M46.5", True),
        ("M46.599", "M46.2", "M46.5", True),
        ("M46.6", "M46.2", "M46.5", False),
        ("M46.100", "M46.2", "M46.5", False),
        ("M46", "M46.2", "M46.5", False),
        ("I10.x00", "I10.0", "I10.9", False),
        ("M45", "M43.2", "M46.5", True),
        ("M46", "M43.2", "M46.5", False),
        ("C4A.0", "C00", "C97", True),
        ("D47.2", "D45", "D47", True),
        ("Z90.711", "Z90.710", "Z90.711", True),
        ("Z90.712", "Z90.710", "Z90.711", False),
        ("M06.9", "M05", "M06.8", False),
        ("M06.8", "M05", "M06.8", True),
    ],
)
def test_ranges_compare_like_with_like(code: str, low: str, high: str, expected: bool) -> None:
    assert in_range(one(code), low, high) is expected


@pytest.mark.parametrize(
    "value", ["", "M0", "M", "m06", "M06.9-", "A00-B99-C00", "B99-A00", "M46.5-M46.2", "69896004"]
)
def test_a_malformed_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="ICD-10"):
        matches(one("M06.9"), value)
