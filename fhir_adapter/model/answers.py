"""Owns coded results: what value, interpretation and reference range together say, of four answers.

Source: docs/semantics.md §3 (*answers*); CLINICAL.md §4.3 rules 11 and 12. What says two things, and a text that
is not wholly understood, is UNREADABLE_VALUE.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fhir_adapter.model.answer_numbers import Measured, judged, measured, measured_text, speaks_of_a_limit
from fhir_adapter.model.answer_words import INDETERMINATE, NEGATIVE, POSITIVE, AnswerWords
from fhir_adapter.model.codes import translate
from fhir_adapter.model.inputs import AnswerInput, Definitions
from fhir_adapter.model.readings import AnswerReading, Coding, RawAnswer
from fhir_adapter.model.texts import fold
from fhir_adapter.model.truth import NOT_A_RESULT, Reason
from fhir_adapter.model.vocabularies import vocabulary_of

BELOW_LIMIT: Final = "below-limit"
ANSWERS: Final = (NEGATIVE, POSITIVE, INDETERMINATE, BELOW_LIMIT)

_BOTH: Final = frozenset({POSITIVE, NEGATIVE})
_HIGH: Final = frozenset({"H", "HH", "HU"})
_NORMAL: Final = frozenset({"N"})
_INTERPRETATIONS: Final = "observationinterpretation"
_UNREADABLE: Final = AnswerReading(None, str(Reason.UNREADABLE_VALUE))


@dataclass
class _Said:
    """`stated`: answers that are given; `mentioned`: those that only stand somewhere in a text or display."""

    stated: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)

    def answer(self) -> str | None:
        """The one answer; None: none, or two."""
        stated, mentioned = set(self.stated), set(self.mentioned)
        if BELOW_LIMIT in stated:
            # "<20, not detected" stays what it is: to be below the limit proves no absence.
            stated.discard(NEGATIVE)
            mentioned.discard(NEGATIVE)
        return stated.pop() if len(stated) == 1 and mentioned <= stated else None


class AnswerReader:
    """Reads the answers of coded results; never raises."""

    def __init__(self, definitions: Definitions) -> None:
        self._site = definitions.site
        self._common = definitions.answers
        self._prepared: dict[str, tuple[AnswerInput, AnswerWords]] = {}

    def read(self, raw: RawAnswer, of: AnswerInput) -> AnswerReading:
        """The answer, or the problem why there is none."""
        number = raw.number.value if raw.number is not None else None
        values = (raw.text, raw.string, raw.boolean, number)
        stated = bool(raw.codings) or any(part is not None for part in values)
        interpreted = bool(raw.interpretation or raw.interpretation_texts)
        if raw.other or (raw.absent_reason and (stated or interpreted)):
            return _UNREADABLE
        if not stated and raw.number is not None and not raw.absent_reason:
            return _UNREADABLE
        if not stated and not interpreted:
            return AnswerReading(None, NOT_A_RESULT)
        answer = self._said(raw, self._words(of), of.number).answer()
        return AnswerReading(answer) if answer is not None else _UNREADABLE

    def _said(self, raw: RawAnswer, words: AnswerWords, kind: str) -> _Said:
        said = _Said()
        texts = self._take(raw.codings, (raw.text, raw.string), words, said)
        if raw.boolean in ("true", "false"):
            said.stated.add(POSITIVE if raw.boolean == "true" else NEGATIVE)
        if raw.number is not None:
            number = measured(raw.number, raw.comparator)
            # An unreadable number may say the opposite of what stands beside it.
            said.stated |= self._of_number(number, raw, words, kind) if number is not None else _BOTH
        for text in texts:
            number = measured_text(text)
            if number is not None:
                said.stated |= self._of_number(number, raw, words, kind)
            elif kind == "detectable" and speaks_of_a_limit(text):
                said.stated.add(BELOW_LIMIT)
        self._take(raw.interpretation, raw.interpretation_texts, words, said)
        return said

    def _take(
        self, codings: Sequence[Coding], texts: Iterable[str | None], words: AnswerWords, said: _Said
    ) -> list[str]:
        """Take what codes and texts say; the texts that may still hold a number.

        Beside a code that says something its text can only contradict.
        """
        known = translate(codings, self._site)
        coded = {answer for coding in known for answer in words.of_code(coding)}
        said.stated |= coded
        parts = [part for part in (*texts, *(coding.display for coding in known)) if part and part.strip()]
        for text in dict.fromkeys(map(fold, parts)):
            answers, whole = words.of_text(text)
            (said.stated if whole and not coded else said.mentioned).update(answers)
        return [] if coded else parts

    def _of_number(self, number: Measured, raw: RawAnswer, words: AnswerWords, kind: str) -> set[str]:
        if kind == "detectable":
            return number.detected()
        if kind != "range":
            return set()
        flags = {
            (coding.code or "").strip()
            for coding in translate(raw.interpretation, self._site)
            if vocabulary_of(coding.system, self._site) == _INTERPRETATIONS
        }
        found = judged(number, raw.ranges, words.without_negatives)
        found |= {POSITIVE} if flags & _HIGH else set()
        found |= {NEGATIVE} if flags & _NORMAL else set()
        return found

    def _words(self, of: AnswerInput) -> AnswerWords:
        prepared = self._prepared.get(of.id)
        if prepared is None or prepared[0] is not of:
            prepared = self._prepared[of.id] = (of, AnswerWords(self._common, of, self._site))
        return prepared[1]
