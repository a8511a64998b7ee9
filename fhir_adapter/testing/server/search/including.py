"""Owns which further resources a page holds: those that it points to, and those that point to it.

https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.search.clauses import Condition, in_list
from fhir_adapter.testing.server.search.controls import Include
from fhir_adapter.testing.server.search.kinds import here
from fhir_adapter.testing.server.search.matching import stored_types

_SHOWN = "shown IS NOT NULL AND {0}.shown_deleted = 0"


def included(context: Context, base: str, keys: Sequence[int], includes: Sequence[Include]) -> list[int]:
    """Keys of what the includes add to the resources of a page, each once and none of the page's own."""
    found: dict[int, None] = {}
    page = set(keys)
    for include in includes if keys else ():
        for (key,) in context.store.query(*_statement(context, base, keys, include)):
            if key not in page:
                found[key] = None
    return list(found)


def _statement(context: Context, base: str, keys: Sequence[int], include: Include) -> Condition:
    """Source s has the reference r to target t; the page is s, or for a reverse include t."""
    local, values = here(base, "r.")
    conditions, bound = [local], [*values]
    if include.parameter:
        conditions.append(in_list("r.param", include.parameter.names))
        bound.extend(include.parameter.names)
    for column, type_ in (("s.type", include.source), ("r.type", include.target)):
        if type_ not in (None, "*"):
            conditions.append(f"{column} = ?")
            bound.append(str(type_))
    page, other = ("t", "s") if include.reverse else ("s", "t")
    # Keys are the store's own numbers, so they may stand in the text.
    conditions.append(f"{page}.key IN ({','.join(map(str, keys))})")
    conditions.append(f"{other}.{_SHOWN.format(other)}")
    for type_ in [include.source] if include.source != "*" else stored_types(context):
        context.store.ensure_indexed(type_)
    if include.reverse:
        tables = (
            "current t CROSS JOIN reference r INDEXED BY reference_value ON r.id = t.id AND r.type = t.type"
            " CROSS JOIN current s ON s.key = r.key"
        )
    else:
        tables = (
            "current s CROSS JOIN reference r INDEXED BY reference_key ON r.key = s.key"
            " CROSS JOIN current t ON t.type = r.type AND t.id = r.id"
        )
    where = " AND ".join(conditions)
    return f"SELECT DISTINCT {other}.key FROM {tables} WHERE {where} ORDER BY {other}.key", tuple(bound)
