"""Owns SQL for "resources that have such a search row", and the choice of the row to begin with.

A clause can be *found* (all keys, through the index by value) or *checked* (one key's rows). The rarest clause finds
the candidates, the others check them: a patient's 50 rows, not the 10,000 with the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_adapter.testing.server.problems import Problem

Values = tuple[Any, ...]
Query = Callable[[str, Values], list[tuple[Any, ...]]]
Condition = tuple[str, Values]

_MOST_CONDITIONS = 400
"""SQLite joins at most 500 SELECTs."""
_PROBE = 2000
"""How many rows are counted to compare two clauses."""


@dataclass(frozen=True)
class Clause:
    """A condition on `alias.key`. `find` is a SELECT of keys, for those that can be found by an index."""

    check: Condition
    find: Condition | None = None
    ready: bool = False
    """Whether it is checked by its found keys anyway: a chain is computed once."""


@dataclass(frozen=True)
class Source:
    """The resources that a statement selects from: `current` under an alias, of some types (none: of all)."""

    alias: str
    types: tuple[str, ...]


def having(source: Source, table: str, names: Sequence[str], conditions: Sequence[Condition]) -> Clause:
    """The resource has a row in the table under one of the names for which one of the conditions holds.

    Problem 400 for more conditions than a statement can hold; codes of one system and ids of one type are but one.
    """
    if len(conditions) > _MOST_CONDITIONS:
        raise Problem(
            400, "too-costly", f"more than {_MOST_CONDITIONS} different conditions in one parameter"
        )
    named = in_list("param", names)
    parts = [f"SELECT key FROM {table} WHERE {named} AND {sql}" for sql, _ in conditions]
    found = tuple(value for _, values in conditions for value in (*names, *values))
    either = " OR ".join(sql for sql, _ in conditions)
    # Without statistics SQLite would look through all rows of a code for each candidate; by key there are few.
    check = f"SELECT 1 FROM {table} INDEXED BY {table}_key WHERE key = {source.alias}.key AND {named} AND ({either})"
    checked = (*names, *(value for _, values in conditions for value in values))
    return Clause((f"EXISTS ({check})", checked), (" UNION ALL ".join(parts), found))


def among(source: Source, sql: str, values: Values) -> Clause:
    """The resource's key is among those of a SELECT."""
    return Clause((f"{source.alias}.key IN ({sql})", values), (sql, values), ready=True)


def negated(clause: Clause) -> Clause:
    """Resources for which a clause does not hold."""
    sql, values = clause.check
    return Clause((f"NOT {sql}", values))


def in_list(column: str, values: Sequence[Any]) -> str:
    """`column = ?` or `column IN (?,?)`."""
    return f"{column} = ?" if len(values) == 1 else f"{column} IN ({','.join('?' * len(values))})"


def where(source: Source, clauses: Sequence[Clause], query: Query) -> Condition:
    """The WHERE of a statement: shown, not deleted, of the types, and all clauses."""
    alias = source.alias
    first = _rarest(clauses, query)
    parts: list[str] = [f"{alias}.shown IS NOT NULL", f"{alias}.shown_deleted = 0"]
    values: list[Any] = []
    if first is not None and first.find is not None:
        parts.append(f"{alias}.key IN ({first.find[0]})")
        values.extend(first.find[1])
    if source.types:
        # A plus keeps SQLite from walking through the whole type when the keys are already found.
        parts.append(in_list(f"{'+' if first else ''}{alias}.type", source.types))
        values.extend(source.types)
    for clause in clauses:
        if clause is not first:
            parts.append(clause.check[0])
            values.extend(clause.check[1])
    return " AND ".join(parts), tuple(values)


def _rarest(clauses: Sequence[Clause], query: Query) -> Clause | None:
    candidates = [clause for clause in clauses if clause.find]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    countable = [clause for clause in candidates if not clause.ready]
    if not countable:
        return candidates[0]
    return min(countable, key=lambda clause: _count(clause, query))


def _count(clause: Clause, query: Query) -> int:
    sql, values = clause.find or ("", ())
    count: int = query(f"SELECT count(*) FROM ({sql} LIMIT {_PROBE})", values)[0][0]
    return count
