"""Owns lists of codes and words that say one thing (`system|code` or a word), as definition files write them.

A word is whole if Latin (`gel` is not in `gelatin`); with a `*` at its end it is the beginning of one
(`intoleran*`). Systems are short names; those of HL7 are known by the last part of their URI, without v2, v3
and hyphens: `v3-ObservationInterpretation` is `observationinterpretation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fhir_adapter.model.codes import SYSTEMS, system_of
from fhir_adapter.model.inputs import Site
from fhir_adapter.model.readings import Coding
from fhir_adapter.model.texts import any_of, fold, folded

_HL7_URI: Final = re.compile(
    r"https?://(?:terminology\.hl7\.org/CodeSystem/|(?:www\.)?hl7\.org/fhir/)((?:v[23]/)?[A-Za-z0-9-]+)/?"
)
_VERSION: Final = re.compile(r"v[23][-/]")
_HL7_OIDS: Final = {"urn:oid:2.16.840.1.113883.5.83": "observationinterpretation"}
_ALIASES: Final = {"0078": "observationinterpretation", "interpretation": "observationinterpretation"}
"""Version 2 table 0078 and its successor hold the same codes."""


def vocabulary_of(uri: str | None, site: Site) -> str | None:
    """The short name of a code system, HL7's own vocabularies included; None if not known."""
    system = system_of(uri, site)
    if system is not None or uri is None:
        return system
    match = _HL7_URI.fullmatch(uri)
    return _short(match[1]) if match else _HL7_OIDS.get(uri)


class Vocabulary:
    """Codes and words that say one thing."""

    def __init__(self, entries: Iterable[str], site: Site) -> None:
        self._site = site
        coded = [entry.partition("|") for entry in entries if "|" in entry]
        self._codes = {(_short(system.strip()), code.strip()) for system, _, code in coded}
        words = folded(entry for entry in entries if "|" not in entry)
        self.words = tuple(word for word in words if not word.endswith("*"))
        stems = (stem for word in words if word.endswith("*") and (stem := word.rstrip("* ")))
        self._any = any_of(self.words, stems)

    def holds(self, coding: Coding) -> bool:
        """Whether the coding is one of its codes."""
        system = vocabulary_of(coding.system, self._site)
        return system is not None and (system, (coding.code or "").strip()) in self._codes

    def speaks(self, text: str) -> bool:
        """Whether one of its words stands in the folded text."""
        return self._any.search(text) is not None


def vocabularies(lists: Mapping[str, Iterable[str]], site: Site) -> dict[str, Vocabulary]:
    """The lists of a definition file, by what they say."""
    return {name: Vocabulary(tuple(entries), site) for name, entries in lists.items()}


def _short(system: str) -> str:
    """The systems of model/codes.py keep their names (`icd-10`); of HL7's only letters and digits count."""
    name = fold(system)
    if name in SYSTEMS:
        return name
    name = _VERSION.sub("", name, count=1).replace("-", "")
    return _ALIASES.get(name, name)
