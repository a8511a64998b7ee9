"""Owns cutting a landing down to what can belong to one subject, so that the answers about it stay the same.

Kept are its Patient and every Patient linked to it, all who carry one of their identifiers (an identifier means
somebody only if nobody else carries it), every line that may refer to them, all versions of those
resources, and what those refer to in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from fhir_adapter.engines.reference.elements import Node, leaf, parse, part, parts
from fhir_adapter.engines.reference.engine import READ_TYPES
from fhir_adapter.engines.reference.medications import MEDICATION_RECORDS
from fhir_adapter.landing import LandedFile, Landing, TypePull
from fhir_adapter.landing.writing import WorkFolder
from fhir_adapter.model.references import parse_reference
from fhir_adapter.screening.byte_search import (
    BUNDLES,
    PATIENTS,
    Needle,
    lines_with,
    reference_needle,
    resource_needle,
    url_needle,
    value_needles,
)

_MERGES = ("replaced-by", "replaces")
_SHARED = frozenset(("Medication", "ResearchStudy"))
"""Types that name no Patient: records of anybody refer to them, so they are kept whole."""
_STRAYS = tuple(
    resource_needle(name, but_no=[other for other in READ_TYPES if other not in _SHARED])
    for name in sorted(_SHARED)
)

_Lines = dict[LandedFile, dict[int, bytes]]


@dataclass(frozen=True)
class Traces:
    """By what the records of one subject are recognised; `members` are the Patients that may be one person."""

    members: frozenset[str]
    urls: frozenset[str]
    values: frozenset[str]  # of identifiers

    def needles(self) -> list[Needle]:
        return [
            *map(reference_needle, sorted(self.members)),
            *map(url_needle, sorted(self.urls)),
            *(needle for value in sorted(self.values) for needle in value_needles(value)),
        ]


@dataclass(frozen=True)
class _Kin:
    """What one version of a Patient says about who it is."""

    id: str
    values: frozenset[str]
    linked: frozenset[str]  # ids of Patients that it replaces or that replace it
    linked_values: frozenset[str]  # the same, named by an identifier only


def trace(subject: str, files: Iterable[LandedFile], full_urls: Mapping[str, str]) -> Traces:
    """Follow merges from one Patient through files of Patients, as far as they lead in either direction."""
    files = tuple(files)
    traces = _traces(frozenset((subject,)), frozenset(), full_urls)
    while True:
        needles = traces.needles()
        lines = (line for file in files for _, line in lines_with(file.path, needles, traces.members))
        kin = [_kin(node, full_urls) for node in map(_node, lines) if leaf(node, "resourceType") == "Patient"]
        grown = _grown(traces, kin, full_urls)
        if grown == traces:
            return traces
        traces = grown


def narrow(landing: Landing, traces: Traces, folder: WorkFolder, versions: Callable[[], bool]) -> Landing:
    """A landing of its own that holds the lines of one subject; `versions`: whether an id may stand twice."""
    own = [file for name in READ_TYPES if name not in _SHARED for file in landing.files_of(name)]
    kept = {file: _search(file, traces) for file in own}
    # A version that names somebody else may be the newest: then the record is not the subject's any more.
    if versions():
        _add_versions(kept)
    _add_suspects(kept, landing.full_urls)
    files = {file: _write(file, lines, folder) for file, lines in kept.items()}
    files |= {file: file for name in _SHARED for file in landing.files_of(name)}
    types = {
        name: TypePull(
            name, tuple(files[file] for file in landing.files_of(name)), landing.types[name].problem
        )
        for name in READ_TYPES
        if name in landing.types
    }
    # What no engine reads is left out: it would only be counted.
    return replace(
        landing,
        types=types,
        quarantined=list(landing.quarantined),
        incomplete=set(landing.incomplete),
        full_urls=dict(landing.full_urls),
        deleted=set(landing.deleted),
        counts=landing.counts.copy(),
        split=set(landing.split),
    )


def _grown(traces: Traces, kin: Iterable[_Kin], full_urls: Mapping[str, str]) -> Traces:
    members, values = set(traces.members), set(traces.values)
    for one in kin:
        if one.id in members:
            members |= one.linked
            values |= one.values | one.linked_values
    for one in kin:
        # An identifier in a link may mean any of those who carry it.
        if one.linked & members or one.linked_values & values:
            members.add(one.id)
    sought = {value for one in kin if one.id in members for value in one.linked_values}
    members |= {one.id for one in kin if one.values & sought}
    return _traces(frozenset(members), frozenset(values), full_urls)


def _traces(members: frozenset[str], values: frozenset[str], full_urls: Mapping[str, str]) -> Traces:
    targets = {f"Patient/{member}" for member in members}
    urls = frozenset(url for url, target in full_urls.items() if target in targets)
    return Traces(members, urls, values)


def _kin(patient: Node, full_urls: Mapping[str, str]) -> _Kin:
    others = [part(link, "other") for link in parts(patient, "link") if leaf(link, "type") in _MERGES]
    linked = (_patient_id(leaf(other, "reference"), full_urls) for other in others)
    return _Kin(
        id=leaf(patient, "id") or "",
        values=frozenset(filter(None, (leaf(entry, "value") for entry in parts(patient, "identifier")))),
        linked=frozenset(filter(None, linked)),
        linked_values=frozenset(filter(None, (leaf(other, "identifier", "value") for other in others))),
    )


def _patient_id(reference: str | None, full_urls: Mapping[str, str]) -> str | None:
    resource_type, id_ = _target(reference, full_urls)
    return id_ if resource_type == "Patient" else None


def _target(reference: str | None, full_urls: Mapping[str, str]) -> tuple[str, str]:
    if reference is None:
        return "", ""
    if reference in full_urls:
        resource_type, _, id_ = full_urls[reference].partition("/")
        return resource_type, id_
    parsed = parse_reference(reference)
    return parsed.resource_type or "", parsed.id or ""


def _search(file: LandedFile, traces: Traces) -> dict[int, bytes]:
    # A Bundle among the lines is opened when the file is cleaned, and Patients elsewhere move to theirs then.
    if file.resource_type == "Patient":
        return dict(lines_with(file.path, [*traces.needles(), BUNDLES, *_STRAYS], traces.members))
    return dict(lines_with(file.path, [*traces.needles(), BUNDLES, PATIENTS, *_STRAYS]))


def _add_versions(kept: _Lines) -> None:
    ids = {id_ for lines in kept.values() for line in lines.values() for id_ in _ids(_node(line))}
    for file, lines in kept.items():
        lines.update(lines_with(file.path, (), ids))


def _add_suspects(kept: _Lines, full_urls: Mapping[str, str]) -> None:
    """Medication records that an AdverseEvent of the subject suspects: they may name somebody else, or nobody."""
    nodes = [_node(line) for lines in kept.values() for line in lines.values()]
    held: set[tuple[str, str]] = set()
    while nodes:
        resources = [resource for node in nodes for resource in _resources(node)]
        held |= {(leaf(one, "resourceType") or "", leaf(one, "id") or "") for one in resources}
        sought = {target for one in resources for target in _suspects(one, full_urls)} - held
        held |= sought
        nodes = []
        ids = {id_ for _, id_ in sought}
        for file, lines in kept.items() if ids else ():
            added = {at: line for at, line in lines_with(file.path, (), ids) if at not in lines}
            lines.update(added)
            nodes += map(_node, added.values())


def _suspects(resource: Node, full_urls: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Type and id of the medication records by which a resource says what medication it means."""
    said = [part(suspect, "instance") for suspect in parts(resource, "suspectEntity")]
    for reference in (*said, part(resource, "medicationReference")):
        target = _target(leaf(reference, "reference"), full_urls)
        if target[0] in MEDICATION_RECORDS:
            yield target


def _ids(resource: Node) -> Iterator[str]:
    """The id of a resource, and those of the resources in a Bundle."""
    for one in _resources(resource):
        if id_ := leaf(one, "id"):
            yield id_


def _resources(line: Node) -> tuple[Node, ...]:
    """What a line holds: one resource, or a Bundle of them."""
    return (line, *(part(entry, "resource") for entry in parts(line, "entry")))


def _node(line: bytes) -> Node:
    """A line that may be no JSON at all: nothing has judged it yet."""
    try:
        node = parse(line.decode())
    except (ValueError, RecursionError):
        return {}
    return node if isinstance(node, dict) else {}


def _write(file: LandedFile, lines: Mapping[int, bytes], folder: WorkFolder) -> LandedFile:
    """In the order of the file: of two versions that are alike in everything, the first one counts."""
    path, opened = folder.create(file.resource_type)
    with opened as written:
        written.writelines(lines[offset] + b"\n" for offset in sorted(lines))
    return replace(file, path=path)
