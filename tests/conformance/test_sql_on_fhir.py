"""HL7's SQL on FHIR test suite (https://github.com/FHIR/sql-on-fhir-v2), run case by case.

The suite is read from DATA/sql-on-fhir/tests; nothing of it is kept here.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fhir_adapter.views import UnsupportedViewError, compile_view

if "DATA" not in os.environ and "CI" not in os.environ:
    pytest.skip("DATA is not set", allow_module_level=True)

pytestmark = pytest.mark.conformance

SUITE = Path(os.environ.get("DATA", "")) / "sql-on-fhir" / "tests"
CASES_KNOWN = 144
MUST_PASS = 138


@dataclass(frozen=True)
class Case:
    file: str
    number: int

    def read(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        content = json.loads((SUITE / self.file).read_text(encoding="utf-8"))
        return content["tests"][self.number], content["resources"]

    @property
    def label(self) -> str:
        return f"{self.file.removesuffix('.json')}: {self.read()[0]['title']}"


def _cases() -> list[Case]:
    files = sorted(SUITE.glob("*.json")) if SUITE.is_dir() else []
    return [
        Case(file.name, number)
        for file in files
        for number in range(len(json.loads(file.read_text(encoding="utf-8"))["tests"]))
    ]


CASES = _cases()


@cache
def outcome(case: Case) -> tuple[str, str]:
    """passed, refused (at compile time) or wrong; and why."""
    test, resources = case.read()
    try:
        view = compile_view(test["view"])
    except UnsupportedViewError as refusal:
        return ("passed", "") if test.get("expectError") else ("refused", str(refusal))
    try:
        columns, rows = _run(view, resources)
    except duckdb.Error as error:
        return ("passed", "") if test.get("expectError") else ("wrong", str(error)[:300])
    return _judge(test, columns, rows)


def _run(view: Any, resources: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """One file per resource type, as landed: the same name has other shapes in other types."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resources.ndjson"
        wanted = [resource for resource in resources if resource["resourceType"] == view.resource]
        file.write_text("".join(json.dumps(resource) + "\n" for resource in wanted), encoding="utf-8")
        with duckdb.connect() as connection:
            scan = f"read_ndjson('{file}', columns={view.scan_columns()})"
            result = connection.execute(view.sql(scan))
            columns = [column[0] for column in result.description or []]
            return columns, [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _judge(test: dict[str, Any], columns: list[str], rows: list[dict[str, Any]]) -> tuple[str, str]:
    if test.get("expectError"):
        return "wrong", f"an error was expected, not {rows}"
    if "expectColumns" in test and test["expectColumns"] != columns:
        return "wrong", f"columns are {columns}"
    if "expectCount" in test and test["expectCount"] != len(rows):
        return "wrong", f"{len(rows)} rows"
    if "expect" in test:
        expected, actual = (Counter(map(_key, part)) for part in (test["expect"], rows))
        if expected != actual:
            return "wrong", f"missing {expected - actual}, unexpected {actual - expected}"
    return "passed", ""


def _key(row: dict[str, Any]) -> str:
    return json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)


def _plain(value: Any) -> Any:
    """5 and 5.0 are one number; true and 1 stay apart."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_the_suite_is_there_and_complete() -> None:
    assert SUITE.is_dir(), f"{SUITE} is missing"
    assert len(CASES) >= CASES_KNOWN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_case(case: Case) -> None:
    result, reason = outcome(case)
    assert result != "wrong", reason
    if result == "refused":
        pytest.xfail(f"refused at compile time: {reason}")


def test_enough_cases_pass_and_none_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = {case.label: outcome(case) for case in CASES}
    not_passed = {label: found for label, found in outcomes.items() if found[0] != "passed"}
    table = [f"{result:8} {label}: {reason}" for label, (result, reason) in not_passed.items()]
    with capsys.disabled():
        print("\n".join(["", f"{len(CASES) - len(not_passed)} of {len(CASES)} passed", *table]))  # noqa: T201
    assert not [label for label, (result, _) in not_passed.items() if result == "wrong"]
    assert len(CASES) - len(not_passed) >= MUST_PASS
