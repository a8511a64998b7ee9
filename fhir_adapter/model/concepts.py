"""Owns what a diagnosis means: the condition inputs it belongs to, and whether it is known at all (*mapped*).

Source: docs/semantics.md §4; CLINICAL.md §4.2 (*conditions*, *silence*), §4.3 rules 15 and 18, §4.4.

Codes of a known system decide alone. Text (code.text and the displays of local codings) decides where no such
code stands; beside one it can only make the diagnosis provisional.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.codes import fold, system_of, translate
from fhir_adapter.model.icd import IcdCode, in_range, is_exactly, matches, parse_icd
from fhir_adapter.model.inputs import ConditionInput, Definitions, QuantityInput, ValueSetRow
from fhir_adapter.model.readings import Coding, ConceptReading

# A row of `icd-10` holds for every edition; some codes differ in one of them (CM M05.3), hence the others.
_ICD_ROWS: Final = {
    "icd-10": frozenset({"icd-10", "icd-10-who"}),
    "icd-10-cm": frozenset({"icd-10", "icd-10-cm"}),
    "icd-10-cn": frozenset({"icd-10", "icd-10-cn"}),
}
_ALL_ICD_ROWS: Final = frozenset().union(*_ICD_ROWS.values())
_PROBE: Final = IcdCode("A00", "", "A00", "A00")
_RA_SET: Final = "rheumatoid-arthritis"
_RELATED: Final = "-related"
_HISTORY: Final = "-history"

_CLAUSE_END: Final = re.compile(r"[,;。.!?、\n\r|]")
"""Applied after NFKC, which makes the full-width comma, semicolon and question mark these. The list sign
counts: in 父亲糖尿病、高血压 nobody can say whose the second is."""

NOT_NEGATION: Final = (
    *("无菌", "无症状", "无痛", "无力", "无脉", "无精子", "无排卵", "无月经", "无尿", "无汗", "无牙", "无脾"),
    *("无脑畸形", "无虹膜", "无晶状体", "无晶体", "无色素", "无功能", "无丙种球蛋白", "无β脂蛋白", "无肌病"),
    *("无粒细胞", "无乳链球菌", "无乳糖", "无名", "无先兆", "无机", "无氧", "无创", "无骨折脱位"),
)
"""Words in which 无 is part of a name and denies nothing: 无菌性坏死, 重症肌无力, 无脉症, 无乳链球菌感染. The
words key `not_negation` adds to it."""

_SHORT_LATIN: Final = re.compile(r"[a-z0-9]{1,3}")
"""Patterns like `ra` or `tb`: as mere substrings they would be found in `intra` and `outbreak`."""

_Occurrence = tuple[int, int, str]
"""Start, end and value set of a pattern that a text holds."""


@dataclass(frozen=True)
class _Pattern:
    """A text row, folded: the set it speaks for, and longer wordings in which it does not."""

    value_set: str
    text: str
    exclude: tuple[str, ...]


class ConceptReader:
    """Reads diagnoses against the value sets of the given condition inputs.

    Raises DefinitionError for a malformed ICD-10 row: it would match nothing and shrink its set in silence.
    """

    def __init__(self, definitions: Definitions, inputs: Iterable[ConditionInput]) -> None:
        self._site = definitions.site
        keys = ("hedge", "negation", "family", "history", "juvenile")
        self._words = {key: _folded(definitions.words.get(key, ())) for key in keys}
        self._not_negation = _folded((*NOT_NEGATION, *definitions.words.get("not_negation", ())))
        self._inputs_of: dict[str, list[str]] = {}
        for item in inputs:
            self._inputs_of.setdefault(item.value_set, []).append(item.id)
        self._icd_rows = [
            (value_set, row)
            for value_set in self._inputs_of
            for row in definitions.value_sets[value_set].rows
            if row.system in _ALL_ICD_ROWS
        ]
        _check(self._icd_rows)
        self._snomed: dict[str, set[str]] = {}
        for value_set in definitions.value_sets.values():
            for row in value_set.rows:
                if row.system == "snomed" and row.match == "code":
                    self._snomed.setdefault(row.value, set()).add(value_set.id)
        self._patterns = _patterns(definitions)

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
        whole = _joined(says)
        doubted = self._has("hedge", whole) or self._has("family", whole)
        provisional = doubted or self._denies(whole, self._occurrences(whole))
        sets: set[str] = set()
        mapped = False
        for system, code in known:
            if system in _ICD_ROWS:
                parsed = parse_icd(code)
                mapped = mapped or parsed is not None
                sets.update(self._icd_sets(system, parsed or ()))
            elif system == "snomed" and code in self._snomed:
                mapped = True
                sets.update(self._snomed[code])
        if self._has("hedge", whole) and not self._has("juvenile", whole):
            # 类风湿关节炎待排 beside another code: a doubt that is written down is never silence
            sets.update(value_set for _, _, value_set in self._occurrences(whole))
        return ConceptReading(self._members(sets, provisional), mapped, provisional)

    def _icd_sets(self, system: str, codes: Iterable[IcdCode]) -> set[str]:
        """A dagger-asterisk pair belongs to the sets of both halves."""
        return {
            value_set
            for code in codes
            for value_set, row in self._icd_rows
            if row.system in _ICD_ROWS[system] and _holds(row, code) and not _is_excluded(row, code)
        }

    # -- text

    def _read_text(self, says: Sequence[str]) -> ConceptReading:
        whole = _joined(says)
        found = self._occurrences(whole)
        hedged = self._has("hedge", whole)
        if self._denies(whole, found):
            return ConceptReading((), mapped=False, provisional=hedged)
        if self._has("family", whole):
            clauses = [clause for part in says for clause in _clauses(part)]
            only_family = all(self._has("family", clause) for clause in clauses)
            return ConceptReading((), mapped=only_family, provisional=hedged)
        sets = _unshadowed(found)
        if self._has("juvenile", whole):
            sets.discard(_RA_SET)
        certain, doubtful = self._with_history(sets) if self._has("history", whole) else (sets, set())
        members = dict(self._members(doubtful, provisional=True))
        members.update(self._members(certain, hedged))
        return ConceptReading(tuple(sorted(members.items())), mapped=bool(found), provisional=hedged)

    def _with_history(self, sets: Iterable[str]) -> tuple[set[str], set[str]]:
        """Where "history of X" belongs: (sets, sets in which it is only provisional).

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

    def _occurrences(self, text: str) -> list[_Occurrence]:
        """Every pattern in the folded text, those inside one of their excluded wordings apart."""
        return [
            (start, end, pattern.value_set)
            for pattern in self._patterns
            for start, end in _spans(pattern.text, text, bool(_SHORT_LATIN.fullmatch(pattern.text)))
            if not _inside(start, end, [span for word in pattern.exclude for span in _spans(word, text)])
        ]

    def _has(self, key: str, text: str) -> bool:
        return any(_spans(word, text, whole_words=True) for word in self._words[key])

    def _denies(self, text: str, found: Iterable[_Occurrence]) -> bool:
        """A negation that is not part of a longer name: of a NOT_NEGATION word or a pattern in the text."""
        names = [span for word in self._not_negation for span in _spans(word, text)]
        names.extend((start, end) for start, end, _ in found)
        return any(
            not _inside(start, end, names)
            for word in self._words["negation"]
            for start, end in _spans(word, text, whole_words=True)
        )

    def _members(self, sets: Iterable[str], provisional: bool) -> tuple[tuple[str, bool], ...]:
        ids = {input_id for value_set in sets for input_id in self._inputs_of.get(value_set, ())}
        return tuple((input_id, provisional) for input_id in sorted(ids))


def _check(icd_rows: Iterable[tuple[str, ValueSetRow]]) -> None:
    """Ask every row about some code: the comparisons refuse what is not ICD-10."""
    problems = []
    for value_set, row in icd_rows:
        try:
            _holds(row, _PROBE)
            _is_excluded(row, _PROBE)
        except ValueError as error:
            problems.append(f"value set {value_set}: {error}")
    if problems:
        raise DefinitionError("; ".join(problems))


def _holds(row: ValueSetRow, code: IcdCode) -> bool:
    match row.match:
        case "code":
            return is_exactly(code, row.value)
        case "prefix":
            return matches(code, row.value)
        case "range":
            return in_range(code, row.value, row.to)
        case _:
            return False


def _is_excluded(row: ValueSetRow, code: IcdCode) -> bool:
    # A list, not a generator: _check needs every value to be looked at.
    return any([matches(code, excluded) for excluded in row.exclude])


def _patterns(definitions: Definitions) -> tuple[_Pattern, ...]:
    """Every text row, also of sets that no input reads: it makes a text known, and its longer name wins.

    Sets of quantity inputs name laboratory tests, not diagnoses.
    """
    of_results = {item.value_set for item in definitions.inputs.values() if isinstance(item, QuantityInput)}
    return tuple(
        _Pattern(value_set.id, fold(row.value), _folded(row.exclude))
        for value_set in definitions.value_sets.values()
        if value_set.id not in of_results
        for row in value_set.rows
        if row.match == "text" and fold(row.value)
    )


def _unshadowed(found: Sequence[_Occurrence]) -> set[str]:
    """The sets with a match that is not merely part of a longer one: 原位癌 is not 癌."""
    spans = [(start, end) for start, end, _ in found]
    return {value_set for start, end, value_set in found if not _inside(start, end, spans)}


def _inside(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(low <= start and end <= high and high - low > end - start for low, high in spans)


def _spans(word: str, text: str, whole_words: bool = False) -> list[tuple[int, int]]:
    """Where the word stands in the text, overlaps included.

    With `whole_words` a Latin letter or digit at its edge must not run on: `no` is not in `nodule`, `mother`
    not in `chemotherapy`. Chinese writes no word boundaries.
    """
    spans = []
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not whole_words or not (_runs_on(text, start - 1, word[0]) or _runs_on(text, end, word[-1])):
            spans.append((start, end))
        start = text.find(word, start + 1)
    return spans


def _runs_on(text: str, position: int, edge: str) -> bool:
    return 0 <= position < len(text) and _is_latin(edge) and _is_latin(text[position])


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _folded(words: Iterable[str]) -> tuple[str, ...]:
    # An empty word would be in every text.
    return tuple(word for word in map(fold, words) if word)


def _joined(says: Iterable[str]) -> str:
    """All that is said as one folded text; the line break keeps a pattern from running over two of them."""
    return "\n".join(map(fold, says))


def _clauses(text: str) -> list[str]:
    # Split before folding: folding makes a line break a space.
    return list(_folded(_CLAUSE_END.split(unicodedata.normalize("NFKC", text))))
