"""Folders of FHIR files, written line by line, and opened."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.landing import Landing, open_input


class Folder:
    """An input folder under test."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path / "in"
        self.work = tmp_path / "work"
        self.path.mkdir()

    @staticmethod
    def resource(kind: str, identity: str, patient: str | None = None, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"resourceType": kind, "id": identity}
        if patient is not None:
            found["subject"] = {"reference": f"Patient/{patient}"}
        return found | more

    @staticmethod
    def ndjson(*lines: Any) -> bytes:
        """Values, or raw bytes where a line is to be bad."""
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        return b"".join(line + b"\n" for line in raw)

    def put(self, name: str, content: Any) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    def open(self) -> Landing:
        return open_input(self.path, work=self.work)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def read() -> Callable[[Landing, str], list[dict[str, Any]]]:
    """What a landing holds of one type, as values."""

    def values(landing: Landing, kind: str) -> list[dict[str, Any]]:
        found = []
        for file in landing.files_of(kind):
            raw = file.path.read_bytes()
            raw = gzip.decompress(raw) if file.path.name.endswith(".gz") else raw
            found += [json.loads(line) for line in raw.split(b"\n") if line.strip()]
        return found

    return values
