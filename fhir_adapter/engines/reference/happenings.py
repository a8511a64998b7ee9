"""Owns allergies, vaccinations, procedures and adverse events becoming members of event inputs (semantics §9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.elements import Node, codings, first_code, leaf, part, parts
from fhir_adapter.engines.reference.medications import Medications, named
from fhir_adapter.model.events import EventReader
from fhir_adapter.model.inputs import Definitions, EventInput
from fhir_adapter.model.readings import Coding, Interval, RawMedication
from fhir_adapter.model.references import evidence

_DATES = {
    "AllergyIntolerance": "recordedDate",
    "Immunization": "occurrenceDateTime",
    "Procedure": "performedDateTime",
    "AdverseEvent": "date",
}


@dataclass(frozen=True)
class Happening:
    """A member of an event input, or one that may be (`nameless`). Instants; None: open or unknown."""

    low: int | None
    high: int | None
    provisional: bool
    nameless: bool
    evidence: str


class HappeningReader:
    """Reads event resources into members of the given inputs."""

    def __init__(
        self, definitions: Definitions, inputs: Iterable[EventInput], medications: Medications, clock: Clock
    ) -> None:
        self._inputs = tuple(inputs)
        self._reader = EventReader(definitions)
        self._medications = medications
        self._clock = clock

    def read(self, resource: Node) -> Iterator[tuple[str, Happening]]:
        """(input id, member) of every event input that the resource belongs to, or may belong to."""
        resource_type = leaf(resource, "resourceType") or ""
        when = self._when(resource, resource_type)
        is_to_come = when.low is not None and when.low > self._clock.index
        if is_to_come or _is_not_used(resource, resource_type):
            return
        doubtful = _is_provisional(resource, resource_type)
        names = _merged(self._names(resource, resource_type))
        reference = evidence(resource_type, str(leaf(resource, "id")), leaf(resource, "meta", "versionId"))
        for of in self._inputs:
            if resource_type not in of.types:
                continue
            if of.severe:
                if _is_severe(resource):
                    yield of.id, Happening(when.low, when.high, doubtful, False, reference)
                continue
            naming = self._reader.read(names.codings, names.texts, of, form=names.form)
            if naming.named or naming.nameless:
                provisional = doubtful or (naming.named and naming.provisional)
                nameless = not naming.named
                yield of.id, Happening(when.low, when.high, provisional, nameless, reference)

    def _when(self, resource: Node, resource_type: str) -> Interval:
        text = leaf(resource, _DATES[resource_type])
        if text is not None:
            return self._clock.read(text) or Interval(None, None)
        # A procedure may have happened at any time of its period; an open end may be any day.
        start = self._clock.read(leaf(resource, "performedPeriod", "start"))
        end = self._clock.read(leaf(resource, "performedPeriod", "end"))
        return Interval(start.low if start is not None else None, end.high if end is not None else None)

    def _names(self, resource: Node, resource_type: str) -> Iterator[RawMedication]:
        match resource_type:
            case "AllergyIntolerance":
                yield named(part(resource, "code"))
                for reaction in parts(resource, "reaction"):
                    yield named(part(reaction, "substance"))
            case "Immunization":
                yield named(part(resource, "vaccineCode"))
            case "Procedure":
                yield named(part(resource, "code"))
            case "AdverseEvent":
                yield named(part(resource, "event"))
                for suspect in parts(resource, "suspectEntity"):
                    yield self._medications.referred_to(part(suspect, "instance"), resource)


def _merged(names: Iterable[RawMedication]) -> RawMedication:
    every = tuple(names)

    def joined(codes: Iterable[tuple[Coding, ...]]) -> tuple[Coding, ...]:
        return tuple(coding for some in codes for coding in some)

    return RawMedication(
        codings=joined(one.codings for one in every),
        texts=tuple(text for one in every for text in one.texts),
        form=joined(one.form for one in every),
    )


def _is_not_used(resource: Node, resource_type: str) -> bool:
    match resource_type:
        case "AllergyIntolerance":
            return first_code(part(resource, "verificationStatus")) in ("refuted", "entered-in-error")
        case "AdverseEvent":
            return leaf(resource, "actuality") == "potential"
        case _:
            return leaf(resource, "status") != "completed"


def _is_provisional(resource: Node, resource_type: str) -> bool:
    """An allergy that is there but not confirmed; a status without a code is doubt too."""
    if resource_type != "AllergyIntolerance" or not isinstance(resource.get("verificationStatus"), dict):
        return False
    return first_code(part(resource, "verificationStatus")) not in ("confirmed", "presumed")


def _is_severe(resource: Node) -> bool:
    said = {
        (name, (coding.code or "").casefold())
        for name in ("seriousness", "severity")
        for coding in codings(part(resource, name))
    }
    return bool(said & {("seriousness", "serious"), ("severity", "severe")})
