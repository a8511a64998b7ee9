"""Owns the instant of a kick-off: what the store showed then, as numbers of versions that never change.

Only this holds the store; all that follows reads versions by number, while others write.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.export.asked import Asked
from fhir_adapter.testing.server.export.compartment import COMPARTMENT, OUTSIDE, owners
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.matching import find
from fhir_adapter.testing.server.store import Store

Ids = frozenset[str] | None


@dataclass
class Snapshot:
    """`wanted`: the types of the export. `alive`: versions by type, also of types that only lead to wanted ones.

    `gone`: id and version of what was deleted. `matching`: what `_typeFilter` lets through, for types that have one.
    `members`: the ids of the patients it is about, None for all.
    """

    now: int
    wanted: frozenset[str]
    members: Ids = None
    alive: dict[str, array[int]] = field(default_factory=dict)
    gone: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    matching: dict[str, set[int]] = field(default_factory=dict)


def take(context: Context, asked: Asked, readable: Callable[[str], bool]) -> Snapshot:
    """What the server shows now; `readable` says which types the client may see. Problem 404: no such group."""
    store = context.store
    with store.lock:
        now = context.now()
        context.settle()
        present = {
            type_ for (type_,) in store.query("SELECT DISTINCT type FROM current WHERE shown IS NOT NULL")
        }
        wanted = frozenset(type_ for type_ in present if asked.wants(type_) and readable(type_))
        found = Snapshot(now, wanted, _members(store, asked) if asked.cohort else None)
        leading = present if asked.cohort and not wanted.isdisjoint({*OUTSIDE, "Provenance"}) else frozenset()
        for type_ in sorted(wanted | leading):
            found.alive[type_] = _alive(store, type_, None if leading else asked)
        for type_ in sorted(wanted & asked.filters.keys()):
            _match(context, asked, type_, found)
        if asked.since is not None and context.quirks.export_deleted:
            found.gone = {type_: _gone(store, type_, asked) for type_ in sorted(wanted)}
    return found


def _members(store: Store, asked: Asked) -> Ids:
    """The patients of a group or of the parameter `patient`; None for every patient."""
    known = None if asked.group is None else _group(store, asked)
    if asked.patients is None:
        return known
    if known is None:
        known = frozenset(id_ for id_ in asked.patients if _is_shown(store, id_))
    for id_ in sorted(asked.patients - known):
        asked.refuse(f"patient: Patient/{id_} is not here to be exported", "not-found")
    return asked.patients & known


def _is_shown(store: Store, id_: str) -> bool:
    sql = "SELECT 1 FROM current WHERE type = 'Patient' AND id = ? AND shown_deleted = 0"
    return bool(store.query(sql, (id_,)))


def _group(store: Store, asked: Asked) -> frozenset[str]:
    found = store.select(
        "JOIN current c ON c.shown = v.seq WHERE c.type = 'Group' AND c.id = ?", (asked.group,)
    )
    if not found or found[0].deleted:
        raise Problem(404, "not-found", f"Group/{asked.group} is not known")
    active = [member for member in found[0].resource().get("member", []) if not member.get("inactive")]
    references = (
        owner.split("/") for owner in owners({"resourceType": "Group", "member": active}, asked.base)
    )
    return frozenset(reference[1] for reference in references if reference[0] == "Patient")


def _window(asked: Asked | None) -> tuple[str, tuple[int, ...]]:
    if asked is None:
        return "", ()
    bounds = ((">=", asked.since), ("<=", asked.until))
    given = [(sign, bound) for sign, bound in bounds if bound is not None]
    return "".join(f" AND shown_updated {sign} ?" for sign, _ in given), tuple(bound for _, bound in given)


def _alive(store: Store, type_: str, asked: Asked | None) -> array[int]:
    clause, bounds = _window(asked)
    sql = f"SELECT shown FROM current WHERE type = ? AND shown_deleted = 0{clause} ORDER BY shown"
    return array("q", (seq for (seq,) in store.query(sql, (type_, *bounds))))


def _gone(store: Store, type_: str, asked: Asked) -> list[tuple[str, int]]:
    if asked.cohort and type_ not in COMPARTMENT:
        return []  # whose it was, nobody can say any more
    clause, bounds = _window(asked)
    sql = f"SELECT id, shown FROM current WHERE type = ? AND shown_deleted = 1{clause} ORDER BY shown"
    return [(id_, seq) for id_, seq in store.query(sql, (type_, *bounds))]


def _match(context: Context, asked: Asked, type_: str, found: Snapshot) -> None:
    matching: set[int] = set()
    for pairs in asked.filters[type_]:
        try:
            matching.update(find(context, type_, pairs, asked.base))
        except Problem as problem:
            asked.refuse(f"_typeFilter: {type_}: {problem.diagnostics}")
            return
    found.matching[type_] = matching
