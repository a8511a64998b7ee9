"""The journal keeps what passed, finds it again, and writes no token in clear."""

from __future__ import annotations

import json
import re
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

from fhir_adapter.testing.faults.journal import Journal
from fhir_adapter.testing.server.messages import Response, Wire
from tests.unit.testing.faults.canned import asked

AT = datetime(2026, 6, 30, tzinfo=UTC)


def filled() -> Journal:
    journal = Journal()
    journal.record(
        asked("GET", "/Patient?name=a b", Authorization="Bearer secret"), Response(200, body=b"{}"), AT
    )
    journal.record(asked("POST", "/Patient", body={"a": 1}), Response(503), AT, ("http-503", "other"))
    journal.record(asked("GET", "/Patient/1"), Response(200, wire=Wire(drop=True)), AT, ("drop-reads",))
    return journal


def test_finds_by_everything_that_is_asked() -> None:
    journal = filled()
    assert [entry.number for entry in journal.entries(method="get")] == [1, 3]
    assert journal.count(path="name=a+b") == 1
    assert journal.count(path=re.compile(r"^/Patient/\d$")) == 1
    assert journal.count(status=range(500, 600)) == journal.count(status=503) == 1
    assert journal.count(fault="other", method="POST") == 1
    assert journal.count(header="authorization") == journal.count(header=("Authorization", "Bearer")) == 1
    assert journal.count(header=("Authorization", "Basic")) == 0
    assert journal.count(origin="trap") == 0
    assert len(journal) == len(list(journal)) == 3


def test_a_dropped_answer_has_no_status() -> None:
    (entry,) = filled().entries(fault="drop-reads")
    assert entry.status is None
    assert "dropped" in str(entry)


def test_injected_names_come_in_order() -> None:
    assert filled().injected == ["http-503", "other", "drop-reads"]


def test_repr_shows_what_an_assertion_needs() -> None:
    assert repr(filled()).splitlines() == [
        "Journal: 3 requests, 3 faults",
        "   1 GET /Patient?name=a+b: 200 2 B",
        "   2 POST /Patient: 503 0 B  <- http-503, other",
        "   3 GET /Patient/1: dropped  <- drop-reads",
    ]


def test_is_bounded_and_bodies_are_capped() -> None:
    journal = Journal(most=2)
    for _ in range(3):
        journal.record(asked("POST", "/Binary", body="x" * 100_000), Response(201), AT)
    assert [entry.number for entry in journal] == [2, 3]
    assert len(journal.entries()[0].body) == 64 * 1024
    assert journal.entries()[0].body_size == 100_002


def test_clear_forgets_but_counts_on() -> None:
    journal = filled()
    journal.clear()
    assert journal.record(asked("GET", "/metadata"), Response(200), AT).number == 4
    assert len(journal) == 1


def test_a_streamed_body_is_counted_while_it_is_read() -> None:
    journal = Journal()
    response = Response(200, body=iter([b"ab", b"cde"]))
    entry = journal.record(asked("GET", "/Patient"), response, AT)
    assert entry.size == 0
    assert response.content() == b"abcde"
    assert entry.size == 5


def test_is_written_without_tokens_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    assert filled().write(path) == 3
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["status"] for line in lines] == [200, 503, None]
    assert "secret" not in path.read_text(encoding="utf-8")
    assert lines[0]["headers"][0][1].startswith("sha256:")
    assert "body" not in lines[1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_bodies_are_written_when_asked_for(tmp_path: Path) -> None:
    filled().write(tmp_path / "journal.ndjson", bodies=True)
    assert '"body": "{\\"a\\": 1}"' in (tmp_path / "journal.ndjson").read_text(encoding="utf-8")


def test_many_threads_get_numbers_of_their_own() -> None:
    journal = Journal()

    def note() -> None:
        for _ in range(200):
            journal.record(asked("GET", "/Patient"), Response(200), AT)

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.number for entry in journal) == list(range(1, 1601))
