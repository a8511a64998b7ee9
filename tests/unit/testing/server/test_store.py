"""The store keeps every version, shows commits when their time has come, and rolls back as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.testing.server.store import IndexRows, Store

NOW = 1_782_820_800_000


def index(resource: dict[str, Any]) -> IndexRows:
    return IndexRows(string=[("name", resource.get("name", "none"))])


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(indexer=index)
    yield opened
    opened.close()


def named(id_: str, name: str = "A") -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "name": name}


def names(store: Store) -> list[str]:
    store.ensure_indexed("Patient")
    return [row[0] for row in store.query("SELECT value FROM string ORDER BY value")]


def test_versions_count_up_through_deletion(store: Store) -> None:
    with store.transaction():
        first = store.put(named("1"), now=NOW, method="POST")
        gone = store.delete("Patient", "1", now=NOW + 1)
        again = store.put(named("1", "B"), now=NOW + 2)
    assert gone is not None
    assert [first.version, gone.version, again.version] == [1, 2, 3]
    assert gone.deleted
    assert store.current("Patient", "1") == again
    assert store.version("Patient", "1", 1) == first
    assert again.resource()["meta"] == {"versionId": "3", "lastUpdated": "2026-06-30T12:00:00.002Z"}


@pytest.mark.parametrize("before", ["nothing", "a deleted resource"])
def test_nothing_is_deleted_twice(store: Store, before: str) -> None:
    with store.transaction():
        if before != "nothing":
            store.put(named("1"), now=NOW)
            store.delete("Patient", "1", now=NOW)
        assert store.delete("Patient", "1", now=NOW) is None


def test_a_deleted_version_has_no_resource(store: Store) -> None:
    with store.transaction():
        store.put(named("1"), now=NOW)
        gone = store.delete("Patient", "1", now=NOW)
    assert gone is not None
    with pytest.raises(ValueError, match="no body"):
        gone.resource()


def test_a_transaction_leaves_nothing_when_it_fails_also_from_inside(store: Store) -> None:
    def write_and_fail() -> None:
        with store.transaction():
            store.put(named("1"), now=NOW)
            with store.transaction():
                store.put(named("2"), now=NOW)
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert store.query("SELECT count(*) FROM version") == [(0,)]
    with store.transaction():
        store.put(named("3"), now=NOW)
    assert store.current("Patient", "3") is not None


def test_decimals_keep_their_precision(store: Store) -> None:
    with store.transaction():
        stored = store.put({"resourceType": "Basic", "id": "1", "value": Decimal("20.10")}, now=NOW)
    assert '"value":20.10' in (stored.body or "")


def test_a_load_gives_known_ids_their_next_version(store: Store) -> None:
    assert store.load([named("1"), named("2"), named("1", "B")], now=NOW) == 3
    assert store.load((named(id_, "C") for id_ in ("2", "3")), now=NOW + 5) == 2
    found = {id_: store.current("Patient", id_) for id_ in ("1", "2", "3")}
    assert {id_: one and (one.version, one.resource()["name"]) for id_, one in found.items()} == {
        "1": (2, "B"),
        "2": (2, "C"),
        "3": (1, "C"),
    }
    assert names(store) == ["B", "C", "C"]
    assert [one.seq for one in store.select("ORDER BY v.seq")] == [1, 2, 3, 4, 5]


def test_a_load_over_several_parts_counts_all(store: Store) -> None:
    assert store.load((named(str(n % 4500)) for n in range(5000)), now=NOW) == 5000
    assert store.query("SELECT count(*), max(version) FROM current") == [(4500, 2)]


def test_a_load_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.load([named("1"), {**named("2"), "value": float("nan")}], now=NOW)
    assert store.query("SELECT count(*) FROM current") == [(0,)]


def test_a_commit_shows_when_its_time_has_come(store: Store) -> None:
    store.load([named("1")], now=NOW)
    with store.transaction():
        store.put(named("1", "B"), now=NOW, visible=NOW + 100)
        store.put(named("2", "X"), now=NOW, visible=NOW + 200)
    seen = []
    for now in (NOW, NOW + 99, NOW + 100, NOW + 200):
        store.settle(now)
        seen.append(names(store))
    assert seen == [["A"], ["A"], ["B"], ["B", "X"]]
    assert store.current("Patient", "2") is not None


def test_a_late_older_version_never_covers_a_newer_one(store: Store) -> None:
    with store.transaction():
        store.put(named("1", "old"), now=NOW, visible=NOW + 200)
        store.put(named("1", "new"), now=NOW, visible=NOW + 100)
    for now in (NOW + 100, NOW + 200):
        store.settle(now)
        assert names(store) == ["new"]


def test_what_is_deleted_is_not_found_any_more(store: Store) -> None:
    store.load([named("1"), named("2", "B")], now=NOW)
    assert names(store) == ["A", "B"]
    with store.transaction():
        store.delete("Patient", "1", now=NOW)
    assert names(store) == ["B"]


def test_versions_come_in_the_order_asked_for(store: Store) -> None:
    store.load([named(str(n)) for n in range(1200)], now=NOW)
    wanted = list(range(1200, 0, -1))
    assert [one.seq for one in store.by_seq([*wanted, 99_999])] == wanted


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for expected in (1, 2):
        store = Store(path, indexer=index)
        with store.transaction():
            assert store.put(named("1"), now=NOW).version == expected
        store.close()


def test_many_writers_lose_no_version(store: Store) -> None:
    def write() -> None:
        for _ in range(50):
            with store.transaction():
                store.put(named("1"), now=NOW)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = store.current("Patient", "1")
    assert newest is not None
    assert newest.version == 200
