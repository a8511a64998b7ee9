"""A trial that has nothing to do with rheumatism is added by files alone, and screened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.screening import lines, run, verdicts
from tests.resources import LOINC, condition, day, icd, observation, patient, quantity
from tests.screened import write_folder
from tests.spec.cases import case, everything

HAEMOGLOBIN_INPUT = """
kind = "quantity"
title = "Haemoglobin (血红蛋白)"
value_set = "haemoglobin"
unit = "g/L"
minimum = "0"
names = ["血红蛋白", "haemoglobin", "hemoglobin"]
not_names = ["糖化", "glycated"]

[units]
"g/L" = "1"
"g/dL" = "10"
"""
VALUE_SET = """system,match,value,to,exclude,display,confidence,source
loinc,code,718-7,,,Hemoglobin [Mass/volume] in Blood,verified,test
"""
TRIAL = """
title = "Iron for anaemia"
registry_id = "NCT00000000"
version = "1"
time_zone = "Asia/Shanghai"

[[arms]]
id = "iron"
title = "Iron"

[[change_log]]
version = "1"
date = "2026-06-01"
change = "First reading."
"""
CRITERIA = """
[[line]]
id = "A1"
kind = "inclusion"
text = "Age 18 to 75 years."
  [[line.part]]
  rows = [
    { then = "true", age = "years", between = [18, 75] },
    { then = "false", age = "years", below = 18 },
    { then = "false", age = "years", above = 75 },
  ]

[[line]]
id = "A2"
kind = "exclusion"
text = "Haemoglobin of 110 g/L or more."
  [[line.part]]
  rows = [
    { then = "true", latest = "haemoglobin", within = "90 d", at_least = 110 },
    { then = "false", latest = "haemoglobin", within = "90 d", below = 110 },
  ]
"""
AGE_ALONE = CRITERIA[: CRITERIA.index('[[line]]\nid = "A2"')]


def _haemoglobin(value: float, unit: str = "g/L", when: str = day(60)) -> dict[str, object]:
    return observation({"coding": [{"system": LOINC, "code": "718-7"}]}, quantity(value, unit), when)


CASES = [
    case("A-eligible", [patient("1980-01-01"), _haemoglobin(109.9)], "true"),
    case("A-exactly-110", [patient("1980-01-01"), _haemoglobin(11, "g/dL")], "true"),
    case("A-too-old-a-result", [patient("1980-01-01"), _haemoglobin(90, when=day(91))], "true"),
    case("A-75-today", [patient("1951-06-30"), _haemoglobin(90)], "true"),
    case("A-76-today", [patient("1950-06-30"), _haemoglobin(90), condition(icd("D50.9"))], "true"),
]
EXPECTED = {
    "A-eligible": ("eligible", "true", "false"),
    "A-exactly-110": ("ineligible", "true", "true"),
    "A-too-old-a-result": ("undetermined", "true", "unknown"),
    "A-75-today": ("eligible", "true", "false"),
    "A-76-today": ("ineligible", "false", "false"),
}


def _definitions(folder: Path, criteria: str) -> Path:
    files = {
        "inputs/haemoglobin.toml": HAEMOGLOBIN_INPUT,
        "valuesets/haemoglobin.csv": VALUE_SET,
        "trials/anaemia/trial.toml": TRIAL,
        "trials/anaemia/criteria.toml": criteria,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_trial_is_added_by_files_alone(tmp_path: Path, engine: str) -> None:
    definitions = _definitions(tmp_path / "definitions", CRITERIA)
    given = write_folder(tmp_path / "in", everything(CASES))
    run(given, tmp_path / "out", engine=engine, trial="anaemia", definitions=(definitions,))
    said = verdicts(tmp_path / "out")
    found = {
        row["subject"].removeprefix("Patient/"): (
            row["eligibility"],
            said[row["subject"], "A1"]["truth"],
            said[row["subject"], "A2"]["truth"],
        )
        for row in lines(tmp_path / "out" / "subjects.ndjson")
    }
    assert found == EXPECTED
    assert said["Patient/A-exactly-110", "A2"]["value"] == 110
    assert said["Patient/A-too-old-a-result", "A2"]["reason"] == "TOO_OLD"


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_trial_may_ask_for_age_alone(tmp_path: Path, engine: str) -> None:
    definitions = _definitions(tmp_path / "definitions", AGE_ALONE)
    given = write_folder(tmp_path / "in", everything(CASES))
    summary = run(given, tmp_path / "out", engine=engine, trial="anaemia", definitions=(definitions,))
    assert (summary.eligible, summary.ineligible, summary.undetermined) == (4, 1, 0)
