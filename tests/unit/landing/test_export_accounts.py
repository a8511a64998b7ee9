"""Manifest and export log: does the folder hold what the server says it sent?"""

from __future__ import annotations

import json

import pytest


def manifest(*output, **more):
    return {"transactionTime": "2026-01-01T00:00:00Z", "output": list(output), "error": []} | more


def listed(name, kind="Observation", **more):
    return {"type": kind, "url": f"https://example.org/files/{name}?sig=1", **more}


@pytest.fixture
def observations(folder):
    folder.put(
        "Observation.000.ndjson",
        folder.ndjson(*[folder.resource("Observation", str(n), "p") for n in range(3)]),
    )
    folder.put("Patient.000.ndjson.gz", folder.ndjson(folder.resource("Patient", "p")))
    return folder


def whole(*more, count=3, **sections):
    return manifest(
        listed("Observation.000.ndjson", count=count),
        listed("Patient.000.ndjson", "Patient", count=1),
        *more,
        **sections,
    )


def test_a_folder_that_holds_what_its_manifest_lists_is_complete(observations):
    observations.put("manifest.json", whole({"type": "Goal", "count": 0}))
    landing = observations.open()
    assert [landing.problem_of(kind) for kind in ("Observation", "Patient", "Goal")] == [None, None, None]
    assert landing.files_of("Goal") == ()
    assert landing.quarantined == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (whole(listed("Observation.001.ndjson")), "Observation.001.ndjson, which is not in the folder"),
        (whole(count=4), "has 3 lines, the manifest says 4"),
        (whole(count=2), "has 3 lines, the manifest says 2"),
        (manifest(listed("Patient.000.ndjson", "Patient")), "file not in the manifest"),
        (whole({"type": "Observation"}), "without its url"),
        (whole({"url": "https://example.org/1.ndjson"}), "not in the folder"),
        (whole(listed("all.ndjson", "Bundle")), "not in the folder"),
        (whole(error=[listed("errors.ndjson", "OperationOutcome")]), "under error"),
        (whole(deleted=[listed("deleted.ndjson", "Bundle")]), "under deleted"),
        (whole(error="none"), "error is not a list"),
        (whole(link=[{"relation": "next", "url": "https://example.org/2"}]), "next page"),
    ],
)
def test_a_folder_that_differs_from_its_manifest_is_incomplete(observations, body, reason):
    observations.put("manifest.json", body)
    assert reason in observations.open().problem_of("Observation")


def test_other_types_stay_complete_when_one_file_is_missing(observations):
    observations.put("manifest.json", whole(listed("Observation.001.ndjson")))
    assert observations.open().problem_of("Patient") is None


def test_blank_lines_and_headers_are_not_counted_against_the_manifest(folder):
    header = {"resourceType": "Parameters"}
    folder.put(
        "a.ndjson", folder.ndjson(header, folder.resource("Goal", "1"), b"", folder.resource("Goal", "2"))
    )
    folder.put(
        "Flag.ndjson", folder.ndjson(folder.resource("Flag", "1"), b"", folder.resource("Flag", "2"))[:-1]
    )
    folder.put(
        "m.json", manifest(listed("a.ndjson", "Goal", count=2), listed("Flag.ndjson", "Flag", count=2))
    )
    landing = folder.open()
    assert (landing.problem_of("Goal"), landing.problem_of("Flag")) == (None, None)


def test_the_manifest_names_the_type_of_a_file_without_one(folder):
    path = folder.put("7f3a.ndjson", folder.ndjson(folder.resource("Goal", "1")))
    folder.put("manifest.json", manifest(listed("7f3a.ndjson", "Goal")))
    assert [file.path for file in folder.open().files_of("Goal")] == [path]


def test_files_renamed_by_the_client_are_matched_by_type_and_count(folder):
    for number in (1, 2):
        folder.put(
            f"Goal.{number}.ndjson", folder.ndjson(*[folder.resource("Goal", str(n)) for n in range(number)])
        )
    folder.put(
        "manifest.json", manifest(listed("Binary/x", "Goal", count=2), listed("Binary/y", "Goal", count=1))
    )
    assert folder.open().problem_of("Goal") is None
    folder.put(
        "manifest.json", manifest(listed("Binary/x", "Goal", count=2), listed("Binary/y", "Goal", count=2))
    )
    assert "lines" in folder.open().problem_of("Goal")


@pytest.mark.parametrize(
    ("severity", "code", "complete"),
    [("information", "informational", True), ("warning", "value", True), ("error", "exception", False)],
)
@pytest.mark.parametrize("section", ["error", "outcome"])
def test_the_servers_own_error_file_decides(observations, section, severity, code, complete):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}
    observations.put("errors.ndjson", observations.ndjson(outcome))
    observations.put(
        "manifest.json", whole(**{section: [listed("errors.ndjson", "OperationOutcome", count=1)]})
    )
    landing = observations.open()
    assert (landing.problem is None) == complete
    assert "OperationOutcome" not in landing.types


@pytest.mark.parametrize("line", [b"{", b"{}", b'{"resourceType":"Patient","id":"1"}'])
@pytest.mark.parametrize("section", ["error", "deleted"])
def test_an_error_or_deletion_that_cannot_be_read_is_no_comfort(observations, section, line):
    observations.put("x.ndjson", line)
    observations.put("manifest.json", whole(**{section: [listed("x.ndjson")]}))
    landing = observations.open()
    assert landing.problem is not None
    assert landing.deleted == set()


@pytest.mark.parametrize("name", ["gone.ndjson", "gone.ndjson.gz"])
def test_deleted_files_name_what_is_gone_and_hold_no_data(observations, name):
    gone = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"request": {"method": "DELETE", "url": "Observation/1"}},
            {"resource": observations.resource("Goal", "g")},
        ],
    }
    observations.put(name, observations.ndjson(gone))
    observations.put("manifest.json", whole(deleted=[listed("gone.ndjson", "Bundle", count=1)]))
    landing = observations.open()
    assert landing.deleted == {"Observation/1"}
    assert landing.problem is None
    assert "Goal" not in landing.types


def test_two_exports_in_two_folders_have_each_their_own_manifest(folder):
    for run in ("a", "b"):
        folder.put(f"{run}/Goal.ndjson", folder.ndjson(folder.resource("Goal", run)))
        folder.put(f"{run}/manifest.json", manifest(listed("Goal.ndjson", "Goal", count=1)))
    assert folder.open().problem_of("Goal") is None


def log(*events):
    return b"".join(
        json.dumps(
            {"exportId": "e", "timestamp": "2026-01-01T00:00:00Z", "eventId": name, "eventDetail": detail}
        ).encode()
        + b"\n"
        for name, detail in events
    )


KICKOFF = ("kickoff", {"exportUrl": "https://example.org/$export"})
MANIFEST = (
    "manifest_complete",
    {"totalOutputFileCount": 2, "totalDeletedFileCount": 0, "totalErrorFileCount": 0},
)
DONE = ("export_complete", {"files": 2, "resources": 4, "bytes": 1})


@pytest.fixture
def exported(folder):
    folder.put(
        "Observation.ndjson", folder.ndjson(*[folder.resource("Observation", str(n)) for n in range(3)])
    )
    folder.put("Patient.ndjson", folder.ndjson(folder.resource("Patient", "p")))
    return folder


def test_a_log_that_agrees_with_the_folder_is_no_problem_and_no_data(exported):
    exported.put(
        "log.ndjson",
        log(
            KICKOFF,
            MANIFEST,
            ("download_complete", {"resourceCount": 3}),
            ("download_complete", {"resourceCount": 1}),
            DONE,
        ),
    )
    landing = exported.open()
    assert landing.problem is None
    assert landing.quarantined == []
    assert set(landing.types) == {"Observation", "Patient"}


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([KICKOFF, MANIFEST], "not complete"),
        ([KICKOFF, ("export_complete", {"files": 3})], "3 files"),
        ([KICKOFF, ("export_complete", {"files": 2, "resources": 5})], "5 resources"),
        ([KICKOFF, ("download_complete", {"resourceCount": 9}), DONE], "9 resources"),
        ([("manifest_complete", {"totalOutputFileCount": 3}), DONE], "3 files"),
        ([KICKOFF, ("download_error", {"message": "x"}), DONE], "download_error"),
    ],
)
def test_a_log_that_does_not_vouch_for_the_folder_makes_everything_incomplete(exported, events, reason):
    exported.put("log.ndjson", log(*events))
    landing = exported.open()
    assert reason in landing.problem
    assert landing.problem_of("Patient") == landing.problem


def test_a_log_with_an_unreadable_event_makes_everything_incomplete(exported):
    exported.put("log.ndjson", log(KICKOFF, DONE) + b"{\n")
    assert exported.open().problem is not None


def test_resources_are_not_counted_when_a_file_is_compressed(exported):
    exported.put("Patient.ndjson.gz", exported.ndjson(exported.resource("Patient", "q")))
    (exported.path / "Patient.ndjson").unlink()
    exported.put("log.ndjson", log(KICKOFF, ("export_complete", {"files": 2, "resources": 400})))
    assert exported.open().problem is None
