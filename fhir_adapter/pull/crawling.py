"""Owns crawling one type by search into one NDJSON file, each resource byte for byte as it was sent.

https://hl7.org/fhir/R4/http.html#search
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from fhir_adapter.errors import ServerError
from fhir_adapter.fhir import Client, pages
from fhir_adapter.landing import spans, strict
from fhir_adapter.pull.folder import LandingFolder, PullFile, TypeState

Progress = Callable[[str], None]
_DELETED = "resources were deleted while it was read, page by page: others may have been skipped"


@dataclass
class _Versions:
    """The newest version of each id, and the lines that a newer one has replaced."""

    newest: dict[str, tuple[int, str | None, str | None]] = field(default_factory=dict)
    replaced: set[int] = field(default_factory=set)
    lines: int = 0
    total: int | None = None

    def takes(self, resource: dict[str, Any]) -> bool:
        """Whether a resource is to be written, as the next line: not if it is there already, or older."""
        meta, name = resource.get("meta"), resource.get("id")
        told = meta if isinstance(meta, dict) else {}
        version, updated = _text(told.get("versionId")), _text(told.get("lastUpdated"))
        if isinstance(name, str):
            known = self.newest.get(name)
            if known is not None:
                if _order(version, updated) <= _order(*known[1:]):
                    return False
                self.replaced.add(known[0])
            self.newest[name] = (self.lines, version, updated)
        self.lines += 1
        return True


def crawl(client: Client, resource_type: str, folder: LandingFolder, progress: Progress) -> TypeState:
    """Everything of one type; what came before an error is kept, and the type is not done.

    Read twice when resources were deleted meanwhile: where pages are counted off, each deletion hides another
    resource. AuthError when the server takes no credentials from the first request on.
    """
    state = _crawl(client, resource_type, folder, progress)
    if state.problem == _DELETED:
        for file in state.files:  # the second reading may find none: what is gone must not stay
            folder.remove(file)
        state = _crawl(client, resource_type, folder, progress)
    return state


def _crawl(client: Client, resource_type: str, folder: LandingFolder, progress: Progress) -> TypeState:
    versions, before = _Versions(), client.count(resource_type)
    state = TypeState(counted=before)
    name = f"{resource_type}.000.ndjson"
    with tempfile.TemporaryFile(dir=folder.path) as lines:
        try:
            for told in _pages(client, resource_type, lines, versions):
                state.problem = state.problem or told
                of = "" if before is None else f" of {before}"
                progress(f"{resource_type}: {len(versions.newest)}{of}")
        except ServerError as error:
            state.problem = str(error)
        kept = versions.lines - len(versions.replaced)
        if kept:
            with folder.writing(name) as file:
                _copy(lines, file, versions.replaced)
            state.files.append(PullFile(name, kept))
    state.problem = state.problem or _lost(client, resource_type, before, versions)
    state.done = state.problem is None
    return state


def _lost(client: Client, resource_type: str, before: int | None, versions: _Versions) -> str | None:
    """Why a crawl that ended well cannot be whole."""
    found = len(versions.newest)
    if before is None:
        total = versions.total
        return (
            None if total is None or found >= total else f"the server says it has {total}, and gave {found}"
        )
    after = client.count(resource_type)
    if after is not None and after < before:
        return _DELETED
    return None if found >= before else f"the server says it has {before}, and gave {found}"


def _pages(client: Client, resource_type: str, lines: IO[bytes], versions: _Versions) -> Iterator[str | None]:
    """Write the pages' resources; yields what is wrong with each page, None for nothing."""
    url = client.address(resource_type, {"_count": str(client.server.page_size)})
    for page in pages(client, url):
        problem = page.problem
        versions.total = page.total if versions.total is None else versions.total
        for resource, raw in _resources(page.text):
            told = resource.get("resourceType")
            if told == resource_type:
                if versions.takes(resource):
                    lines.write(raw.encode("utf-8") + b"\n")
            elif told != "OperationOutcome":
                problem = problem or "the server answered with resources of another type"
        yield problem


def _resources(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Each entry's resource and its own text; ServerError when the page cannot be cut."""
    try:
        entries = spans.members(text).get("entry")
        if entries is None:
            return
        for entry in spans.elements(text, entries.start):
            resource = spans.members(text, entry.start).get("resource")
            if resource is None or not isinstance(resource.value, dict):
                raise ServerError("a page has an entry without a resource: something was left out")
            yield resource.value, spans.one_line(text[resource.start : resource.end])
    except strict.NotStrict as error:
        raise ServerError(f"a page cannot be read: {error}") from None


def _copy(lines: IO[bytes], file: IO[bytes], replaced: set[int]) -> None:
    lines.seek(0)
    if not replaced:
        shutil.copyfileobj(lines, file, 1 << 20)
        return
    for number, line in enumerate(lines):
        if number not in replaced:
            file.write(line)


def _order(version: str | None, updated: str | None) -> tuple[int, str]:
    """Newer is greater: by number where versions are numbers, else by the time of the update."""
    if version is not None and version.isascii() and version.isdigit() and len(version) < 19:
        return int(version), ""
    return -1, updated or ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
