"""init, validate and explain: commands that need no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def mine(run: Any, tmp_path: Path) -> Path:
    """What `init` makes."""
    assert run("init", tmp_path / "mine").code == 0
    return tmp_path / "mine"


def test_init_makes_a_folder_that_validates(run: Any, mine: Path) -> None:
    for folder in (mine, mine / "mappings"):
        document = run("validate", "--definitions", folder, "--json").document
        assert (document["ok"], document["problems"]) == (True, [])
        assert "anaemia-example" in document["trials"]
        assert "my-hospital" in document["sites"]


def test_init_lists_what_is_there_and_writes_nothing(run: Any, mine: Path) -> None:
    (mine / "mappings/README.md").write_text("mine", encoding="utf-8")
    (mine / "mappings/inputs/haemoglobin.toml").unlink()
    ran = run("init", mine)
    assert (ran.code, ran.stdout) == (2, "")
    assert "mappings/README.md" in ran.stderr
    assert not (mine / "mappings/inputs/haemoglobin.toml").exists()


def test_validate_of_the_shipped_files_is_in_order(run: Any) -> None:
    ran = run("validate")
    assert (ran.code, ran.stderr) == (0, "")
    assert "tacrolimus-ra" in ran.stdout


def test_validate_says_every_error_at_once(run: Any, mine: Path) -> None:
    criteria = mine / "mappings/trials/anaemia-example/criteria.toml"
    wrong = (
        criteria.read_text(encoding="utf-8")
        .replace("at_least = 18", "at_leest = 18")
        .replace('"28 d"', '"soon"')
    )
    criteria.write_text(wrong, encoding="utf-8")
    ran = run("validate", "--definitions", mine, "--trial", "anaemia-example", "--json")
    assert ran.code == 1
    assert len(ran.document["problems"]) >= 3
    assert "at_leest" in ran.stdout
    assert run("validate", "--definitions", mine, "--trial", "tacrolimus-ra").code == 0


def test_validate_of_a_broken_site_is_an_error_of_that_site_only(run: Any, mine: Path) -> None:
    (mine / "mappings/sites/my-hospital/units.csv").write_text("wrong\n", encoding="utf-8")
    assert run("validate", "--definitions", mine).code == 1
    assert run("validate", "--definitions", mine, "--site", "example-hospital").code == 0


@pytest.mark.parametrize("options", [["--trial", "nope"], ["--site", "nope"], ["--definitions", "nowhere"]])
def test_validate_of_a_name_that_is_not_there_is_a_usage_error(run: Any, options: list[str]) -> None:
    ran = run("validate", *options)
    assert (ran.code, ran.stdout) == (2, "")


def test_explain_reads_like_the_protocol(run: Any) -> None:
    ran = run("explain", "tacrolimus-ra", "e2")
    text = " ".join(ran.stdout.split())
    assert (ran.code, ran.stderr) == (0, "")
    assert "TRUE if the latest platelets of the last 28 days is below 80 10*9/L" in text
    assert "lies within 5 % of 80 10*9/L: “platelets within 5 % of 80”" in text
    assert "mappings/inputs/platelets.toml" in text
    assert "777-3" in text
    assert "example-hospital: http://hospital.example/lab|PLT 血小板计数" in text
    assert "PLTBC" not in text  # inexact rows of codes.csv do not match


def test_explain_names_no_place_on_this_machine(run: Any) -> None:
    home = str(Path(__file__).resolve().parents[3])
    for line in ("I1", "I4", "E3"):
        assert home not in run("explain", "tacrolimus-ra", line, "--json").stdout


def test_explain_of_a_score_reaches_its_components_and_marks_unchecked_codes(run: Any) -> None:
    document = run("explain", "tacrolimus-ra", "I4", "--json").document
    assert [source["id"] for source in document["inputs"]][:3] == [
        "das28",
        "tender-joints-28",
        "swollen-joints-28",
    ]
    assert "UNCHECKED" in run("explain", "tacrolimus-ra", "I4").stdout
    assert document["parts"][0]["rows"][0].startswith(
        "TRUE if the newest DAS28 of the last 28 days (esr4, else crp4, else esr3, else crp3) is at least 3.2"
    )


@pytest.mark.parametrize(
    "arguments", [["tacrolimus-ra", "E99"], ["nope", "E2"], ["tacrolimus-ra", "E2", "--site", "x"]]
)
def test_explain_of_what_is_not_there_says_what_is(run: Any, arguments: list[str]) -> None:
    ran = run("explain", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr
