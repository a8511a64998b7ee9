"""Owns what a kick-off asks for: its headers and parameters, by GET or in a Parameters body.

http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-kick-off-request
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fhir_adapter.testing.server.export.compartment import RESOURCE_TYPES
from fhir_adapter.testing.server.messages import Pairs, Request
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.time import to_milliseconds

FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NEXT_FILTER = re.compile(r",(?=[A-Z][A-Za-z]*\?)")
_SEARCH_RESULTS = ("_include", "_revinclude", "_sort", "_count", "_summary", "_elements", "_total")
_ACCEPTED = {"", "*/*", "application/*", "application/fhir+json", "application/json"}


@dataclass
class Asked:
    """One kick-off. `group` is set for a group, `cohort` for a group or all patients.

    `since` and `until` in milliseconds. `notices` say what a lenient server has passed over.
    """

    base: str
    group: str | None = None
    cohort: bool = False
    lenient: bool = False
    types: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None
    filters: dict[str, list[Pairs]] = field(default_factory=dict)
    patients: frozenset[str] | None = None
    notices: list[str] = field(default_factory=list)

    def refuse(self, text: str, code: str = "not-supported") -> None:
        """Problem 400, or for a lenient client a notice in the export's `error` file."""
        if not self.lenient:
            raise Problem(400, code, text)
        self.notices.append(text)

    def covers(self, updated: int) -> bool:
        """Whether a change at this instant lies between `_since` and `_until`."""
        return (self.since is None or updated >= self.since) and (self.until is None or updated <= self.until)

    def wants(self, type_: str) -> bool:
        """Whether resources of a type are asked for."""
        return self.types is None or type_ in self.types


def asked_by(request: Request, ignored: Iterable[str]) -> Asked:
    """Read a kick-off; `ignored` parameters are not looked at. Problem 400 or 406 when it cannot be served."""
    if request.prefers("respond-async") is None:
        raise Problem(400, "required", "an export needs the header Prefer: respond-async")
    _check_accept(request.header("Accept") or "")
    parts = request.parts
    asked = Asked(
        request.base,
        group=parts[1] if parts[0] == "Group" else None,
        cohort=len(parts) > 1,
        lenient=request.prefers("handling") == "lenient",
    )
    given: dict[str, list[str]] = {}
    for name, value in (*request.query, *_body(request)):
        if name not in ignored:
            given.setdefault(name, []).append(value)
    _read_format(given.pop("_outputFormat", ["ndjson"]))
    asked.since = _read_instant("_since", given.pop("_since", []))
    asked.until = _read_instant("_until", given.pop("_until", []))
    _read_types(asked, given.pop("_type", []))
    _read_filters(asked, given.pop("_typeFilter", []))
    _read_patients(asked, request, given.pop("patient", []))
    for name in given:
        asked.refuse(f"the parameter {name} is not supported")
    return asked


def _check_accept(header: str) -> None:
    media = {part.partition(";")[0].strip().casefold() for part in header.split(",")}
    if not media & _ACCEPTED:
        raise Problem(406, "not-supported", "a kick-off is answered in application/fhir+json only")


def _body(request: Request) -> list[tuple[str, str]]:
    """The parameters of a POST, as text: a reference by its address."""
    if request.method != "POST" or not request.body.strip():
        return []
    content = request.json()
    if content.get("resourceType") != "Parameters":
        raise Problem(400, "structure", "the body of a kick-off must be a Parameters resource")
    entries = content.get("parameter", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Problem(400, "structure", "Parameters.parameter must be a list of objects")
    return [(str(entry.get("name")), _value(entry)) for entry in entries]


def _value(entry: dict[str, Any]) -> str:
    value = next((value for key, value in entry.items() if key.startswith("value")), None)
    if isinstance(value, dict):
        value = value.get("reference")
    if not isinstance(value, str):
        raise Problem(400, "structure", f"the parameter {entry.get('name')} has no value that can be read")
    return value


def _read_format(values: list[str]) -> None:
    for value in values:
        if value not in FORMATS:
            hint = "; a + in an address must be written %2B" if " " in value else ""
            raise Problem(400, "not-supported", f"_outputFormat must be one of {', '.join(FORMATS)}{hint}")


def _read_instant(name: str, values: list[str]) -> int | None:
    if not values:
        return None
    if len(values) == 1 and _INSTANT.fullmatch(values[0]):
        try:
            return to_milliseconds(datetime.fromisoformat(values[0]))
        except (ValueError, OverflowError):
            pass
    hint = "; a + in an address must be written %2B" if " " in values[0] else ""
    raise Problem(400, "value", f"{name} must be one instant with a zone, as 2026-06-30T12:00:00Z{hint}")


def _read_types(asked: Asked, values: list[str]) -> None:
    if not values:
        return
    names = {name.strip() for value in values for name in value.split(",") if name.strip()}
    for name in sorted(names - RESOURCE_TYPES):
        asked.refuse(f"_type: {name} is not a resource type of R4")
    if not names & RESOURCE_TYPES:
        raise Problem(400, "value", "_type names no resource type of R4")
    asked.types = frozenset(names & RESOURCE_TYPES)


def _read_filters(asked: Asked, values: list[str]) -> None:
    """Each value is a query, or several parted by commas; a comma before anything but `Type?` is the query's own."""
    for query in (query for value in values for query in _NEXT_FILTER.split(value)):
        type_, mark, text = query.partition("?")
        pairs = tuple(parse_qsl(text, keep_blank_values=True))
        controls = sorted({name for name, _ in pairs} & set(_SEARCH_RESULTS))
        if not mark or type_ not in RESOURCE_TYPES or not pairs:
            asked.refuse(f"_typeFilter: {query} is not a query as Observation?status=final", "value")
        elif not asked.wants(type_):
            asked.refuse(f"_typeFilter: {type_} is not in _type", "value")
        elif controls:
            asked.refuse(f"_typeFilter: {', '.join(controls)} shall not be used")
        else:
            asked.filters.setdefault(type_, []).append(pairs)


def _read_patients(asked: Asked, request: Request, values: list[str]) -> None:
    if not values:
        return
    if request.method != "POST" or not asked.cohort:
        asked.refuse("patient is for a POST to Patient/$export or to a Group's $export")
        return
    ids = frozenset(value.removeprefix(f"{request.base}/").removeprefix("Patient/") for value in values)
    for id_ in sorted(id_ for id_ in ids if "/" in id_ or not id_):
        asked.refuse(f"patient: {id_} is not a Patient of this server", "value")
    asked.patients = ids
