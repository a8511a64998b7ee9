"""Owns which coding means what: code systems by any of their names, site mappings, the inputs of a result's
codes.

Source: docs/semantics.md §3; CLINICAL.md §2.4 (systems seen in China) and §4.2 (results that only text
names).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fhir_adapter.model.inputs import AnswerInput, Definitions, QuantityInput, Site
from fhir_adapter.model.readings import Coding
from fhir_adapter.model.texts import fold as fold
from fhir_adapter.model.texts import folded

_URI_OF: Final = {
    "loinc": "http://loinc.org",
    "snomed": "http://snomed.info/sct",
    "icd-10": "http://hl7.org/fhir/sid/icd-10",
    "icd-10-cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd-10-cn": "urn:oid:2.16.156.10011.2.3.3.11",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "cvx": "http://hl7.org/fhir/sid/cvx",
}
SYSTEMS: Final = frozenset(_URI_OF)
"""The short names of the known code systems."""
_SYSTEM_OF: Final = {uri: system for system, uri in _URI_OF.items()} | {
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.3": "icd-10",
    "urn:oid:2.16.840.1.113883.6.90": "icd-10-cm",
    "urn:oid:2.16.156.10011.2.3.3.11.3": "icd-10-cn",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    "urn:oid:2.16.840.1.113883.12.292": "cvx",
}


def system_of(uri: str | None, site: Site) -> str | None:
    """The short name of a code system (`loinc`, `snomed`, `icd-10`, `icd-10-cm`, `icd-10-cn`, `rxnorm`, `atc`,
    `cvx`); None if not known.

    A hospital's own URI is known only if its site names it: guessing would read local numbers as ICD.
    """
    if uri is None:
        return None
    return _SYSTEM_OF.get(uri) or site.systems.get(uri)


def translate(codings: Sequence[Coding], site: Site) -> tuple[Coding, ...]:
    """The codings as sent, then the targets of the site's code maps; no repeats, order kept.

    A coding without a system is looked up under "". A target may name its system short (`loinc`).
    """
    targets = (
        Coding(_URI_OF.get(system, system), code)
        for coding in codings
        if coding.code
        for system, code in site.code_maps.get((coding.system or "", coding.code), ())
    )
    return tuple(dict.fromkeys((*codings, *targets)))


@dataclass(frozen=True)
class ResultReading:
    """What the codes of a result mean: ids of quantity and answer inputs, sorted.

    `hints`: inputs that only the text names. `properties`: (input id, "mass" | "molar") where the code says
    which.
    """

    inputs: tuple[str, ...]
    hints: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]


class ResultCodes:
    """Finds the quantity and answer inputs that a result's codings and text speak of."""

    def __init__(self, definitions: Definitions, inputs: Iterable[QuantityInput | AnswerInput]) -> None:
        self._site = definitions.site
        self._inputs = tuple(sorted(inputs, key=lambda item: item.id))
        self._exact: dict[tuple[str, str], set[str]] = {}
        self._prefixes: list[tuple[str, str, str]] = []
        for item in self._inputs:
            for row in definitions.value_sets[item.value_set].rows:
                if row.match == "code":
                    self._exact.setdefault((row.system, row.value), set()).add(item.id)
                elif row.match == "prefix":
                    self._prefixes.append((row.system, row.value, item.id))
        self._names = tuple((item.id, folded(item.names), folded(item.not_names)) for item in self._inputs)
        quantities = [item for item in self._inputs if isinstance(item, QuantityInput)]
        self._mass = {item.id: item.mass_codes for item in quantities}
        self._molar = {item.id: item.molar_codes for item in quantities}

    def read(self, codings: Sequence[Coding], text: str | None) -> ResultReading:
        """Inputs by code; only if no code says anything, hints by text and displays."""
        found: set[str] = set()
        properties: set[tuple[str, str]] = set()
        for coding in translate(codings, self._site):
            for input_id in self._of(coding):
                found.add(input_id)
                if coding.code in self._mass.get(input_id, ()):
                    properties.add((input_id, "mass"))
                if coding.code in self._molar.get(input_id, ()):
                    properties.add((input_id, "molar"))
        # A code that says what it is beats what its display resembles.
        hints = () if found else self._hints(codings, text)
        return ResultReading(tuple(sorted(found)), hints, tuple(sorted(properties)))

    def _of(self, coding: Coding) -> set[str]:
        system = system_of(coding.system, self._site)
        if system is None or not coding.code:
            return set()
        by_prefix = {
            input_id
            for row_system, prefix, input_id in self._prefixes
            if row_system == system and coding.code.startswith(prefix)
        }
        return by_prefix | self._exact.get((system, coding.code), set())

    def _hints(self, codings: Sequence[Coding], text: str | None) -> tuple[str, ...]:
        texts = tuple(fold(part) for part in (text, *(coding.display for coding in codings)) if part)
        return tuple(
            input_id
            for input_id, names, not_names in self._names
            if _any_in(names, texts) and not _any_in(not_names, texts)
        )


def _any_in(words: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    return any(word in text for word in words for text in texts)
