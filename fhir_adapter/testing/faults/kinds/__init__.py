"""Every kind of fault, by name; a profile's `[[fault]]` tables choose among them."""

from fhir_adapter.testing.faults.kinds import (
    bodies,
    entries,
    files,
    foreign,
    jobs,
    links,
    manifests,
    pages,
    questions,
    shapes,
    statuses,
    texts,
    tokens,
)
from fhir_adapter.testing.faults.kinds.registry import KINDS, Call, Choice, Kind, Surroundings

__all__ = [
    "KINDS",
    "Call",
    "Choice",
    "Kind",
    "Surroundings",
    "bodies",
    "entries",
    "files",
    "foreign",
    "jobs",
    "links",
    "manifests",
    "pages",
    "questions",
    "shapes",
    "statuses",
    "texts",
    "tokens",
]
