"""The rules of the house, so that nobody has to trust them: who imports whom, sizes, names, what is left to do."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "fhir_adapter"
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES = 300
FUNCTION_LINES = 40
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "info", "data2"}
TOO_LONG: dict[str, str] = {
    "engines/duckdb/doses.py _answer": "one SQL statement, read from top to bottom",
    "engines/duckdb/doses.py _spread": "the tables from exposures to days, in order",
    "engines/duckdb/exposure_verbs.py answer_exposed": "one SQL statement, read from top to bottom",
    "engines/duckdb/islands.py _answer": "one SQL statement, read from top to bottom",
    "engines/duckdb/observations.py _collect": "one SQL statement, read from top to bottom",
    "engines/duckdb/observations.py _match_concepts": "distinct concepts out, their meaning back: one table's life",
    "engines/duckdb/results_verbs.py answer_results": "the steps of one answer, a table each",
    "engines/duckdb/score_verb.py _from_visits": "one SQL statement, read from top to bottom",
    "engines/duckdb/scores.py _score": "the four formulas in one SQL statement",
    "workflows.py screen": "the order of a screening, step by step, and run.json key by key",
}
"""Functions that may be longer than the rule, each with its reason."""


def loaded_by(statement: str) -> set[str]:
    """Modules that a fresh interpreter has after a statement."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    return set(json.loads(done.stdout))


def rooms(modules: set[str], *names: str) -> set[str]:
    return {
        module for module in modules if any(module == name or module.startswith(f"{name}.") for name in names)
    }


def test_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_loads_nothing_else() -> None:
    before = loaded_by("pass")
    assert loaded_by("import fhir_adapter") - before == {"fhir_adapter"}


def test_command_line_loads_no_harness_and_no_test_tool() -> None:
    loaded = loaded_by("import fhir_adapter.cli.main")
    assert rooms(loaded, "fhir_adapter.testing", "hypothesis", "pytest", "_pytest", "psutil") == set()


def test_command_line_loads_the_engines_only_when_it_screens() -> None:
    loaded = loaded_by("import fhir_adapter.cli.main")
    assert (
        rooms(
            loaded, "fhir_adapter.workflows", "fhir_adapter.engines.duckdb", "fhir_adapter.engines.reference"
        )
        == set()
    )


def test_model_needs_the_standard_library_only() -> None:
    names = [f"fhir_adapter.model.{path.stem}" for path in (PACKAGE / "model").glob("[a-z]*.py")]
    loaded = {
        module.partition(".")[0] for module in loaded_by(f"import {', '.join(names)}") - loaded_by("pass")
    }
    own = {name for name in loaded - set(sys.stdlib_module_names) if not name.startswith("_sysconfigdata")}
    assert own == {"fhir_adapter"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


def test_function_is_short_enough_to_read_or_listed_with_its_reason() -> None:
    found = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES:
                    found[f"{path.relative_to(PACKAGE).as_posix()} {node.name}"] = lines
    assert found.keys() - TOO_LONG.keys() == set(), f"longer than {FUNCTION_LINES} lines: {found}"
    assert TOO_LONG.keys() - found.keys() == set(), "no longer too long: take it off the list"


def test_no_module_is_named_for_nothing() -> None:
    folders = {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert ({path.stem for path in MODULES} | folders) & FORBIDDEN_NAMES == set()


def test_every_module_says_what_it_owns() -> None:
    silent = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_what_is_left_to_do_stands_in_the_roadmap() -> None:
    roadmap = (REPOSITORY / "docs" / "roadmap.md").read_text(encoding="utf-8")
    marker = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b:?\s*(.*)")  # in two pieces, so that this line is none
    left = []
    for folder, suffixes in (
        ("fhir_adapter", {".py"}),
        ("tests", {".py"}),
        ("mappings", {".toml", ".csv", ".json"}),
    ):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in suffixes:
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                    found = marker.search(line)
                    if found and (not found[1].strip() or found[1].strip() not in roadmap):
                        left.append(f"{path.relative_to(REPOSITORY)}:{number}")
    assert left == []
