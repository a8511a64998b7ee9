"""Owns `repeat`, which walks nested elements.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html (repeat)

A list of structs cannot hold itself, so what lies below a repeated element is scanned as JSON.
"""

from __future__ import annotations

from fhir_adapter.views import elements, fhirpath, sql, values
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.scope import Scope
from fhir_adapter.views.values import Compilation, Value

MAX_DEPTH = 32


def repeated(paths: object, scope: Scope) -> Value:
    """Every element reached, each before those below it."""
    if not isinstance(paths, list) or not paths:
        raise UnsupportedViewError("repeat: a list of paths was expected")
    chains = [_names(fhirpath.parse(path)) for path in paths]
    compilation = scope.compilation
    if not scope.this.json and scope.this.node is not None:
        compilation.json_paths |= {(*scope.this.node.path, chain[0]) for chain in chains}
    roots = _children(scope.this, chains, compilation)
    if roots is None:
        return values.EMPTY
    name, item = compilation.fresh(), compilation.fresh()
    node = Value(f"{item}.n", roots.type, json=True)
    below = _children(node, chains, compilation)
    if below is None:
        return roots
    if below.type != roots.type:
        raise UnsupportedViewError(f"repeat: from {roots.type} to {below.type} is not supported")

    def opened(found: Value) -> str:
        return f"[{{'n': {name}, 'o': true}} for {name} in {found.sql}]"

    # Each round puts the children of every open element right behind it; what is left open after the
    # last round lies deeper than the guard allows.
    step = (
        f"flatten([CASE WHEN {item}.o THEN list_concat([{{'n': {item}.n, 'o': false}}], "
        f"{opened(below)}) ELSE [{item}] END for {item} in _open])"
    )
    walked = f"list_reduce(range({MAX_DEPTH}), lambda _open, _round: {step}, {opened(roots)})"
    too_deep = sql.rows_error(f"repeat: nested deeper than {MAX_DEPTH} levels")
    guarded = f"CASE WHEN {item}.o AND len({below.sql}) > 0 THEN {too_deep} ELSE {item}.n END"
    return Value(f"[{guarded} for {item} in {walked}]", roots.type, many=True, json=True)


def _children(value: Value, chains: list[tuple[str, ...]], compilation: Compilation) -> Value | None:
    found = [child for child in (_follow(value, chain, compilation) for chain in chains) if child is not None]
    if not found:
        return None
    types = sorted({child.type for child in found})
    if len(types) > 1:
        raise UnsupportedViewError(f"repeat: several types ({', '.join(types)}) are not supported")
    lists = [child.sql for child in found]
    joined = lists[0] if len(lists) == 1 else f"flatten([{', '.join(lists)}])"
    return Value(joined, types[0], many=True, json=True)


def _follow(value: Value, chain: tuple[str, ...], compilation: Compilation) -> Value | None:
    """None where the type has no such element: a path of `repeat` need not fit every level."""
    for name in chain:
        if not elements.has(value.type, name):
            return None
        value = values.settled(values.child(value, name, compilation), "repeat")
    if value.kind != "complex" or not value.json:
        raise UnsupportedViewError(f"repeat: {'.'.join(chain)} does not lead to elements that hold others")
    return values.as_list(value)


def _names(expression: fhirpath.Expression) -> tuple[str, ...]:
    if isinstance(expression, fhirpath.Name):
        above = _names(expression.target) if expression.target else ()
        return (*above, expression.name)
    raise UnsupportedViewError("repeat: only paths of element names are supported")
