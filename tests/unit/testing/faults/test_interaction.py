"""A request is known by the words profiles use, on the harness and on HAPI."""

from __future__ import annotations

import pytest

from fhir_adapter.testing.faults.interaction import WORDS, words
from tests.unit.testing.faults.canned import asked

CASES: tuple[tuple[str, str, set[str]], ...] = (
    ("GET", "/metadata", {"capabilities"}),
    ("GET", "/.well-known/smart-configuration", {"discovery"}),
    ("POST", "/auth/token", {"token"}),
    ("GET", "/Patient", {"search"}),
    ("GET", "/Patient?_count=5", {"search"}),
    ("POST", "/Patient/_search", {"search"}),
    ("GET", "/Patient/1/Observation", {"search"}),
    ("GET", "?_page=abc&_offset=3", {"page"}),
    ("GET", "?_getpages=abc&_getpagesoffset=20", {"page"}),
    ("GET", "/Patient/1", {"read"}),
    ("GET", "/Binary/1", {"read", "export-file"}),
    ("GET", "/Patient/1/_history/2", {"vread"}),
    ("GET", "/Patient/1/_history", {"history"}),
    ("GET", "/_history", {"history"}),
    ("GET", "/Patient/1/$everything", {"operation", "everything"}),
    ("POST", "/$validate", {"operation"}),
    ("POST", "/Patient", {"write", "create"}),
    ("PUT", "/Patient/1", {"write", "update"}),
    ("PUT", "/Patient?identifier=a", {"write", "update", "conditional"}),
    ("PATCH", "/Patient/1", {"write", "patch"}),
    ("DELETE", "/Patient/1", {"write", "delete"}),
    ("GET", "/$export?_type=Patient", {"export"}),
    ("POST", "/Group/1/$export", {"export"}),
    ("GET", "/$export-status/1", {"export-status"}),
    ("GET", "/$export-poll-status?_jobId=1", {"export-status"}),
    ("DELETE", "/$export-status/1", {"export-cancel"}),
    ("GET", "/$export-file/1/Patient.ndjson", {"export-file"}),
)


@pytest.mark.parametrize(("method", "url", "expected"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_words(method: str, url: str, expected: set[str]) -> None:
    assert words(asked(method, url)) == expected
    assert expected <= set(WORDS)


def test_bundles_and_conditions() -> None:
    assert words(asked("POST", "", body={"type": "transaction"})) == {"write", "transaction"}
    assert words(asked("POST", "", body={"type": "batch"})) == {"write", "batch"}
    assert words(asked("POST", "/Patient", If_None_Exist="identifier=1")) == {
        "write",
        "create",
        "conditional",
    }
    assert words(asked("PUT", "/Patient/1", If_Match='W/"1"')) == {"write", "update", "conditional"}
