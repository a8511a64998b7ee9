"""Owns the search interaction: what was asked, as far as the server honours it, and the Bundle that answers.

https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html#errors
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Pairs, Request, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.clauses import Clause, Condition, Source, in_list
from fhir_adapter.testing.server.search.controls import Controls, SortKey
from fhir_adapter.testing.server.search.kinds import TABLES
from fhir_adapter.testing.server.search.matching import Compiler, UnknownParameter, is_ignored
from fhir_adapter.testing.server.search.pages import Result, count_only, first_page, page
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES

__all__ = ["page", "search"]

_SORTED_BY = {"date": "low", "token": "code", "string": "value", "reference": "id", "quantity": "value"}


@dataclass
class _Asked:
    """One search as it was understood; `accepted` are the pairs that it looks at."""

    controls: Controls
    source: Source
    clauses: Sequence[Clause]
    accepted: Pairs


def search(context: Context, type_: str | None, request: Request) -> Response:
    """A search of a type, or of all types (`type_` None), by GET or POST.

    Problem 400 for what cannot be honoured: a bad value or modifier always, an unknown parameter in strict handling.
    """
    if type_ is not None and type_ not in RESOURCE_TYPES:
        raise Problem(404, "not-found", f"{type_} is no resource type")
    context.settle()
    compiler = Compiler(context, request.base)
    asked = _understand(compiler, type_, request)
    controls = asked.controls
    condition, values = compiler.where(asked.source, asked.clauses)
    self_link = _self_link(request.base, type_, asked.accepted)
    rows = f"FROM current {asked.source.alias} WHERE {condition}"
    if controls.counts_only:
        return count_only(context.store.query(f"SELECT count(*) {rows}", values)[0][0], self_link)
    if any(key.parameter.name not in ("_id", "_lastUpdated") for key in controls.sort):
        compiler.index(asked.source)
    order, sorted_by = _order(asked.source, controls.sort)
    found = context.store.query(f"SELECT {asked.source.alias}.key {rows} {order}", (*values, *sorted_by))
    size = min(controls.count or context.quirks.default_count, context.quirks.max_count)
    result = Result([row[0] for row in found], size, controls.shape, self_link)
    return first_page(context, request.base, result)


def query_of(request: Request) -> Pairs:
    """The parameters of a search: the address's, and for POST the form's."""
    return (*request.query, *request.form()) if request.method == "POST" else request.query


def is_strict(context: Context, request: Request) -> bool:
    """Whether unknown parameters are refused: https://hl7.org/fhir/R4/search.html#errors."""
    return {"strict": True, "lenient": False}.get(request.prefers("handling") or "", context.quirks.strict)


def _understand(compiler: Compiler, type_: str | None, request: Request) -> _Asked:
    context = compiler.context
    strict = is_strict(context, request)
    controls = Controls(type_, context.fhir_version)
    pairs = query_of(request)
    kept, criteria = _controls(context, controls, pairs, strict)
    source = compiler.source([type_] if type_ else controls.types)
    clauses: list[Clause] = []
    for number in criteria:
        try:
            clauses.append(compiler.clause(source, *pairs[number]))
        except UnknownParameter:
            if strict:
                raise
        else:
            kept.append(number)
    size = context.quirks.max_count
    accepted = tuple(_shown(*pairs[number], size) for number in sorted(kept))
    return _Asked(controls, source, clauses, accepted)


def _controls(
    context: Context, controls: Controls, pairs: Pairs, strict: bool
) -> tuple[list[int], list[int]]:
    """The numbers of the pairs that are controls, and of those that are criteria; what is ignored is in neither."""
    kept: list[int] = []
    criteria: list[int] = []
    for number, (name, value) in enumerate(pairs):
        if is_ignored(context, name):
            continue
        try:
            (kept if controls.take(name, value) else criteria).append(number)
        except UnknownParameter:
            if strict:
                raise
    return kept, criteria


def _shown(name: str, value: str, largest: int) -> tuple[str, str]:
    """A pair of the self link: `_count` is what the server makes of it."""
    return (name, str(min(int(value), largest))) if name == "_count" else (name, value)


def _self_link(base: str, type_: str | None, pairs: Pairs) -> str:
    address = f"{base}/{type_}" if type_ else base
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _order(source: Source, keys: Sequence[SortKey]) -> Condition:
    """ORDER BY: the sort keys, resources without a value last, then the order of creation."""
    parts: list[str] = []
    values: list[str] = []
    for sql, bound in (_sort_value(source, key) for key in keys):
        parts.append(sql)
        values.extend(bound)
    return f"ORDER BY {', '.join([*parts, f'{source.alias}.key'])}", tuple(values)


def _sort_value(source: Source, key: SortKey) -> tuple[str, tuple[str, ...]]:
    parameter, direction = key.parameter, "DESC" if key.descending else "ASC"
    own = {"_id": "id", "_lastUpdated": "shown_updated"}.get(parameter.name)
    if own:
        return f"{source.alias}.{own} {direction}", ()
    table = TABLES[parameter.kind]
    value = f"{'max' if key.descending else 'min'}({_SORTED_BY[table]})"
    named = in_list("param", parameter.names)
    rows = f"{table} INDEXED BY {table}_key WHERE key = {source.alias}.key AND {named}"
    return f"(SELECT {value} FROM {rows}) {direction} NULLS LAST", parameter.names
