"""Owns JSON that parsers disagree about: NaN, repeated keys, U+0000, lone surrogates, depth; within one resource.

https://www.rfc-editor.org/rfc/rfc8259#section-4, https://hl7.org/fhir/R4/datatypes.html#string
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir_adapter.testing.faults.kinds.contents import Resource, change_resources, set_body
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response

_MARK = "\ue000mark\ue000"
_DEPTH = 5000
_WORDS = ("text", "display", "family", "title", "name", "valueString")
_NUMBERS = {"nan": b"NaN", "infinite": b"1e400", "long-integer": b"1" * 5000}
_CHARACTERS = {"nul": b"\\u0000", "surrogate": b"\\ud83d", "line-separator": "\u2028".encode()}


@kind(
    "damage-json",
    by=Choice(
        "nan",
        "infinite",
        "long-integer",
        "nul",
        "surrogate",
        "line-separator",
        "repeated-key",
        "depth",
        "bom",
    ),
)
def damage_json(call: Call) -> Response:
    """Damage one resource of the answer: a number, a text, its status, its depth, or put a BOM before it all."""
    response = call.proceed(call.request)
    if not call.rule.looks_at(response):
        return response
    damaged = _damaged(response, call.option("by"))
    if damaged is not None and call.fires(response):
        set_body(response, damaged)
    return response


def _damaged(response: Response, by: str) -> bytes | None:
    if by == "bom":
        return b"\xef\xbb\xbf" + response.content()
    mark = _once(_marker(by))
    body = change_resources(response, mark)
    if body is None:
        return None
    if by in _NUMBERS:
        return body.replace(f'"{_MARK}"'.encode(), _NUMBERS[by], 1)
    if by in _CHARACTERS:
        return body.replace(_MARK.encode(), _CHARACTERS[by], 1)
    if by == "depth":
        return body.replace(f'"{_MARK}"'.encode(), b'[{"extension":' * _DEPTH + b"[]" + b"}]" * _DEPTH, 1)
    return body.replace(f'"{_MARK}":'.encode(), b'"status":', 1)


def _marker(by: str) -> Callable[[Resource], Resource | None]:
    if by in _NUMBERS:
        return _mark_number
    if by in _CHARACTERS:
        return lambda resource: resource if _mark_text(resource) else None
    if by == "depth":
        return lambda resource: {**resource, "extension": _MARK}
    return _mark_status


def _once(mark: Callable[[Resource], Resource | None]) -> Callable[[Resource], Resource | None]:
    """Only the first resource that can be marked is."""
    done = False

    def change(resource: Resource) -> Resource | None:
        nonlocal done
        new = None if done else mark(resource)
        done = done or new is not None
        return new

    return change


def _mark_number(resource: Resource) -> Resource | None:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or not isinstance(quantity.get("value"), int | float):
        return None
    return {**resource, "valueQuantity": {**quantity, "value": _MARK}}


def _mark_text(value: Any) -> bool:
    """Put the mark into the first free text, at any depth, in place; whether there was one."""
    if isinstance(value, list):
        return any(_mark_text(one) for one in value)
    if not isinstance(value, dict):
        return False
    for key, inner in value.items():
        if key in _WORDS and isinstance(inner, str):
            value[key] = inner[:1] + _MARK + inner[1:]
            return True
    return any(_mark_text(inner) for inner in value.values())


def _mark_status(resource: Resource) -> Resource | None:
    """The status twice: entered in error first, then what it was, which a parser that keeps the last will see."""
    if not isinstance(resource.get("status"), str):
        return None
    return {"resourceType": resource["resourceType"], _MARK: "entered-in-error", **resource}
