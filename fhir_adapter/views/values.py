"""Owns FHIRPath collections as SQL: a scalar whose NULL is empty, or a list whose NULL is empty.

https://hl7.org/fhirpath/N1/#collections
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fhir_adapter.views import elements, sql
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.shapes import ScanNode


@dataclass(frozen=True)
class Value:
    sql: str
    type: str  # a FHIR type; elements.NOTHING where nothing can be
    many: bool = False  # a LIST
    json: bool = False  # complex items are JSON documents, not STRUCTs
    holes: bool = False  # the list may hold NULL items, which are no items
    node: ScanNode | None = None  # the scanned element, when it is one
    plain: bool = False  # the scanned element itself, reached by field access alone
    literal: str | None = None  # the text of a literal, for arguments that must be known at compile time
    read: bool = False  # as it stands in the resource, not computed

    @property
    def kind(self) -> str:
        return elements.kind(self.type)


@dataclass(frozen=True)
class Choice:
    """`value` of value[x], before ofType() says which."""

    parent: Value
    name: str
    types: tuple[str, ...]


@dataclass
class Compilation:
    """What all paths of one view share."""

    root: ScanNode
    constants: dict[str, Value] = field(default_factory=dict)
    json_paths: set[tuple[str, ...]] = field(default_factory=set)
    _names: int = 0

    def fresh(self) -> str:
        """A lambda parameter of its own: nested lambdas read the outer ones, and no column starts with _."""
        self._names += 1
        return f"_x{self._names}"


EMPTY = Value("NULL", elements.NOTHING)


def one(value: Value | Choice, what: str) -> Value:
    """The value as a scalar: more than one item is an error when the query runs, as HL7 wants."""
    value = settled(value, what)
    if not value.many:
        return value
    items = without_holes(value).sql
    message = sql.rows_error(f"{what}: more than one value")
    return replace(scalar(value), sql=f"(CASE WHEN len({items}) > 1 THEN {message} ELSE ({items})[1] END)")


def settled(value: Value | Choice, what: str) -> Value:
    if isinstance(value, Choice):
        raise UnsupportedViewError(f"{what}: '{value.name}' has several types; use {value.name}.ofType()")
    return value


def scalar(value: Value) -> Value:
    return replace(value, many=False, holes=False, plain=False)


def without_holes(value: Value) -> Value:
    if not value.holes:
        return value
    filled = f"list_filter({value.sql}, lambda _x: _x IS NOT NULL)"
    return replace(value, sql=filled, holes=False, plain=False)


def as_list(value: Value) -> Value:
    if value.many:
        return without_holes(value)
    listed = f"(CASE WHEN {value.sql} IS NULL THEN [] ELSE [{value.sql}] END)"
    return replace(value, sql=listed, many=True, plain=False)


def exists(value: Value) -> str:
    if value.kind == "nothing":
        return "false"
    if value.many:
        return f"coalesce(len({without_holes(value).sql}) > 0, false)"
    return f"({value.sql}) IS NOT NULL"


def number(value: Value) -> str:
    """Numbers are scanned as DOUBLE, or as text where another column wants the text."""
    return f"CAST({value.sql} AS {'DOUBLE[]' if value.many else 'DOUBLE'})"


def typed(value: Value) -> str:
    return number(value) if value.kind == "number" and value.type != "count" else value.sql


def each(value: Value, compilation: Compilation, body: Callable[[Value], Value]) -> Value:
    """Applies body to every item and keeps what is there, flattened."""
    if not value.many:
        return body(value)
    name = compilation.fresh()
    result = body(replace(scalar(value), sql=name))
    items = f"[{result.sql} for {name} in {value.sql} if {result.sql} IS NOT NULL]"
    if result.many:
        return replace(result, sql=f"flatten({items})", plain=False)
    return replace(result, sql=items, many=True, holes=False, plain=False)


def keep(value: Value, compilation: Compilation, test: Callable[[Value], str]) -> Value:
    """The items for which test is true."""
    value = replace(value, literal=None, plain=False)
    if not value.many:
        return replace(value, sql=f"(CASE WHEN {test(value)} THEN {value.sql} END)")
    name = compilation.fresh()
    condition = test(replace(scalar(value), sql=name))
    present = f"{name} IS NOT NULL AND " if value.holes else ""
    kept = f"[{name} for {name} in {value.sql} if {present}{condition}]"
    return replace(value, sql=kept, holes=False)


def resources(value: Value, resource: str, compilation: Compilation) -> Value:
    """Of items that may be any resource those of one type, read by its elements."""
    node = value.node
    if node is None or value.json:
        raise UnsupportedViewError(f"ofType({resource}) is for resources that are scanned")
    if node.resource not in {"", resource}:
        # One scan has one type for each name, and two resources may mean different things by it.
        raise UnsupportedViewError(f"ofType({resource}) beside ofType({node.resource}) is not supported")
    node.resource = resource
    node.child("resourceType", False, "string")
    wanted = sql.text(resource)
    kept = keep(value, compilation, lambda item: f"{sql.field(item.sql, 'resourceType')} = {wanted}")
    return replace(kept, type=resource)


def child(value: Value, name: str, compilation: Compilation) -> Value | Choice:
    found = elements.element(value.type, name)
    if isinstance(found, elements.ChoiceElement):
        return Choice(value, name, found.types)
    return _step(value, name, found, compilation)


def of_type(choice: Choice, type_name: str, compilation: Compilation) -> Value:
    if type_name not in choice.types:
        known = f"{choice.parent.type}.{choice.name} is one of {', '.join(choice.types)}"
        raise UnsupportedViewError(f"ofType({type_name}): {known}")
    name = elements.choice_name(choice.name, type_name)
    return _step(choice.parent, name, elements.Element(type_name, False), compilation)


def _step(value: Value, name: str, found: elements.Element, compilation: Compilation) -> Value:
    if found.type == elements.NOTHING:
        return EMPTY
    node = value.node.child(name, found.many, elements.leaf(found.type)) if value.node else None
    if node is not None and node.path in compilation.json_paths:
        node.leaf = "json"
    return each(value, compilation, lambda item: _item_step(item, name, found, node))


def _item_step(item: Value, name: str, found: elements.Element, node: ScanNode | None) -> Value:
    whole_json = node is not None and node.leaf == "json"
    is_json = item.json or whole_json
    if not item.json:
        access = sql.field(item.sql, name)
    elif found.many or elements.kind(found.type) == "complex":
        access = sql.json_field(item.sql, name)
    else:
        access = sql.json_text(item.sql, name)
    below, plain = (None, False) if is_json else (node, item.plain)
    shared = Value("", found.type, node=below, plain=plain, read=True)
    if found.many:
        access = _json_items(access, found.type) if is_json else access
        complex_json = is_json and elements.kind(found.type) == "complex"
        return replace(shared, sql=access, many=True, json=complex_json, holes=True)
    if is_json:
        access = _json_scalar(access, found.type)
    return replace(shared, sql=access, json=is_json)


def _json_items(document: str, type_name: str) -> str:
    items = sql.json_list(document)
    if elements.kind(type_name) == "complex":
        return items
    texts = f"list_transform({items}, lambda _x: json_extract_string(_x, '$'))"
    return f"CAST({texts} AS BOOLEAN[])" if type_name == "boolean" else texts


def _json_scalar(access: str, type_name: str) -> str:
    if type_name == "boolean":
        return f"CAST({access} AS BOOLEAN)"
    if elements.kind(type_name) == "complex":
        # A JSON null is no element.
        return f"(CASE WHEN json_type({access}) <> 'NULL' THEN {access} END)"
    return access
