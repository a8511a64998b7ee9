"""The suite itself: it is as large as it says; every difference in its list is used, and shown in docs/."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.differences import BEGIN, END, PAGE, Difference, read_differences, tables
from tests.interop.hapi_process import HapiUnavailable, build

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
CASES = 120
"""Cases on each server, at least."""
COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("test_*.py")}


@pytest.fixture(scope="module")
def collected() -> Counter[str]:
    """How many cases each server has, when the real one is asked for."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/interop", *COLLECT],
        cwd=REPOSITORY,
        env={**os.environ, "FHIR_ADAPTER_INTEROP": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return Counter(re.findall(r"\[(harness|hapi)[\]-]", done.stdout))


def test_each_server_has_enough_cases(collected: Counter[str]) -> None:
    assert collected["harness"] >= CASES
    assert collected["hapi"] >= CASES


def test_both_servers_have_the_same_cases(collected: Counter[str]) -> None:
    assert collected["harness"] == collected["hapi"]


def test_every_case_says_what_fhir_demands() -> None:
    silent = [
        f"{name} {test}"
        for name, text in SOURCES.items()
        if name not in ("test_suite.py", "test_validator.py")
        for test, documented in re.findall(r'^def (test_\w+)\([^)]*\) -> None:\n    (r?""")?', text, re.M)
        if not documented
    ]
    assert silent == []


@pytest.mark.parametrize("row", read_differences(), ids=lambda row: f"{row.id} on {row.target}")
def test_a_difference_names_its_case(row: Difference) -> None:
    """The case is there, and asks for the difference by its name or by a name that it makes."""
    file, _, tests = row.case.partition("::")
    for test in tests.split(", "):
        assert f"def {test}(" in SOURCES[file]
    asked = re.findall(r'says\(\s*f?"([^"]+)"', SOURCES[file])
    assert any(re.fullmatch(re.sub(r"\\{.*?\\}", ".+", re.escape(one)), row.id) for one in asked)
    assert row.differs.endswith(".")
    assert row.why.endswith(".")


def test_no_difference_is_listed_twice() -> None:
    names = [(row.target, row.id) for row in read_differences()]
    assert len(names) == len(set(names))


def test_every_name_that_is_asked_for_is_listed() -> None:
    """A case that asks for a difference nobody has would hide a wrong name."""
    listed = {row.id for row in read_differences()}
    plain = {name for text in SOURCES.values() for name in re.findall(r'says\(\s*"([^"]+)"', text)}
    assert plain <= listed


def test_the_page_shows_the_list() -> None:
    shown = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert shown.strip() == tables(), "run: .venv/bin/python -m tests.interop.differences"


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HapiUnavailable, match="java and mvn not found: install Java 17 and Maven"):
        build()
