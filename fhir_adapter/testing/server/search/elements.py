"""Owns a resource cut down to the elements asked for, marked as such.

https://hl7.org/fhir/R4/search.html#elements
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhir_adapter.testing.server import documents
from fhir_adapter.testing.server.search.parameters import mandatory_elements

_ALWAYS = ("resourceType", "id", "meta")
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def subset(body: str, elements: Sequence[str], fhir_version: str) -> str:
    """The JSON text of a resource with some root elements, what it must have, and the tag SUBSETTED."""
    content = documents.read(body.encode("utf-8"), limit=len(body) * 4)
    wanted = {*_ALWAYS, *elements, *mandatory_elements(content["resourceType"], fhir_version)}
    kept = {name: value for name, value in content.items() if _is_wanted(name.removeprefix("_"), wanted)}
    meta: dict[str, Any] = dict(kept.get("meta", {}))
    if SUBSETTED not in meta.get("tag", []):
        meta["tag"] = [*meta.get("tag", []), SUBSETTED]
    return documents.write({**kept, "meta": meta})


def _is_wanted(name: str, wanted: set[str]) -> bool:
    """Whether a property is an element asked for; `value` and `value[x]` mean `valueQuantity` as well."""
    if name in wanted:
        return True
    stems = [name[:position] for position, letter in enumerate(name) if letter.isupper()]
    return any(stem in wanted or f"{stem}[x]" in wanted for stem in stems)
