"""Owns finding lines of NDJSON by their bytes, before any is parsed: most of a hospital is about other people.

A line that is found in vain costs a moment, one that is missed would be a false answer: every doubt finds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fhir_adapter.landing import streams

_SHORT = 6
_ESCAPED = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
# Stops at what JSON may spell in two ways; `_keys` stops there too.
_ID = re.compile(rb'"id"\s*:\s*"?([^",}\s\\]*)')


@dataclass(frozen=True)
class Needle:
    """`literal` is looked for first, because that is fast; only then the line is asked for `pattern`."""

    literal: bytes
    pattern: re.Pattern[bytes]


def _of_type(resource_type: bytes) -> Needle:
    literal = b'"%s"' % resource_type
    return Needle(literal, re.compile(rb'"resourceType"\s*:\s*' + literal))


PATIENTS: Final = _of_type(b"Patient")
BUNDLES: Final = _of_type(b"Bundle")


def resource_needle(resource_type: str, but_no: Iterable[str]) -> Needle:
    """A resource of a type that stands by itself: not contained in one of `but_no`."""
    literal = b'"%s"' % resource_type.encode()
    others = "|".join(but_no).encode()
    said = rb'"resourceType"\s*:\s*'
    return Needle(literal, re.compile(rb'(?m)^(?!.*%s"(?:%s)").*%s%s' % (said, others, said, literal)))


def reference_needle(patient: str) -> Needle:
    """Every literal reference to a Patient: relative, absolute, with a version."""
    return _needle(b"Patient/", patient, b"", rb'["/]')


def url_needle(url: str) -> Needle:
    """A Bundle's fullUrl where it is a whole string."""
    return _needle(b'"', url, b'"', b'"')


def value_needles(value: str) -> Iterator[Needle]:
    """The value of an Identifier, which some servers send as a number."""
    pattern = re.compile(rb'"value"\s*:\s*"?' + _spelled(value) + rb'["\s,}]')
    if not _is_plain(value):
        yield Needle(b'"value"', pattern)
    elif len(value) >= _SHORT:
        yield Needle(value.encode(), pattern)
    else:
        yield Needle(f'"{value}"'.encode(), pattern)
        if value.isdigit():
            yield from (Needle(f"{before}{value}".encode(), pattern) for before in (":", ": "))


def lines_with(
    path: Path, needles: Collection[Needle], ids: Iterable[str] = ()
) -> Iterator[tuple[int, bytes]]:
    """(offset, line) of each line that holds a needle or has one of these ids; each line once, in order."""
    keys = {key for id_ in ids for key in _keys(id_)}
    offset = 0
    for block in _blocks(path):
        plain = _plain(block)
        starts = {start for needle in needles for start in _starts(plain, needle)}
        if keys:
            found = (match.start() for match in _ID.finditer(plain) if match[1] in keys)
            starts |= {plain.rfind(b"\n", 0, at) + 1 for at in found}
        if starts:
            # Escapes change how long a line is, but not how many there are.
            lines = block.split(b"\n")
            for number in sorted(plain.count(b"\n", 0, start) for start in starts):
                yield offset + number, lines[number]
        # Lines of a block count for less than its bytes, so the places stay in order.
        offset += len(block)


def _needle(before: bytes, text: str, after: bytes, closed: bytes) -> Needle:
    literal = before + text.encode() + after if _is_plain(text) else before
    return Needle(literal, re.compile(re.escape(before) + _spelled(text) + closed))


def _starts(plain: bytes, needle: Needle) -> Iterator[int]:
    at = plain.find(needle.literal)
    while at >= 0:
        start, end = plain.rfind(b"\n", 0, at) + 1, plain.find(b"\n", at)
        end = len(plain) if end < 0 else end
        if needle.pattern.search(plain, start, end):
            yield start
        at = plain.find(needle.literal, end)


def _is_plain(text: str) -> bool:
    """Whether JSON has one spelling for it, once `_plain` has been there."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _spelled(text: str) -> bytes:
    """Every way in which JSON may spell a text."""
    return b"".join(map(_spelled_character, text))


def _spelled_character(character: str) -> bytes:
    if _is_plain(character):
        return re.escape(character.encode())
    if character.isascii():
        return rb".{1,6}"
    escaped = re.escape(json.dumps(character)[1:-1].encode())
    return rb"(?:%s|(?i:%s))" % (character.encode("utf-8", "surrogatepass"), escaped)


def _keys(id_: str) -> set[bytes]:
    """What `_ID` finds of an id, however it is spelled."""
    spellings = (json.dumps(id_, ensure_ascii=ascii_only).encode() for ascii_only in (True, False))
    return {match[1] for text in spellings if (match := _ID.match(b'"id":' + text))}


def _plain(block: bytes) -> bytes:
    r"""The block with `\/` and the escapes of ASCII characters undone; nothing else is."""
    if b"\\" not in block:
        return block
    return _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), block.replace(b"\\/", b"/"))


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in pieces that end where lines end."""
    rest: list[bytes] = []
    for chunk in streams.chunks(path):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((*rest, chunk[:end]))
            rest = []
        rest.append(chunk[end:])
    if any(rest):
        yield b"".join(rest)
