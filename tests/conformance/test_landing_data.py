"""The landing against third-party data: JSON parsing suite, HL7's and Taiwan's examples, a real export.

Everything is read from DATA; nothing of it is kept here.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from fhir_adapter.landing import open_input, strict

if "DATA" not in os.environ and "CI" not in os.environ:
    pytest.skip("DATA is not set", allow_module_level=True)

pytestmark = pytest.mark.conformance

DATA = Path(os.environ.get("DATA", ""))
SUITE = DATA / "json-testsuite" / "test_parsing"
# Valid JSON that rule 7 refuses all the same.
REFUSED_ON_PURPOSE = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
    "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json",
}


def suite() -> list[Path]:
    return sorted(SUITE.glob("*.json"))


def is_strict(raw: bytes) -> bool:
    try:
        strict.load(strict.decode(raw))
    except strict.NotStrict:
        return False
    return True


def test_the_whole_suite_is_there():
    assert len(suite()) == 318


def test_valid_json_is_read_and_invalid_json_is_refused():
    read = {path.name for path in suite() if is_strict(path.read_bytes())}
    assert not {name for name in read if name.startswith("n_")}
    assert {path.name for path in suite() if path.name.startswith("y_")} - read == REFUSED_ON_PURPOSE


def test_no_file_of_the_suite_is_good_data_or_stops_a_run(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for path in suite():
        shutil.copyfile(path, folder / path.name)
        line = path.read_bytes().replace(b"\n", b" ")
        (folder / f"{path.stem}.ndjson").write_bytes(line)
    landing = open_input(folder, work=tmp_path / "work")
    assert landing.types == {}
    assert landing.problem is not None
    assert set(landing.counts) == {"quarantined"}


def test_each_content_of_the_suite_inside_a_resource_is_judged_alone(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    expected = []
    lines = []
    for path in suite():
        if path.stem == "n_string_unescaped_newline":
            continue  # its fault is the line break, which ends the line here
        content = path.read_bytes().replace(b"\n", b" ")
        lines.append(b'{"resourceType":"Basic","id":"%s","content":%s}\n' % (path.stem.encode(), content))
        if path.name.startswith("y_") and path.name not in REFUSED_ON_PURPOSE:
            expected.append(path.stem)
    (folder / "any.ndjson").write_bytes(b"".join(lines))
    landing = open_input(folder, work=tmp_path / "work")
    (file,) = landing.files_of("Basic")
    kept = [json.loads(line)["id"] for line in file.path.read_bytes().splitlines()]
    assert [name for name in kept if not name.startswith("i_")] == expected
    assert len(kept) + len(landing.quarantined) == 317


def test_every_hl7_r4_example_is_read(tmp_path):
    landing = open_input(DATA / "hl7-r4-examples", work=tmp_path)
    assert {refused.reason for refused in landing.quarantined} == {"a deletion that names no resource"}
    assert "OperationOutcome" in landing.problem or "server reports" in landing.problem
    assert "next page" in landing.problem_of("MedicationRequest")
    assert landing.counts["Observation"] > 500
    for kind in landing.types:
        for file in landing.files_of(kind):
            lines = [json.loads(line) for line in file.path.read_bytes().split(b"\n") if line]
            assert {line["resourceType"] for line in lines} == {kind}
            assert len(lines) == landing.counts[kind]


def test_every_tw_core_example_is_read(tmp_path):
    landing = open_input(DATA / "tw-core" / "example", work=tmp_path)
    assert landing.quarantined == []
    assert landing.problem is None
    assert landing.problem_of("Patient") is None


def test_an_export_with_files_missing_is_called_incomplete_and_its_files_stay_in_place(tmp_path):
    landing = open_input(DATA / "bulk-export-incomplete", work=tmp_path)
    assert set(landing.types) == {"Condition", "Encounter", "MedicationRequest", "Patient"}
    for kind in landing.types:
        assert "export log" in landing.problem_of(kind)
        assert [file.path.parent for file in landing.files_of(kind)] == [DATA / "bulk-export-incomplete"]
    assert "not pulled" in landing.problem_of("Observation") or "export log" in landing.problem_of(
        "Observation"
    )
