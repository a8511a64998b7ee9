"""Owns the FHIRPath functions that views may call.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html (required functions)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from fhir_adapter.views import elements, fhirpath, sql, temporal, values
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.scope import Scope
from fhir_adapter.views.values import Choice, Value

_Function: TypeAlias = Callable[[fhirpath.Call, Value, Scope], Value | Choice]

# Type and id at the end of a relative or absolute reference; fragments and urn: have none.
_KEY = "'^(?:[^#]*/)?([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^/#]+)?$'"


def call(expression: fhirpath.Call, target: Value | Choice, scope: Scope) -> Value | Choice:
    name, count = expression.name, len(expression.arguments)
    if name not in _FUNCTIONS:
        raise UnsupportedViewError(f"function {name}() is not supported")
    function, least, most = _FUNCTIONS[name]
    if not least <= count <= most:
        raise UnsupportedViewError(f"function {name}() does not take {count} arguments")
    if isinstance(target, Choice):
        return _call_on_choice(expression, target, scope)
    return function(expression, target, scope)


def _call_on_choice(expression: fhirpath.Call, choice: Choice, scope: Scope) -> Value:
    if expression.name == "ofType":
        return values.of_type(choice, _type_name(expression), scope.compilation)
    if expression.name in {"exists", "empty"} and not expression.arguments:
        members = [values.of_type(choice, type_name, scope.compilation) for type_name in choice.types]
        found = "(" + " OR ".join(values.exists(member) for member in members) + ")"
        return Value(found if expression.name == "exists" else f"(NOT {found})", "boolean")
    raise UnsupportedViewError(
        f"function {expression.name}(): '{choice.name}' has several types; use {choice.name}.ofType()"
    )


def _where(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    criterion = expression.arguments[0]
    if target.kind == "nothing":
        return values.EMPTY
    return values.keep(
        target,
        scope.compilation,
        lambda item: f"({scope.within(item).condition(criterion, 'where()')})",
    )


def _exists(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    found = _where(expression, target, scope) if expression.arguments else target
    return Value(f"({values.exists(found)})", "boolean")


def _empty(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    return Value(f"(NOT {values.exists(target)})", "boolean")


def _count(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    if target.kind == "nothing":
        return Value("CAST(0 AS BIGINT)", "count")
    return Value(f"coalesce(len({values.as_list(target).sql}), 0)", "count")


def _first(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    return _at(target, "1")


def _last(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    return _at(target, "-1")


def _at(target: Value, position: str) -> Value:
    if not target.many:
        return target
    items = values.without_holes(target)
    return replace(values.scalar(target), sql=f"({items.sql})[{position}]")


def _of_type(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    wanted = _type_name(expression)
    if target.type in {wanted, elements.NOTHING}:
        return target
    if target.type == elements.ANY_RESOURCE and elements.is_resource(wanted):
        return values.resources(target, wanted, scope.compilation)
    raise UnsupportedViewError(f"ofType({wanted}) of an element of type {target.type} is not supported")


def _type_name(expression: fhirpath.Call) -> str:
    argument = expression.arguments[0]
    if isinstance(argument, fhirpath.Name):
        target = argument.target
        if target is None or target == fhirpath.Name(None, "FHIR"):
            return argument.name
    raise UnsupportedViewError(f"function {expression.name}(): the name of a FHIR type was expected")


def _not(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    value = values.one(target, "not()")
    if value.kind not in {"boolean", "nothing"}:
        raise UnsupportedViewError(f"not(): a boolean was expected, not {value.type}")
    return Value(f"(NOT ({value.sql}))", "boolean")


def _join(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    if target.kind == "nothing":
        return values.EMPTY
    if target.kind == "complex" or target.kind in {"number", "boolean"}:
        raise UnsupportedViewError(f"join() of type {target.type} is not supported")
    separator = "''"
    if expression.arguments:
        given = values.one(scope.evaluate(expression.arguments[0]), "join()")
        if given.kind != "string":
            raise UnsupportedViewError("join(): the separator must be a string")
        separator = given.sql
    items = values.as_list(target).sql
    return Value(f"(CASE WHEN len({items}) > 0 THEN array_to_string({items}, {separator}) END)", "string")


def _extension(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    url = values.one(scope.evaluate(expression.arguments[0]), "extension()")
    if url.literal is None or url.kind != "string":
        raise UnsupportedViewError("extension(): the url must be written out or a constant")
    extensions = values.settled(values.child(target, "extension", scope.compilation), "extension()")
    if extensions.kind == "nothing":
        return values.EMPTY

    def has_url(item: Value) -> str:
        found = values.settled(values.child(item, "url", scope.compilation), "extension()")
        return f"({found.sql} = {url.sql})"

    return values.keep(extensions, scope.compilation, has_url)


def _resource_key(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    if not elements.is_resource(target.type):
        raise UnsupportedViewError("getResourceKey() is for the resource itself")
    identity = values.one(values.child(target, "id", scope.compilation), "getResourceKey()")
    return Value(f"({sql.text(target.type + '/')} || {identity.sql})", "string")


def _reference_key(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    if target.kind == "nothing":
        return values.EMPTY
    if target.type != "Reference":
        raise UnsupportedViewError(f"getReferenceKey() is for a Reference, not {target.type}")
    references = values.settled(values.child(target, "reference", scope.compilation), "getReferenceKey()")
    wanted = _type_name(expression) if expression.arguments else ""

    def key(item: Value) -> Value:
        found = f"nullif(regexp_extract({item.sql}, {_KEY}, 1), '')"
        if wanted:
            found = f"(CASE WHEN starts_with({found}, {sql.text(wanted + '/')}) THEN {found} END)"
        return Value(found, "string")

    return values.each(references, scope.compilation, key)


def _boundary(expression: fhirpath.Call, target: Value, scope: Scope) -> Value:
    if target.kind == "nothing":
        return values.EMPTY
    value = values.one(target, f"{expression.name}()")
    if value.type == "decimal":
        # Its digits count, and a DOUBLE has forgotten whether 1 or 1.0 was written.
        if not value.read:
            raise UnsupportedViewError(f"{expression.name}() of a computed number is not supported")
        if value.node is not None:
            value.node.read_as_text()
    high = expression.name == "highBoundary"
    return Value(temporal.boundary(value.sql, value.type, high), value.type)


_FUNCTIONS: dict[str, tuple[_Function, int, int]] = {
    "where": (_where, 1, 1),
    "exists": (_exists, 0, 1),
    "empty": (_empty, 0, 0),
    "count": (_count, 0, 0),
    "first": (_first, 0, 0),
    "last": (_last, 0, 0),
    "ofType": (_of_type, 1, 1),
    "not": (_not, 0, 0),
    "join": (_join, 0, 1),
    "extension": (_extension, 1, 1),
    "getResourceKey": (_resource_key, 0, 0),
    "getReferenceKey": (_reference_key, 0, 1),
    "lowBoundary": (_boundary, 0, 0),
    "highBoundary": (_boundary, 0, 0),
}
