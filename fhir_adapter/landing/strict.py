"""Owns strict JSON: what is refused, and where the raw text of each member stands.

https://hl7.org/fhir/R4/json.html, and I-JSON (RFC 7493) where FHIR is silent.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_RESOURCE = 16 * 1024 * 1024
MAX_DOCUMENT = 64 * 1024 * 1024
MAX_DEPTH = 100

NOT_UTF8 = "not valid UTF-8"
NOT_JSON = "not valid JSON"
NOT_OBJECT = "not an object"
NO_TYPE = "no resourceType"
UNKNOWN_TYPE = "resourceType is not a FHIR resource type"
NO_ID = "no id"
DUPLICATE_KEY = "a key stands twice in one object"
NOT_A_NUMBER = "NaN and Infinity are not JSON"
TOO_LARGE_NUMBER = "a number is too large for a double"
LONE_SURROGATE = "a lone surrogate is not a character"
NUL = "U+0000 is not allowed in text"
TOO_DEEP = f"nested deeper than {MAX_DEPTH}"
TOO_LONG_LINE = "larger than 16 MB"
TOO_LONG_DOCUMENT = "larger than 64 MB"

_BLANK = re.compile(r"[ \t\r\n]*")
# Read from the left, each escape is taken whole, so `\\u0000` (an escaped backslash) is no U+0000.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u(?P<nul>0000)|\\u(?P<lone>[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_LONGEST_DOUBLE = 308


class NotStrict(ValueError):
    """A text that is refused; the message is the reason and quotes nothing."""


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotStrict(TOO_LARGE_NUMBER)
    return value


def _integer(text: str) -> int | float:
    # int() refuses thousands of digits with a ValueError of its own; float() answers "infinite".
    return _number(text) if len(text) > _LONGEST_DOUBLE else int(text)


def _constant(_: str) -> Any:
    raise NotStrict(NOT_A_NUMBER)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotStrict(DUPLICATE_KEY)
    return value


_STRICT = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_integer, parse_constant=_constant
)
# Finds where values end; what they hold is judged by the strict one, part by part.
_SCAN = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrict(NOT_UTF8) from None


def load(text: str) -> Any:
    """The value of a whole text, or NotStrict; no other exception escapes."""
    value, end = _value(_STRICT, text, skip_blank(text, 0))
    if skip_blank(text, end) != len(text):
        raise NotStrict(NOT_JSON)
    if "\\u" in text:
        _check_escapes(text)
    if text.count("[") + text.count("{") > MAX_DEPTH and too_deep(value):
        raise NotStrict(TOO_DEEP)
    return value


def load_object(text: str) -> dict[str, Any]:
    value = load(text)
    if not isinstance(value, dict):
        raise NotStrict(NOT_OBJECT)
    return value


def scan(text: str, start: int) -> tuple[Any, int]:
    """The value at `start` and where it ends, whatever strict JSON would say to it; numbers stay text."""
    return _value(_SCAN, text, start)


def skip_blank(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start


def too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


def _value(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        raise NotStrict(NOT_JSON) from None
    except RecursionError:
        raise NotStrict(TOO_DEEP) from None


def _check_escapes(text: str) -> None:
    for escape in _ESCAPE.finditer(text):
        if escape["nul"]:
            raise NotStrict(NUL)
        if escape["lone"]:
            raise NotStrict(LONE_SURROGATE)
