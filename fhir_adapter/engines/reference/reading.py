"""Owns reading the landed files: every line a resource, the newest version of each kept (semantics §2)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, cast

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.elements import (
    Node,
    code_of,
    first_code,
    first_leaf,
    leaf,
    number,
    parse,
    part,
)
from fhir_adapter.errors import EngineError
from fhir_adapter.landing import LandedFile, Landing

EFFECTIVE = (
    ("effectiveDateTime",),
    ("effectiveInstant",),
    ("effectivePeriod", "end"),
    ("effectivePeriod", "start"),
)
RECORDED = (("recordedDate",), ("onsetDateTime",), ("onsetPeriod", "start"))
_TAKEN = (("effectiveDateTime",), ("effectivePeriod", "start"))
_TIMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "MedicationStatement": _TAKEN,
    "MedicationRequest": (("authoredOn",),),
    "MedicationAdministration": _TAKEN,
    "AllergyIntolerance": (("recordedDate",),),
    "Immunization": (("occurrenceDateTime",),),
    "Procedure": (("performedDateTime",), ("performedPeriod", "start")),
    "AdverseEvent": (("date",),),
}
_CONCEPTS = {
    "MedicationStatement": "medicationCodeableConcept",
    "MedicationRequest": "medicationCodeableConcept",
    "MedicationAdministration": "medicationCodeableConcept",
    "Immunization": "vaccineCode",
    "AdverseEvent": "event",
}
"""Elements that say what it is, where that is not `code`."""

_Rank = tuple[tuple[bool, int], tuple[bool, int, int, str], tuple[str, ...]]


@dataclass(frozen=True)
class Newest:
    """The resources of one type that count, and how many lines were read and set aside for them."""

    resources: tuple[Node, ...]
    seen: int
    superseded: int


def read_newest(landing: Landing, resource_type: str, clock: Clock) -> Newest:
    """The newest version of each `Type/id`; deleted ones are gone and count as superseded."""
    newest: dict[str, tuple[_Rank, Node]] = {}
    seen = 0
    for resource in resources_of(landing, resource_type):
        seen += 1
        key = f"{resource_type}/{leaf(resource, 'id')}"
        rank = _rank(resource, resource_type, clock)
        if key not in landing.deleted and (key not in newest or rank > newest[key][0]):
            newest[key] = (rank, resource)
    kept = tuple(resource for _, resource in newest.values())
    return Newest(kept, seen, seen - len(kept))


def count_lines(landing: Landing, resource_type: str) -> int:
    """How many resources of a type that nobody reads were landed."""
    return sum(1 for file in landing.files_of(resource_type) for _ in _lines(file))


def resources_of(landing: Landing, resource_type: str) -> Iterator[Node]:
    """Every resource of a type, in the order of the files."""
    for file in landing.files_of(resource_type):
        for number_of_line, line in _lines(file):
            yield _resource(line, file, number_of_line)


def _lines(file: LandedFile) -> Iterator[tuple[int, bytes]]:
    opened = gzip.open(file.path) if file.path.name.lower().endswith(".gz") else file.path.open("rb")
    with cast(IO[bytes], opened) as lines:
        # A binary file breaks at LF only, which is what NDJSON means; text mode would break at CR too.
        for number_of_line, line in enumerate(cast(Iterable[bytes], lines), start=1):
            if line.strip():
                yield number_of_line, line


def _resource(line: bytes, file: LandedFile, number_of_line: int) -> Node:
    try:
        resource = parse(line.decode("utf-8"))
    except (ValueError, RecursionError):
        resource = {}
    is_one = isinstance(resource, dict) and resource.get("resourceType") == file.resource_type
    if not is_one or not leaf(resource, "id"):
        # Landing refuses such lines and marks what is incomplete: to pass one over here would hide that.
        raise EngineError(
            f"{file.origin}, line {number_of_line} is no {file.resource_type}: the landing was not cleaned"
        )
    return cast(Node, resource)


def _rank(resource: Node, resource_type: str, clock: Clock) -> _Rank:
    """What makes a version newer: lastUpdated, versionId, the greater (status, time text, value text)."""
    updated = clock.read(leaf(resource, "meta", "lastUpdated"))
    instant = updated.high if updated is not None else None
    version = leaf(resource, "meta", "versionId")
    return (
        (instant is not None, instant or 0),
        (version is not None, *_version_rank(version or "")),
        tuple(text or "" for text in _texts(resource, resource_type)),
    )


def _version_rank(version: str) -> tuple[int, int, str]:
    """As a number where it is one, else as text; numbers above texts, so that the order has no circle."""
    if version.isascii() and version.isdigit():
        # Longer digits are the greater number: int() would refuse thousands of them.
        digits = version.lstrip("0")
        return 1, len(digits), digits
    return 0, 0, version


def _texts(resource: Node, resource_type: str) -> tuple[str | None, ...]:
    """(status, time text, value text) of a resource: the last resort before the order of the lines."""
    if resource_type == "Observation":
        value = number(resource, "valueQuantity", "value")
        for name in ("valueInteger", "valueString"):
            value = value if value is not None else number(resource, name)
        return leaf(resource, "status"), first_leaf(resource, *EFFECTIVE), value
    if resource_type == "Condition":
        status = first_code(part(resource, "verificationStatus"))
        return status, first_leaf(resource, *RECORDED), code_of(part(resource, "code"))
    if resource_type == "Patient":
        return None, leaf(resource, "birthDate"), leaf(resource, "gender")
    status = leaf(resource, "status")
    if resource_type == "AllergyIntolerance":
        status = first_code(part(resource, "verificationStatus"))
    if resource_type == "AdverseEvent":
        status = leaf(resource, "actuality")
    when = first_leaf(resource, *_TIMES.get(resource_type, ()))
    return status, when, code_of(part(resource, _CONCEPTS.get(resource_type, "code")))
