"""Opening a folder: what is found, what is used in place, what is split, what is refused."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest

from fhir_adapter.errors import LandingError
from fhir_adapter.landing import open_input


def test_a_missing_empty_or_foreign_folder_is_refused_with_advice(folder):
    with pytest.raises(LandingError, match="not a folder"):
        open_input(folder.path / "nowhere", work=folder.work)
    with pytest.raises(LandingError, match="no FHIR file"):
        folder.open()
    folder.put("notes.txt", b"hello")
    folder.put("._Observation.ndjson", b"\0\1")
    with pytest.raises(LandingError, match=r"Give the folder .* \.ndjson"):
        folder.open()
    with pytest.raises(LandingError, match="another folder to write to"):
        open_input(folder.path, work=folder.path)


@pytest.mark.parametrize(
    "name",
    [
        "Observation.ndjson",
        "Observation.000.ndjson",
        "1.Observation.ndjson",
        "run-1/Observation.000.ndjson.gz",
        "Observation/part-0001.ndjson",
    ],
)
def test_a_file_named_for_its_type_is_used_in_place_and_not_read(folder, name):
    # The last line would be refused by any reader.
    path = folder.put(name, folder.ndjson(folder.resource("Observation", "1", "p"), b"{not read}"))
    landing = folder.open()
    assert [(file.path, file.origin) for file in landing.files_of("Observation")] == [(path, name)]
    assert landing.problem_of("Observation") is None
    assert landing.quarantined == []
    assert landing.counts == {}
    assert list(folder.work.iterdir()) == []


def test_a_type_without_file_was_not_pulled_and_an_empty_file_was(folder):
    folder.put("Patient.ndjson", folder.ndjson(folder.resource("Patient", "p")))
    folder.put("MedicationRequest.ndjson", b"")
    landing = folder.open()
    assert "not pulled" in landing.problem_of("Observation")
    assert landing.problem_of("MedicationRequest") is None
    assert landing.files_of("MedicationRequest") == landing.files_of("Observation") == ()
    assert "Observation" not in landing.types


def test_files_come_in_the_order_of_their_names_however_the_disk_lists_them(folder, monkeypatch):
    for name in ("b/Observation.ndjson", "a/Observation.ndjson", "Observation.001.ndjson"):
        folder.put(name, folder.ndjson(folder.resource("Observation", name[0])))
    first = folder.open()
    walk = os.walk
    monkeypatch.setattr(
        os,
        "walk",
        lambda top, **how: reversed([(at, dirs, files[::-1]) for at, dirs, files in walk(top, **how)]),
    )
    assert folder.open() == first
    assert [file.origin for file in first.files_of("Observation")] == [
        "Observation.001.ndjson",
        "a/Observation.ndjson",
        "b/Observation.ndjson",
    ]


def test_a_linked_folder_is_read_once_even_if_it_leads_back(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    line = folder.ndjson(folder.resource("Observation", "linked"))
    (elsewhere / "Observation.ndjson").write_bytes(line)
    folder.put("Observation.000.ndjson", folder.ndjson(folder.resource("Observation", "own")))
    (folder.path / "link").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder.path)
    origins = [file.origin for file in folder.open().files_of("Observation")]
    assert origins == ["Observation.000.ndjson", "link/Observation.ndjson"]


@pytest.mark.parametrize("ending", [".jsonl", ".json.gz", ".xml", ".zip"])
def test_a_file_of_a_kind_that_is_not_read_makes_its_type_incomplete(folder, ending):
    folder.put("Observation.000.ndjson", folder.ndjson(folder.resource("Observation", "a")))
    folder.put(f"Observation.001{ending}", b"newer results")
    landing = folder.open()
    assert f"Observation.001{ending}" in (landing.problem_of("Observation") or "")
    assert [line.file for line in landing.quarantined] == [f"Observation.001{ending}"]


def test_mixed_lines_are_sorted_by_type_byte_for_byte(folder, read):
    number = b'{"resourceType": "Observation",  "id":"1", "valueQuantity":{"value":5.10}}'
    folder.put("export.ndjson", folder.ndjson(folder.resource("Patient", "p"), number))
    landing = folder.open()
    (file,) = landing.files_of("Observation")
    assert file.path.read_bytes() == number + b"\n"
    assert file.path.parent == folder.work
    assert file.origin == "export.ndjson"
    assert landing.counts == {"Patient": 1, "Observation": 1}


def test_a_file_whose_first_line_is_of_another_type_is_split(folder, read):
    condition = folder.resource("Condition", "c", "p")
    folder.put("Observation.ndjson", folder.ndjson(condition, folder.resource("Observation", "o", "p")))
    landing = folder.open()
    assert read(landing, "Condition") == [condition]
    assert [found["id"] for found in read(landing, "Observation")] == ["o"]


def test_written_files_are_for_their_owner_only_and_never_follow_a_planted_link(folder, tmp_path):
    folder.work.mkdir()
    target = tmp_path / "precious"
    target.write_text("keep")
    (folder.work / "Patient.000.ndjson").symlink_to(target)
    folder.put("a.json", folder.resource("Patient", "p"))
    (file,) = folder.open().files_of("Patient")
    assert target.read_text() == "keep"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_work_folder_inside_the_input_is_not_input(folder):
    folder.put("a.json", folder.resource("Patient", "p"))
    work = folder.path / "out"
    for _ in range(2):
        assert open_input(folder.path, work=work).counts == {"Patient": 1}


def test_progress_names_each_file(folder):
    folder.put("b.json", folder.resource("Patient", "p"))
    folder.put("a.ndjson", folder.ndjson(folder.resource("Patient", "q")))
    seen: list[str] = []
    open_input(folder.path, work=folder.work, progress=seen.append)
    assert sorted(seen) == ["a.ndjson", "b.json"]


@pytest.mark.parametrize("content", ["resource", "array", "bundle"])
def test_json_files_of_every_kind_give_their_resources(folder, read, content):
    patient = folder.resource("Patient", "p")
    kinds = {
        "resource": patient,
        "array": [patient],
        "bundle": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]},
    }
    folder.put("x.json", kinds[content])
    landing = folder.open()
    assert read(landing, "Patient") == [patient]
    assert landing.files_of("Patient")[0].origin == "x.json"
    assert landing.problem_of("Patient") is None


def test_many_documents_become_one_file_of_each_type(folder, read):
    for number in range(3):
        folder.put(f"{number}.json", folder.resource("Patient", f"p{number}"))
    landing = folder.open()
    assert [found["id"] for found in read(landing, "Patient")] == ["p0", "p1", "p2"]
    assert [file.origin for file in landing.files_of("Patient")] == ["bundles"]


def test_an_ndjson_file_that_holds_one_array_or_whole_bundles_is_accepted(folder, read):
    patients = [folder.resource("Patient", "a"), folder.resource("Patient", "b")]
    folder.put("array.ndjson", b"[" + b",\n".join(folder.ndjson(one) for one in patients) + b"]")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": folder.resource("Patient", "c")}],
    }
    folder.put("bundles.ndjson", folder.ndjson(bundle))
    landing = folder.open()
    assert [found["id"] for found in read(landing, "Patient")] == ["a", "b", "c"]
    assert landing.quarantined == []


def test_parameters_headers_are_counted_and_skipped(folder, read):
    header = {"resourceType": "Parameters", "parameter": []}
    folder.put("Patient.ndjson", folder.ndjson(header, folder.resource("Patient", "p")))
    landing = folder.open()
    assert [found["id"] for found in read(landing, "Patient")] == ["p"]
    assert landing.counts == {"Parameters": 1, "Patient": 1}
    assert landing.quarantined == []


def test_a_byte_order_mark_is_accepted_and_taken_off(folder, read):
    line = folder.ndjson(folder.resource("Patient", "p"))
    folder.put("Patient.ndjson", b"\xef\xbb\xbf" + line)
    folder.put("q.json", b"\xef\xbb\xbf" + folder.ndjson(folder.resource("Patient", "q")))
    landing = folder.open()
    assert sorted(found["id"] for found in read(landing, "Patient")) == ["p", "q"]
    assert line in [file.path.read_bytes() for file in landing.files_of("Patient")]


def test_only_a_line_feed_ends_a_line(folder, read):
    text = "one\u2028two\u0085three"
    line = f'{{"resourceType":"Patient","id":"p","x":"{text}"}}\r'.encode()
    folder.put(
        "any.ndjson", b"\n  \n" + line + b"\n\r\n" + folder.ndjson(folder.resource("Patient", "q"))[:-1]
    )
    landing = folder.open()
    assert [(found["id"], found.get("x")) for found in read(landing, "Patient")] == [("p", text), ("q", None)]


@pytest.mark.parametrize("damage", ["cut", "trailer", "garbage", "flipped", "empty"])
def test_a_damaged_gzip_is_not_used_and_its_type_is_incomplete_for_everybody(folder, damage):
    whole = gzip.compress(folder.ndjson(*[folder.resource("Observation", str(n)) for n in range(500)]))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    (folder.path / "Observation.ndjson.gz").write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "trailer": whole[:-3],
            "garbage": whole + b"\0\0",
            "flipped": bytes(flipped),
            "empty": b"",
        }[damage]
    )
    folder.put("Patient.ndjson", folder.ndjson(folder.resource("Patient", "p")))
    landing = folder.open()
    assert landing.files_of("Observation") == ()
    assert "gzip" in landing.problem_of("Observation")
    assert landing.problem_of("Patient") is None
    (refused,) = landing.quarantined
    assert (refused.file, refused.line, refused.resource_type) == (
        "Observation.ndjson.gz",
        None,
        "Observation",
    )


def test_a_damaged_gzip_without_a_type_makes_everything_incomplete(folder):
    (folder.path / "list.ndjson.gz").write_bytes(b"\x1f\x8b")
    folder.put("Patient.ndjson", folder.ndjson(folder.resource("Patient", "p")))
    assert "gzip" in folder.open().problem_of("Patient")


def test_a_gzip_of_several_members_is_one_file(folder, read):
    parts = [gzip.compress(folder.ndjson(folder.resource("Patient", name))) for name in ("a", "b")]
    (folder.path / "mixed.ndjson.gz").write_bytes(b"".join(parts))
    assert [found["id"] for found in read(folder.open(), "Patient")] == ["a", "b"]


def test_a_file_that_may_not_be_read_is_a_usage_error(folder, monkeypatch):
    folder.put("a.json", folder.resource("Patient", "p"))

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(LandingError, match=r"a\.json cannot be read \(Permission denied\)"):
        folder.open()
