"""Owns the scan schema: which elements a view reads, as plain nested shapes and as DuckDB types.

Only the elements that a view names are parsed:
https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fhir_adapter.views import sql
from fhir_adapter.views.refusal import UnsupportedViewError

# A leaf is "string", "number", "boolean" or "json"; an object without elements is read for its presence only.
Shape: TypeAlias = "str | Mapping[str, Shape] | list[Shape]"

_DUCKDB = {"string": "VARCHAR", "number": "DOUBLE", "boolean": "BOOLEAN", "json": "JSON"}


@dataclass
class ScanNode:
    """One element of the scan, grown while paths are compiled."""

    path: tuple[str, ...] = ()
    many: bool = False
    leaf: str = ""
    resource: str = ""  # which resource it is read as, where it may be any
    children: dict[str, ScanNode] = field(default_factory=dict)

    def child(self, name: str, many: bool, leaf: str) -> ScanNode:
        node = self.children.get(name)
        if node is None:
            node = self.children[name] = ScanNode((*self.path, name), many, leaf)
        return node

    def read_as_text(self) -> None:
        self.leaf = "string"

    def shape(self) -> Shape:
        """An element read as JSON hides the elements below it: JSON is read whole."""
        inner: Shape
        if self.leaf == "json":
            return "json"
        inner = self.leaf or {name: node.shape() for name, node in sorted(self.children.items())}
        return [inner] if self.many else inner


def duckdb_type(shape: Shape) -> str:
    if isinstance(shape, str):
        return _DUCKDB[shape]
    if isinstance(shape, list):
        return duckdb_type(shape[0]) + "[]"
    if not shape:
        return "JSON"
    fields = ", ".join(f"{sql.identifier(name)} {duckdb_type(inner)}" for name, inner in shape.items())
    return f"STRUCT({fields})"


def columns_literal(shape: Mapping[str, Shape]) -> str:
    pairs = ", ".join(f"{sql.text(name)}: {sql.text(duckdb_type(inner))}" for name, inner in shape.items())
    return f"{{{pairs}}}"


def merge_shapes(shapes: Iterable[Shape]) -> Shape:
    """One shape that serves all views: a number that one of them wants as text is read as text by all."""
    merged: Shape = {}
    for shape in shapes:
        merged = _merge(merged, shape, "")
    return merged


def _merge(left: Shape, right: Shape, path: str) -> Shape:
    if left == right:
        return left
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        names = sorted({*left, *right})
        return {n: _merge_element(left.get(n), right.get(n), f"{path}.{n}".lstrip(".")) for n in names}
    if isinstance(left, list) and isinstance(right, list):
        return [_merge(left[0], right[0], path)]
    if {str(left), str(right)} == {"number", "string"}:
        return "string"
    raise UnsupportedViewError(
        f"{path}: one view reads it as {duckdb_type(left)}, another as {duckdb_type(right)}; scan them apart"
    )


def _merge_element(left: Shape | None, right: Shape | None, path: str) -> Shape:
    if left is None or right is None:
        present = right if left is None else left
        assert present is not None  # noqa: S101  # the name came from one of the two
        return present
    return _merge(left, right, path)
