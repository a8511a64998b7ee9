"""Owns the landing folder of a pull: files that are whole or not there, and the manifest that says which.

The manifest has the form of a Bulk Data one; a type that is not whole is listed with a file that does not exist, so
that every reader of the folder takes it for incomplete. https://hl7.org/fhir/uv/bulkdata/export.html
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from fhir_adapter.errors import SettingsError

MANIFEST = "manifest.json"
_OWNER_ONLY = 0o700
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)


@dataclass(frozen=True)
class PullFile:
    """A whole file: its name, how many resources (lines) it holds."""

    name: str
    count: int


@dataclass
class TypeState:
    """What there is of one type. `done` without files: asked for, and there is none.

    `counted`: how many the server says it has; None when it does not say, and so nothing lost in silence would show.
    """

    files: list[PullFile] = field(default_factory=list)
    done: bool = False
    problem: str | None = None
    counted: int | None = None
    blocks_all: bool = False  # nothing else may be believed while this type is not whole


@contextmanager
def owner_only() -> Iterator[None]:
    """Everything that is made meanwhile is for the owner's eyes alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


class LandingFolder:
    """Written file by file. Killed at any moment it holds whole files and a manifest that is true."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head: dict[str, str] = {}
        self.types: dict[str, TypeState] = {}
        self.errors: list[PullFile] = []
        try:
            path.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
            is_empty = next(path.iterdir(), None) is None
            if is_empty:  # a folder of somebody else's is refused as it is
                path.chmod(_OWNER_ONLY)
        except OSError as error:
            raise SettingsError(
                f"--out {path} cannot be written ({error.strerror}): give another folder"
            ) from None
        if not is_empty:
            raise SettingsError(
                f"--out {path} is not empty: give a new folder, a pull never mixes with another"
            )

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A new file that takes its name only when it is whole and on disk; after an exception it is gone."""
        temporary = self.path / f".{name}.part"
        try:
            with temporary.open("w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise SettingsError(
                f"{self.path} cannot be written ({error.strerror}): make room, and pull again into a new folder"
            ) from None
        finally:
            temporary.unlink(missing_ok=True)
        self._sync()

    def remove(self, file: PullFile) -> None:
        """Take back a file that was written."""
        (self.path / file.name).unlink(missing_ok=True)

    def write_manifest(self) -> None:
        """Say what there is now."""
        with self.writing(MANIFEST) as file:
            file.write(json.dumps(self._manifest(), indent=2).encode() + b"\n")

    def remove_manifest(self) -> None:
        """There is nothing to say: the folder may be used again."""
        (self.path / MANIFEST).unlink(missing_ok=True)

    def _manifest(self) -> Mapping[str, Any]:
        output: list[dict[str, Any]] = []
        for name, state in self.types.items():
            output += [{"type": name, "url": file.name, "count": file.count} for file in state.files]
            if not state.done:
                missing = {"url": f"{name}.incomplete.ndjson"}
                output.append(missing if state.blocks_all else {"type": name, **missing})
            elif not state.files:
                output.append({"type": name, "count": 0})
        return {
            **self.head,
            "requiresAccessToken": False,
            "output": output,
            "error": [
                {"type": "OperationOutcome", "url": file.name, "count": file.count} for file in self.errors
            ],
            "extension": {
                "pull": {
                    name: {"done": state.done, "problem": state.problem, "counted": state.counted}
                    for name, state in self.types.items()
                }
            },
        }

    def _sync(self) -> None:
        """The names are on disk too, not only the bytes."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
