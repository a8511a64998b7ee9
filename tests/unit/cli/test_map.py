"""Local codes out to a spreadsheet, and back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.cli.site_codes import HEADER
from fhir_adapter.model.spreadsheet import harmless, original

LAB = "http://my-hospital.example/lab"
LOINC = "http://loinc.org"


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_is_harmless_and_comes_back(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert original(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["", "PLT", "'quoted'", "血小板-计数"])
def test_an_ordinary_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell == original(cell)


def test_coverage_puts_what_names_an_input_first_and_exits_1(run: Any, out: Path) -> None:
    ran = run("map", "coverage", "--out", out)
    assert (ran.code, ran.stderr) == (1, "")
    assert ran.stdout.index("XB893") < ran.stdout.index("GLU")
    assert "units.csv" in ran.stdout
    document = run("map", "coverage", "--out", out, "--json").document
    assert document["naming_inputs"] == 2
    assert [row["code"] for row in document["rows"]] == ["卡门单位", "XB893", "GLU", ""]


def test_coverage_without_hints_is_fine(run: Any, out: Path) -> None:
    (out / "unmapped.csv").write_text("kind,system,code,text,count,names\ncode,s,GLU,,1,\n", encoding="utf-8")
    assert run("map", "coverage", "--out", out).code == 0


def test_export_writes_a_skeleton_that_no_spreadsheet_runs(run: Any, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    ran = run("map", "export-csv", "--out", out, file)
    assert ran.code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = _rows(file)
    assert tuple(header) == HEADER
    assert [row[1] for row in rows] == ["XB893", "GLU"]
    assert rows[0][2] == '\'=HYPERLINK("http://evil.example")'
    assert all(row[3:6] == ["", "", ""] for row in rows)
    assert "no code" in ran.stdout


def test_export_does_not_overwrite(run: Any, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("a day's work", encoding="utf-8")
    assert run("map", "export-csv", "--out", out, file).code == 2
    assert file.read_text(encoding="utf-8") == "a day's work"


@pytest.fixture
def mine(run: Any, tmp_path: Path) -> Path:
    """A user's definitions with the site my-hospital."""
    assert run("init", tmp_path / "mine").code == 0
    return tmp_path / "mine"


def _filled(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "filled.csv"
    file.write_text("\n".join([",".join(HEADER), *rows, ""]), encoding="utf-8-sig")
    return file


def _import(run: Any, file: Path, mine: Path, *options: str) -> Any:
    return run("map", "import-csv", file, "--site", "my-hospital", "--definitions", mine, *options)


def _codes(mine: Path) -> list[list[str]]:
    return _rows(mine / "mappings/sites/my-hospital/codes.csv")


def test_import_adds_rows_and_skips_what_is_empty_or_there(run: Any, mine: Path, tmp_path: Path) -> None:
    file = _filled(
        tmp_path,
        f"{LAB},XB893,'=血小板,{LOINC},777-3,equivalent,",
        f"{LAB},GLU,葡萄糖,,,,148 records",
        f"{LAB},HGB,血红蛋白,{LOINC},718-7,equivalent,",
    )
    document = _import(run, file, mine, "--json").document
    assert {key: document[key] for key in ("added", "already_there", "left_empty", "no_effect")} == {
        "added": 1,
        "already_there": 1,
        "left_empty": 1,
        "no_effect": [],
    }
    assert _codes(mine)[-1] == [LAB, "XB893", "=血小板", LOINC, "777-3", "equivalent", ""]
    assert run("validate", "--definitions", mine).code == 0
    explained = run("explain", "tacrolimus-ra", "E2", "--site", "my-hospital", "--definitions", mine).stdout
    assert f"my-hospital: {LAB}|XB893" in explained


def test_import_refuses_a_conflict_by_name(run: Any, mine: Path, tmp_path: Path) -> None:
    before = _codes(mine)
    ran = _import(run, _filled(tmp_path, f"{LAB},HGB,血红蛋白,{LOINC},777-3,equivalent,"), mine)
    assert (ran.code, ran.stdout) == (2, "")
    assert f"{LAB}|HGB" in ran.stderr
    assert "718-7" in ran.stderr
    assert _codes(mine) == before


def test_import_names_the_line_of_the_given_file(run: Any, mine: Path, tmp_path: Path) -> None:
    file = _filled(
        tmp_path,
        f"{LAB},GLU,葡萄糖,,,,not filled in",
        f"{LAB},XB893,血小板,{LOINC},777-3,same,",
        f"{LAB},XB909,白细胞,{LOINC},,equivalent,",
    )
    ran = _import(run, file, mine)
    assert ran.code == 2
    assert f"{file}: line 3.equivalence: expected one of" in ran.stderr
    assert f"{file}: line 4.target_code: missing" in ran.stderr


def test_import_points_at_a_target_that_decides_nothing(run: Any, mine: Path, tmp_path: Path) -> None:
    ran = _import(run, _filled(tmp_path, f"{LAB},XB893,血小板,{LOINC},777-33,equivalent,"), mine)
    assert ran.code == 0
    assert "777-33" in ran.stdout


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "", ",".join(HEADER) + "\nonly,two\n"])
def test_import_of_another_file_is_refused(run: Any, mine: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.csv"
    file.write_text(content, encoding="utf-8")
    ran = _import(run, file, mine)
    assert (ran.code, ran.stdout) == (2, "")
    assert "expected" in ran.stderr


def test_import_for_an_unknown_site_says_which_there_are(run: Any, mine: Path, tmp_path: Path) -> None:
    file = _filled(tmp_path, f"{LAB},XB893,血小板,{LOINC},777-3,equivalent,")
    ran = run("map", "import-csv", file, "--site", "elsewhere", "--definitions", mine)
    assert ran.code == 2
    assert "my-hospital" in ran.stderr
