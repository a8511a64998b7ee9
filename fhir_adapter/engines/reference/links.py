"""Owns following a literal Reference to the `Type/id` that it points at (docs/semantics.md §2)."""

from __future__ import annotations

from collections.abc import Mapping

from fhir_adapter.engines.reference.elements import Node, leaf
from fhir_adapter.model.references import ReferenceKind, parse_reference


def target_of(reference: Node, full_urls: Mapping[str, str]) -> str | None:
    """`Type/id` of a relative, absolute or versioned reference, or of a Bundle's fullUrl; None: of nothing."""
    text = leaf(reference, "reference")
    if text is None:
        return None
    if text in full_urls:
        return full_urls[text]
    parsed = parse_reference(text)
    if parsed.kind not in (ReferenceKind.RELATIVE, ReferenceKind.ABSOLUTE):
        return None
    return f"{parsed.resource_type}/{parsed.id}"
