"""Owns reaching into a resource: plain dicts, elements by their FHIR names, and never an exception.

An element that is missing, null or of another type than FHIR says reads as absent; a leaf of another type
reads as the text that the scan of the other engine gives, so that both engines see one record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fhir_adapter.model.readings import Coding

Node = Mapping[str, Any]

_INTEGER = re.compile(r"-?[0-9]+")


class Number(str):
    """A JSON number in its own spelling: 5.10 stays `5.10`."""


def parse(text: str) -> Any:
    """One JSON value with its numbers as written."""
    return json.loads(text, parse_float=Number, parse_int=Number)


def leaf_text(value: Any) -> str | None:
    """A leaf as text: strings as they are, numbers as int or shortest double, true, false, compact JSON."""
    if value is None:
        return None
    if isinstance(value, Number):
        return str(value) if _INTEGER.fullmatch(value) else repr(float(value))
    if isinstance(value, str):
        return value
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """The value with real numbers, so that json does not write them as strings."""
    if isinstance(value, Number):
        return int(value) if _INTEGER.fullmatch(value) else float(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def part(node: Node, *path: str) -> Node:
    """The object at a path; an empty one where there is none."""
    for name in path:
        inner = node.get(name)
        node = inner if isinstance(inner, dict) else {}
    return node


def parts(node: Node, name: str) -> list[Node]:
    """The elements of a list; an entry that is no object is an empty one: positions keep their number."""
    inner = node.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in inner] if isinstance(inner, list) else []


def leaf(node: Node, *path: str) -> str | None:
    """The leaf at a path as text."""
    return leaf_text(part(node, *path[:-1]).get(path[-1]))


def number(node: Node, *path: str) -> str | None:
    """The number at a path in its own spelling; anything else as its text, for the reader to refuse."""
    value = part(node, *path[:-1]).get(path[-1])
    return str(value) if isinstance(value, Number) else leaf_text(value)


def first_leaf(node: Node, *paths: tuple[str, ...]) -> str | None:
    """The first leaf that is there: presence decides, not whether it can be read."""
    return next((text for path in paths if (text := leaf(node, *path)) is not None), None)


def codings(concept: Node) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept, as sent."""
    return tuple(
        Coding(leaf(coding, "system"), leaf(coding, "code"), leaf(coding, "display"))
        for coding in parts(concept, "coding")
    )


def first_code(concept: Node) -> str | None:
    """The code of the first coding that has one: how a status in a CodeableConcept is read."""
    return next((coding.code for coding in codings(concept) if coding.code is not None), None)


def code_of(concept: Node) -> str | None:
    """`system|code` of the first coding."""
    first = next(iter(codings(concept)), None)
    return f"{first.system or ''}|{first.code or ''}" if first is not None else None


def text_of(concept: Node) -> str | None:
    """The concept's own text, else the first display."""
    text = leaf(concept, "text")
    displays = (coding.display for coding in codings(concept) if coding.display is not None)
    return text if text is not None else next(displays, None)
