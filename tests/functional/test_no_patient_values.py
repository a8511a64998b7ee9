"""What is printed, logged or raised never quotes a patient: names, values and texts stay in the answers' files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhir_adapter.cli.main import main
from fhir_adapter.errors import FhirAdapterError
from tests.functional.screening import run
from tests.resources import condition, icd, observation, patient, platelets, visit
from tests.screened import AS_OF, TRIAL, as_line, write_folder
from tests.spec.cases import case, everything

CANARY = "Zanzibar7351"
CASES = [
    case(
        "E2-canary",
        [
            patient(
                name=[{"text": f"{CANARY}-name", "family": CANARY}],
                birthDate=f"{CANARY}-birth",
                identifier=[{"system": "http://hospital.example/mrn", "value": f"{CANARY}-mrn"}],
                address=[{"text": f"{CANARY}-street"}],
            ),
            observation("platelets", {"valueString": f"{CANARY}-value"}, note=[{"text": f"{CANARY}-note"}]),
            platelets(40, f"{CANARY}-unit", f"{CANARY}-date"),
            condition({"text": f"{CANARY}-diagnosis"}),
            condition({**icd("M05.9"), "text": CANARY}),
            *visit(tender=3, swollen={"valueString": CANARY}, esr=3),
        ],
        "unknown",
    )
]
_ID = f'"id":"{CANARY}"'
_CODE = f'"code":{{"text":"{CANARY}"}}'
_SUBJECT = f'"subject":{{"reference":"Patient/{CANARY}"}}'
BAD_LINES = {
    "cut-off": f'{{"resourceType":"Observation",{_ID},{_CODE},"valueString":"{CANARY}\n',
    "wrong-shape": f'{{"resourceType":"Observation",{_ID},{_SUBJECT},"code":"{CANARY}"}}\n',
    "wrong-type": f'{{"resourceType":"{CANARY}",{_ID}}}\n',
    "no-object": f'"{CANARY}"\n',
}


def _input(folder: Path, bad: str) -> Path:
    write_folder(folder, everything(CASES))
    with (folder / "Observation.000.ndjson").open("a", encoding="utf-8", newline="\n") as file:
        file.write(BAD_LINES[bad])
    return folder


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize("bad", BAD_LINES)
def test_nothing_printed_or_told_quotes_a_record(
    bad: str, engine: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    given = _input(tmp_path / "in", bad)
    try:
        summary = run(given, tmp_path / "out", engine=engine)
        told += [*summary.problems, str(summary)]
    except FhirAdapterError as error:
        told.append(str(error))
    captured = capfd.readouterr()
    assert CANARY not in captured.out + captured.err + "".join(told)
    for name in ("run.json", "quarantine.ndjson", "timings.json"):
        said = (tmp_path / "out" / name).read_text(encoding="utf-8")
        reasons = (
            [json.loads(line)["reason"] for line in said.splitlines()] if name.endswith("ndjson") else [said]
        )
        assert not [text for text in reasons if CANARY in text]


def test_the_command_is_as_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = _input(tmp_path / "in", "cut-off")
    out = tmp_path / "out"
    status = main(["screen", "--input", str(given), "--trial", TRIAL, "--out", str(out), "--as-of", AS_OF])
    captured = capfd.readouterr()
    assert status in (0, 1, 2, 3)
    assert captured.out + captured.err
    assert CANARY not in captured.out + captured.err


def test_a_folder_of_nothing_but_a_bad_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "Patient.ndjson").write_text(
        as_line({"resourceType": "Patient", "name": CANARY}) + "\n", encoding="utf-8"
    )
    try:
        told = str(run(folder, tmp_path / "out").problems)
    except FhirAdapterError as error:
        told = str(error)
    captured = capfd.readouterr()
    assert told
    assert CANARY not in told + captured.out + captured.err
