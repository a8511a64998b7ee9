"""Owns reading an answer's body so that it is whole or refused: length, gzip end, size, characters.

requests takes a truncated gzip body in silence; so bytes are read raw and unpacked here, to their end.
"""

from __future__ import annotations

import codecs
import json
import time
import zlib
from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Any

import requests
from urllib3.exceptions import HTTPError, SSLError

from fhir_adapter.errors import RetriableError, ServerError

MAX_DOCUMENT = 64 << 20
MAX_FILE = 32 << 30
_CHUNK = 1 << 16
_LONGEST_S = 6 * 3600  # one answer, however large
_UNPACKED = 8 << 20
_GZIP = 31
_CHARSETS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "utf-8-sig"} | dict.fromkeys(
    ("gbk", "gb2312", "gb18030", "cp936"), "gb18030"
)


def pieces(response: requests.Response, most: int) -> Iterator[bytes]:
    """The body, unpacked, piece by piece; RetriableError when it ends early, ServerError when it is too large."""
    unpacked = 0
    for piece in _unpacked(response):
        unpacked += len(piece)
        if unpacked > most:
            raise ServerError(f"the answer is larger than {most >> 20} MB: refused")
        yield piece


def is_framed(response: requests.Response) -> bool:
    """Whether the end of the body shows: without a length, chunks or gzip it may be cut without a trace."""
    headers = response.headers
    return "Content-Length" in headers or "Transfer-Encoding" in headers or _coding(response) == "gzip"


def text_of(body: bytes, content_type: str | None) -> str:
    """The characters of a JSON body: UTF-8, or what its charset declares; ServerError where it does not hold."""
    charset = charset_of(content_type)
    codec = _CHARSETS.get(charset)
    if codec is None:
        raise ServerError("the answer's charset is not supported: UTF-8, GBK and GB18030 are")
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        hint = "" if codec == "gb18030" else "; a server that answers in GBK must declare it"
        raise ServerError(f"the answer is not valid {charset.upper()}{hint}") from None


def as_utf8(received: Iterable[bytes], content_type: str | None) -> Iterator[bytes]:
    """The pieces of a text in UTF-8, whatever charset it declares; ServerError where it does not hold."""
    charset = charset_of(content_type)
    codec = _CHARSETS.get(charset, "")
    decoder = codecs.getincrementaldecoder("gb18030" if codec == "gb18030" else "utf-8")()
    try:
        for piece in received:
            yield decoder.decode(piece).encode("utf-8")
        yield decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeDecodeError:
        raise ServerError(f"the file is not valid {charset.upper()}") from None


def charset_of(content_type: str | None) -> str:
    """The declared charset in lower case, else utf-8."""
    head = Message()
    head["Content-Type"] = content_type or ""
    return str(head.get_param("charset") or "utf-8").lower()


def object_of(text: str) -> dict[str, Any]:
    """A JSON object; ServerError for anything else."""
    try:
        told = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        raise ServerError("the answer is not JSON that can be read") from None
    if not isinstance(told, dict):
        raise ServerError("the answer is not a JSON object")
    return told


def _integer(text: str) -> int:
    """Any integer that could be a count; one of thousands of digits, which int() refuses, is none of ours to judge."""
    return int(text) if len(text) < 20 else 0


def _coding(response: requests.Response) -> str:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    return {"": "identity", "x-gzip": "gzip"}.get(coding, coding)


def _unpacked(response: requests.Response) -> Iterator[bytes]:
    coding = _coding(response)
    if coding == "identity":
        yield from _raw(response)
    elif coding == "gzip":
        yield from _gunzip(_raw(response))
    else:
        raise ServerError("the answer is packed in a way that was not asked for: only gzip is read")


def _raw(response: requests.Response) -> Iterator[bytes]:
    received = 0
    try:
        for piece in _arriving(response):
            received += len(piece)
            yield piece
    except SSLError:
        raise ServerError("the encrypted connection failed") from None
    except (HTTPError, OSError) as error:
        raise RetriableError(f"the answer broke off ({type(error).__name__})") from None
    length = response.headers.get("Content-Length", "")
    if "Transfer-Encoding" not in response.headers and length.isdigit() and int(length) != received:
        raise RetriableError("the answer is shorter than its Content-Length")


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives: a read that waits for a full piece would let a server drip for ever."""
    ends = time.monotonic() + _LONGEST_S
    while piece := response.raw.read1(_CHUNK, decode_content=False):
        yield piece
        if time.monotonic() > ends:
            raise RetriableError(f"the answer took longer than {_LONGEST_S // 3600} h", most=1)


def _gunzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP)
    try:
        for piece in packed:
            pending = piece
            while pending:
                if member.eof:
                    member = zlib.decompressobj(_GZIP)
                yield member.decompress(pending, _UNPACKED)
                pending = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof:
            # The bound of the last call may have left output inside.
            rest = member.decompress(b"", _UNPACKED)
            if not rest and not member.eof:
                raise RetriableError("the packed answer is cut short")
            yield rest
    except zlib.error:
        raise RetriableError("the packed answer is damaged") from None
