"""Owns one export as it goes on: its files, its polls, its end.

Nothing runs in the background. A job is chosen at its kick-off and grows older by being asked about.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fhir_adapter.testing.server.export.selection import Selected

DELETED_PER_BUNDLE = 100


@dataclass(frozen=True)
class ExportFile:
    """One file: the manifest's `section` it stands in, its type, and where its lines come from."""

    section: str
    type: str
    name: str
    count: int
    seqs: array[int] = field(default_factory=lambda: array("q"))
    notices: tuple[str, ...] = ()


@dataclass
class Job:
    """One export; `complete` is when it was first seen to be complete, `ends` when its files go away."""

    id: str
    base: str
    request: str
    transaction_time: int
    ends: datetime
    files: dict[str, ExportFile]
    polls: int = 0
    complete: datetime | None = None

    def entries(self, section: str) -> list[dict[str, Any]]:
        """One list of the manifest."""
        return [
            {"type": file.type, "url": f"{self.base}/$export-file/{self.id}/{file.name}", "count": file.count}
            for file in self.files.values()
            if file.section == section
        ]


def files_of(selected: Selected, notices: list[str], lines: int) -> dict[str, ExportFile]:
    """Part a selection into files of so many lines at most, by name."""
    files = [
        ExportFile("output", type_, f"{type_}-{number}.ndjson", len(part), part)
        for type_, seqs in selected.output.items()
        for number, part in _parts(seqs, lines)
    ]
    for number, part in _parts(selected.deleted, lines * DELETED_PER_BUNDLE):
        count = -(-len(part) // DELETED_PER_BUNDLE)
        files.append(ExportFile("deleted", "Bundle", f"deleted-{number}.ndjson", count, part))
    if notices:
        outcomes = tuple(notices)
        files.append(
            ExportFile("error", "OperationOutcome", "error-1.ndjson", len(outcomes), notices=outcomes)
        )
    return {file.name: file for file in files}


def _parts(seqs: array[int], size: int) -> Iterator[tuple[int, array[int]]]:
    for number, start in enumerate(range(0, len(seqs), size), start=1):
        yield number, seqs[start : start + size]
