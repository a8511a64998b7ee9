"""Owns the bytes of export files: read from the store in batches, so that no file is ever whole in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from fhir_adapter.testing.server import documents
from fhir_adapter.testing.server.export.jobs import DELETED_PER_BUNDLE, ExportFile
from fhir_adapter.testing.server.problems import outcome
from fhir_adapter.testing.server.store import Store, Stored
from fhir_adapter.testing.server.time import instant

_BATCH = 500
_GZIP = 31  # zlib's number for a gzip header and trailer
_LEVEL = 4  # a test server should rather be quick than small


def content_of(store: Store, file: ExportFile) -> Iterator[bytes]:
    """The lines of a file, in chunks."""
    if file.notices:
        yield _lines(documents.write(outcome("not-supported", text, "warning")) for text in file.notices)
    size = DELETED_PER_BUNDLE if file.section == "deleted" else _BATCH
    for start in range(0, len(file.seqs), size):
        versions = store.by_seq(file.seqs[start : start + size])
        if file.section == "deleted":
            yield _lines([documents.write(_bundle(versions))])
        else:
            yield _lines(version.body for version in versions if version.body is not None)


def gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same content in one gzip stream."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip; `q=0` refuses it."""
    weights = {}
    for part in header.split(","):
        name, _, weight = part.replace(" ", "").casefold().partition(";q=")
        weights[name] = weight
    weight = weights.get("gzip", weights.get("*", "0"))
    return weight.strip("0.") != "" or weight == ""


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass")


def _bundle(versions: list[Stored]) -> dict[str, Any]:
    """A transaction that deletes; http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status"""
    return {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": instant(max(version.updated for version in versions))},
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": f"{one.type}/{one.id}"}} for one in versions],
    }
