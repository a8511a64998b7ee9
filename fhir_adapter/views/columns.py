"""Owns one output column, with the tags that let a view hand out whole elements.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html (column, tag)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fhir_adapter.views import elements, fhirpath, values
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.scope import Scope
from fhir_adapter.views.shapes import ScanNode
from fhir_adapter.views.values import Value

ELEMENTS_TAG = "fhir-adapter/elements"
SCAN_TAG = "fhir-adapter/scan"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEYS = {"name", "path", "type", "collection", "description", "tag", "id", "extension"}


@dataclass(frozen=True)
class Column:
    name: str
    sql: str
    type: str  # what must be equal where unionAll puts columns under each other


def compile_column(column: Mapping[str, Any], scope: Scope) -> Column:
    name = column.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnsupportedViewError(f"{name!r} is no column name: letters, digits and _ were expected")
    try:
        unknown = sorted(set(column) - _KEYS)
        if unknown:
            raise UnsupportedViewError(f"'{unknown[0]}' is not supported in a column")
        tags = _tags(column.get("tag", []))
        value = values.settled(scope.evaluate(fhirpath.parse(column.get("path"))), "path")
        collection = column.get("collection", False)
        if not isinstance(collection, bool):
            raise UnsupportedViewError(f"collection: true or false was expected, not {collection!r}")
        output, output_type = _output(value, tags, collection)
    except UnsupportedViewError as refusal:
        raise UnsupportedViewError(f"column '{name}': {refusal}") from refusal
    return Column(name, output, output_type)


def _tags(tags: object) -> dict[str, str]:
    if not isinstance(tags, list) or not all(isinstance(tag, Mapping) for tag in tags):
        raise UnsupportedViewError("tag: a list of name and value was expected")
    named = {str(tag.get("name")): str(tag.get("value")) for tag in tags}
    ours = {name: value for name, value in named.items() if name.startswith("fhir-adapter/")}
    for name, value in ours.items():
        if name not in {ELEMENTS_TAG, SCAN_TAG} or (name == SCAN_TAG and value != "text"):
            raise UnsupportedViewError(f"tag {name} = {value!r} is not supported")
    return ours


def _output(value: Value, tags: Mapping[str, str], collection: bool) -> tuple[str, str]:
    if ELEMENTS_TAG in tags:
        output_type = _narrow(value, tags[ELEMENTS_TAG])
        # A scanned element is handed out untouched, so that it costs no more than its scan.
        if value.plain and value.many == collection:
            return value.sql, output_type + ("[]" if collection else "")
    elif value.kind == "complex":
        hint = f"name its elements, or add the tag {ELEMENTS_TAG}"
        raise UnsupportedViewError(f"path ends in {value.type}: {hint}")
    else:
        value, output_type = _primitive(value, SCAN_TAG in tags)
    if collection:
        items = values.as_list(value).sql
        if ELEMENTS_TAG not in tags:
            items = f"coalesce({items}, CAST([] AS {output_type}[]))"
        return items, f"{output_type}[]"
    return values.one(value, "collection is false").sql, output_type


def _primitive(value: Value, text: bool) -> tuple[Value, str]:
    if text:
        if value.kind != "number" or value.node is None:
            raise UnsupportedViewError(f"tag {SCAN_TAG} is for a path that ends in a scanned number")
        value.node.read_as_text()
        return value, "VARCHAR"
    if value.kind == "nothing":
        return replace(value, sql="CAST(NULL AS VARCHAR)"), "VARCHAR"
    if value.type == "count":
        return value, "BIGINT"
    output_type = {"number": "DOUBLE", "boolean": "BOOLEAN"}.get(value.kind, "VARCHAR")
    return replace(value, sql=values.typed(value)), output_type


def _narrow(value: Value, paths: str) -> str:
    if value.kind != "complex" or value.node is None or value.json:
        raise UnsupportedViewError(f"tag {ELEMENTS_TAG} is for a path that ends in a scanned complex element")
    if not paths.split():
        raise UnsupportedViewError(f"tag {ELEMENTS_TAG} names no elements")
    for path in paths.split():
        _scan(value.node, value.type, path)
    return f"STRUCT {value.type} ({' '.join(sorted(paths.split()))})"


def _scan(node: ScanNode, type_name: str, path: str) -> None:
    for name in path.split("."):
        if not type_name[0].isupper():
            raise UnsupportedViewError(f"tag {ELEMENTS_TAG}: '{path}' goes below {type_name}")
        found = elements.json_element(type_name, name)
        node = node.child(name, found.many, elements.leaf(found.type))
        type_name = found.type
    if elements.kind(type_name) == "complex":
        raise UnsupportedViewError(f"tag {ELEMENTS_TAG}: '{path}' ends in {type_name}; name its elements")
    if elements.kind(type_name) == "number":
        node.read_as_text()
