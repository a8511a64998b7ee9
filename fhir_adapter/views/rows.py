"""Owns how select, forEach, forEachOrNull, repeat and unionAll make rows.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html (select)
Rows of one resource are a list of structs made by list comprehensions; the outermost list alone is unnested,
because two unnests in one SELECT zip, and a lateral join is four times slower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhir_adapter.views import fhirpath, repeat, sql, values
from fhir_adapter.views.columns import compile_column
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.scope import RowIndex, Scope
from fhir_adapter.views.values import Compilation, Value

_ITERATIONS = ("forEach", "forEachOrNull", "repeat")
_KEYS = {"column", "select", "unionAll", "id", "extension", "description", *_ITERATIONS}


@dataclass(frozen=True)
class RowList:
    sql: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The cross product of one row of scalars with some lists of rows."""

    types: Mapping[str, str]  # by column name, in output order
    single: Mapping[str, str]
    lists: tuple[RowList, ...] = ()


def compile_selects(selects: object, scope: Scope) -> Rows:
    if not isinstance(selects, list) or not selects:
        raise UnsupportedViewError("select: a list was expected")
    return _product([compile_select(select, scope) for select in selects])


def compile_select(select: object, scope: Scope) -> Rows:
    if not isinstance(select, Mapping):
        raise UnsupportedViewError("select: an object was expected")
    unknown = sorted(set(select) - _KEYS)
    if unknown:
        raise UnsupportedViewError(f"'{unknown[0]}' is not supported in select")
    iterations = [key for key in _ITERATIONS if key in select]
    if len(iterations) > 1:
        raise UnsupportedViewError(f"select: {' and '.join(iterations)} exclude each other")
    if not iterations:
        return _body(select, scope)
    key = iterations[0]
    items = _items(key, select[key], scope)
    return _iterate(items, select, scope, or_null=key == "forEachOrNull")


def _body(select: Mapping[str, Any], scope: Scope) -> Rows:
    parts: list[Rows] = []
    for column in _objects(select, "column"):
        compiled = compile_column(column, scope)
        parts.append(Rows({compiled.name: compiled.type}, {compiled.name: compiled.sql}))
    parts += [compile_select(inner, scope) for inner in _objects(select, "select")]
    branches = [compile_select(branch, scope) for branch in _objects(select, "unionAll")]
    if branches:
        parts.append(_union(branches, scope.compilation))
    if not parts:
        raise UnsupportedViewError("select: column, select or unionAll was expected")
    return _product(parts)


def _objects(select: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    given = select.get(key, [])
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        raise UnsupportedViewError(f"{key}: a list of objects was expected")
    return given


def _product(parts: Sequence[Rows]) -> Rows:
    types: dict[str, str] = {}
    single: dict[str, str] = {}
    lists: list[RowList] = []
    for part in parts:
        taken = {name.lower() for name in types}
        for name in part.types:
            if name.lower() in taken:
                raise UnsupportedViewError(f"the column name '{name}' is used twice")
        types.update(part.types)
        single.update(part.single)
        lists.extend(part.lists)
    return Rows(types, single, tuple(lists))


def _items(key: str, path: object, scope: Scope) -> Value:
    if key == "repeat":
        return repeat.repeated(path, scope)
    items = values.settled(scope.evaluate(fhirpath.parse(path)), key)
    if items.kind == "nothing":
        return items
    return items if items.many else values.as_list(items)


def _iterate(items: Value, select: Mapping[str, Any], scope: Scope, or_null: bool) -> Rows:
    name, index = scope.compilation.fresh(), scope.compilation.fresh()
    row_index = RowIndex(f"({index} - 1)")
    this = replace(items, sql=name, many=False, holes=False, plain=False)
    if items.kind == "nothing":
        items, this = replace(items, sql="CAST([] AS INTEGER[])"), values.EMPTY
    body = _body(select, replace(scope, this=this, row_index=row_index, at_root=False))
    collection = values.without_holes(items).sql
    if or_null:
        # Nothing to iterate is one row whose elements are all empty.
        collection = f"(CASE WHEN len({collection}) > 0 THEN {collection} ELSE [NULL] END)"
    rows = _as_list(body, scope.compilation) if body.lists else sql.struct(dict(body.single))
    if row_index.used:
        made = f"list_transform({collection}, lambda {name}, {index}: {rows})"
    else:
        made = f"[{rows} for {name} in {collection}]"
    flat = f"flatten({made})" if body.lists else made
    return Rows(body.types, {}, (RowList(flat, tuple(body.types)),))


def _union(branches: Sequence[Rows], compilation: Compilation) -> Rows:
    first = branches[0]
    for branch in branches[1:]:
        if list(branch.types) != list(first.types):
            raise UnsupportedViewError(
                f"unionAll: the columns differ: {', '.join(first.types)} and {', '.join(branch.types)}"
            )
        for name, column_type in first.types.items():
            if branch.types[name] != column_type:
                raise UnsupportedViewError(
                    f"unionAll: column '{name}' is both {column_type} and {branch.types[name]}"
                )
    lists = ", ".join(_as_list(branch, compilation) for branch in branches)
    return Rows(first.types, {}, (RowList(f"flatten([{lists}])", tuple(first.types)),))


def _as_list(rows: Rows, compilation: Compilation) -> str:
    if not rows.single and len(rows.lists) == 1:
        return rows.lists[0].sql
    fields = dict(rows.single)
    variables = [compilation.fresh() for _ in rows.lists]
    for variable, part in zip(variables, rows.lists, strict=True):
        fields.update({name: sql.field(variable, name) for name in part.names})
    made = sql.struct({name: fields[name] for name in rows.types})
    if not rows.lists:
        return f"[{made}]"
    # The innermost comprehension makes rows, each outer one a list of lists.
    for depth, (variable, part) in enumerate(reversed(list(zip(variables, rows.lists, strict=True)))):
        made = f"[{made} for {variable} in {part.sql}]"
        made = f"flatten({made})" if depth else made
    return made


def select_list(rows: Rows, compilation: Compilation) -> tuple[str, str]:
    """The outer select list, and the inner one that makes each resource's rows; the outer may be empty."""
    single = ", ".join(f"{expression} AS {sql.identifier(name)}" for name, expression in rows.single.items())
    if not rows.lists:
        return "", single
    listed = {name: kind for name, kind in rows.types.items() if name not in rows.single}
    crossed = _as_list(Rows(listed, {}, rows.lists), compilation)
    inner = ", ".join(part for part in (single, f'unnest({crossed}) AS "_row"') if part)
    outer = ", ".join(
        ("" if name in rows.single else f'"_row".{sql.identifier(name)} AS ') + sql.identifier(name)
        for name in rows.types
    )
    return outer, inner
