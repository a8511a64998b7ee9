"""Owns `Patient/[id]/$everything`: the patient, its compartment, and what those resources are about.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Pairs, Request, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.answering import is_strict
from fhir_adapter.testing.server.search.clauses import in_list
from fhir_adapter.testing.server.search.controls import Include, Shape, page_size
from fhir_adapter.testing.server.search.including import included
from fhir_adapter.testing.server.search.intervals import EARLIEST, LATEST, interval
from fhir_adapter.testing.server.search.kinds import here
from fhir_adapter.testing.server.search.matching import UnknownParameter, is_ignored, stored_types
from fhir_adapter.testing.server.search.pages import Result, first_page
from fhir_adapter.testing.server.search.parameters import (
    RESOURCE_TYPES,
    compartment_parameters,
    parameters_of,
)
from fhir_adapter.testing.server.search.values import listed

_REFERRED = ("Medication", "Practitioner", "PractitionerRole", "Organization")
"""What a patient's records point to and cannot be understood without."""
_INCLUDES = tuple(Include("*", None, type_, reverse=False) for type_ in _REFERRED)
_NAMES = ("_type", "_since", "_count", "start", "end", "_format", "_pretty")


@dataclass
class _Asked:
    """The operation's parameters; times in milliseconds."""

    types: tuple[str, ...] = ()
    since: int = EARLIEST
    start: int = EARLIEST
    end: int = LATEST
    count: int = 0


def everything(context: Context, type_: str, id_: str, request: Request) -> Response:
    """A searchset of all that belongs to a patient, in pages; Problem 404 or 410 without the patient, 400 for bad
    parameters.
    """
    context.settle()
    patient = context.store.current(type_, id_) if type_ == "Patient" else None
    if patient is None:
        raise Problem(404, "not-found", f"{type_}/{id_} is not known, or not a patient")
    if patient.deleted:
        raise Problem(410, "deleted", f"{type_}/{id_} was deleted")
    accepted = _accepted(context, request)
    asked = _read(accepted)
    keys = _filtered(context, _belonging(context, id_, request.base), asked)
    size = min(asked.count or context.quirks.default_count, context.quirks.max_count)
    address = f"{request.base}/Patient/{id_}/$everything"
    self_link = f"{address}?{urlencode(accepted)}" if accepted else address
    return first_page(context, request.base, Result(keys, size, Shape(), self_link))


def _accepted(context: Context, request: Request) -> Pairs:
    pairs = (*request.query, *_posted(request))
    known = tuple(pair for pair in pairs if pair[0] in _NAMES and not is_ignored(context, pair[0]))
    unknown = [name for name, _ in pairs if name not in _NAMES and not is_ignored(context, name)]
    if unknown and is_strict(context, request):
        raise UnknownParameter(unknown[0], "$everything")
    return known


def _posted(request: Request) -> Pairs:
    """The pairs of a Parameters resource: https://hl7.org/fhir/R4/parameters.html."""
    if request.method != "POST" or not request.body:
        return ()
    given = request.json().get("parameter", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Problem(400, "invalid", "the body is no Parameters resource")
    return tuple(
        (str(one.get("name")), str(value))
        for one in given
        for key, value in one.items()
        if key.startswith("value")
    )


def _read(pairs: Pairs) -> _Asked:
    asked = _Asked()
    for name, value in pairs:
        if name == "_type":
            asked.types += listed(value)
        elif name == "_count":
            asked.count = page_size(value)
        elif name in ("_since", "start", "end"):
            found = interval(value)
            if found is None:
                raise Problem(400, "invalid", f"{name} has {value!r}, which is no date")
            setattr(asked, name.removeprefix("_"), found[1] if name == "end" else found[0])
    if not RESOURCE_TYPES.issuperset(asked.types):
        raise Problem(400, "invalid", "_type is no list of resource types")
    return asked


def _belonging(context: Context, id_: str, base: str) -> list[int]:
    """Keys of the patient, of its compartment, and of what they refer to, each once."""
    store = context.store
    rows = store.query("SELECT key FROM current WHERE type = 'Patient' AND id = ?", (id_,))
    found = {row[0]: None for row in rows}
    for type_ in stored_types(context):
        if links := compartment_parameters(type_, context.fhir_version):
            found.update(dict.fromkeys(_linked(context, type_, links, (id_, base))))
    reached = list(found)
    while reached:
        reached = [key for key in included(context, base, reached, _INCLUDES) if key not in found]
        found.update(dict.fromkeys(reached))
    return list(found)


def _linked(context: Context, type_: str, links: Sequence[str], target: tuple[str, str]) -> list[int]:
    context.store.ensure_indexed(type_)
    known = parameters_of(type_, context.fhir_version)
    names = tuple(dict.fromkeys(name for link in links for name in known[link].names))
    local, own = here(target[1], "r.")
    sql = (
        "SELECT DISTINCT r.key FROM reference r CROSS JOIN current c ON c.key = r.key"
        f" WHERE r.id = ? AND r.type = 'Patient' AND {local} AND {in_list('r.param', names)} AND c.type = ?"
        " ORDER BY r.key"
    )
    return [row[0] for row in context.store.query(sql, (target[0], *own, *names, type_))]


def _filtered(context: Context, keys: Sequence[int], asked: _Asked) -> list[int]:
    """Those of the keys that are shown and asked for; `start` and `end` concern only what has a date."""
    conditions = [f"c.key IN ({','.join(map(str, keys))})", "c.shown_deleted = 0", "c.shown_updated >= ?"]
    values: list[int | str] = [asked.since]
    if asked.types:
        conditions.append(in_list("c.type", asked.types))
        values.extend(asked.types)
    if (asked.start, asked.end) != (EARLIEST, LATEST):
        dates = "SELECT 1 FROM date INDEXED BY date_key WHERE key = c.key"
        inside = f"EXISTS ({dates} AND low < ? AND high > ?)"
        conditions.append(f"(c.type = 'Patient' OR NOT EXISTS ({dates}) OR {inside})")
        values.extend((asked.end, asked.start))
    rows = context.store.query(f"SELECT c.key FROM current c WHERE {' AND '.join(conditions)}", values)
    kept = {row[0] for row in rows}
    return [key for key in keys if key in kept]
