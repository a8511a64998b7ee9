"""Owns the types and cardinalities of R4 elements (https://hl7.org/fhir/R4/json.html)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_adapter.views.refusal import UnsupportedViewError

# Type of what cannot be there: its paths are empty, whatever they name.
NOTHING = ""

# Type of `contained`: which resource an item is only its resourceType says.
ANY_RESOURCE = "ResourceList"

PRIMITIVES = frozenset(
    "base64Binary boolean canonical code date dateTime decimal id instant integer integer64 markdown oid "
    "positiveInt string time unsignedInt uri url uuid".split()
)
_EVERYWHERE = {"id": "string", "extension": "Extension*"}
_NUMBERS = {"decimal", "integer", "positiveInt", "unsignedInt", "integer64", "count"}
_MOMENTS = {"date", "dateTime", "instant"}


@dataclass(frozen=True)
class Element:
    type: str
    many: bool


@dataclass(frozen=True)
class ChoiceElement:
    types: tuple[str, ...]


def kind(type_name: str) -> str:
    """What values of a type can be compared with: number, boolean, string, date, time; else complex."""
    if type_name in _NUMBERS:
        return "number"
    if type_name in _MOMENTS:
        return "date"
    if type_name in {"boolean", "time"}:
        return type_name
    if type_name == NOTHING:
        return "nothing"
    return "string" if type_name[0].islower() else "complex"


def leaf(type_name: str) -> str:
    """How a type is scanned; a complex type is scanned by its elements."""
    return {"date": "string", "time": "string", "complex": "", "nothing": "json"}.get(
        kind(type_name), kind(type_name)
    )


def is_resource(type_name: str) -> bool:
    return type_name in _table()[0]


def element(type_name: str, name: str) -> Element | ChoiceElement:
    if type_name == NOTHING:
        return Element(NOTHING, False)
    known = _table()[1].get(type_name, {})
    declared = known.get(name) or _EVERYWHERE.get(name)
    if type_name[0].islower():
        raise UnsupportedViewError(f"'{name}': elements of the primitive type {type_name} are not supported")
    if declared:
        return Element(declared.rstrip("*"), declared.endswith("*"))
    if f"{name}[x]" in known:
        return ChoiceElement(tuple(known[f"{name}[x]"].split()))
    choice = _choice_of(known, name)
    hint = f"; write {choice[0]}.ofType({choice[1]})" if choice else ""
    raise UnsupportedViewError(f"{type_name} has no element '{name}'{hint}")


def has(type_name: str, name: str) -> bool:
    known = _table()[1].get(type_name, {})
    return name in known or name in _EVERYWHERE or f"{name}[x]" in known


def json_element(type_name: str, name: str) -> Element:
    """Like `element`, by the name used in JSON: a member of a choice is named with its type."""
    choice = _choice_of(_table()[1].get(type_name, {}), name)
    if choice:
        return Element(choice[1], False)
    found = element(type_name, name)
    if isinstance(found, ChoiceElement):
        example = choice_name(name, found.types[0])
        raise UnsupportedViewError(f"{type_name}.{name} is a choice: name its type, as in {example}")
    return found


def choice_name(name: str, type_name: str) -> str:
    return name + _cap(type_name)


def _choice_of(known: dict[str, str], name: str) -> tuple[str, str] | None:
    for declared, types in known.items():
        base = declared.removesuffix("[x]")
        if base == declared or not name.startswith(base):
            continue
        for type_name in types.split():
            if name == choice_name(base, type_name):
                return base, type_name
    return None


def _cap(type_name: str) -> str:
    return type_name[0].upper() + type_name[1:]


@cache
def _table() -> tuple[frozenset[str], dict[str, dict[str, str]]]:
    content: dict[str, Any] = json.loads(
        files("fhir_adapter.views").joinpath("elements.json").read_text(encoding="utf-8")
    )
    return frozenset(content["resources"]), content["types"]
