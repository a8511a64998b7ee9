"""Owns finding the medication of a record: its own concept, a Medication of the input, or a contained one (§8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fhir_adapter.engines.reference.elements import Node, codings, leaf, part, parts
from fhir_adapter.engines.reference.links import target_of
from fhir_adapter.engines.reference.values import raw_amount
from fhir_adapter.model.readings import RawMedication
from fhir_adapter.model.references import ReferenceKind, parse_reference

MEDICATION_RECORDS = ("MedicationStatement", "MedicationRequest", "MedicationAdministration")


class Medications:
    """The newest versions of Medications and medication records, by `Type/id`."""

    def __init__(self, resources: Iterable[Node], full_urls: Mapping[str, str]) -> None:
        self._resources = {f"{leaf(one, 'resourceType')}/{leaf(one, 'id')}": one for one in resources}
        self._full_urls = full_urls

    def of_record(self, record: Node) -> RawMedication:
        """The medication of a Statement, Request or Administration."""
        concept = record.get("medicationCodeableConcept")
        if isinstance(concept, dict):
            return named(concept)
        return self.referred_to(part(record, "medicationReference"), record)

    def referred_to(self, reference: Node, container: Node) -> RawMedication:
        """The medication that a reference leads to, if only through a medication record; else its display."""
        target = self._target(reference, container)
        if leaf(target, "resourceType") == "Medication":
            return _described(target)
        if leaf(target, "resourceType") in MEDICATION_RECORDS:
            return self.of_record(target)
        display = leaf(reference, "display")
        return RawMedication(texts=(display,) if display is not None else ())

    def _target(self, reference: Node, container: Node) -> Node:
        parsed = parse_reference(leaf(reference, "reference") or "")
        if parsed.kind is ReferenceKind.CONTAINED:
            inside = parts(container, "contained")
            held = (one for one in inside if leaf(one, "id") == parsed.id)
            return next((one for one in held if leaf(one, "resourceType") == "Medication"), {})
        return self._resources.get(target_of(reference, self._full_urls) or "", {})


def named(concept: Node) -> RawMedication:
    """What a CodeableConcept names."""
    text = leaf(concept, "text")
    return RawMedication(codings=codings(concept), texts=(text,) if text is not None else ())


def _described(medication: Node) -> RawMedication:
    code, form = named(part(medication, "code")), part(medication, "form")
    strengths = [
        (raw_amount(part(one, "strength", "numerator")), raw_amount(part(one, "strength", "denominator")))
        for one in parts(medication, "ingredient")
        if isinstance(one.get("strength"), dict)
    ]
    return RawMedication(
        codings=code.codings,
        texts=code.texts,
        form=codings(form),
        form_text=leaf(form, "text"),
        strengths=tuple(strengths),
    )
