"""Owns which Patient survives a merge.

Source: docs/semantics.md §2, CLINICAL.md §4.3 rules 4 and 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_REPLACED_BY = "replaced-by"
_REPLACES = "replaces"


def survivors(links: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[dict[str, str], frozenset[str]]:
    """Replaced id -> final survivor id, and the ids of the Patients whose merge is unresolved.

    `links` holds every Patient of the input as a key, with its `(link.type, other id)`; the other id is ""
    where it cannot be resolved. A dangling edge, a cycle, or one Patient replaced by two leaves the whole
    group of connected Patients unmerged: with one edge in doubt, nobody can say whose data the others hold.
    """
    edges, dangling = _edges(links)
    targets: dict[str, set[str]] = {}
    for old, new in edges:
        targets.setdefault(old, set()).add(new)
    forked = {old for old, news in targets.items() if len(news) > 1}
    final = {old: next(iter(news)) for old, news in targets.items() if old not in forked}
    broken = dangling | forked | _cyclic(final)

    merged: dict[str, str] = {}
    unresolved: set[str] = set()
    for group in _groups(edges, links):
        if group & broken:
            unresolved |= group
        else:
            # A tree without forks and cycles has exactly one Patient that nobody replaces.
            (survivor,) = group - final.keys()
            merged.update((old, survivor) for old in group if old != survivor)
    return dict(sorted(merged.items())), frozenset(unresolved)


def _edges(links: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[set[tuple[str, str]], set[str]]:
    """(replaced, survivor) pairs between known Patients, and the Patients with an edge to an unknown one.

    `seealso` and `refer` say nothing about identity, and neither does a code that FHIR does not have.
    """
    edges: set[tuple[str, str]] = set()
    dangling: set[str] = set()
    for patient, its_links in links.items():
        for kind, other in its_links:
            if kind not in (_REPLACED_BY, _REPLACES):
                continue
            if other not in links:
                dangling.add(patient)
            else:
                edges.add((patient, other) if kind == _REPLACED_BY else (other, patient))
    return edges, dangling


def _cyclic(final: Mapping[str, str]) -> set[str]:
    """Patients of every cycle, perhaps with some that lead into it: their group is one."""
    seen: set[str] = set()
    cyclic: set[str] = set()
    for start in final:
        path: set[str] = set()
        node = start
        while node in final and node not in seen:
            seen.add(node)
            path.add(node)
            node = final[node]
        if node in path:
            cyclic |= path
    return cyclic


def _groups(edges: Iterable[tuple[str, str]], patients: Iterable[str]) -> list[set[str]]:
    """Connected Patients; a Patient without any edge is a group of its own."""
    neighbours: dict[str, set[str]] = {patient: set() for patient in patients}
    for old, new in edges:
        neighbours[old].add(new)
        neighbours[new].add(old)
    seen: set[str] = set()
    groups: list[set[str]] = []
    for start in neighbours:
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            for node in neighbours[waiting.pop()] - group:
                group.add(node)
                waiting.append(node)
        seen |= group
        groups.append(group)
    return groups
