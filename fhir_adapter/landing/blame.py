"""Owns whose data is incomplete when a line is refused: one patient's, a type's, or everybody's.

What can be read from the bytes of a broken line is little, so every doubt widens the circle.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fhir_adapter.landing.landed import Landing, Quarantined
from fhir_adapter.landing.resource_types import RESOURCE_TYPES

# What holds others, and the abstract types some servers write: the real type is unknown.
_ANYTHING = {"Bundle", "Resource", "DomainResource"}
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
_REFERENCE = re.compile(rb'"reference"\s*:\s*"([^"]*)"')
_PATIENT = re.compile(rb"Patient/([A-Za-z0-9._-]{1,255})(?:/_history/[^/]*)?")
_ID = re.compile(rb'"id"\s*:\s*"([^"]*)"')
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{1,255}")


class Where(NamedTuple):
    """Where a text stands: what to show to people, and the type its file is named for."""

    file: str
    line: int | None = None
    named: str | None = None
    # False when the text is too long to be kept: what was not seen may name another patient.
    whole: bool = True


def quarantine(landing: Landing, where: Where, reason: str, raw: bytes) -> None:
    """Put a text aside and mark what its loss makes incomplete."""
    types = _types(raw, where.named)
    only = next(iter(types)) if types and len(types) == 1 else None
    subject = _subject(raw, patient=only == "Patient") if where.whole else None
    landing.quarantined.append(Quarantined(where.file, where.line, reason, only or where.named, subject))
    landing.counts["quarantined"] += 1
    place = where.file if where.line is None else f"{where.file}, line {where.line}"
    if types is None:
        landing.blame(None, f"{place} was refused ({reason}), and its type cannot be told")
        return
    for name in sorted(types):
        landing.pulled(name)
        if subject is None:
            landing.blame(name, f"{place} was refused ({reason}), and its patient cannot be told")
        else:
            landing.incomplete.add((name, subject))


def quarantine_file(landing: Landing, file: str, named: str | None, reason: str) -> None:
    """Put a whole file aside: whose data it held is unknown."""
    landing.quarantined.append(Quarantined(file, None, reason, named, None))
    landing.counts["quarantined"] += 1
    landing.blame(named, f"{file} was refused: {reason}")


def _types(raw: bytes, named: str | None) -> set[str] | None:
    """The types that may have lost a resource; None: any of them."""
    found = {name.decode() for name in _TYPE.findall(raw)}
    if found & _ANYTHING:
        return None
    if named is not None:
        # A contained resource is no loss of its type; a line of another type in this file is.
        return {named} if named in found else {named} | (found & RESOURCE_TYPES)
    return found or None


def _subject(raw: bytes, *, patient: bool) -> str | None:
    raw = raw.replace(b"\\/", b"/")
    if patient:
        ids = set(_ID.findall(raw))
        return _only(ids) if all(_PLAIN_ID.fullmatch(own) for own in ids) else None
    references = {reference for reference in _REFERENCE.findall(raw) if b"Patient/" in reference}
    matches = [_PATIENT.fullmatch(reference) for reference in references]
    # An absolute reference may be another server's patient: with one in the line, nothing is certain.
    return _only({match[1] for match in matches if match}) if all(matches) else None


def _only(ids: set[bytes]) -> str | None:
    return ids.pop().decode() if len(ids) == 1 else None
