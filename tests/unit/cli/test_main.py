"""Exit codes, and which stream says what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fhir_adapter.errors import EngineError


def test_unknown_command_is_a_usage_error_on_stderr(run: Any) -> None:
    ran = run("nonsense")
    assert (ran.code, ran.stdout) == (2, "")
    assert "nonsense" in ran.stderr


def test_help_is_a_result(run: Any) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert all(
        name in ran.stdout
        for name in ("init", "validate", "screen", "list", "show", "explain", "map", "demo")
    )


@pytest.mark.parametrize("command", ["list", "show", "map"])
def test_folder_without_a_screening_is_told_in_one_sentence(run: Any, tmp_path: Path, command: str) -> None:
    arguments = {"list": ["list"], "show": ["show", "p1"], "map": ["map", "coverage"]}[command]
    ran = run(*arguments, "--out", tmp_path)
    assert (ran.code, ran.stdout) == (2, "")
    assert "fhir-adapter screen" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_wrong_option_value_names_the_choices(run: Any, out: Path) -> None:
    ran = run("list", "--out", out, "--verdict", "maybe")
    assert (ran.code, ran.stdout) == (2, "")
    assert "undetermined" in ran.stderr


def _screen_that_raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def screen(request: object, *, progress: object) -> None:
        raise error

    stub = SimpleNamespace(screen=screen, ScreenRequest=lambda **given: SimpleNamespace(**given))
    monkeypatch.setitem(sys.modules, "fhir_adapter.workflows", stub)
    monkeypatch.setattr("fhir_adapter.workflows", stub, raising=False)


def test_engine_failure_exits_3(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _screen_that_raises(monkeypatch, EngineError("the engine failed"))
    ran = run("screen", "--input", "in", "--trial", "t")
    assert (ran.code, ran.stdout, ran.stderr.strip()) == (3, "", "the engine failed")


def test_unexpected_failure_exits_3_and_does_not_quote_its_message(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _screen_that_raises(monkeypatch, RuntimeError("王秘密 1971-11-28"))
    ran = run("screen", "--input", "in", "--trial", "t")
    assert ran.code == 3
    assert "RuntimeError" in ran.stderr
    assert "王秘密" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_traceback_is_there_for_who_asks(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _screen_that_raises(monkeypatch, RuntimeError("the cause"))
    ran = run("screen", "--input", "in", "--trial", "t", environ={"FHIR_ADAPTER_TRACEBACK": "1"})
    assert ran.code == 3
    assert "RuntimeError: the cause" in ran.stderr


def _screen_that_answers(monkeypatch: pytest.MonkeyPatch, out: Path) -> list[Any]:
    """Stand in for the engines; what was asked is kept."""
    from fhir_adapter.workflows import ScreenSummary

    asked: list[Any] = []

    def screen(request: Any, *, progress: Any) -> ScreenSummary:
        asked.append(request)
        progress("Observation.000.ndjson")
        problem = "Condition: Condition.000.ndjson is cut short"
        return ScreenSummary("tacrolimus-ra", "2026-06-30", out, 3, 0, 1, 2, ("I3", "D1"), (problem,))

    monkeypatch.setattr("fhir_adapter.workflows.screen", screen)
    return asked


def test_screen_prints_the_funnel_and_what_it_cannot_say(
    run: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _screen_that_answers(monkeypatch, out)
    ran = run(
        "screen",
        "--input",
        out.parent / "in",
        "--trial",
        "tacrolimus-ra",
        "--as-of",
        "2026-06-30",
        "--out",
        out,
    )
    assert ran.code == 0
    assert (asked[0].as_of, asked[0].engine, asked[0].memory) == ("2026-06-30", "duckdb", "1GB")
    assert "Observation.000.ndjson" in ran.stderr
    assert "3 patients: 0 eligible, 1 ineligible, 2 undetermined" in ran.stdout
    assert "insufficient data: Condition: Condition.000.ndjson is cut short" in ran.stdout
    assert "Not built yet: I3." in ran.stdout
    assert "fhir-adapter list" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100


def test_screen_json_is_the_funnel(run: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _screen_that_answers(monkeypatch, out)
    document = run("screen", "--input", "in", "--trial", "tacrolimus-ra", "--out", out, "--json").document
    assert document["lines"][3] | {"text": ""} == {
        "line": "E2",
        "kind": "exclusion",
        "text": "",
        "true": 0,
        "false": 2,
        "unknown": 1,
        "review": 1,
        "not_built": False,
    }
    assert document["problems"] == ["Condition: Condition.000.ndjson is cut short"]


def test_reader_of_a_pipe_that_has_enough_is_no_error() -> None:
    command = [sys.executable, "-c", "import sys; from fhir_adapter.cli.main import main; sys.exit(main())"]
    with subprocess.Popen(
        [*command, "explain", "tacrolimus-ra", "I4"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
