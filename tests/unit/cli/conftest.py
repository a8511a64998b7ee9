"""A small out folder written by hand, each answer chosen, and the command line called as people call it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.cli.main import main

LAB = "http://hospital.example/lab"

RUN = {
    "trial": "tacrolimus-ra",
    "trial_version": "1",
    "site": "example-hospital",
    "as_of": "2026-06-30",
    "index": 1782835199999999,
    "zone": "Asia/Shanghai",
    "engine": "duckdb",
    "versions": {},
    "input_hash": "",
    "definitions": [],
    "counts": {},
    "types": {"Condition": "Condition.000.ndjson is cut short", "Observation": None, "Patient": None},
    "subjects": {"eligible": 0, "ineligible": 1, "undetermined": 2},
}

OBSERVATION = (
    '{"resourceType":"Observation","id":"o1","meta":{"versionId":"2"},"status":"final","subject":{"reference":"Patient/p1"},'
    '"code":{"coding":[{"system":"http://hospital.example/lab","code":"PLT","display":"血小板计数"}]},'
    '"effectiveDateTime":"2026-06-20T09:00:00+08:00","valueQuantity":{"value":76.50,"unit":"卡门单位"}}'
)
PATIENT = '{"resourceType":"Patient","id":"p1","name":[{"text":"王秘密"}],"birthDate":"1971-11-28"}'
CANCELLED = (
    '{"resourceType":"Observation","id":"o2","status":"cancelled","subject":{"reference":"Patient/p1"},'
    '"code":{"text":"白细胞计数"},"effectiveDateTime":"2026-06-19","valueQuantity":{"value":2.10,"unit":"10*9/L"}}'
)
REFUTED = (
    '{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"recordedDate":"2026-06-18",'
    '"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"M05.9"}],"text":"类风湿关节炎"},'
    '"verificationStatus":{"coding":[{"code":"refuted"}]}}'
)

UNMAPPED = """kind,system,code,text,count,names
code,http://hospital.example/lab,GLU,葡萄糖,148,
unit,,卡门单位,,2,platelets
code,http://hospital.example/lab,XB893,"'=HYPERLINK(""http://evil.example"")",1,platelets
condition,,,头晕,5,
"""


def verdict(subject: str, line: str, truth: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of verdicts.ndjson."""
    empty = {"review": False, "value": None, "unit": None, "evidence": [], "valid_until": None, "notes": []}
    return {
        "subject": f"Patient/{subject}",
        "criterion": line,
        "truth": truth,
        "reason": reason,
        **empty,
        **more,
    }


def standing(subject: str, eligibility: str, **more: Any) -> dict[str, Any]:
    """A row of subjects.ndjson."""
    empty = {"blocked_by": [], "missing": [], "confirm": [], "near_miss": False, "flags": []}
    return {"subject": f"Patient/{subject}", "eligibility": eligibility, **empty, **more}


def score(subject: str, variant: str, value: float | None, effective: str, **more: Any) -> dict[str, Any]:
    """A row of scores.ndjson."""
    return {
        "subject": f"Patient/{subject}",
        "variant": f"das28-{variant}",
        "value": value,
        "low": value,
        "high": value,
        "effective": effective,
        "inputs": {"tender": 4.0, "swollen": 2.0, "esr": 30.0, "crp": None, "global": 50.0},
        "evidence": [],
        "flags": [],
        **more,
    }


VERDICTS = [
    verdict("p1", "I2", "true", value=54.0, evidence=["Patient/p1"]),
    verdict("p1", "I3", "unknown", "NOT_BUILT"),
    verdict("p1", "I4", "true", value=4.125, unit="{score}", valid_until="2026-07-19"),
    verdict(
        "p1",
        "E2",
        "unknown",
        "UNIT_NOT_CONVERTIBLE",
        review=True,
        evidence=["Observation/o1/_history/2"],
        notes=["unmapped-result"],
    ),
    verdict("p2", "I2", "false", value=17.0),
    verdict("p2", "I3", "unknown", "NOT_BUILT"),
    verdict("p2", "I4", "unknown", "TOO_OLD"),
    verdict("p2", "E2", "false", value=200.0, unit="10*9/L"),
    verdict("p3", "I2", "true"),
    verdict("p3", "I3", "unknown", "NOT_BUILT"),
    verdict("p3", "I4", "true"),
    verdict("p3", "E2", "false"),
]
SUBJECTS = [
    standing("p1", "undetermined", missing=["I3", "E2"], confirm=["E2"]),
    standing("p2", "ineligible", blocked_by=["I2"], missing=["I3", "I4"], near_miss=True),
    standing("p3", "undetermined", missing=["I3"]),
]
SCORES = [
    score("p1", "esr4", 3.5, "2026-03-01"),
    score("p1", "esr3", 4.0, "2026-06-20"),
    score("p1", "esr4", 4.125, "2026-06-20"),
    score("p3", "crp4", None, "2026-06-10", low=2.9, high=3.6, flags=["conflicting"]),
]


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as NDJSON."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An out folder of three patients and its input."""
    folder, given = tmp_path / "out", tmp_path / "in"
    folder.mkdir()
    given.mkdir()
    (given / "Patient.000.ndjson").write_text(PATIENT + "\n", encoding="utf-8")
    (given / "Observation.000.ndjson").write_text(f"{OBSERVATION}\n{CANCELLED}\n", encoding="utf-8")
    (given / "Condition.000.ndjson").write_text(REFUTED + "\n", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({**RUN, "input": str(given)}), encoding="utf-8")
    write_lines(folder / "verdicts.ndjson", VERDICTS)
    write_lines(folder / "subjects.ndjson", SUBJECTS)
    write_lines(folder / "scores.ndjson", SCORES)
    (folder / "unmapped.csv").write_text(UNMAPPED, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call `main` with these arguments."""

    def call(*arguments: object, environ: Mapping[str, str] | None = None) -> Ran:
        code = main([str(argument) for argument in arguments], environ or {})
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call
