"""Owns the reading of a folder of FHIR files: NDJSON, single resources and Bundles, gzipped or not.

Nothing is checked beyond the form of a file: what a server makes of its content is the server's answer.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

_LINES = (".ndjson", ".ndjson.gz")
_WHOLE = (".json", ".json.gz")


class FolderError(Exception):
    """A folder cannot be read; the message names file and line, and never what stands there."""


def read_folder(path: Path) -> Iterator[Resource]:
    """The resources of a folder's `*.ndjson(.gz)` and `*.json(.gz)`, by file name; `path` may be one such file.

    A Bundle gives its entries; references to its `urn:uuid` become those of the resources. FolderError.
    """
    for file in files_of(path):
        yield from _resources(file)


def files_of(path: Path) -> list[Path]:
    """The files that `read_folder` reads; FolderError when there is none."""
    if not path.exists():
        raise FolderError(f"{path} is not there.")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [file for file in files if file.name.endswith((*_LINES, *_WHOLE)) and file.is_file()]
    if not found:
        raise FolderError(f"{path} holds no *.ndjson, *.ndjson.gz, *.json or *.json.gz.")
    return found


def _resources(file: Path) -> Iterator[Resource]:
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding="utf-8-sig") as text:
            if file.name.endswith(_WHOLE):
                yield from _expanded(_parsed(text.read(), str(file)), str(file))
                return
            for number, line in enumerate(text, start=1):
                if line.strip():
                    where = f"{file}, line {number}"
                    yield from _expanded(_parsed(line, where), where)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise FolderError(f"{file}: {_said(error)}") from None


def _said(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8."
    return f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}."


def _parsed(text: str, where: str) -> Resource:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise FolderError(f"{where}: is not JSON.") from None
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise FolderError(f"{where}: is no FHIR resource: an object with a resourceType.")
    return content


def _expanded(resource: Resource, where: str) -> Iterator[Resource]:
    if resource["resourceType"] != "Bundle":
        yield resource
        return
    named: dict[str, str] = {}
    found = []
    for entry in resource.get("entry") or ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("resourceType"), str):
            raise FolderError(f"{where}: an entry of the Bundle has no resource.")
        address = str(entry.get("fullUrl") or "")
        id_ = inner.get("id") or _id_in(address)
        if id_:
            inner = {**inner, "id": id_}
            if address.startswith("urn:"):
                named[address] = f"{inner['resourceType']}/{id_}"
        found.append(inner)
    for inner in found:
        yield _relinked(inner, named) if named else inner


def _id_in(address: str) -> str:
    return (
        address.removeprefix("urn:uuid:") if address.startswith("urn:uuid:") else address.rpartition("/")[2]
    )


def _relinked(element: Any, named: dict[str, str]) -> Any:
    """A copy whose references to resources of the same Bundle are type and id."""
    if isinstance(element, list):
        return [_relinked(item, named) for item in element]
    if not isinstance(element, dict):
        return element
    answer = {key: _relinked(value, named) for key, value in element.items()}
    if isinstance(answer.get("reference"), str):
        answer["reference"] = named.get(answer["reference"], answer["reference"])
    return answer
