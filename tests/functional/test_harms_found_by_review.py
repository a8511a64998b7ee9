"""Ways in which something missing once read as evidence: each fails if it does so again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.functional.screening import run, verdicts

ENGINES = ("duckdb", "reference")
SUBJECT = {"reference": "Patient/p"}


def _result(id_: str, day: str, **value: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "777-3"}]}
    return {
        **{"resourceType": "Observation", "id": id_, "status": "final", "code": code, "subject": SUBJECT},
        **{"effectiveDateTime": day, **value},
    }


def _platelets(id_: str, day: str, value: float) -> dict[str, Any]:
    return _result(id_, day, valueQuantity={"value": value, "unit": "10*9/L"})


def _diagnosis(code: str, **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}
    return {
        **{"resourceType": "Condition", "id": f"c{code}", "subject": SUBJECT, "recordedDate": "2026-06-01"},
        **{"code": coding, **more},
    }


def _folder(tmp_path: Path, *resources: dict[str, Any]) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    patients = [r for r in resources if r["resourceType"] == "Patient"] or [
        {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"}
    ]
    rest = [r for r in resources if r["resourceType"] != "Patient"]
    for kind in ("Patient", "Observation", "Condition"):
        lines = [json.dumps(r, ensure_ascii=False) for r in (*patients, *rest) if r["resourceType"] == kind]
        (folder / f"{kind}.000.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "value", [{"valueQuantity": {}}, {"valueQuantity": {"unit": "10*9/L"}}, {"valueRange": {}}]
)
def test_a_newest_result_without_a_number_is_not_masked(
    tmp_path: Path, engine: str, value: dict[str, Any]
) -> None:
    folder = _folder(tmp_path, _platelets("a", "2026-06-10", 200), _result("b", "2026-06-25", **value))
    run(folder, tmp_path / "out", engine=engine)
    found = verdicts(tmp_path / "out")["Patient/p", "E2"]
    assert (found["truth"], found["reason"]) == ("unknown", "UNREADABLE_VALUE")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_result_whose_value_is_said_to_be_absent_is_skipped(tmp_path: Path, engine: str) -> None:
    absent = _result("b", "2026-06-25", dataAbsentReason={"text": "溶血"})
    run(_folder(tmp_path, _platelets("a", "2026-06-10", 50), absent), tmp_path / "out", engine=engine)
    assert verdicts(tmp_path / "out")["Patient/p", "E2"]["truth"] == "true"


@pytest.mark.parametrize(
    "name", ["Observation.001.ndjson.part", "Observation.ndjson.1", "Observation.001.ndjson.tmp"]
)
def test_a_download_that_was_cut_short_makes_its_type_incomplete(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path, _platelets("a", "2026-06-10", 50))
    (folder / name).write_text("{", encoding="utf-8")
    summary = run(folder, tmp_path / "out")
    assert verdicts(tmp_path / "out")["Patient/p", "E2"]["reason"] == "INCOMPLETE_DATA"
    assert any(name in problem for problem in summary.problems)


@pytest.mark.parametrize(
    "filtered", ["_since=2026-06-01", "_typeFilter=Condition%3Fcategory%3Dproblem-list-item"]
)
def test_an_export_that_was_filtered_is_not_the_whole_record(tmp_path: Path, filtered: str) -> None:
    folder = _folder(tmp_path, _platelets("a", "2026-06-10", 200), _diagnosis("E11.9"))
    kinds = ("Patient", "Observation", "Condition")
    manifest = {
        "transactionTime": "2026-06-30T00:00:00Z",
        "request": f"https://h.example/fhir/$export?{filtered}",
        "output": [{"type": kind, "url": f"https://h.example/{kind}.000.ndjson"} for kind in kinds],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    summary = run(folder, tmp_path / "out")
    found = verdicts(tmp_path / "out")
    assert found["Patient/p", "I1"]["reason"] == found["Patient/p", "E2"]["reason"] == "INCOMPLETE_DATA"
    assert any(filtered.split("=")[0] in problem for problem in summary.problems)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_patient_whose_newest_version_is_lost_has_no_age(tmp_path: Path, engine: str) -> None:
    folder = _folder(tmp_path)
    with (folder / "Patient.000.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"resourceType":"Patient","id":"p","deceasedBoolean":tr\n')
    run(folder, tmp_path / "out", engine=engine)
    found = verdicts(tmp_path / "out")["Patient/p", "I2"]
    assert (found["truth"], found["reason"]) == ("unknown", "INCOMPLETE_DATA")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_death_of_a_merged_patient_is_the_survivors(tmp_path: Path, engine: str) -> None:
    link = [{"other": {"reference": "Patient/p"}, "type": "replaced-by"}]
    old = {"resourceType": "Patient", "id": "old", "deceasedBoolean": True, "link": link}
    kept = {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"}
    summary = run(_folder(tmp_path, old, kept), tmp_path / "out", engine=engine)
    assert (summary.subjects, summary.ineligible) == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_doubt_beside_another_code_is_never_silence(tmp_path: Path, engine: str) -> None:
    plain = _diagnosis("M25.5")
    doubted = {**plain, "code": {**plain["code"], "text": "类风湿关节炎待排"}}
    run(_folder(tmp_path, doubted, _diagnosis("E11.9")), tmp_path / "out", engine=engine)
    found = verdicts(tmp_path / "out")["Patient/p", "I1"]
    assert (found["truth"], found["reason"]) == ("unknown", "PROVISIONAL_ONLY")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_verification_that_only_its_text_states_is_a_doubt(tmp_path: Path, engine: str) -> None:
    folder = _folder(tmp_path, _diagnosis("M06.9", verificationStatus={"text": "refuted"}))
    run(folder, tmp_path / "out", engine=engine)
    assert verdicts(tmp_path / "out")["Patient/p", "I1"]["reason"] == "PROVISIONAL_ONLY"
