"""Versions and histories: https://hl7.org/fhir/R4/http.html#vread, #history."""

from __future__ import annotations

import pytest

from tests.interop.making import patient
from tests.interop.target import Resource, Target, address, link, refused


def test_each_version_can_be_read(server: Target, tag: str) -> None:
    """http.html#vread: an old version stays as it was."""
    stored = server.create(patient(tag, gender="female"))
    server.update({**stored, "gender": "male"})
    first, second = (server.get(f"{address(stored)}/_history/{number}") for number in (1, 2))
    assert (first.json()["gender"], second.json()["gender"]) == ("female", "male")
    assert (first.headers["ETag"], second.headers["ETag"]) == ('W/"1"', 'W/"2"')


@pytest.mark.parametrize("version", ["7", "none"])
def test_an_unknown_version_is_404(server: Target, tag: str, version: str) -> None:
    """http.html#vread."""
    stored = server.create(patient(tag))
    refused(server.get(f"{address(stored)}/_history/{version}"), 404)


def test_a_version_of_an_unknown_id_is_404(server: Target, tag: str) -> None:
    """http.html#vread."""
    refused(server.get(f"Patient/{tag}/_history/1"), 404)


@pytest.fixture
def lived(server: Target, tag: str) -> Resource:
    """A patient who was created, changed, deleted, brought back."""
    stored = server.create(patient(tag, gender="female"))
    server.update({**stored, "gender": "male"})
    server.delete(address(stored))
    return server.update({**stored, "gender": "other"}, 200, 201)


def test_a_history_is_newest_first(server: Target, lived: Resource) -> None:
    """http.html#history: a Bundle of type history, sorted with the oldest last."""
    bundle = server.get(f"{address(lived)}/_history").json()
    assert bundle["type"] == "history"
    versions = [row["resource"]["meta"]["versionId"] for row in bundle["entry"] if "resource" in row]
    assert versions == ["4", "2", "1"]


def test_a_history_says_what_was_done(server: Target, lived: Resource) -> None:
    """http.html#history: each entry has the request; a deletion has no resource."""
    entries = server.get(f"{address(lived)}/_history").json()["entry"]
    assert [row["request"]["method"] for row in entries][1:] == ["DELETE", "PUT", "POST"]
    assert entries[0]["request"]["method"] in ("PUT", "POST")
    assert [("resource" in row) for row in entries] == [True, False, True, True]
    assert entries[1]["request"]["url"].startswith(address(lived))


def test_a_history_counts_its_versions(server: Target, lived: Resource) -> None:
    """bundle.html#history: total is the number of versions."""
    assert server.get(f"{address(lived)}/_history").json()["total"] == 4


def test_a_history_has_pages(server: Target, lived: Resource) -> None:
    """http.html#history: _count and next links work as in searches."""
    first = server.get(f"{address(lived)}/_history", {"_count": "3"}).json()
    assert link(first, "next") is not None
    assert [len(page["entry"]) for page in server.pages(first)] == [3, 1]


def test_a_history_since_a_moment(server: Target, tag: str) -> None:
    """http.html#history: _since leaves out what was current before."""
    stored = server.create(patient(tag))
    changed = server.update({**stored, "gender": "male"})
    since = {"_since": changed["meta"]["lastUpdated"]}
    entries = server.get(f"{address(stored)}/_history", since).json()["entry"]
    assert [row["resource"]["meta"]["versionId"] for row in entries] == ["2"]


def test_a_history_of_an_unknown_id_is_404(server: Target, tag: str) -> None:
    """http.html#history."""
    refused(server.get(f"Patient/{tag}/_history"), 404)


@pytest.mark.parametrize("path", ["Patient/_history", "_history"])
def test_histories_of_a_type_and_of_the_system_show_deletions(server: Target, tag: str, path: str) -> None:
    """http.html#history: how a client learns of deletions that no search can show."""
    stored = server.create(patient(tag))
    server.delete(address(stored))
    bundle = server.get(path, {"_count": "20", "_since": stored["meta"]["lastUpdated"]}).json()
    deleted = [row["request"]["url"] for row in bundle["entry"] if row["request"]["method"] == "DELETE"]
    assert any(url.startswith(address(stored)) for url in deleted)
