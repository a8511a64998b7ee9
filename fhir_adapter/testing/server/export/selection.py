"""Owns which versions of a snapshot an export holds.

Choices the guide leaves open: `_since` gives what was changed at that instant or later, of old and new members of a
group alike (as HAPI); what stands outside of the Patient compartment, as Medication and Practitioner, comes with
patients when something of theirs refers to it, directly or through another such resource; Provenance comes with what
it tells of; a group's inactive members are left out, and so are other groups. Deletes of a cohort are those of the
compartment: whose Practitioner it was, nobody can say any more. http://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from fhir_adapter.testing.server.export.asked import Asked
from fhir_adapter.testing.server.export.compartment import COMPARTMENT, OUTSIDE, outside, owners
from fhir_adapter.testing.server.export.snapshot import Snapshot
from fhir_adapter.testing.server.store import Store, Stored

_BATCH = 500


@dataclass
class Selected:
    """Numbers of versions in the store, by type; `deleted` are those that say that a resource is gone."""

    output: dict[str, array[int]] = field(default_factory=dict)
    deleted: array[int] = field(default_factory=lambda: array("q"))


def select(store: Store, asked: Asked, snapshot: Snapshot) -> Selected:
    """Choose what an export holds. Memory: one number a resource, and a batch of resources."""
    cohort = _Cohort(store, asked, snapshot) if asked.cohort else None
    chosen = cohort.chosen() if cohort else snapshot.alive
    found = Selected()
    for type_, seqs in sorted(chosen.items()):
        matching = snapshot.matching.get(type_)
        kept = seqs if matching is None else array("q", (seq for seq in seqs if seq in matching))
        if kept and type_ in snapshot.wanted:
            found.output[type_] = kept
    for type_, rows in snapshot.gone.items():
        # `_typeFilter` is not held against what is gone: it has no search rows any more.
        found.deleted.extend(seq for id_, seq in rows if cohort is None or cohort.held(type_, id_, seq))
    return found


class _Cohort:
    """The resources of some patients, or of all."""

    def __init__(self, store: Store, asked: Asked, snapshot: Snapshot) -> None:
        self._store = store
        self._asked = asked
        self._snapshot = snapshot
        self._own: set[str] = set()
        self._referred: set[str] = set()

    def chosen(self) -> dict[str, array[int]]:
        """Versions by type that belong to the patients, or are referred to by what does."""
        wanted, alive = self._snapshot.wanted, self._snapshot.alive
        keep_own, keep_referred = "Provenance" in wanted, not wanted.isdisjoint(OUTSIDE)
        found = {}
        for type_ in sorted(alive.keys() & COMPARTMENT.keys(), key=lambda name: (name == "Provenance", name)):
            found[type_] = array("q")
            for one in self._versions(type_):
                if not self.holds(one):
                    continue
                if keep_own:
                    self._own.add(f"{type_}/{one.id}")
                if keep_referred:
                    self._referred.update(outside(one.body or "", self._asked.base))
                if self._asked.covers(one.updated):
                    found[type_].append(one.seq)
        return found | self._surroundings()

    def holds(self, one: Stored) -> bool:
        """Whether a resource of a type of the compartment is a patient's own. Of provenance: or tells of such one."""
        members, group = self._snapshot.members, self._asked.group
        if one.type == "Patient":
            return members is None or one.id in members
        if one.type == "Group" and group is not None:
            return one.id == group
        for owner in owners(json.loads(one.body or "{}"), self._asked.base):
            type_, _, id_ = owner.partition("/")
            if (type_ == "Patient" and (members is None or id_ in members)) or owner in self._own_for(one):
                return True
        return False

    def held(self, type_: str, id_: str, seq: int) -> bool:
        """Whether what was deleted by a version was a patient's own, as the version before it tells."""
        clause = (
            "WHERE v.type = ? AND v.id = ? AND v.seq < ? AND v.body IS NOT NULL ORDER BY v.seq DESC LIMIT 1"
        )
        return any(self.holds(last) for last in self._store.select(clause, (type_, id_, seq)))

    def _own_for(self, one: Stored) -> set[str]:
        return self._own if one.type == "Provenance" else set()

    def _surroundings(self) -> dict[str, array[int]]:
        """What stands outside of the compartment, as far as references lead."""
        if not self._referred:
            return {}
        known = {}
        for type_ in self._snapshot.alive.keys() & OUTSIDE:
            for one in self._versions(type_):
                leads = list(outside(one.body or "", self._asked.base))
                known[f"{type_}/{one.id}"] = (one.seq, one.updated, leads)
        reached: set[str] = set()
        fresh = self._referred
        while fresh:
            reached |= fresh
            fresh = {lead for name in fresh & known.keys() for lead in known[name][2]} - reached
        found: dict[str, array[int]] = {}
        for seq, updated, type_ in sorted(
            (*known[name][:2], name.partition("/")[0]) for name in reached & known.keys()
        ):
            if self._asked.covers(updated):
                found.setdefault(type_, array("q")).append(seq)
        return found

    def _versions(self, type_: str) -> Iterator[Stored]:
        seqs = self._snapshot.alive[type_]
        for start in range(0, len(seqs), _BATCH):
            yield from self._store.by_seq(seqs[start : start + _BATCH])
