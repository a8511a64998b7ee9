"""Owns the words of the list: what is missing and what to do, what speaks against, what to confirm, the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fhir_adapter.model.criteria import Line, LineKind, Trial
from fhir_adapter.model.das28 import display
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    ScoreInput,
)
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility, Score, SubjectResult, Verdict
from fhir_adapter.report.reasons import SENTENCES, SHORT, note_sentence

_SCORE_UNIT = "{score}"
_COUNTED_RECORDS = "Condition"  # unit of `absent`: how many diagnoses were looked at
DECEASED: Final = "deceased"
_WITHOUT_FILE: Final = {
    "years": "Age",
    "gender": "Gender",
    "male": "Gender",
    "female": "Gender",
    "medication-list": "Medication list",
    "on-study": "Taking part in the study",
}
OTHER_DRUGS: Final = "other"  # of the catalogue: known, and in no line
_NO_DRUG: Final = {
    OTHER_DRUGS: "Other drugs",
    "nameless": "Drug without a name",
    "unmapped": "Drug not mapped",
}
_COMPONENTS: Final = {
    "tender": "tender",
    "swollen": "swollen",
    "esr": "ESR",
    "crp": "CRP",
    "global": "global",
}

# What a coordinator does next; else the reason's own next step.
_NEXT: Final[Mapping[tuple[Reason, type | None], str]] = {
    (Reason.NO_RECORD, QuantityInput): "order it",
    (Reason.NO_RECORD, AnswerInput): "order the test",
    (Reason.NO_RECORD, ScoreInput): "record joint counts, ESR or CRP, and patient global of one visit",
    (Reason.NO_RECORD, ConditionInput): "ask, and look into the chart",
    (Reason.NO_RECORD, ExposureInput): "take the medication history",
    (Reason.NO_RECORD, EventInput): "ask, and look into the chart",
    (Reason.NO_RECORD, None): "look it up, or ask",
    (Reason.TOO_OLD, AnswerInput): "repeat the test",
    (Reason.TOO_OLD, ScoreInput): "score a new visit",
    (Reason.TOO_OLD, ExposureInput): "ask what has been taken since",
    (Reason.UNMAPPED_CODE, ExposureInput): "read the drug in the chart; its code is still to be mapped",
}
_NEXT_OF_ALL: Final[Mapping[Reason, str]] = {
    Reason.UNMAPPED_CODE: "read it in the chart; its code is still to be mapped",
    Reason.UNIT_NOT_CONVERTIBLE: "read value and unit in the chart; the unit is still to be mapped",
    Reason.INCOMPLETE_DATA: "get a complete export, then screen again",
}


@dataclass(frozen=True)
class ToDo:
    """A line that is unknown: which input, why, and the next step."""

    line: str
    about: str
    why: str
    next: str

    def __str__(self) -> str:
        return f"{self.line} {self.about}: {self.why}; {self.next}"


@dataclass(frozen=True)
class Words:
    """The trial and the definitions of a run, if they can still be read; else ids stand for themselves."""

    trial: Trial | None = None
    definitions: Definitions | None = None

    def line(self, criterion: str) -> Line | None:
        lines = self.trial.lines if self.trial else ()
        return next((line for line in lines if line.id == criterion), None)

    def counts(self, criterion: str) -> bool:
        """Whether the line is part of eligibility."""
        line = self.line(criterion)
        return line is None or line.kind is not LineKind.DISCONTINUATION

    def title(self, input_id: str) -> str:
        known = self._input(input_id)
        return known.title if known else _WITHOUT_FILE.get(input_id, input_id)

    def drug(self, drug_id: str) -> str:
        known = self.definitions.drugs.get(drug_id) if self.definitions else None
        return _NO_DRUG.get(drug_id) or (known.title if known else drug_id)

    def missing(self, verdict: Verdict) -> ToDo:
        """What is missing for an UNKNOWN line, and what to do."""
        reason = verdict.reason or Reason.NEEDS_JUDGEMENT
        return ToDo(verdict.criterion, self.about(verdict), SHORT[reason], self._next(verdict, reason))

    def against(self, verdict: Verdict) -> str:
        """`E2 Platelets (血小板) 64 10*9/L`."""
        said = "not met" if verdict.truth is Truth.FALSE else "excludes"
        value = decided_by(verdict)
        return f"{verdict.criterion} {said}: {self.about(verdict)}{f' {value}' if value else ''}"

    def confirm(self, verdict: Verdict) -> str:
        """What a person has to look at."""
        # The reason says it already, and the note comes from a row that asked something else.
        notes = [
            note
            for note in verdict.notes
            if note != "preliminary" or verdict.reason is not Reason.PRELIMINARY
        ]
        return f"{verdict.criterion} {'; '.join(map(note_sentence, notes)) or self.about(verdict)}"

    def about(self, verdict: Verdict) -> str:
        """What the line looked at: the inputs that decided, else the protocol's words."""
        titles = tuple(dict.fromkeys(self.title(name) for name in verdict.about if name))
        if titles:
            return ", ".join(titles)
        line = self.line(verdict.criterion)
        return shortened(line.text, 60) if line else "the line"

    def _input(self, input_id: str) -> Input | None:
        return self.definitions.inputs.get(input_id) if self.definitions else None

    def _next(self, verdict: Verdict, reason: Reason) -> str:
        kind = type(self._input(verdict.about[0])) if verdict.about else None
        place = kind if kind is not type(None) else None
        return _NEXT.get((reason, place)) or _NEXT_OF_ALL.get(reason) or SENTENCES[reason].next


def worth_work(result: SubjectResult) -> bool:
    """Nobody orders a test for a patient who is out, unless only one line says so."""
    return result.eligibility is not Eligibility.INELIGIBLE or result.near_miss


def against(words: Words, result: SubjectResult, verdicts: Sequence[Verdict]) -> list[str]:
    """Everything that speaks against a patient."""
    dead = ["has died"] if DECEASED in result.blocked_by else []
    return dead + [words.against(verdict) for verdict in verdicts if verdict.criterion in result.blocked_by]


def missing(words: Words, result: SubjectResult, verdicts: Sequence[Verdict]) -> list[ToDo]:
    """The lines that are unknown, without those that are so for everybody."""
    return [
        words.missing(verdict)
        for verdict in verdicts
        if verdict.criterion in result.missing and verdict.reason is not Reason.NOT_BUILT
    ]


def confirm(words: Words, result: SubjectResult, verdicts: Sequence[Verdict]) -> list[str]:
    """What a person must look at, line by line."""
    return [words.confirm(verdict) for verdict in verdicts if verdict.criterion in result.confirm]


def shortened(text: str, length: int) -> str:
    """The beginning of a protocol line; the whole is in `explain`."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def number(value: float) -> str:
    """80, not 80.0."""
    return repr(float(value)).removesuffix(".0")


def dose_text(milligrams: float) -> str:
    """15 mg once a week is 2.142857… mg a day."""
    return number(round(milligrams, 2) or float(f"{milligrams:.1g}"))


def decided_by(verdict: Verdict) -> str:
    """The value that decided, "" where none did."""
    if verdict.value is None or verdict.unit == _COUNTED_RECORDS:
        return ""
    return value_text(verdict.value, verdict.unit)


def value_text(value: float, unit: str | None) -> str:
    """A value with its unit; a score with two decimals."""
    if unit == _SCORE_UNIT:
        return display(value)
    return " ".join(filter(None, (number(value), unit)))


def score_text(score: Score) -> str:
    """Two decimals for the eye; a score that only has bounds shows them."""
    if score.value is not None:
        return display(score.value)
    low, high = ("?" if bound is None else display(bound) for bound in (score.low, score.high))
    return f"{low}–{high}"


def variant_text(score: Score) -> str:
    """`ESR-4`: the acute phase and how many variables."""
    name = score.variant.rpartition("-")[2]
    return f"{name[:-1].upper()}-{name[-1:]}"


def components_text(score: Score) -> str:
    """`tender 20, swollen 13, ESR 78, global 67`; what has only a bound is `?`."""
    variant = score.variant.rpartition("-")[2]
    needed = ("tender", "swollen", variant[:-1], *(["global"] if variant.endswith("4") else []))
    known = dict(score.inputs)
    values = {name: known.get(name) for name in needed}
    return ", ".join(
        f"{_COMPONENTS.get(name, name)} {'?' if value is None else number(value)}"
        for name, value in values.items()
    )
