"""Owns landing one Bulk Data export: its files to disk, counted; what is not whole makes its type incomplete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import BinaryIO

from fhir_adapter.errors import AuthError, ServerError
from fhir_adapter.fhir import Client, Export, ExportFile, exported
from fhir_adapter.landing import outcomes
from fhir_adapter.pull.folder import LandingFolder, PullFile, TypeState

Progress = Callable[[str], None]


def export(client: Client, types: Sequence[str], folder: LandingFolder, progress: Progress) -> None:
    """Everything of these types, into `folder.types`; ServerError when there is no export at all."""
    before = {name: client.count(name) for name in types}
    with exported(client, types, progress) as done:
        began = folder.head["transactionTime"]
        folder.head |= {"transactionTime": _earlier(began, done.transaction_time), "request": done.request}
        landed = _Landing(client, folder, done, progress)
        for name in types:
            blocks_all = folder.types[name].blocks_all
            folder.types[name] = replace(landed.type(name), counted=before[name], blocks_all=blocks_all)
        problem = done.problem or landed.errors()
    for name in types:
        state = folder.types[name]
        found = landed.found.get(name, 0)
        state.problem = state.problem or problem or _short_of(client, name, before[name], found)
        state.done = state.problem is None


def _short_of(client: Client, resource_type: str, before: int | None, found: int) -> str | None:
    """What to say when less came than the server says it has: a page, or a file, was lost in silence."""
    if before is None or found >= before:
        return None
    after = client.count(resource_type)
    # Deleted meanwhile is not lost.
    has = before if after is None else min(before, after)
    return None if found >= has else f"the server says it has {has}, and gave {found}"


class _Landing:
    """The download of one export."""

    def __init__(self, client: Client, folder: LandingFolder, done: Export, progress: Progress) -> None:
        self._client = client
        self._folder = folder
        self._done = done
        self._progress = progress
        self.found: dict[str, int] = {}

    def type(self, name: str) -> TypeState:
        """The files of one type; the first that is not whole is told, the others are kept."""
        state, ids = TypeState(), _Ids(name)
        listed = [file for file in self._done.output if file.resource_type == name]
        for number, file in zip(count(), listed, strict=False):
            self._progress(f"{name}: file {number + 1} of {len(listed)}")
            try:
                landed = self._file(file, f"{name}.{number:03d}.ndjson", ids)
            except AuthError:
                raise
            except ServerError as error:
                state.problem = state.problem or f"file {number + 1} of {len(listed)}: {error}"
            else:
                state.files.append(landed)
        self.found[name] = len(ids.seen) + ids.unreadable
        return state

    def errors(self) -> str | None:
        """The server's own errors; they name no type, so none of them is whole where one is bad."""
        for number, file in enumerate(self._done.errors):
            name = f"errors.{number:03d}.ndjson"
            try:
                landed = self._file(file, name)
            except AuthError:
                raise
            except ServerError as error:
                return f"the export's list of errors cannot be read: {error}"
            self._folder.errors.append(landed)
            if any(map(_is_bad, (self._folder.path / name).read_bytes().splitlines())):
                return "the export tells of errors: something is missing"
        return None

    def _file(self, file: ExportFile, name: str, ids: _Ids | None = None) -> PullFile:
        with self._folder.writing(name) as into:
            answer = self._client.download(file.url, into, token=self._done.token)
            lines, ended = _counted(into, ids)
            if "xml" in answer.headers.get("Content-Type", "").lower():
                raise ServerError("the server answered XML where NDJSON was asked for")
            if not answer.framed and (file.count is None or not ended):
                raise ServerError("the file has no length of any kind: it may be cut, and nobody would see")
            if file.count is not None and lines != file.count:
                raise ServerError(f"it has {lines} lines, the manifest says {file.count}")
        return PullFile(name, lines)


def _earlier(began: str, told: str) -> str:
    """Some servers tell the end of the job, or the future: what changed meanwhile would be lost by the next pull."""
    try:
        return min(began, told, key=datetime.fromisoformat)
    except (ValueError, TypeError):
        return began


@dataclass
class _Ids:
    """The distinct resources of a type, over all of its files; a line that cannot be read is told by the landing."""

    resource_type: str
    seen: set[str] = field(default_factory=set)
    unreadable: int = 0

    def take(self, line: bytes) -> None:
        """Count one line."""
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            self.unreadable += 1
            return
        if isinstance(told, dict) and told.get("resourceType") == self.resource_type:
            self.seen.add(str(told.get("id")))


def _counted(file: BinaryIO, ids: _Ids | None) -> tuple[int, bool]:
    """Lines that are not blank, and whether the last one has its line break."""
    file.seek(0)
    lines, last = 0, b"\n"
    for last in _lines(file):
        if last.strip():
            lines += 1
            if ids is not None:
                ids.take(last)
    return lines, last.endswith(b"\n")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # In bounded pieces: a line of a gigabyte is counted, not held.
    yield from iter(lambda: file.readline(1 << 24), b"")


def _is_bad(line: bytes) -> bool:
    if not line.strip():
        return False
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return True
    return not isinstance(told, dict) or outcomes.says_incomplete(told)
