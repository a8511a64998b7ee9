"""Owns resources as JSON text: read with JSON's traps refused, written with decimals as they came.

https://hl7.org/fhir/R4/json.html: property names are unique, a decimal keeps its precision (20.10 stays 20.10).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from fhir_adapter.testing.server.problems import Problem

MAX_BYTES = 16 * 1024 * 1024
# U+0000 is refused on reading, so nothing that was read can look like this mark.
_MARK = "\0decimal "
_MARKED = re.compile(r'"\\u0000decimal ([^"]*)"')
_SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


def read(body: bytes, limit: int = MAX_BYTES) -> dict[str, Any]:
    """A JSON object with its decimals as `Decimal`; Problem 413 when too large, 400 when it is not what JSON allows."""
    if len(body) > limit:
        raise Problem(413, "too-long", f"the body has more than {limit} bytes")
    try:
        content = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise Problem(400, "structure", "the body is nested too deeply") from None
    except (ValueError, ArithmeticError) as error:
        raise Problem(400, "structure", f"the body is not JSON: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise Problem(400, "structure", "the body is not a JSON object")
    if _SUSPECT.search(body):
        _check_text(content)
    return content


def parse(text: str) -> Any:
    """JSON that the server itself wrote, with its decimals as `Decimal`."""
    return json.loads(text, parse_float=Decimal)


def write(content: Any, *, sort_keys: bool = False) -> str:
    """Compact JSON text; a `Decimal` is written as it was read. ValueError for NaN and Infinity."""
    text = (_SORTED if sort_keys else _PLAIN).encode(content)
    return _MARKED.sub(r"\1", text) if r"\u0000decimal " in text else text


def _mark(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}{value}"
    raise ValueError(f"{type(value).__name__} is not JSON")


def _encoder(sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
        check_circular=False,
        sort_keys=sort_keys,
        default=_mark,
    )


_PLAIN, _SORTED = _encoder(False), _encoder(True)


def _refuse_constant(_: str) -> Any:
    raise Problem(400, "structure", "the body is not JSON: NaN and Infinity are no numbers")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise Problem(400, "structure", "an object of the body has the same property twice")
    return content


def _check_text(element: Any) -> None:
    if isinstance(element, dict):
        for name, value in element.items():
            _check_text(name)
            _check_text(value)
    elif isinstance(element, list):
        for item in element:
            _check_text(item)
    elif isinstance(element, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in element):
        raise Problem(400, "structure", "a string of the body holds U+0000 or half a surrogate pair")
