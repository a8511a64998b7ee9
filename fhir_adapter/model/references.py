"""Owns the spelling of references: what a `reference` string points at, and how evidence names a resource.

Source: FHIR R4 "References" (literal references), docs/semantics.md §2. Whether the target exists is the
engines' matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

# `_history` is never an id: `Patient/_history` is a search over versions.
_TARGET = r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>(?!_history(?:/|\Z))[^\s/?#|]+)(?:/_history/[^\s/?#|]+)?"
_RELATIVE = re.compile(_TARGET)
_ABSOLUTE = re.compile(r"(?P<base>(?i:https?)://[^\s/?#]+(?:/[^\s?#]*)?)/" + _TARGET)
_URN = re.compile(r"urn:(?:uuid|oid):\S+", re.IGNORECASE)
_CONTAINED = re.compile(r"#(?P<id>\S*)")


class ReferenceKind(StrEnum):
    """How a reference is written."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    URN = "urn"
    CONTAINED = "contained"
    OTHER = "other"


@dataclass(frozen=True)
class ParsedReference:
    """A literal reference in parts; what does not apply is None.

    `base` has no slash at its end. `id` of a `urn` is the whole urn (a Bundle's fullUrl is compared as a
    whole), of `contained` what follows the `#` (empty: the container itself).
    """

    kind: ReferenceKind
    base: str | None = None
    resource_type: str | None = None
    id: str | None = None


_OTHER = ParsedReference(ReferenceKind.OTHER)


def parse_reference(text: str) -> ParsedReference:
    """Parse `Patient/1`, `http://h/fhir/Patient/1/_history/2`, `urn:uuid:...`, `#p1`; anything else is OTHER.

    Ids are taken as sent: servers in the field exceed FHIR's 64 characters and use `_`, and decoding `%`
    could make two ids equal that the server holds apart. Searches (`Patient?identifier=...`) point at no one
    resource.
    """
    relative = _RELATIVE.fullmatch(text)
    if relative:
        return ParsedReference(ReferenceKind.RELATIVE, None, relative["type"], relative["id"])
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute:
        base = absolute["base"].rstrip("/")
        return ParsedReference(ReferenceKind.ABSOLUTE, base, absolute["type"], absolute["id"])
    if _URN.fullmatch(text):
        return ParsedReference(ReferenceKind.URN, id=text)
    contained = _CONTAINED.fullmatch(text)
    if contained:
        return ParsedReference(ReferenceKind.CONTAINED, id=contained["id"])
    return _OTHER


def evidence(resource_type: str, id: str, version: str | None) -> str:  # noqa: A002 - FHIR's own name
    """How evidence names a resource: `Type/id/_history/versionId`, or `Type/id` where no version is known."""
    return f"{resource_type}/{id}/_history/{version}" if version else f"{resource_type}/{id}"
