"""Owns comparing a Bulk Data export log with the files beside it.

https://github.com/smart-on-fhir/bulk-data-client/wiki/Bulk-Data-Export-Log-Items
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhir_adapter.landing import streams, strict
from fhir_adapter.landing.blame import Where, quarantine
from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.ndjson import Receipt, Source


def is_log(source: Source) -> bool:
    """Whether a file's first line is an event of an export log."""
    if streams.is_gzip(source.path):
        return False
    first = streams.first_line(source.path)
    try:
        event = strict.load_object(strict.decode(first.raw)) if first is not None else {}
    except strict.NotStrict:
        return False
    return "resourceType" not in event and "exportId" in event and "eventId" in event


class ExportLog:
    """One log file: the exports it tells of, each a list of events."""

    def __init__(self, source: Source, landing: Landing) -> None:
        self.source = source
        self._landing = landing
        self._exports: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for line in streams.lines(source.path):
            if line.raw.strip():
                self._read(line)

    def check(self, receipts: Sequence[Receipt]) -> None:
        """Blame everything if the log and the folder tell two stories."""
        folder = self.source.name.rpartition("/")[0]
        beside = [part for part in receipts if not folder or part.source.name.startswith(f"{folder}/")]
        for events in self._exports.values():
            for name, _ in events:
                if name.endswith("_error"):
                    self._blame(f"it has a {name} event" if name.isidentifier() else "it has an error event")
            if not any(name == "export_complete" for name, _ in events):
                self._blame("an export in it is not complete")
        self._compare_files(beside)
        self._compare_resources(beside)

    def _compare_files(self, beside: Sequence[Receipt]) -> None:
        there = len(beside)
        for event, keys in (
            ("export_complete", ("files",)),
            ("manifest_complete", ("totalOutputFileCount", "totalDeletedFileCount", "totalErrorFileCount")),
        ):
            told = self._told(event, keys)
            if told and there not in (sum(told), told[-1]):
                self._blame(f"it tells of {sum(told)} files ({event}), the folder has {there}")

    def _compare_resources(self, beside: Sequence[Receipt]) -> None:
        if any(part.damaged or streams.is_gzip(part.source.path) for part in beside):
            return
        for event, key in (("export_complete", "resources"), ("download_complete", "resourceCount")):
            told = self._told(event, (key,))
            if not told:
                continue
            # Some clients count the lines of error and deleted files too, some do not.
            there = {sum(part.count() for part in beside), sum(part.count() for part in beside if part.first)}
            if not there & {sum(told), *([told[-1]] if event == "export_complete" else [])}:
                self._blame(f"it tells of {sum(told)} resources ({event}), the folder has {max(there)}")

    def _told(self, event: str, keys: tuple[str, ...]) -> list[int]:
        """What each event of a kind says, its keys added up; an event that says nothing is left out."""
        told = []
        for events in self._exports.values():
            for name, detail in events:
                numbers = [detail[key] for key in keys if isinstance(detail.get(key), int)]
                if name == event and numbers:
                    told.append(sum(numbers))
        return told

    def _read(self, line: streams.Line) -> None:
        try:
            event = strict.load_object(strict.decode(line.raw))
        except strict.NotStrict as error:
            quarantine(self._landing, Where(self.source.name, line.number), str(error), line.raw)
            return
        detail = event.get("eventDetail")
        events = self._exports.setdefault(str(event.get("exportId")), [])
        events.append((str(event.get("eventId")), detail if isinstance(detail, dict) else {}))

    def _blame(self, reason: str) -> None:
        self._landing.blame(
            None, f"the export log {self.source.name} does not vouch for the folder: {reason}"
        )
