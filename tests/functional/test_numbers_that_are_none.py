"""A number that no double holds, and JSON that is almost JSON, never clear an exclusion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.screening import lines, run, verdicts

PATIENT = '{"resourceType":"Patient","id":"p","birthDate":"1970-01-01","gender":"female"}\n'
CONDITION = (
    '{"resourceType":"Condition","id":"c","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"I10"}]},'
    '"subject":{"reference":"Patient/p"},"recordedDate":"2026-06-01"}\n'
)


def _observation(id_: str, code: str, value: str, day: str, end: str = "}") -> str:
    return (
        f'{{"resourceType":"Observation","id":"{id_}","status":"final","code":{{"coding":[{{"system":"http://loinc.org",'
        f'"code":"{code}"}}]}},"subject":{{"reference":"Patient/p"}},"effectiveDateTime":"{day}",'
        f'"valueQuantity":{{"value":{value},"unit":"10*9/L"}}{end}\n'
    )


def _folder(tmp_path: Path, *observations: str) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "Patient.000.ndjson").write_text(PATIENT, encoding="utf-8")
    (folder / "Condition.000.ndjson").write_text(CONDITION, encoding="utf-8")
    (folder / "Observation.000.ndjson").write_text("".join(observations), encoding="utf-8")
    return folder


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize("value", ["1e400", "-1e400", "NaN", "Infinity"])
def test_a_number_that_no_double_holds_is_quarantined(tmp_path: Path, engine: str, value: str) -> None:
    older = [_observation("a", "777-3", "200", "2026-06-20"), _observation("b", "6690-2", "5", "2026-06-20")]
    folder = _folder(tmp_path, *older, _observation("c", "777-3", value, "2026-06-29"))
    run(folder, tmp_path / "out", engine=engine)
    found = verdicts(tmp_path / "out")["Patient/p", "E2"]
    assert (found["truth"], found["reason"]) == ("unknown", "INCOMPLETE_DATA")
    assert [line["line"] for line in lines(tmp_path / "out" / "quarantine.ndjson")] == [3]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize("value", ['"1e400"', '"NaN"', '"abc"', "true"])
def test_a_text_that_is_no_number_is_unreadable_and_masks_nothing(
    tmp_path: Path, engine: str, value: str
) -> None:
    older = [_observation("a", "777-3", "200", "2026-06-20"), _observation("b", "6690-2", "5", "2026-06-20")]
    folder = _folder(tmp_path, *older, _observation("c", "777-3", value, "2026-06-29"))
    run(folder, tmp_path / "out", engine=engine)
    found = verdicts(tmp_path / "out")["Patient/p", "E2"]
    assert found["truth"] == "unknown"
    assert found["reason"] in ("UNREADABLE_VALUE", "INCOMPLETE_DATA")


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_trailing_comma_stops_no_engine(tmp_path: Path, engine: str) -> None:
    low = _observation("a", "777-3", "20", "2026-06-20", ",}")
    run(
        _folder(tmp_path, low, _observation("b", "6690-2", "5", "2026-06-20")),
        tmp_path / "out",
        engine=engine,
    )
    assert verdicts(tmp_path / "out")["Patient/p", "E2"]["truth"] != "false"
