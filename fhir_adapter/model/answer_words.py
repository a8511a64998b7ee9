"""Owns the codes and words of a coded result: which answer each says, and whether a text is wholly understood.

Source: CLINICAL.md §4.3 rule 12 ("any other text UNREADABLE").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fhir_adapter.model.inputs import AnswerInput, Site
from fhir_adapter.model.readings import Coding
from fhir_adapter.model.texts import Phrase, PhraseBook, folded, outermost, spans
from fhir_adapter.model.vocabularies import Vocabulary

NEGATIVE: Final = "negative"
POSITIVE: Final = "positive"
INDETERMINATE: Final = "indeterminate"

_MEASURE: Final = re.compile(
    r"(?:<=|>=|[<>≤≥])?\s*[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?\s*(?:[a-zμ0-9*^]+/[a-z]+|coi)?"
)
_PUNCTUATION: Final = re.compile(r"[\s()\[\]:;,.、/=+*↑↓\"'-]+")
"""What may be left over of an understood text. Not the question mark: 阴性? is no negative."""

_NEUTRAL: Final = ("结果", "检测", "result", "qualifier value", "finding")
_LETTER: Final = re.compile(r"\w")


class AnswerWords:
    """The common answers and the input's own, which win."""

    def __init__(self, common: Mapping[str, tuple[str, ...]], of: AnswerInput, site: Site) -> None:
        own = {entry for entries in of.answers.values() for entry in folded(entries)}
        entries: dict[str, tuple[str, ...]] = {}
        for answer in (NEGATIVE, POSITIVE, INDETERMINATE):
            shared = (entry for entry in common.get(answer, ()) if not own.intersection(folded([entry])))
            entries[answer] = (*shared, *of.answers.get(answer, ()))
        self._vocabularies = {answer: Vocabulary(lists, site) for answer, lists in entries.items()}
        words = [(answer, word) for answer, book in self._vocabularies.items() for word in book.words]
        # `-` alone says negative, but the one in `0-5` nothing.
        self._signs = {word: answer for answer, word in words if len(word) == 1 and not _LETTER.match(word)}
        self._phrases = PhraseBook(
            Phrase(answer, word, whole_word=True) for answer, word in words if word not in self._signs
        )
        self._neutral = sorted(folded((*of.names, of.title, *_NEUTRAL)), key=len, reverse=True)

    def of_code(self, coding: Coding) -> set[str]:
        """The answers that list the code."""
        return {answer for answer, book in self._vocabularies.items() if book.holds(coding)}

    def of_text(self, text: str) -> tuple[set[str], bool]:
        """The answers in a folded text, and whether nothing else is said in it.

        Weak, doubtful: 弱阳性 and 可疑阳性 are neither positive nor negative.
        """
        if text in self._signs:
            return {self._signs[text]}, True
        found = outermost(self._phrases.find(text))
        answers = {one.owner for one in found}
        if INDETERMINATE in answers and len(answers) == 2:
            answers = {INDETERMINATE}
        return answers, bool(answers) and not self._left_over(text, [(one.start, one.end) for one in found])

    def without_negatives(self, text: str) -> str | None:
        """A folded text of a reference range without `阴性`; None if it speaks of another answer."""
        found = outermost(self._phrases.find(text))
        if any(one.owner != NEGATIVE for one in found):
            return None
        return _PUNCTUATION_AROUND.sub("", _blanked(text, [(one.start, one.end) for one in found]))

    def _left_over(self, text: str, read: list[tuple[int, int]]) -> bool:
        rest = _blanked(text, read)
        for word in self._neutral:
            rest = _blanked(rest, spans(word, rest, whole_words=True))
        return bool(_PUNCTUATION.sub("", _MEASURE.sub(" ", rest)))


_PUNCTUATION_AROUND: Final = re.compile(r"^[\s()\[\]:;,]+|[\s()\[\]:;,]+$")


def _blanked(text: str, read: list[tuple[int, int]]) -> str:
    for start, end in read:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
