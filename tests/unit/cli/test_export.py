"""The list as a file for people: harmless in a spreadsheet, in words, and with a page per patient."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fhir_adapter.cli import exporting

EVIL = '=HYPERLINK("http://evil.example","王")<script>alert(\'x\')</script>'
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _rename(tmp_path: Path, name: str) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": name}],
        "identifier": [{"type": {"text": "病案号"}, "value": "+Q7"}],
    }
    (tmp_path / "in" / "Patient.000.ndjson").write_text(json.dumps(patient) + "\n", encoding="utf-8")


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["patient id"]: row for row in csv.DictReader(file)}


def test_csv_is_in_words_and_read_by_excel(run: Any, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    ran = run("list", "--out", out, "--to", file)
    assert (ran.code, ran.stdout) == (0, f"3 patients written to {file}.\n")
    assert "王秘密" not in ran.stdout + ran.stderr
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert file.stat().st_mode & 0o777 == 0o600
    rows = _rows(file)
    assert list(rows) == ["p3", "p1", "p2"]
    assert (rows["p1"]["name"], rows["p1"]["DAS28"], rows["p1"]["DAS28 date"]) == (
        "王秘密",
        "4.13",
        "2026-06-20",
    )
    assert rows["p1"]["missing, and what to do"].startswith("E2 Platelet counts(PLT)")
    assert "read value and unit in the chart" in rows["p1"]["missing, and what to do"]
    assert "code is not mapped" in rows["p1"]["to confirm"]
    assert (rows["p2"]["near miss"], rows["p2"]["speaks against"][:10]) == ("yes", "I2 not met")
    assert (rows["p3"]["DAS28"], rows["p3"]["DAS28 low"], rows["p3"]["DAS28 high"]) == ("", "2.90", "3.60")


def test_csv_runs_no_formula(run: Any, out: Path, tmp_path: Path) -> None:
    _rename(tmp_path, EVIL)
    assert run("list", "--out", out, "--to", tmp_path / "list.csv").code == 0
    row = _rows(tmp_path / "list.csv")["p1"]
    assert (row["name"], row["record number"]) == (f"'{EVIL}", "'+Q7")


def _texts(file: Path, sheet: int) -> list[list[str]]:
    with zipfile.ZipFile(file) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314
    assert list(root.iter(f"{SHEET}f")) == list(root.iter(f"{SHEET}hyperlink")) == []
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{SHEET}row")]


def test_xlsx_has_no_formula_and_no_link(run: Any, out: Path, tmp_path: Path) -> None:
    _rename(tmp_path, EVIL)
    file = tmp_path / "list.xlsx"
    assert run("list", "--out", out, "--to", file).stdout == f"3 patients written to {file}.\n"
    head, *rows = _texts(file, 1)
    by_id = {row[2]: dict(zip(head, row, strict=True)) for row in rows}
    assert by_id["p1"]["name"] == EVIL
    assert float(by_id["p1"]["DAS28"]) == 4.125
    assert by_id["p1"]["DAS28 date"] == "46193"  # 2026-06-20 as Excel counts days
    assert [row[0] for row in _texts(file, 2)] == ["line", "I2", "I3", "I4", "E2"]
    first = file.read_bytes()
    assert run("list", "--out", out, "--to", file).code == 0
    assert file.read_bytes() == first


def test_html_is_self_contained_and_runs_nothing(run: Any, out: Path, tmp_path: Path) -> None:
    _rename(tmp_path, EVIL)
    file = tmp_path / "list.html"
    assert run("list", "--out", out, "--to", file).stdout == f"2 patients written to {file}.\n"
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page
    assert re.search(r"<script|\bsrc=|<link|<iframe|<object|javascript:|href=\"[^#]", page) is None
    assert "&lt;script&gt;alert(" in page
    assert re.findall(r'<section id="(p\d+)"', page) == re.findall(r'href="#(p\d+)"', page) == ["p1", "p2"]
    assert page.count("<svg") == 2
    assert (
        "insufficient data: Condition" in page.lower().replace("condition", "Condition", 1)
        or "cut short" in page
    )


def test_html_has_the_ineligible_when_they_are_asked_for(run: Any, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.html"
    for options in (["--all"], ["--verdict", "ineligible"]):
        assert run("list", "--out", out, "--to", file, *options).code == 0
        assert "I2 not met" in file.read_text(encoding="utf-8")


def test_html_of_too_many_patients_says_what_to_do(
    run: Any, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGES_AT_MOST", 1)
    file = tmp_path / "list.html"
    ran = run("list", "--out", out, "--to", file)
    assert (ran.code, file.exists()) == (2, False)
    assert "2 patients would get a page each" in ran.stderr
    assert run("list", "--out", out, "--to", file, "--limit", "1").stdout.startswith("1 patients")
    assert run("list", "--out", out, "--to", file, "--all").stdout.startswith("3 patients")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "html"])
def test_ids_only_names_nobody(run: Any, out: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"list.{ending}"
    assert run("list", "--out", out, "--to", file, "--ids-only").code == 0
    content = file.read_bytes()
    if ending == "xlsx":
        with zipfile.ZipFile(file) as book:
            content = b"".join(map(book.read, book.namelist()))
    assert "王秘密".encode() not in content


def test_names_come_from_the_input_and_their_absence_is_told(run: Any, out: Path, tmp_path: Path) -> None:
    assert "王秘密" in run("list", "--out", out).stdout
    assert "王秘密" not in run("list", "--out", out, "--ids-only").stdout
    (tmp_path / "in").rename(tmp_path / "gone")
    ran = run("list", "--out", out)
    assert ran.code == 0
    assert "p1" in ran.stdout
    assert "patients are shown by their ids" in ran.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "csv"],
        ["--to", "list.txt"],
        ["--to", "list.csv", "--format", "table"],
        ["--to", "in/list.csv"],
    ],
)
def test_file_that_cannot_be_written_says_why(
    run: Any, out: Path, tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("list", "--out", out, *options)
    assert (ran.code, ran.stdout) == (2, "")
    assert "--to" in ran.stderr


def test_format_goes_before_the_name_of_the_file(run: Any, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    document = run("list", "--out", out, "--to", file, "--format", "csv", "--json").document
    assert document == {"written": str(file), "format": "csv", "subjects": 3}
    assert list(_rows(file)) == ["p3", "p1", "p2"]


def test_funnel_goes_line_by_line(run: Any, out: Path) -> None:
    steps = run("funnel", "--out", out, "--json").document["steps"]
    told = [(step["line"], step["out"], step["remaining"], step["unknown"]) for step in steps]
    assert told == [("I2", 1, 2, 0), ("I3", 0, 2, 2), ("I4", 0, 2, 0), ("E2", 0, 2, 1)]
    text = run("funnel", "--out", out).stdout
    assert "3         patients screened" in text
    assert "2 left: 0 eligible, 2 undetermined" in text


def test_funnel_begins_with_the_dead(run: Any, out: Path) -> None:
    file = out / "subjects.ndjson"
    file.write_text(file.read_text().replace('["I2"]', '["deceased", "I2"]'), encoding="utf-8")
    steps = run("funnel", "--out", out, "--json").document["steps"]
    assert [(step["line"], step["out"], step["remaining"]) for step in steps[:2]] == [
        ("", 1, 2),
        ("I2", 0, 2),
    ]
