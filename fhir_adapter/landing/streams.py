"""Owns reading NDJSON files in bounded memory, plain or gzip: only LF ends a line.

https://hl7.org/fhir/uv/bulkdata/ (NDJSON) and RFC 1952 (gzip members).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fhir_adapter.landing import strict

BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_INFLATED = 8 << 20
_GZIP = 31


class DamagedGzip(Exception):
    """A gzip file that does not end as it should."""


class Line(NamedTuple):
    """One line without its LF; `whole` is False when only its first 64 MB are kept."""

    number: int
    raw: bytes
    whole: bool = True


def is_gzip(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, decompressed; DamagedGzip when the end of the stream is missing."""
    with path.open("rb") as file:
        read = iter(lambda: file.read(_CHUNK), b"")
        yield from _inflate(read) if is_gzip(path) else read


def _inflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP)
    for piece in packed:
        pending = piece
        while pending:
            # Most clients take a truncated or trailed stream in silence; `eof` and the next member's
            # header are what tells.
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            try:
                yield member.decompress(pending, _INFLATED)
            except zlib.error:
                raise DamagedGzip from None
            pending = member.unused_data if member.eof else member.unconsumed_tail
    while not member.eof:
        # The size bound of the last call may have left output inside the decompressor.
        try:
            rest = member.decompress(b"", _INFLATED)
        except zlib.error:
            raise DamagedGzip from None
        if not rest and not member.eof:
            raise DamagedGzip
        yield rest


def check_gzip(path: Path) -> bool:
    """Whether a gzip file can be read to its end."""
    try:
        for _ in chunks(path):
            pass
    except DamagedGzip:
        return False
    return True


def count_lines(path: Path) -> int:
    """Lines counted by their LF, blank ones too; the last may lack its own."""
    count, last = 0, b"\n"
    for chunk in chunks(path):
        count += chunk.count(b"\n")
        last = chunk[-1:] or last
    return count + (last != b"\n")


def count_filled_lines(path: Path) -> int:
    return sum(1 for line in lines(path) if line.raw.strip())


def lines(path: Path) -> Iterator[Line]:
    """Every line, blank ones too; a BOM at the start of the file is no part of the first."""
    number, kept, length = 1, bytearray(), 0
    for chunk in chunks(path):
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            _keep(kept, chunk[start:end])
            yield _line(number, kept, length + end - start)
            number, length, start = number + 1, 0, end + 1
            kept = bytearray()
        _keep(kept, chunk[start:])
        length += len(chunk) - start
    if length:
        yield _line(number, kept, length)


def _keep(kept: bytearray, piece: bytes) -> None:
    kept += piece[: strict.MAX_DOCUMENT - len(kept)]


def _line(number: int, kept: bytearray, length: int) -> Line:
    raw = bytes(kept)
    if number == 1:
        raw = raw.removeprefix(BOM)
    return Line(number, raw, whole=length == len(kept))


def first_line(path: Path) -> Line | None:
    """The first line that is not blank, None for a file that holds nothing."""
    return next((line for line in lines(path) if line.raw.strip()), None)


def starts_with_bom(path: Path) -> bool:
    return next((chunk for chunk in chunks(path) if chunk), b"").startswith(BOM)
