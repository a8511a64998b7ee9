"""Owns compile_view: HL7 ViewDefinition in, scan schema and DuckDB SQL out.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhir_adapter.views import elements, expressions, fhirpath, shapes, sql
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.rows import Rows, compile_selects, select_list
from fhir_adapter.views.scope import Scope
from fhir_adapter.views.shapes import ScanNode, Shape
from fhir_adapter.views.values import Compilation, Value

_KEYS = frozenset(
    "resourceType id meta implicitRules language text contained extension modifierExtension url identifier "
    "version versionAlgorithmString versionAlgorithmCoding name title status experimental date "
    "publisher contact description useContext jurisdiction purpose copyright copyrightLabel resource profile "
    "fhirVersion constant select where".split()
)


@dataclass(frozen=True)
class CompiledView:
    """A view ready to run over any relation that has its scan columns."""

    name: str
    resource: str
    shape: Mapping[str, Shape]
    columns: tuple[str, ...]
    _outer: str
    _inner: str
    _filter: str

    def scan_columns(self) -> str:
        return shapes.columns_literal(self.shape)

    def sql(self, source: str) -> str:
        inner = f"SELECT {self._inner} FROM {source} AS _r WHERE {self._filter}"
        return f"SELECT {self._outer} FROM ({inner})" if self._outer else inner


def compile_view(view: Mapping[str, Any]) -> CompiledView:
    """Raises UnsupportedViewError, which names what is ill-formed or not supported."""
    if not isinstance(view, Mapping):
        raise UnsupportedViewError("a ViewDefinition is an object")
    label = str(view.get("name") or view.get("resource") or "view")
    try:
        return _compile(view, label)
    except UnsupportedViewError as refusal:
        raise UnsupportedViewError(f"view {label}: {refusal}") from refusal


def _compile(view: Mapping[str, Any], label: str) -> CompiledView:
    unknown = sorted(set(view) - _KEYS)
    if unknown:
        raise UnsupportedViewError(f"'{unknown[0]}' is not supported in a ViewDefinition")
    resource = view.get("resource")
    if not isinstance(resource, str) or not elements.is_resource(resource):
        raise UnsupportedViewError(f"resource: an R4 resource type was expected, not {resource!r}")
    json_paths: set[tuple[str, ...]] = set()
    while True:
        # `repeat` turns elements into JSON, also for the paths compiled before it was met: compile again.
        before = len(json_paths)
        compilation = Compilation(ScanNode(), _constants(view.get("constant", [])), json_paths)
        this = Value("_r", resource, node=compilation.root, plain=True)
        scope = Scope(this, compilation, expressions.evaluate, at_root=True)
        rows = compile_selects(view.get("select"), scope)
        criteria = _criteria(view.get("where", []), scope)
        if len(json_paths) == before:
            return _finished(label, resource, rows, criteria, compilation)


def _finished(
    label: str, resource: str, rows: Rows, criteria: list[str], compilation: Compilation
) -> CompiledView:
    for name in ("resourceType", "id"):
        compilation.root.child(name, False, "string")
    shape = compilation.root.shape()
    assert isinstance(shape, dict)  # noqa: S101  # the root of a scan is an object
    outer, inner = select_list(rows, compilation)
    conditions = [f'_r."resourceType" = {sql.text(resource)}', *criteria]
    return CompiledView(label, resource, shape, tuple(rows.types), outer, inner, " AND ".join(conditions))


def _criteria(where: object, scope: Scope) -> list[str]:
    if not isinstance(where, list):
        raise UnsupportedViewError("where: a list was expected")
    criteria = []
    for item in where:
        if not isinstance(item, Mapping) or "path" not in item or set(item) - {"path", "description", "id"}:
            raise UnsupportedViewError("where: an object with a path was expected")
        criterion = scope.condition(fhirpath.parse(item["path"]), "where")
        criteria.append(f"({criterion})")
    return criteria


def _constants(constants: object) -> dict[str, Value]:
    if not isinstance(constants, list):
        raise UnsupportedViewError("constant: a list was expected")
    found: dict[str, Value] = {}
    for constant in constants:
        name = constant.get("name") if isinstance(constant, Mapping) else None
        if not isinstance(name, str) or name in found:
            raise UnsupportedViewError(f"constant: a name of its own was expected, not {name!r}")
        given = [key for key in constant if key.startswith("value")]
        if len(given) != 1:
            raise UnsupportedViewError(f"constant '{name}': exactly one value[x] was expected")
        found[name] = _constant(name, given[0].removeprefix("value"), constant[given[0]])
    return found


def _constant(name: str, suffix: str, value: object) -> Value:
    type_name = suffix[:1].lower() + suffix[1:]
    if type_name not in elements.PRIMITIVES:
        raise UnsupportedViewError(f"constant '{name}': value{suffix} is not supported")
    kind = elements.kind(type_name)
    expected: tuple[type, ...] = {"number": (int, float), "boolean": (bool,)}.get(kind, (str,))
    if not isinstance(value, expected) or (kind == "number" and isinstance(value, bool)):
        raise UnsupportedViewError(f"constant '{name}': {value!r} is no {type_name}")
    written = str(value).lower() if kind == "boolean" else str(value)
    return expressions.literal(type_name, written)
