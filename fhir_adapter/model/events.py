"""Owns what an event names: whether an allergy, vaccination, procedure or adverse event is of an event input.

Source: docs/semantics.md §9. Codes name it for certain; so do texts and displays, unless a code says something
else, the text is hedged, or some of it is denied or said of a relative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fhir_adapter.model.codes import system_of, translate
from fhir_adapter.model.concepts import check_icd_rows, set_phrases
from fhir_adapter.model.icd import parse_icd
from fhir_adapter.model.icd_rows import ROW_SYSTEMS, ROWS_OF, holds
from fhir_adapter.model.inputs import AnswerInput, Definitions, Drug, EventInput, QuantityInput, ValueSet
from fhir_adapter.model.medications import NOT_SYSTEMIC, AtcIndex, DrugReader
from fhir_adapter.model.readings import Coding
from fhir_adapter.model.texts import Occurrence, PhraseBook, Wording, joined, outermost

_CVX: Final = re.compile(r"[0-9]{1,3}")
_Find = Callable[[str], list[Occurrence]]


@dataclass(frozen=True)
class EventNaming:
    """Whether an event is of the input; `nameless`: it has neither a known code nor a text, so it may be."""

    named: bool
    provisional: bool
    nameless: bool


class EventReader:
    """Reads events against the drug catalogue and the value sets.

    Raises DefinitionError for a malformed ICD-10 row, as ConceptReader does; reading never raises.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._site = definitions.site
        self._drugs = DrugReader(definitions)
        self._wording = Wording(definitions.words)
        items = definitions.inputs.values()
        of_results = {item.value_set for item in items if isinstance(item, QuantityInput | AnswerInput)}
        sets = [one for one in definitions.value_sets.values() if one.id not in of_results]
        check_icd_rows((one.id, row) for one in sets for row in one.rows if row.system in ROW_SYSTEMS)
        self._phrases = PhraseBook(set_phrases(sets))
        self._codes = {one.id: _SetCodes(one) for one in sets}

    def read(
        self, codings: Sequence[Coding], texts: Sequence[str], of: EventInput, form: Sequence[Coding] = ()
    ) -> EventNaming:
        """Whether the codings and texts name the input; `form` (of a medication) names nothing."""
        known = translate(codings, self._site)
        if of.drugs:
            wanted = frozenset(of.drugs)
            placed = [self._drugs.placed((coding,)) for coding in known]
            names: _Find = self._drug_names
        elif of.value_set:
            wanted = frozenset({of.value_set})
            codes = self._codes.get(of.value_set)
            placed = [self._placed(coding, codes) for coding in known]
            names = self._in_sets
        else:
            # Every event: how severe it is decides.
            return EventNaming(True, False, False)
        return self._name(known, placed, texts, wanted, names)

    def _name(
        self,
        codings: Sequence[Coding],
        placed: Sequence[set[str]],
        texts: Sequence[str],
        wanted: frozenset[str],
        names: _Find,
    ) -> EventNaming:
        """`placed`: what each coding names; empty where it is not known."""
        unplaced = [coding.display for coding, of_code in zip(codings, placed, strict=True) if not of_code]
        says = [part for part in (*texts, *unplaced) if part]
        whole = joined(says)
        is_known = any(placed)
        hedged = self._wording.has("hedge", whole)
        doubted = self._wording.denies(whole, names(whole)) or self._wording.has("family", whole)
        if any(of_code & wanted for of_code in placed):
            return EventNaming(True, hedged or doubted, False)
        parts = self._wording.undoubted(says, names) if doubted else [whole]
        if any(name.owner in wanted for part in parts for name in names(part)):
            return EventNaming(True, hedged or doubted or is_known, False)
        return EventNaming(False, False, not is_known and not whole)

    def _drug_names(self, text: str) -> list[Occurrence]:
        # Tacrolimus ointment is tacrolimus, when somebody is allergic to it.
        return self._drugs.names(text, frozenset({NOT_SYSTEMIC}))

    def _in_sets(self, text: str) -> list[Occurrence]:
        return outermost(self._phrases.find(text))

    def _placed(self, coding: Coding, codes: _SetCodes | None) -> set[str]:
        system, code = system_of(coding.system, self._site), (coding.code or "").strip()
        return codes.place(system, code) if codes is not None and system is not None else set()


class _SetCodes:
    """The codes of a value set."""

    def __init__(self, value_set: ValueSet) -> None:
        self._id = value_set.id
        rows = value_set.rows
        self._exact = {(row.system, _padded(row.system, row.value)) for row in rows if row.match == "code"}
        self._icd = [row for row in rows if row.system in ROW_SYSTEMS]
        self._atc = AtcIndex([Drug(value_set.id, "", rows)])

    def place(self, system: str, code: str) -> set[str]:
        """The set, if it holds the code; something else, if the code is known not to be of it; else nothing.

        Of SNOMED CT and RxNorm only what is listed can be placed: their hierarchy is not at hand.
        """
        if system == "atc":
            return self._atc.place(code)
        if system in ROWS_OF:
            parsed = parse_icd(code)
            held = any(holds(row, system, one) for one in parsed or () for row in self._icd)
            return {self._id} if held else {""} if parsed else set()
        if (system, _padded(system, code)) in self._exact:
            return {self._id}
        return {""} if system == "cvx" and _CVX.fullmatch(code) else set()


def _padded(system: str, code: str) -> str:
    """CVX writes at least two digits: `3` is 03."""
    return code.zfill(2) if system == "cvx" else code
