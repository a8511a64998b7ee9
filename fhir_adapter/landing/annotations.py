"""Owns the files an export adds to its data: the server's own errors, and what was deleted since.

https://hl7.org/fhir/uv/bulkdata/export.html (error and deleted files)
"""

from __future__ import annotations

from fhir_adapter.landing import outcomes, spans, streams, strict
from fhir_adapter.landing.blame import Where, quarantine, quarantine_file
from fhir_adapter.landing.bundles import BundleReader
from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.ndjson import DAMAGED, Receipt, Source


def read_annotation(source: Source, section: str, landing: Landing) -> Receipt:
    """Read a file that the manifest lists under `deleted`, `error` or `outcome`; nothing in it is data."""
    receipt = Receipt(source)
    if streams.is_gzip(source.path) and not streams.check_gzip(source.path):
        receipt.damaged = True
        quarantine_file(landing, source.name, None, DAMAGED)
        return receipt
    receipt.lines = 0
    for line in streams.lines(source.path):
        if line.raw.strip():
            receipt.lines += 1
            _read(line, source.name, landing, deleted=section == "deleted")
    return receipt


def _read(line: streams.Line, file: str, landing: Landing, *, deleted: bool) -> None:
    where = Where(file, line.number, None, line.whole)
    try:
        if len(line.raw) > strict.MAX_RESOURCE:
            raise strict.NotStrict(strict.TOO_LONG_LINE)
        text = strict.decode(line.raw)
        resource = strict.load_object(text)
        told = resource.get("resourceType")
        if deleted:
            if told != "Bundle":
                raise strict.NotStrict("not a Bundle of deletions")
            BundleReader(landing, [], lambda *_: None).read(text, spans.members(text), where)
        elif told != "OperationOutcome" or outcomes.says_incomplete(resource):
            landing.blame(None, f"{file}: the server reports an error or left something out")
    except strict.NotStrict as error:
        quarantine(landing, where, str(error), line.raw)
        # Nobody knows what an unreadable deletion or error was about.
        landing.blame(None, f"{file}, line {line.number} was refused ({error})")
