"""Owns landing one NDJSON file: in place where its name and first line agree, else split by type.

https://hl7.org/fhir/uv/bulkdata/ (bulk files)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fhir_adapter.landing import spans, streams, strict
from fhir_adapter.landing.blame import Where, quarantine_file
from fhir_adapter.landing.intake import Intake, type_of
from fhir_adapter.landing.landed import LandedFile, Landing
from fhir_adapter.landing.pages import Page
from fhir_adapter.landing.resource_types import WRAPPERS
from fhir_adapter.landing.writing import Sorter, WorkFolder

DAMAGED = "the gzip stream is damaged or cut short"


@dataclass(frozen=True)
class Source:
    """A file of the input folder; `name` is its path inside it."""

    path: Path
    name: str


@dataclass
class Receipt:
    """What landing one NDJSON file found, for the manifest and the export log to be compared with."""

    source: Source
    types: set[str] = field(default_factory=set)
    damaged: bool = False
    first: str | None = None
    lines: int | None = None  # None: landed in place, unread

    def count(self) -> int:
        if self.lines is None:
            self.lines = streams.count_lines(self.source.path)
        return self.lines

    def agrees(self, count: int) -> bool:
        """Whether the file holds so many lines; blank ones are looked for only if they could explain it."""
        if self.lines is None and self.count() != count:
            self.lines = streams.count_filled_lines(self.source.path)
        return self.lines == count


@dataclass
class NdjsonReader:
    """Lands NDJSON files one by one."""

    landing: Landing
    folder: WorkFolder
    pages: list[Page]

    def land(self, source: Source, named: str | None) -> Receipt:
        receipt = Receipt(source)
        if named is not None:
            receipt.types.add(named)
        if streams.is_gzip(source.path) and not streams.check_gzip(source.path):
            receipt.damaged = True
            quarantine_file(self.landing, source.name, named, DAMAGED)
            return receipt
        first = streams.first_line(source.path)
        if first is None:
            receipt.lines = 0
            if named is not None:
                self.landing.pulled(named)
            return receipt
        receipt.first = first_type(first)
        if named == receipt.first and named is not None and not streams.starts_with_bom(source.path):
            self.landing.pulled(named, LandedFile(source.path, named, source.name))
        else:
            self._split(receipt, named, array=first.raw.lstrip()[:1] == b"[")
        return receipt

    def _split(self, receipt: Receipt, named: str | None, *, array: bool) -> None:
        source, headers = receipt.source, self.landing.counts["Parameters"]
        if named is not None:
            self.landing.pulled(named)
        with Sorter(self.landing, self.folder, source.name) as sorter:
            intake = Intake(self.landing, sorter, self.pages)
            text = _array(source.path) if array else None
            if text is not None:
                count = read_array(intake, text, Where(source.name, 1, named))
            else:
                count = 0
                for line in streams.lines(source.path):
                    if line.raw.strip():
                        count += 1
                        intake.line(line.raw, Where(source.name, line.number, named, line.whole))
            receipt.types |= sorter.types
        receipt.lines = count - (self.landing.counts["Parameters"] - headers)


def first_type(first: streams.Line) -> str | None:
    """The type the first line says it is; None when it is not a strict resource of a data type."""
    if len(first.raw) > strict.MAX_RESOURCE:
        return None
    try:
        told = type_of(strict.load_object(strict.decode(first.raw)))
    except strict.NotStrict:
        return None
    return None if told in WRAPPERS else told


def read_array(intake: Intake, text: str, where: Where) -> int:
    """Take each element of an array as if it were a line; NotStrict before any is taken."""
    spans_of = [(part.start, part.end) for part in spans.elements(text)]
    line, counted = where.line or 1, 0
    for start, end in spans_of:
        line += text.count("\n", counted, start)
        counted = start
        intake.text(text[start:end], where._replace(line=line))
    return len(spans_of)


def _array(path: Path) -> str | None:
    """The whole text of a file that holds one JSON array; None when it does not."""
    raw = bytearray()
    for chunk in streams.chunks(path):
        raw += chunk
        if len(raw) > strict.MAX_DOCUMENT:
            return None
    try:
        text = strict.decode(bytes(raw).removeprefix(streams.BOM))
        for _ in spans.elements(text):
            pass
    except strict.NotStrict:
        return None
    return text
