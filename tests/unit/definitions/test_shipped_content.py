"""The shipped files mean what the protocol's reading says: units, thresholds and codes, spot by spot."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.model.criteria import Comparison, Condition, Line, LineKind, Silence, Verb
from fhir_adapter.model.inputs import ConditionInput, Definitions, QuantityInput
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.units import normalise


@pytest.fixture(scope="module")
def shipped() -> Definitions:
    return load_definitions(SearchPath(), "example-hospital")


@pytest.fixture(scope="module")
def lines(shipped: Definitions) -> dict[str, Line]:
    return {line.id: line for line in load_trial(SearchPath(), "tacrolimus-ra", shipped).lines}


@pytest.mark.parametrize(
    ("input_id", "spelling", "factor"),
    [
        ("platelets", "×10^9/L", "1"),
        ("platelets", "10＾3/μl", "1"),
        ("platelets", "X10*3/μl", "1"),
        ("platelets", "K/uL", "1"),
        ("platelets", "G/L", "1"),
        ("platelets", "/mm^3", "1/1000"),
        ("platelets", "個/μL", "1/1000"),
        ("platelets", "×万/μl", "10"),
        ("wbc", "10E9/L", "1"),
        ("wbc", "cells/uL", "1/1000"),
        ("wbc", "10*4/uL", "10"),
        ("alt", "IU/L37℃", "1"),
        ("alt", "lU/Ｌ", "1"),
        ("alt", "u/l", "1"),
        ("ast", "[IU]/L", "1"),
        ("ast", "ukat/L", "60"),
        ("creatinine", "μmol／L", "1"),
        ("creatinine", "μＭ/l", "1"),
        ("creatinine", "MCMOL/L", "1"),
        ("creatinine", "㎎/dl", "442/5"),
        ("creatinine", "mmol/L", "1000"),
        ("esr", "mm/hr.", "1"),
        ("esr", "mm/1H", "1"),
        ("esr", "mm", "1"),
        ("esr", "毫米/小时", "1"),
        ("esr", "cm/h", "10"),
        ("crp", "ｍｇ／ｄｌ", "10"),
        ("crp", "ug/mL", "1"),
        ("tender-joints-28", "{joints}", "1"),
        ("swollen-joints-28", "个", "1"),
        ("patient-global", "cm", "10"),
        ("das28-recorded", "分", "1"),
    ],
)
def test_unit_is_accepted(shipped: Definitions, input_id: str, spelling: str, factor: str) -> None:
    read = shipped.inputs[input_id]
    assert isinstance(read, QuantityInput)
    assert read.units[normalise(spelling)].factor == Fraction(factor)


@pytest.mark.parametrize(
    ("input_id", "spelling"),
    [
        ("platelets", "x10^3"),
        ("platelets", "×10^3/"),
        ("platelets", "干/μl"),  # a site's typing error, not everybody's unit
        ("wbc", "10^12/L"),
        ("esr", "mm/2h"),
        ("crp", "nmol/L"),
        ("crp", ""),
        ("patient-global", "分"),
        ("creatinine", "mg/L"),
    ],
)
def test_unit_is_not_accepted(shipped: Definitions, input_id: str, spelling: str) -> None:
    read = shipped.inputs[input_id]
    assert isinstance(read, QuantityInput)
    assert normalise(spelling) not in read.units


def test_number_without_a_unit_means_something_only_for_counts_global_and_score(shipped: Definitions) -> None:
    inputs = [read for read in shipped.inputs.values() if isinstance(read, QuantityInput)]
    meanings = {read.id: [str(factor.factor) for factor in read.no_unit] for read in inputs if read.no_unit}
    assert meanings == {
        "das28-recorded": ["1"],
        "patient-global": ["1", "10"],
        "swollen-joints-28": ["1"],
        "tender-joints-28": ["1"],
    }


def test_mass_and_molar_units_cover_all_units(shipped: Definitions) -> None:
    for name in ("creatinine", "crp"):
        read = shipped.inputs[name]
        assert isinstance(read, QuantityInput)
        assert read.mass_units | read.molar_units == read.units.keys()


def _rows(line: Line, part: int = 0) -> list[tuple[Truth, Reason | None, Condition]]:
    return [(row.then, row.reason, row.when) for row in line.parts[part].rows]


def test_discontinuation_and_what_is_built(lines: dict[str, Line]) -> None:
    assert all(line.built for line in lines.values())
    inclusions, exclusions = [f"I{n}" for n in range(1, 7)], [f"E{n}" for n in range(1, 9)]
    assert list(lines) == [*inclusions, *exclusions, "D1"]
    assert [name for name, line in lines.items() if line.kind is LineKind.DISCONTINUATION] == ["D1"]
    assert all(line.reading for line in lines.values())


def test_diagnosis_line(lines: dict[str, Line]) -> None:
    silence = Silence.FALSE_IF_RECORDED
    assert _rows(lines["I1"]) == [
        (Truth.TRUE, None, Condition(Verb.PRESENT, "rheumatoid-arthritis")),
        (Truth.UNKNOWN, Reason.NEEDS_JUDGEMENT, Condition(Verb.PRESENT, "rheumatoid-arthritis-related")),
        (Truth.FALSE, None, Condition(Verb.ABSENT, "rheumatoid-arthritis", silence=silence)),
    ]
    assert lines["I1"].review_always


@pytest.mark.parametrize(
    ("line", "part", "input_id", "true_if", "false_if"),
    [
        ("E2", 0, "platelets", Comparison("below", 80.0), Comparison("at_least", 80.0)),
        ("E2", 1, "wbc", Comparison("below", 3.0), Comparison("at_least", 3.0)),
        ("E3", 0, "alt", Comparison("above", 2.0, True), Comparison("at_most", 2.0, True)),
        ("E3", 1, "ast", Comparison("above", 2.0, True), Comparison("at_most", 2.0, True)),
        ("E4", 0, "creatinine", Comparison("at_least", 176.0), Comparison("below", 176.0)),
    ],
)
def test_laboratory_lines(
    lines: dict[str, Line], line: str, part: int, input_id: str, true_if: Comparison, false_if: Comparison
) -> None:
    assert _rows(lines[line], part) == [
        (Truth.TRUE, None, Condition(Verb.LATEST, input_id, 28, (true_if,))),
        (Truth.FALSE, None, Condition(Verb.LATEST, input_id, 28, (false_if,))),
    ]


def test_activity_line(lines: dict[str, Line]) -> None:
    for _, _, when in _rows(lines["I4"]):
        assert when.variants == ("esr4", "crp4", "esr3", "crp3")
        assert (when.within_days, when.three_variable_margin) == (28, 0.5)
    # A review row asks about the same answer, so it must look at the same scores.
    assert {row.when.variants for row in lines["I4"].parts[0].review} == {("esr4", "crp4", "esr3", "crp3")}
    assert {row.when.within_days for row in lines["I4"].parts[0].review} == {28}


def test_rheumatoid_arthritis_is_in_no_harmless_set(shipped: Definitions) -> None:
    """A code that some line must see would be waved through by a list of findings that no line reads."""
    harmless = {row.value for row in shipped.value_sets["harmless-findings"].rows}
    for value_set in shipped.value_sets.values():
        if value_set.id != "harmless-findings":
            assert harmless.isdisjoint(row.value for row in value_set.rows), value_set.id


def test_every_result_code_stands_in_one_input_only(shipped: Definitions) -> None:
    seen: dict[tuple[str, str], str] = {}
    for read in shipped.inputs.values():
        if isinstance(read, QuantityInput):
            for row in shipped.value_sets[read.value_set].rows:
                assert seen.setdefault((row.system, row.value), read.id) == read.id


@pytest.mark.parametrize(
    "apart",
    [
        ("rheumatoid-arthritis", "rheumatoid-arthritis-related"),
        ("malignancy", "malignancy-history", "malignancy-judgement", "carcinoma-in-situ"),
        ("infection", "infection-chronic", "infection-history", "infection-wide"),
    ],
)
def test_condition_inputs_that_say_different_things_share_no_row(
    shipped: Definitions, apart: tuple[str, ...]
) -> None:
    """One row in two of them would prove the diagnosis and doubt it at once."""
    inputs = [known for name in apart if isinstance(known := shipped.inputs[name], ConditionInput)]
    rows = [
        (row.system, row.match, row.value)
        for known in inputs
        for row in shipped.value_sets[known.value_set].rows
    ]
    assert len(inputs) == len(apart)
    assert len(rows) == len(set(rows))


CHECK_DIGIT_DOES_NOT_FIT = {"56812-0", "56813-8"}
"""Seen in FHIR data under these numbers (fact sheet, from memory); LOINC itself cannot have issued them."""


def test_codes_carry_their_check_digit(shipped: Definitions) -> None:
    """A mistyped code matches nothing, in silence; both systems carry a digit against that."""
    checks = {"loinc": _loinc_fits, "snomed": _snomed_fits}
    wrong = {
        row.value
        for value_set in shipped.value_sets.values()
        for row in value_set.rows
        if row.system in checks and not checks[row.system](row.value)
    }
    assert wrong == CHECK_DIGIT_DOES_NOT_FIT


def _loinc_fits(code: str) -> bool:
    """Modulus 10 of the digits, each second one doubled from the right."""
    digits, _, check = code.partition("-")
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return (sum(value // 10 + value % 10 for value in doubled) + int(check)) % 10 == 0


def _snomed_fits(code: str) -> bool:
    """Verhoeff's check: the digits, permuted by their place, multiply to 0 in the group of the pentagon."""
    permutation = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    check = 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = permutation[digit]
        check = _pentagon(check, digit)
    return check == 0


def _pentagon(one: int, other: int) -> int:
    if one < 5:
        return (one + other) % 5 if other < 5 else 5 + (one + other - 5) % 5
    return 5 + (one - 5 - other) % 5 if other < 5 else (one - other) % 5
