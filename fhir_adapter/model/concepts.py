"""Owns what a diagnosis means: the condition inputs it belongs to, and whether it is known at all (*mapped*).

Source: docs/semantics.md §4; CLINICAL.md §4.2 (*conditions*, *silence*), §4.3 rules 15 and 18, §4.4.

Codes of a known system decide alone. Text (code.text and the displays of local codings) decides where no such
code stands; beside one it can only make the diagnosis provisional.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.codes import system_of, translate
from fhir_adapter.model.icd import IcdCode, parse_icd
from fhir_adapter.model.icd_rows import ROW_SYSTEMS, ROWS_OF, check, holds
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    EventInput,
    QuantityInput,
    ValueSet,
    ValueSetRow,
)
from fhir_adapter.model.readings import Coding, ConceptReading
from fhir_adapter.model.texts import (
    Phrase,
    PhraseBook,
    Wording,
    clauses,
    fold,
    folded,
    joined,
    outermost,
)

_RA_SET: Final = "rheumatoid-arthritis"
_RELATED: Final = "-related"
_HISTORY: Final = "-history"

_SHORT_LATIN: Final = re.compile(r"[a-z0-9]{1,3}")
"""Patterns like `ra` or `tb`: as mere substrings they would be found in `intra` and `outbreak`."""


class ConceptReader:
    """Reads diagnoses against the value sets of the given condition inputs.

    Raises DefinitionError for a malformed ICD-10 row: it would match nothing and shrink its set in silence.
    """

    def __init__(self, definitions: Definitions, inputs: Iterable[ConditionInput]) -> None:
        self._site = definitions.site
        self._wording = Wording(definitions.words)
        self._inputs_of: dict[str, list[str]] = {}
        self._history_counts: set[str] = set()
        for item in inputs:
            self._inputs_of.setdefault(item.value_set, []).append(item.id)
            if item.history_counts:
                self._history_counts.add(item.id)
        self._icd_rows = [
            (value_set, row)
            for value_set in self._inputs_of
            for row in definitions.value_sets[value_set].rows
            if row.system in ROW_SYSTEMS
        ]
        check_icd_rows(self._icd_rows)
        self._snomed: dict[str, set[str]] = {}
        for value_set in diagnosis_sets(definitions):
            for row in value_set.rows:
                if row.system == "snomed" and row.match == "code":
                    self._snomed.setdefault(row.value, set()).add(value_set.id)
        self._phrases = PhraseBook(diagnosis_phrases(definitions))

    def read(self, codings: Sequence[Coding], text: str | None) -> ConceptReading:
        """What the concept means; the text of this module says which part of it decides."""
        known: list[tuple[str, str]] = []
        words = [text]
        for coding in translate(codings, self._site):
            system = system_of(coding.system, self._site)
            if system is not None and coding.code:
                known.append((system, coding.code))
            else:
                # Local, or no code at all: only its display says something.
                words.append(coding.display)
        says = tuple(dict.fromkeys(part for part in words if part and part.strip()))
        return self._read_codes(known, says) if known else self._read_text(says)

    # -- codes

    def _read_codes(self, known: Sequence[tuple[str, str]], says: Sequence[str]) -> ConceptReading:
        whole = joined(says)
        doubted = self._wording.has("hedge", whole) or self._wording.has("family", whole)
        provisional = doubted or self._wording.denies(whole, self._phrases.find(whole))
        sets: set[str] = set()
        mapped = False
        for system, code in known:
            if system in ROWS_OF:
                parsed = parse_icd(code)
                mapped = mapped or parsed is not None
                sets.update(self._icd_sets(system, parsed or ()))
            elif system == "snomed" and code in self._snomed:
                mapped = True
                sets.update(self._snomed[code])
        if self._wording.has("hedge", whole) and not self._wording.has("juvenile", whole):
            # 类风湿关节炎待排 beside another code: a doubt that is written down is never silence
            sets.update(found.owner for found in self._phrases.find(whole))
        return ConceptReading(self._members(sets, provisional), mapped, provisional)

    def _icd_sets(self, system: str, codes: Iterable[IcdCode]) -> set[str]:
        """A dagger-asterisk pair belongs to the sets of both halves."""
        return {value_set for code in codes for value_set, row in self._icd_rows if holds(row, system, code)}

    # -- text

    def _read_text(self, says: Sequence[str]) -> ConceptReading:
        whole = joined(says)
        found = self._phrases.find(whole)
        hedged = self._wording.has("hedge", whole)
        if self._wording.denies(whole, found):
            return ConceptReading((), mapped=False, provisional=hedged)
        if self._wording.has("family", whole):
            only_family = all(self._wording.has("family", each) for part in says for each in clauses(part))
            return ConceptReading((), mapped=only_family, provisional=hedged)
        sets = {one.owner for one in outermost(found)}
        if self._wording.has("juvenile", whole):
            sets.discard(_RA_SET)
        if not self._wording.has("history", whole):
            return ConceptReading(self._members(sets, hedged), mapped=bool(found), provisional=hedged)
        certain, doubtful = self._with_history(sets)
        members = dict(self._members(doubtful, provisional=True))
        members.update(self._members(certain, hedged))
        members.update(pair for pair in self._members(sets, hedged) if pair[0] in self._history_counts)
        return ConceptReading(tuple(sorted(members.items())), mapped=bool(found), provisional=hedged)

    def _with_history(self, sets: Iterable[str]) -> tuple[set[str], set[str]]:
        """Where "history of X" belongs, if no input takes it as X itself: (sets, sets in which it is provisional).

        To the sibling `X-related` or `X-history` that an input reads. Without one it stays in X, provisional:
        rule 18 says that 病史 usually means it is there, so it may neither prove X nor count as its absence.
        """
        certain: set[str] = set()
        doubtful: set[str] = set()
        for value_set in sets:
            siblings = [value_set + end for end in (_RELATED, _HISTORY) if value_set + end in self._inputs_of]
            if value_set.endswith((_RELATED, _HISTORY)):
                certain.add(value_set)
            elif siblings:
                certain.add(siblings[0])
            else:
                doubtful.add(value_set)
        return certain, doubtful

    def _members(self, sets: Iterable[str], provisional: bool) -> tuple[tuple[str, bool], ...]:
        ids = {input_id for value_set in sets for input_id in self._inputs_of.get(value_set, ())}
        return tuple((input_id, provisional) for input_id in sorted(ids))


def diagnosis_sets(definitions: Definitions) -> tuple[ValueSet, ...]:
    """The sets that name diagnoses, also those that no input reads: a code or text of theirs is known, and its
    longer name wins.

    Those of results name laboratory tests. Those of events alone name vaccines and procedures: with them
    水痘 would be known, and yet in no set.
    """
    inputs = definitions.inputs.values()
    apart = {item.value_set for item in inputs if isinstance(item, QuantityInput | AnswerInput | EventInput)}
    apart -= {item.value_set for item in inputs if isinstance(item, ConditionInput)}
    return tuple(value_set for value_set in definitions.value_sets.values() if value_set.id not in apart)


def diagnosis_phrases(definitions: Definitions) -> Iterable[Phrase]:
    """Every text row of those sets; the owner is the set."""
    return set_phrases(diagnosis_sets(definitions))


def set_phrases(value_sets: Iterable[ValueSet]) -> list[Phrase]:
    """The text rows of value sets; the owner is the set."""
    return [
        Phrase(value_set.id, text, bool(_SHORT_LATIN.fullmatch(text)), folded(row.exclude))
        for value_set in value_sets
        for row in value_set.rows
        if row.match == "text" and (text := fold(row.value))
    ]


def check_icd_rows(icd_rows: Iterable[tuple[str, ValueSetRow]]) -> None:
    """Raise DefinitionError for the rows, beside the ids of their sets, that are malformed."""
    problems = []
    for value_set, row in icd_rows:
        try:
            check(row)
        except ValueError as error:
            problems.append(f"value set {value_set}: {error}")
    if problems:
        raise DefinitionError("; ".join(problems))
