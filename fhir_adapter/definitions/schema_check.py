"""Owns the check of a parsed file against its JSON Schema, in words that name the key and what was expected.

Each schema in `schemas/` forbids unknown keys. A property's `description` is what its message expects. Most
documents are sound, which `quick_check` sees at once; jsonschema, and its import, is for the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fhir_adapter.definitions.problems import Place, one_of
from fhir_adapter.definitions.quick_check import Check, Schema, quick_check

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_SCHEMAS = Path(__file__).resolve().parent / "schemas"


def conforms(document: object, schema: str, place: Place) -> bool:
    """Whether the document follows `schemas/<schema>.json`; every deviation is reported under its own key."""
    return _quick(schema)(document) or not faults(document, schema, place)


def faults(document: object, schema: str, place: Place) -> tuple[Place, ...]:
    """As `conforms`, but says where: what is sound beside a fault can then still be checked further."""
    if _quick(schema)(document):
        return ()
    errors = sorted(_validator(schema).iter_errors(document), key=lambda error: _order(error.absolute_path))
    places = tuple(place.at(*error.absolute_path) for error in errors)
    for error, at in zip(errors, places, strict=True):
        _report(error, at)
    return places


def _order(path: Iterable[str | int]) -> list[tuple[int, str]]:
    """Steps of a path so that they sort: list indexes by number, names by letter."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in path]


@cache
def _quick(schema: str) -> Check:
    return quick_check(_schema(schema))


@cache
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_schema(schema))


def _schema(name: str) -> Schema:
    return cast(Schema, json.loads((_SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def _report(error: ValidationError, place: Place) -> None:
    schema: Mapping[str, object] = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = _property_names(schema)
        for name in (name for name in error.instance if name not in known):
            place.at(name).expected(f"unknown key, expected {one_of(known)}")
    elif error.validator == "required" and isinstance(error.instance, Mapping):
        # jsonschema reports each missing name on its own and says which only in its message.
        for name in (name for name in _names(schema, "required") if name not in error.instance):
            place.at(name).expected("missing, expected " + _wanted(_property(schema, name)))
    else:
        place.expected("expected " + _wanted(schema))


def _wanted(schema: Mapping[str, object]) -> str:
    if "description" in schema:
        return str(schema["description"])
    if "enum" in schema:
        return one_of(_names(schema, "enum"))
    return f"a value of type {schema['type']}" if "type" in schema else "another value"


def _names(schema: Mapping[str, object], keyword: str) -> tuple[str, ...]:
    names = schema.get(keyword)
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _property_names(schema: Mapping[str, object]) -> tuple[str, ...]:
    properties = schema.get("properties")
    return tuple(properties) if isinstance(properties, Mapping) else ()


def _property(schema: Mapping[str, object], name: str) -> Mapping[str, object]:
    properties = schema.get("properties")
    found = properties.get(name) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}
