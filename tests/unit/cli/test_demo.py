"""What the demo does with answers that agree with the known truth, and with one that does not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fhir_adapter.cli import demo
from fhir_adapter.workflows import ScreenSummary

TRUTH = "subject,line,truth,reason\nPatient/p1,E2,unknown,UNIT_NOT_CONVERTIBLE\nPatient/p2,I2,{},\n"


def _answered(monkeypatch: pytest.MonkeyPatch, out: Path, second: str) -> None:
    def screened(terminal: object, patients: int, folder: Path, seed: int) -> ScreenSummary:
        (folder / "truth.csv").write_text(TRUTH.format(second), encoding="utf-8")
        return ScreenSummary("tacrolimus-ra", "2026-06-30", folder, 3, 0, 1, 2, ("I3",), ())

    monkeypatch.setattr(demo, "_screened", screened)


def test_demo_explains_an_undetermined_patient_with_a_score(
    run: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answered(monkeypatch, out, "false")
    ran = run("demo", "--out", out)
    assert ran.code == 0
    assert "fhir-adapter show p1" in ran.stdout
    assert "seen but not used" in ran.stdout
    assert "nobody can be eligible" in " ".join(ran.stdout.split())
    assert "2 of 2 answers (subject × line) agree" in ran.stdout
    pages = out / "list.html"
    assert f"open {pages.resolve()} in a browser" in " ".join(ran.stdout.split()).replace("- ", "-")
    assert pages.read_text(encoding="utf-8").count('<section id="p') == 2


def test_demo_that_differs_from_the_truth_exits_3(
    run: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answered(monkeypatch, out, "true")
    ran = run("demo", "--out", out)
    assert ran.code == 3
    assert "1 of 2 answers (subject × line) agree" in ran.stdout
    assert "1 of 2 answers differ" in ran.stderr
    truth = run("demo", "--out", out, "--json").document["truth"]
    assert truth["differences"] == [
        {"subject": "Patient/p2", "line": "I2", "expected": "true", "found": "false"}
    ]


def test_demo_asks_for_the_hospital_it_says(run: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def screen(request: Any, *, progress: Any) -> ScreenSummary:
        asked.append(request)
        return ScreenSummary("tacrolimus-ra", "2026-06-30", out, 3, 0, 1, 2, ("I3",), ())

    monkeypatch.setattr("fhir_adapter.workflows.screen", screen)
    ran = run("demo", "--out", out, "--patients", "2", "--json")
    request = SimpleNamespace(**vars(asked[0]))
    assert (request.trial, request.site, request.as_of) == ("tacrolimus-ra", "example-hospital", "2026-06-30")
    written = {path.name for path in (out / "hospital").iterdir()}
    assert {"Condition.000.ndjson", "Observation.000.ndjson", "Patient.000.ndjson"} <= written
    # The handwritten folder answers for nobody of this hospital.
    assert ran.code == 3
