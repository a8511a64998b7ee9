"""Owns the NDJSON files written under the work folder, one per type and source, for the owner only."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from fhir_adapter.landing.landed import LandedFile, Landing


class WorkFolder:
    """Hands out new files; never opens one that exists, so that a link planted there is not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next: dict[str, int] = {}
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def create(self, resource_type: str) -> tuple[Path, BinaryIO]:
        number = self._next.get(resource_type, 0)
        while True:
            path = self.path / f"{resource_type}.{number:03d}.ndjson"
            number += 1
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            self._next[resource_type] = number
            return path, os.fdopen(handle, "wb", buffering=1 << 16)


class Sorter:
    """Writes resources of one source by type; on leaving, the files belong to the landing."""

    def __init__(self, landing: Landing, folder: WorkFolder, origin: str) -> None:
        self.origin = origin
        self.types: set[str] = set()
        self._landing = landing
        self._folder = folder
        self._open: dict[str, tuple[Path, BinaryIO]] = {}

    def put(self, resource_type: str, raw: bytes) -> None:
        """One resource, byte for byte, as a line of its type's file."""
        if resource_type not in self._open:
            self._open[resource_type] = self._folder.create(resource_type)
            self.types.add(resource_type)
        file = self._open[resource_type][1]
        file.write(raw)
        file.write(b"\n")

    def detach(self, resource_type: str) -> LandedFile:
        """Close one type's file (empty if nothing was put) and hand it to the caller instead."""
        opened = self._open.pop(resource_type) if resource_type in self._open else None
        path, file = opened or self._folder.create(resource_type)
        file.close()
        self._landing.split.add(path)
        return LandedFile(path, resource_type, self.origin)

    def __enter__(self) -> Sorter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for resource_type in sorted(self._open):
            self._landing.pulled(resource_type, self.detach(resource_type))
