"""Owns where resources live: every version in one SQLite database, in memory or in a file.

Reads see a commit at once. Searches, history and exports see what is *shown*: with `late_visible_s` a commit is
shown only after a while, as on servers whose index or transaction is slow. Search rows of a type are written when
it is first searched, so that a large population loads quickly.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from fhir_adapter.testing.server import documents
from fhir_adapter.testing.server.tables import TABLES
from fhir_adapter.testing.server.time import instant

INDEX_TABLES = {"token": 3, "date": 3, "string": 2, "reference": 4, "quantity": 4}
_BATCH = 500
_LOADED = 2000


@dataclass(frozen=True)
class Stored:
    """One version of a resource; `body` is its JSON text with id, versionId and lastUpdated, None when deleted."""

    seq: int
    type: str
    id: str
    version: int
    updated: int
    method: str
    body: str | None

    @property
    def deleted(self) -> bool:
        """Whether this version says that the resource is gone."""
        return self.body is None

    def resource(self) -> dict[str, Any]:
        """The parsed body."""
        if self.body is None:
            raise ValueError("a deleted version has no body")
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class IndexRows:
    """Search rows of one resource, without its key, in the order of the tables' columns.

    token: param, code, system · date: param, low, high (milliseconds, half open) · string: param, folded text ·
    reference: param, id, type, url · quantity: param, value, system, code
    """

    token: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    date: list[tuple[str, int, int]] = field(default_factory=list)
    string: list[tuple[str, str]] = field(default_factory=list)
    reference: list[tuple[str, str | None, str | None, str | None]] = field(default_factory=list)
    quantity: list[tuple[str, float, str | None, str | None]] = field(default_factory=list)


Indexer = Callable[[dict[str, Any]], IndexRows]


class Store:
    """All versions of all resources. Safe to use from several threads: one lock, one writer."""

    def __init__(self, path: Path | None = None, *, indexer: Indexer) -> None:
        self.lock = threading.RLock()
        self._indexer = indexer
        self._depth = 0
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        if path is not None:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Close the database; a second time does nothing."""
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store; what is written inside is kept as a whole, or not at all when an exception leaves."""
        with self.lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if outermost:
                    self._db.execute("COMMIT")
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over the tables above, for searches."""
        with self.lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def current(self, type_: str, id_: str) -> Stored | None:
        """The newest version, also a deleted one; None when the id was never used."""
        return self._one(
            "JOIN current c ON c.seq = v.seq WHERE c.type = ? AND c.id = ?",
            (type_, id_),
        )

    def version(self, type_: str, id_: str, version: int) -> Stored | None:
        """One version by its number."""
        return self._one("WHERE v.type = ? AND v.id = ? AND v.version = ?", (type_, id_, version))

    def by_seq(self, seqs: Iterable[int]) -> list[Stored]:
        """Versions by their numbers in the store, in the order asked for."""
        found: dict[int, Stored] = {}
        wanted = list(seqs)
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            for one in self._many(f"WHERE v.seq IN ({marks})", part):
                found[one.seq] = one
        return [found[seq] for seq in wanted if seq in found]

    def select(self, where: str, values: Iterable[Any] = ()) -> list[Stored]:
        """Versions `v` by a clause that follows `FROM version v`: joins, conditions, order, limit."""
        return self._many(where, values)

    def put(
        self, resource: dict[str, Any], *, now: int, method: str = "PUT", visible: int | None = None
    ) -> Stored:
        """Write the next version of `resourceType`/`id`; `now` in milliseconds. Call inside `transaction()`.

        `visible`: when searches may first see it; None for at once.
        """
        type_, id_ = resource["resourceType"], resource["id"]
        old = self.current(type_, id_)
        number = old.version + 1 if old else 1
        body = _text(resource, number, instant(now))
        return self._write(Stored(0, type_, id_, number, now, method, body), visible)

    def delete(self, type_: str, id_: str, *, now: int, visible: int | None = None) -> Stored | None:
        """Write a deleted version; None when there is nothing to delete. Call inside `transaction()`."""
        old = self.current(type_, id_)
        if old is None or old.deleted:
            return None
        return self._write(Stored(0, type_, id_, old.version + 1, now, "DELETE", None), visible)

    def load(self, resources: Iterable[dict[str, Any]], *, now: int) -> int:
        """Write many resources that have ids, without checks; a known id gets its next version. Returns how many."""
        source = iter(resources)
        count = 0
        with self.transaction():
            taken: set[tuple[str, str]] = set()
            empty = not self.query("SELECT 1 FROM current LIMIT 1")
            while part := list(islice(source, _LOADED)):
                self._load(part, now, taken if empty else self._taken(part))
                count += len(part)
        return count

    def settle(self, now: int) -> None:
        """Show the commits whose time has come; every search, history and export begins with it."""
        with self.lock:
            if not self.query("SELECT 1 FROM pending WHERE visible <= ? LIMIT 1", (now,)):
                return
        with self.transaction():
            due = self.query("SELECT rowid, seq, key FROM pending WHERE visible <= ? ORDER BY seq", (now,))
            for row, seq, key in due:
                self._show(key, self.by_seq([seq])[0])
                self._db.execute("DELETE FROM pending WHERE rowid = ?", (row,))

    def ensure_indexed(self, type_: str) -> None:
        """Write the search rows of a type's resources that have none yet."""
        with self.lock:
            pending = (
                "SELECT key, shown FROM current WHERE type = ? AND indexed = 0 AND shown IS NOT NULL LIMIT ?"
            )
            if not self.query(pending, (type_, 1)):
                return
            with self.transaction():
                while rows := self.query(pending, (type_, _BATCH)):
                    self._index(rows)

    def _one(self, where: str, values: Iterable[Any]) -> Stored | None:
        found = self._many(where, values)
        return found[0] if found else None

    def _many(self, where: str, values: Iterable[Any]) -> list[Stored]:
        columns = "v.seq, v.type, v.id, v.version, v.updated, v.method, v.body"
        return [Stored(*row) for row in self.query(f"SELECT {columns} FROM version v {where}", values)]

    def _write(self, new: Stored, visible: int | None) -> Stored:
        cursor = self._db.execute(
            "INSERT INTO version (type, id, version, updated, method, body) VALUES (?,?,?,?,?,?)",
            (new.type, new.id, new.version, new.updated, new.method, new.body),
        )
        written = Stored(
            cursor.lastrowid or 0, new.type, new.id, new.version, new.updated, new.method, new.body
        )
        row = self._db.execute(
            "INSERT INTO current (type, id, version, seq, updated, deleted) VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, seq = excluded.seq,"
            " updated = excluded.updated, deleted = excluded.deleted RETURNING key",
            (new.type, new.id, new.version, written.seq, new.updated, new.body is None),
        ).fetchone()
        if visible is None or visible <= new.updated:
            self._show(row[0], written)
        else:
            self._db.execute("INSERT INTO pending VALUES (?,?,?)", (visible, written.seq, row[0]))
        return written

    def _load(self, part: list[dict[str, Any]], now: int, taken: set[tuple[str, str]]) -> None:
        """Write ids that are not taken in bulk, then the others one by one: an id may come twice in one part."""
        again: list[dict[str, Any]] = []
        fresh: list[dict[str, Any]] = []
        for resource in part:
            key = (resource["resourceType"], resource["id"])
            (again if key in taken else fresh).append(resource)
            taken.add(key)
        last = self.query("SELECT max(seq) FROM sqlite_sequence WHERE name = 'version'")[0][0] or 0
        stamp = instant(now)
        rows = [
            (last + place, one["resourceType"], one["id"], now, _text(one, 1, stamp))
            for place, one in enumerate(fresh, start=1)
        ]
        self._db.executemany(
            "INSERT INTO version (seq, type, id, version, updated, method, body) VALUES (?,?,?,1,?,'PUT',?)",
            rows,
        )
        self._db.execute(
            "INSERT INTO current (type, id, version, seq, updated, deleted, shown, shown_updated, shown_deleted)"
            " SELECT type, id, version, seq, updated, 0, seq, updated, 0 FROM version WHERE seq > ? ORDER BY seq",
            (last,),
        )
        for resource in again:
            self.put(resource, now=now)

    def _taken(self, part: list[dict[str, Any]]) -> set[tuple[str, str]]:
        marks = ",".join(["(?,?)"] * len(part))
        keys = [text for resource in part for text in (resource["resourceType"], resource["id"])]
        found = self.query(f"SELECT type, id FROM current WHERE (type, id) IN (VALUES {marks})", keys)
        return {(type_, id_) for type_, id_ in found}

    def _show(self, key: int, version: Stored) -> None:
        shown, indexed = self.query("SELECT shown, indexed FROM current WHERE key = ?", (key,))[0]
        if shown is not None and shown > version.seq:
            return  # with spread delays an older version may come due after a newer one
        if indexed:
            for table in INDEX_TABLES:
                self._db.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
        self._db.execute(
            "UPDATE current SET shown = ?, shown_updated = ?, shown_deleted = ?, indexed = 0 WHERE key = ?",
            (version.seq, version.updated, version.deleted, key),
        )

    def _index(self, rows: list[tuple[Any, ...]]) -> None:
        bodies = {one.seq: one for one in self.by_seq(seq for _, seq in rows)}
        batch: dict[str, list[tuple[Any, ...]]] = {table: [] for table in INDEX_TABLES}
        for key, seq in rows:
            if bodies[seq].deleted:
                continue
            found = self._indexer(bodies[seq].resource())
            for table in INDEX_TABLES:
                batch[table].extend((*row, key) for row in getattr(found, table))
        for table, width in INDEX_TABLES.items():
            marks = ",".join("?" * (width + 1))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", batch[table])
        self._db.executemany("UPDATE current SET indexed = 1 WHERE key = ?", [(key,) for key, _ in rows])


def _text(resource: dict[str, Any], version: int, stamp: str) -> str:
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": stamp}
    return documents.write({**resource, "meta": meta})
