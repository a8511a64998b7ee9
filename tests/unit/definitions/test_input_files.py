"""Every mistake in inputs/, valuesets/, views/ and words.toml is named by file and key."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions
from fhir_adapter.model.inputs import QuantityInput, UnitFactor

Write = Callable[[str, str], None]
Complaints = Callable[..., list[str]]

GLUCOSE = """
kind = "quantity"
title = "Glucose"
value_set = "platelets"
unit = "mmol/L"
[units]
"mmol/L" = "1"
"""
HEADER = "system,match,value,to,exclude,display,confidence,source\n"


def test_input_all_keys_are_read(write: Write, folder: Path) -> None:
    write(
        "inputs/hba1c.toml",
        """
kind = "quantity"
title = "HbA1c"
value_set = "platelets"
unit = "%"
minimum = "0"
maximum = "30.5"
no_unit = ["1", { factor = "1/10", maximum = "300" }]
mass_codes = ["777-3"]
mass_units = ["％"]
note_flags = { doubtful = ["溶血"] }
[units]
"%" = "1"
"mmol/mol" = { factor = "0.0915", offset = "2.15" }
"mg/dL" = "1/18.02"
"ｍｇ／ｄｌ" = "1/18.02"
""",
    )
    read = load_definitions(SearchPath([folder])).inputs["hba1c"]
    assert isinstance(read, QuantityInput)
    assert read.units == {
        "%": UnitFactor(Fraction(1)),
        "mmol/mol": UnitFactor(Fraction("0.0915"), Fraction("2.15")),
        "mg/dL": UnitFactor(Fraction(100, 1802)),
    }
    assert read.no_unit == (UnitFactor(Fraction(1)), UnitFactor(Fraction(1, 10), maximum=Decimal(300)))
    assert (read.minimum, read.maximum) == (Decimal(0), Decimal("30.5"))
    assert read.mass_units == {"%"}
    assert read.note_flags == {"doubtful": ("溶血",)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('kind = "qantity"', "kind: expected one of answer, condition, event, exposure, quantity, score"),
        ("", "kind: expected one of answer, condition, event, exposure, quantity, score"),
        ("kind = [", "-: expected valid TOML"),
        (GLUCOSE.replace("title", "titel"), "titel: unknown key, expected one of "),
        (GLUCOSE.replace("title", "titel"), "title: missing, expected the name people know it by"),
        (GLUCOSE.replace('"1"', "1"), "units.mmol/L: expected a factor as text"),
        (GLUCOSE.replace('"1"', '"one"'), "units.mmol/L: expected an exact positive number as text"),
        (GLUCOSE.replace('"1"', '"1/0"'), "units.mmol/L: expected a number above 0"),
        (GLUCOSE.replace('"1"', '"-1"'), "units.mmol/L: expected an exact positive number as text"),
        (GLUCOSE.replace('"1"', '{ factor = "0" }'), "units.mmol/L.factor: expected a number above 0"),
        (GLUCOSE.replace('"1"', '{ facto = "1" }'), "units.mmol/L.facto: unknown key"),
        (GLUCOSE.replace('"1"', '{ offset = "1" }'), "units.mmol/L.factor: missing"),
        (GLUCOSE + '"mmol／ｌ" = "2"', "units.mmol／ｌ: expected the factor of the other spelling of mmol/L"),
        (
            GLUCOSE.replace('unit = "mmol/L"', 'unit = "mg/dL"'),
            "unit: expected a unit that is a key of units",
        ),
        (GLUCOSE.replace('"1"', '"2"'), 'units.mmol/L: expected "1": it is the canonical unit'),
        (GLUCOSE.replace("platelets", "glucose"), "value_set: expected a file valuesets/glucose.csv"),
        ('molar_codes = ["1-8"]' + GLUCOSE, "molar_codes: expected codes of the value set platelets"),
        ('molar_units = ["mol"]' + GLUCOSE, "molar_units[0]: expected a unit that is a key of units"),
        ("minimum = 0" + GLUCOSE, 'minimum: expected an exact number as text, such as "0"'),
        ('no_unit = ["1", "2", "3"]' + GLUCOSE, "no_unit: expected a list of at most two factors"),
        ('no_unit = ["0"]' + GLUCOSE, "no_unit[0]: expected a number above 0"),
        ('names = ["a", 1]' + GLUCOSE, "names[1]: expected a text"),
        ('kind = "condition"\ntitle = "x"', "value_set: missing"),
    ],
)
def test_input_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("inputs/glucose.toml", text)
    assert any(found.startswith(f"inputs/glucose.toml: {line}") for found in complaints()), complaints()


def test_score_component_that_is_no_quantity_is_named(write: Write, complaints: Complaints) -> None:
    write(
        "inputs/das28.toml",
        """
kind = "score"
title = "DAS28"
tender = "tender-joints-28"
swollen = "swollen-joints"
esr = "rheumatoid-arthritis"
crp = "crp"
patient_global = "patient-global"
recorded = "das28-recorded"
acute_phase_days = 7
""",
    )
    assert complaints() == [
        "inputs/das28.toml: swollen: expected the id of a quantity input, found swollen-joints",
        "inputs/das28.toml: esr: expected the id of a quantity input, found rheumatoid-arthritis",
    ]


def test_score_component_that_is_broken_is_not_called_missing(write: Write, complaints: Complaints) -> None:
    write("inputs/esr.toml", "kind = [")
    assert [line.split(":")[0] for line in complaints()] == ["inputs/esr.toml"]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("icd-10,range,A00,,,x,verified,S1", "line 2.to: missing, expected the last code of the range"),
        ("icd-10,prefix,A00,A01,,x,verified,S1", "line 2.to: expected nothing: only a range has a last code"),
        ("icd-10,prefix,A0,,,x,verified,S1", "line 2.value: expected an ICD-10 category, class or code"),
        ("icd-10,range,B00,A00,,x,verified,S1", "line 2.value: expected an ICD-10 category, class or code"),
        ("icd-10,prefix,A00,,B1,x,verified,S1", "line 2.exclude: expected ICD-10 categories"),
        ("loinc,prefix,777,,,x,verified,S1", "line 2.match: expected code: codes of loinc have no order"),
        ("cvx,prefix,1,,,x,verified,S1", "line 2.match: expected code: codes of cvx have no order"),
        (
            "atc,range,J07BD,J07BE,,x,verified,S1",
            "line 2.match: expected no range: codes of atc have no order",
        ),
        ("text,code,x,,,x,verified,S1", "line 2.match: expected text for the system text"),
        ("loinc,text,x,,,x,verified,S1", "line 2.match: expected text for the system text"),
        ("ICD10,code,A00,,,x,verified,S1", "line 2.system: expected one of atc, cvx, icd-10, "),
        ("loinc,code,,,,x,verified,S1", "line 2.value: expected a code, or words"),
        ("loinc,code,777-3,,,x,sure,S1", "line 2.confidence: expected one of secondary, unchecked, verified"),
        ("loinc,code,777-3,,,x,verified,", "line 2.source: expected where the code was found"),
        ("loinc,code,777-3,,,x,verified", "line 2: expected 8 columns, found 7"),
        ('loinc,code,"777-3"x,,,x,verified,S1', "line 2: expected valid CSV"),
    ],
)
def test_value_set_mistake_is_named(write: Write, complaints: Complaints, row: str, line: str) -> None:
    write("valuesets/ours.csv", HEADER + row + "\n")
    assert any(found.startswith(f"valuesets/ours.csv: {line}") for found in complaints()), complaints()


def test_value_set_header_is_checked(write: Write, complaints: Complaints) -> None:
    write("valuesets/ours.csv", "system,value\n")
    assert complaints() == [
        f"valuesets/ours.csv: line 1: expected the header {HEADER.strip()}",
    ]


def test_value_set_of_excel_is_read(folder: Path) -> None:
    (folder / "valuesets").mkdir()
    text = HEADER + "icd-10,range,A00,B99,B18 ; B19,感染,unchecked,D\n\n,,,,,,,\n"
    (folder / "valuesets" / "ours.csv").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (row,) = load_definitions(SearchPath([folder])).value_sets["ours"].rows
    assert (row.value, row.to, row.exclude, row.display) == ("A00", "B99", ("B18", "B19"), "感染")


def test_text_that_is_not_utf8_is_named(folder: Path, complaints: Complaints) -> None:
    (folder / "words.toml").write_bytes("hedge = ['待排']".encode("gb18030"))
    assert complaints() == ["words.toml: -: expected UTF-8 text"]


def test_words_unknown_and_missing_lists_are_named(write: Write, complaints: Complaints) -> None:
    write("words.toml", 'hedge = []\nnegation = []\nfamily = []\nhistory = []\njuvenil = ["幼年"]\n')
    assert {line.split(": ")[1] for line in complaints()} == {"juvenil", "juvenile"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", "-: expected valid JSON"),
        ("[]", "-: expected a ViewDefinition"),
        ('{"select": [{}]}', "resource: missing, expected a resource type"),
        ('{"resource": "Patient", "select": []}', "select: expected a list of at least one select"),
    ],
)
def test_view_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("views/Encounter.json", text)
    assert any(found.startswith(f"views/Encounter.json: {line}") for found in complaints()), complaints()


def test_mistakes_of_all_files_are_told_at_once(write: Write, complaints: Complaints) -> None:
    write("inputs/glucose.toml", "")
    write("valuesets/ours.csv", "")
    write("views/Encounter.json", "")
    write("words.toml", "hedge = 1")
    write("sites/ours/site.toml", "title = 1")
    files = {line.split(": ")[0] for line in complaints(site="ours")}
    assert files == {
        "inputs/glucose.toml",
        "valuesets/ours.csv",
        "views/Encounter.json",
        "words.toml",
        "sites/ours/site.toml",
    }
