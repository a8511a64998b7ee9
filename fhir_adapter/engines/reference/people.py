"""Owns whose record a resource is: subjects, merges, references to them, deaths (docs/semantics.md §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.elements import Node, leaf, part, parts
from fhir_adapter.engines.reference.links import target_of
from fhir_adapter.model.dates import birth_bounds, completed_years
from fhir_adapter.model.merges import survivors
from fhir_adapter.model.references import evidence

MERGE_UNRESOLVED = "merge-unresolved"
_OWNERS = {
    "AllergyIntolerance": ("patient",),
    "Immunization": ("patient",),
    "ResearchSubject": ("individual",),
}
"""Elements that name the owner, where they are not `subject`: the first one that is there counts."""


@dataclass(frozen=True)
class Subject:
    """A Patient that has a row, with the ids of those it replaced."""

    id: str
    evidence: str
    birth_date: str | None  # as sent
    sex: str | None
    deceased: bool
    flags: tuple[str, ...]
    merged: tuple[str, ...]

    @property
    def reference(self) -> str:
        """How verdicts name the subject."""
        return f"Patient/{self.id}"

    def birth(self, today: date) -> tuple[date, date] | None:
        """Both bounds of the birth date; None: missing, unreadable, or beginning after today."""
        bounds = birth_bounds(self.birth_date)
        return bounds if bounds is not None and bounds[0] <= today else None

    def age(self, today: date) -> tuple[int | None, int | None]:
        """Completed years from the latest and from the earliest birth day."""
        bounds = self.birth(today)
        return (
            (completed_years(bounds[1], today), completed_years(bounds[0], today)) if bounds else (None, None)
        )


class People:
    """The Patients of the input, newest version of each."""

    def __init__(self, patients: Iterable[Node], full_urls: dict[str, str], clock: Clock) -> None:
        self._patients = {str(leaf(patient, "id")): patient for patient in patients}
        self._full_urls = full_urls
        self._clock = clock
        self._carriers = self._carriers_of_identifiers()
        self.survivor_of, self._unresolved = survivors(
            {id_: self._links(patient) for id_, patient in self._patients.items()}
        )

    def subjects(self) -> list[Subject]:
        """Every Patient that no other replaces, in plain order of the ids."""
        return [self._subject(id_) for id_ in sorted(self._patients) if id_ not in self.survivor_of]

    def subject_of(self, resource: Node) -> str | None:
        """Id of the subject that owns a resource; None: it is unlinked."""
        names = _OWNERS.get(leaf(resource, "resourceType") or "", ("subject",))
        owner = next((name for name in names if resource.get(name) is not None), names[0])
        patient = self._resolve(part(resource, owner))
        return self.survivor_of.get(patient, patient) if patient is not None else None

    def _subject(self, id_: str) -> Subject:
        patient = self._patients[id_]
        merged = tuple(old for old, survivor in self.survivor_of.items() if survivor == id_)
        return Subject(
            id=id_,
            evidence=evidence("Patient", id_, leaf(patient, "meta", "versionId")),
            birth_date=leaf(patient, "birthDate"),
            sex=leaf(patient, "gender"),
            deceased=any(self._is_deceased(self._patients[one]) for one in (id_, *merged)),
            flags=(MERGE_UNRESOLVED,) if id_ in self._unresolved else (),
            merged=merged,
        )

    def _is_deceased(self, patient: Node) -> bool:
        if leaf(patient, "deceasedBoolean") == "true":
            return True
        died = leaf(patient, "deceasedDateTime")
        if died is None:
            return False
        when = self._clock.read(died)
        # A death that nobody can date is still a death.
        return when is None or when.low is None or when.low <= self._clock.index

    def _links(self, patient: Node) -> list[tuple[str, str]]:
        return [
            (leaf(link, "type") or "", self._resolve(part(link, "other")) or "")
            for link in parts(patient, "link")
        ]

    def _resolve(self, reference: Node) -> str | None:
        """Id of the Patient that a Reference points at, before merging; None if that is not certain."""
        if leaf(reference, "reference") is None:
            return self._by_identifier(part(reference, "identifier"))
        resource_type, _, id_ = (target_of(reference, self._full_urls) or "").partition("/")
        return id_ if resource_type == "Patient" and id_ in self._patients else None

    def _by_identifier(self, identifier: Node) -> str | None:
        carriers = self._carriers.get(_identifier(identifier) or ("", ""), set())
        return next(iter(carriers)) if len(carriers) == 1 else None

    def _carriers_of_identifiers(self) -> dict[tuple[str, str], set[str]]:
        carriers: dict[tuple[str, str], set[str]] = {}
        for id_, patient in self._patients.items():
            for entry in parts(patient, "identifier"):
                key = _identifier(entry)
                if key is not None:
                    carriers.setdefault(key, set()).add(id_)
        return carriers


def _identifier(node: Node) -> tuple[str, str] | None:
    value = leaf(node, "value")
    return (leaf(node, "system") or "", value) if value else None
