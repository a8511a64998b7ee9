"""Owns reading a body to its end: bounded in bytes and time, and known to be whole or not.

requests takes a gzip that was cut short for a whole one; so the body is unpacked here.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator

import requests
import urllib3

_CHUNK = 65_536


def whole_body(response: requests.Response, limit: int, seconds: float) -> tuple[bytes, str]:
    """The body, unpacked, and in words what is wrong with it; a body that is not whole is not given."""
    end = time.monotonic() + seconds
    unpack = _Unpacking() if "gzip" in response.headers.get("Content-Encoding", "") else None
    body = bytearray()
    try:
        for chunk in _chunks(response):
            body += unpack.take(chunk, limit - len(body)) if unpack else chunk
            if len(body) > limit:
                return b"", "too large"
            if time.monotonic() > end:
                return b"", "too slow"
    except zlib.error:
        return b"", "damaged gzip"
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        return b"", "timeout" if in_words(error) == "timeout" else "cut short"
    return (b"", "gzip cut short") if unpack and not unpack.whole else (bytes(body), "")


class _Unpacking:
    """Gzip in pieces; `whole` says whether the last member came to its end."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(31)
        self._began = False

    @property
    def whole(self) -> bool:
        return self._inflate.eof or not self._began

    def take(self, chunk: bytes, room: int) -> bytes:
        """The bytes that a chunk unpacks to; more than `room` of them mean that the body is too large."""
        out = bytearray()
        while chunk:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(31)
            self._began = True
            out += self._inflate.decompress(chunk, max(1, room + 1 - len(out)))
            if len(out) > room:
                break
            chunk = self._inflate.unused_data
        return bytes(out)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    stream = getattr(response.raw, "stream", None)
    if stream is None:  # an adapter whose raw body is a plain file: nothing is packed there
        yield from response.iter_content(_CHUNK)
    else:
        yield from stream(_CHUNK, decode_content=False)


def in_words(error: Exception) -> str:
    """Why no answer came; never the error's own text, which holds the address with its values."""
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate not trusted"
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "timeout"
    if isinstance(error, requests.exceptions.ConnectionError) and "timed out" in str(error).casefold():
        return "timeout"
    return "no connection"
