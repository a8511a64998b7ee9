"""The screening list and its filters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len


def _subjects(run: Any, out: Path, *options: str) -> list[str]:
    rows = run("list", "--out", out, *options, "--json").document["subjects"]
    return [row["subject"].removeprefix("Patient/") for row in rows]


def test_list_puts_the_nearest_to_eligible_first(run: Any, out: Path) -> None:
    assert _subjects(run, out) == ["p3", "p1", "p2"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--verdict", "ineligible"], ["p2"]),
        (["--missing", "e2"], ["p1"]),
        (["--missing", "too_old"], ["p2"]),
        (["--missing", "platelets"], ["p1"]),
        (["--missing", "esr"], ["p3", "p1", "p2"]),  # read by I3 and I4 through the score
        (["--criterion", "E2=unknown"], ["p1"]),
        (["--criterion", "e2=FALSE", "--verdict", "undetermined"], ["p3"]),
        (["--missing", "I4", "--verdict", "undetermined"], []),
        (["--limit", "1"], ["p3"]),
    ],
)
def test_list_filter_keeps_who_fits(run: Any, out: Path, options: list[str], expected: list[str]) -> None:
    assert _subjects(run, out, *options) == expected


@pytest.mark.parametrize(
    "options", [["--missing", "nothing"], ["--criterion", "Z9"], ["--criterion", "E2=maybe"]]
)
def test_list_unknown_filter_says_what_there_is(run: Any, out: Path, options: list[str]) -> None:
    ran = run("list", "--out", out, *options)
    assert (ran.code, ran.stdout) == (2, "")
    assert options[0] in ran.stderr


def test_list_shows_the_newest_score_in_the_best_variant(run: Any, out: Path) -> None:
    document = run("list", "--out", out, "--json").document
    assert document["total"] == 3
    by_id = {row["subject"]: row["das28"] for row in document["subjects"]}
    assert (by_id["Patient/p1"]["value"], by_id["Patient/p1"]["variant"]) == (4.125, "das28-esr4")
    assert by_id["Patient/p1"]["inputs"] == {"tender": 4.0, "swollen": 2.0, "esr": 30.0, "global": 50.0}
    assert by_id["Patient/p2"] is None


def test_list_table_names_unbuilt_lines_once(run: Any, out: Path) -> None:
    ran = run("list", "--out", out)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.count("I3") == 1
    assert "4.13 ESR-4" in ran.stdout
    assert "2.90–3.60" in ran.stdout
    assert max(map(cell_len, ran.stdout.splitlines())) <= 100


def test_list_criterion_shows_the_answer_with_value_and_reason(run: Any, out: Path) -> None:
    text = run("list", "--out", out, "--criterion", "E2").stdout
    assert "UNIT_NOT_CONVERTIBLE" in text
    assert "FALSE 200 10*9/L" in text


def test_list_says_what_to_do_in_words(run: Any, out: Path) -> None:
    text = " ".join(run("list", "--out", out, environ={"COLUMNS": "200"}).stdout.split())
    assert "a unit that is not on the list; read value and unit in the chart" in text
    assert "I2 not met" in text
    assert "near miss" in text
    assert "王秘密" in text


def test_list_of_nobody_is_a_result(run: Any, out: Path) -> None:
    ran = run("list", "--out", out, "--verdict", "eligible")
    assert (ran.code, ran.stdout) == (0, "No patient matches.\n")


def test_list_without_scores_file_still_lists(run: Any, out: Path) -> None:
    (out / "scores.ndjson").unlink()
    assert _subjects(run, out) == ["p3", "p1", "p2"]


def test_list_of_a_folder_with_wildcards_in_its_name(run: Any, out: Path) -> None:
    odd = out.rename(out.with_name("out[1]*'x"))
    assert _subjects(run, odd) == ["p3", "p1", "p2"]


def test_list_of_broken_files_quotes_nothing(run: Any, out: Path) -> None:
    (out / "verdicts.ndjson").write_text('{"subject":"王秘密"\n', encoding="utf-8")
    ran = run("list", "--out", out)
    assert (ran.code, ran.stdout) == (2, "")
    assert "王秘密" not in ran.stderr
