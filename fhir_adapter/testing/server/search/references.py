"""Owns what a literal reference points to: type, id, and the server when it is another one.

https://hl7.org/fhir/R4/references.html#literal, https://hl7.org/fhir/R4/search.html#reference
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES

Target = tuple[str | None, str | None, str | None]
"""id, type, address; the address only when it was absolute. For an address of no known form it is the id as well."""

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LITERAL = re.compile(
    r"((?:https?://.*/)?)([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


def read_reference(value: dict[str, Any]) -> Target:
    """Where a Reference points to. A contained, logical or merely named one points nowhere: id None."""
    literal = value.get("reference")
    type_ = value.get("type")
    declared = type_ if isinstance(type_, str) else None
    if not isinstance(literal, str) or literal.startswith("#") or not literal:
        return None, declared, None
    found = read_literal(literal)
    return found if found[1] else (found[0], declared, found[2])


def read_literal(literal: str) -> Target:
    """The target of `Patient/1`, `Patient/1/_history/2`, an absolute address or a urn."""
    match = _LITERAL.fullmatch(literal)
    if match is None or match[2] not in RESOURCE_TYPES:
        return literal, None, literal
    base, type_, id_ = match.groups()
    return id_, type_, f"{base}{type_}/{id_}" if base else None


def is_id(text: str) -> bool:
    """Whether a text can be a resource's id."""
    return _ID.fullmatch(text) is not None
