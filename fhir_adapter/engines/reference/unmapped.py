"""Owns the report of what no definition file could place: which codes and units a site has to map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fhir_adapter.engines.base import UnmappedRow
from fhir_adapter.engines.reference.elements import Node, codings, first_leaf, leaf, text_of
from fhir_adapter.model.readings import RawMedication

_Key = tuple[str, str, str, str, str]


class UnmappedReport:
    """Counts codes, units and diagnoses by (kind, system, code, text); units also by their input."""

    def __init__(self) -> None:
        self._counts: Counter[_Key] = Counter()
        self._names: dict[_Key, set[str]] = {}

    def code(self, concept: Node, hints: Iterable[str]) -> None:
        """A result that matched no input; `hints` are the inputs that its text names."""
        self._concept("code", concept, hints)

    def condition(self, concept: Node) -> None:
        """A Condition that is not mapped."""
        self._concept("condition", concept, ())

    def drug(self, medication: RawMedication) -> None:
        """A medication that is none of the catalogue's, or that has no name at all."""
        displays = (coding.display for coding in medication.codings)
        text = next((said for said in (*medication.texts, *displays) if said), "")
        coded = {(coding.system or "", coding.code) for coding in medication.codings if coding.code}
        for system, code in coded or {("", "")}:
            self._add(("drug", system, code, text, ""), ())

    def unit(self, quantity: Node, input_id: str) -> None:
        """A result of a known input whose unit could not be read; a text has no unit element to show."""
        unit = first_leaf(quantity, ("unit",), ("code",)) or ""
        self._add(("unit", leaf(quantity, "system") or "", unit, "", input_id), (input_id,))

    def rows(self) -> list[UnmappedRow]:
        """Those that a text names first, then the most frequent."""
        rows = [
            UnmappedRow(*key[:4], count=count, names=";".join(sorted(self._names[key])))
            for key, count in self._counts.items()
        ]
        return sorted(rows, key=_order)

    def _concept(self, kind: str, concept: Node, names: Iterable[str]) -> None:
        text = text_of(concept) or ""
        coded = {(coding.system or "", coding.code) for coding in codings(concept) if coding.code}
        for system, code in coded or {("", "")}:
            self._add((kind, system, code, text, ""), names)

    def _add(self, key: _Key, names: Iterable[str]) -> None:
        self._counts[key] += 1
        self._names.setdefault(key, set()).update(names)


def _order(row: UnmappedRow) -> tuple[object, ...]:
    return not row.names, -row.count, row.system, row.code, row.text, row.kind, row.names
