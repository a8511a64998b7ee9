"""Owns finding the raw text of an object's members and an array's elements.

A resource is copied out of its Bundle as a slice of the text, so 5.10 stays 5.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fhir_adapter.landing import strict

# In valid JSON a line break only ever stands between tokens.
_BREAK = re.compile(r"[\r\n][ \t\r\n]*")


class Span(NamedTuple):
    """Where a value stands in its text, and the value with its numbers as text."""

    start: int
    end: int
    value: Any


def members(text: str, start: int = 0) -> dict[str, Span]:
    """The members of the object at `start`; nothing but blanks may follow if it starts the text."""
    found: dict[str, Span] = {}
    at = _open(text, start, "{", strict.NOT_OBJECT)
    if text[at : at + 1] != "}":
        while True:
            if text[at : at + 1] != '"':
                raise strict.NotStrict(strict.NOT_JSON)
            key, at = strict.scan(text, at)
            at = _expect(text, at, ":")
            value, end = strict.scan(text, at)
            if key in found:
                raise strict.NotStrict(strict.DUPLICATE_KEY)
            found[key] = Span(at, end, value)
            at, more = _next(text, end, "}")
            if not more:
                break
    _close(text, at + 1, whole=start == 0)
    return found


def elements(text: str, start: int = 0) -> Iterator[Span]:
    """The elements of the array at `start`, one at a time: all at once may be half a gigabyte."""
    at = _open(text, start, "[", "not a list")
    if text[at : at + 1] != "]":
        while True:
            value, end = strict.scan(text, at)
            yield Span(at, end, value)
            at, more = _next(text, end, "]")
            if not more:
                break
    _close(text, at + 1, whole=start == 0)


def one_line(text: str) -> str:
    """The same JSON without line breaks; a text that has none is untouched."""
    return _BREAK.sub("", text) if "\n" in text else text


def _open(text: str, start: int, bracket: str, reason: str) -> int:
    at = strict.skip_blank(text, start)
    if text[at : at + 1] != bracket:
        raise strict.NotStrict(reason if at < len(text) else strict.NOT_JSON)
    return strict.skip_blank(text, at + 1)


def _expect(text: str, at: int, mark: str) -> int:
    at = strict.skip_blank(text, at)
    if text[at : at + 1] != mark:
        raise strict.NotStrict(strict.NOT_JSON)
    return strict.skip_blank(text, at + 1)


def _next(text: str, end: int, bracket: str) -> tuple[int, bool]:
    """After a value: a comma (and where the next one starts) or the closing bracket."""
    at = strict.skip_blank(text, end)
    mark = text[at : at + 1]
    if mark == bracket:
        return at, False
    if mark != ",":
        raise strict.NotStrict(strict.NOT_JSON)
    return strict.skip_blank(text, at + 1), True


def _close(text: str, at: int, *, whole: bool) -> None:
    if whole and strict.skip_blank(text, at) != len(text):
        raise strict.NotStrict(strict.NOT_JSON)
