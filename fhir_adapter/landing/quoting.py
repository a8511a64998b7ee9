"""Owns finding a resource's raw text again by its reference, for evidence to quote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fhir_adapter.landing import streams, strict
from fhir_adapter.landing.landed import LandedFile, Landing

_REFERENCE = re.compile(r"(?:.*/)?([A-Za-z]+)/([^/\s]+)(?:/_history/([^/\s]+))?")
_ID = re.compile(rb'"id"\s*:\s*"([^"]+)"')
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Wanted:
    """A reference taken apart; `version` None asks for the newest."""

    reference: str
    resource_type: str
    identity: str
    version: str | None


def quote(landing: Landing, references: Iterable[str]) -> dict[str, str]:
    """The raw JSON of each reference exactly as it was landed; what is not there is left out."""
    wanted: dict[str, dict[str, list[_Wanted]]] = {}
    for reference in dict.fromkeys(references):
        match = _REFERENCE.fullmatch(reference)
        if match:
            found = _Wanted(reference, match[1], match[2], match[3])
            wanted.setdefault(found.resource_type, {}).setdefault(found.identity, []).append(found)
    answer: dict[str, str] = {}
    for resource_type, by_identity in wanted.items():
        newest: dict[str, tuple[datetime, int, str]] = {}
        for file in landing.files_of(resource_type):
            for text, resource in _candidates(file, by_identity.keys()):
                age = _age(resource)
                for one in by_identity[resource["id"]]:
                    if one.version not in (None, age[2]):
                        continue
                    if one.reference not in newest or age > newest[one.reference]:
                        newest[one.reference] = age
                        answer[one.reference] = text
    return answer


def _candidates(file: LandedFile, identities: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines whose own id is wanted: found by bytes, believed after a strict parse."""
    wanted = {identity.encode(): identity for identity in identities}
    for block in _blocks(file):
        for found in _ID.finditer(block):
            if found[1] not in wanted:
                continue
            start = block.rfind(b"\n", 0, found.start()) + 1
            end = block.find(b"\n", found.end())
            raw = block[start : end if end >= 0 else len(block)]
            try:
                text = strict.decode(raw.removeprefix(streams.BOM)).strip(" \t\r")
                resource = strict.load_object(text)
            except strict.NotStrict:
                continue
            # An id inside the resource may have the same text as another resource's own.
            if resource.get("resourceType") == file.resource_type and resource.get("id") == wanted[found[1]]:
                yield text, resource


def _blocks(file: LandedFile) -> Iterator[bytes]:
    """The file in pieces that end where lines end."""
    rest = b""
    for chunk in streams.chunks(file.path):
        end = chunk.rfind(b"\n")
        if end < 0:
            rest += chunk
            continue
        yield rest + chunk[: end + 1]
        rest = chunk[end + 1 :]
    if rest:
        yield rest


def _age(resource: dict[str, Any]) -> tuple[datetime, int, str]:
    """What orders the versions of one id: newest meta.lastUpdated, then the highest versionId."""
    found = resource.get("meta")
    meta = found if isinstance(found, dict) else {}
    version = meta.get("versionId")
    text = version if isinstance(version, str) else ""
    try:
        updated = datetime.fromisoformat(str(meta.get("lastUpdated")))
    except ValueError:
        updated = _OLDEST
    if updated.tzinfo is None:
        updated = updated.replace(tzinfo=UTC)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    return updated, number, text
