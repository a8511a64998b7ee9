"""Owns what lines have in common: what a record as a whole tells, and answers that must wait for it.

The silence of a record, its medication list and its drugs are read by several lines. An archetype notes here what
it adds to them, and answers with a waiting answer where the whole record decides (CLINICAL 4.2, *silence*).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from fhir_adapter.model.truth import Reason, Truth

Answer: TypeAlias = tuple[Truth, Reason | None]
MET: Answer = (Truth.TRUE, None)
CLEAR: Answer = (Truth.FALSE, None)


def unknown(reason: Reason) -> Answer:
    """UNKNOWN, and why."""
    return Truth.UNKNOWN, reason


JUDGEMENT = unknown(Reason.NEEDS_JUDGEMENT)
NO_RECORD = unknown(Reason.NO_RECORD)
UNMAPPED = unknown(Reason.UNMAPPED_CODE)


@dataclass
class Standing:
    """What the archetypes of a chart have written that lines other than their own read too."""

    speaks: bool = False  # a confirmed Condition, certainly recorded in the last 730 days
    unmapped: bool = False  # a Condition that nobody can place
    rheumatoid: bool = False  # rheumatoid arthritis coded with an organ: both I1 and I5
    hiv: bool = False  # a chronic infection that is a signal of E8 too
    list_kept: bool = False  # a medication record certainly touches the last 90 days
    strange_drug: bool = False  # a medication text that no catalogue knows, in the last 30 days
    strange_drug_of_old: bool = False  # ... before the last 90 days
    nameless_drug: bool = False  # a medication in force without code and text
    nameless_allergy: bool = False
    short_prednisone: bool = False  # less than 90 days, ending less than 180 days ago
    long_prednisone: bool = False  # 90 days or more, going on while I4 is TRUE
    possibly_listed: bool = False  # prednisolone, methylprednisolone: meant by the protocol's words or not

    def silence(self) -> Answer | None:
        """Why the silence of the diagnoses proves nothing; None: it does."""
        if self.unmapped:
            return UNMAPPED
        return None if self.speaks else NO_RECORD

    def medication_list(self, ever: bool) -> Answer | None:
        """Why the medication list proves nothing, in the last 90 days or ever; None: it does."""
        if self.nameless_drug or self.strange_drug or (ever and self.strange_drug_of_old):
            return UNMAPPED
        return None if self.list_kept else NO_RECORD


@dataclass(frozen=True)
class IfSilent:
    """The answer, if the silence of the record counts."""

    answer: Answer

    def settle(self, standing: Standing) -> Answer:
        """The answer of the whole record."""
        return standing.silence() or self.answer


@dataclass(frozen=True)
class Screened:
    """E1: all that its own records leave is the screening; a chronic infection of E8 needs judgement."""

    answer: Answer

    def settle(self, standing: Standing) -> Answer:
        """The answer of the whole record."""
        if standing.hiv:
            return JUDGEMENT
        return (standing.silence() or CLEAR) if self.answer == CLEAR else self.answer


@dataclass(frozen=True)
class Agent:
    """I3: the answer by a listed agent; None: its own records name none."""

    answer: Answer | None

    def settle(self, standing: Standing) -> Answer:
        """The answer of the whole record."""
        if self.answer == MET or standing.long_prednisone:
            return MET
        if standing.nameless_allergy:
            return UNMAPPED
        if self.answer is not None and self.answer != CLEAR:
            return self.answer
        if standing.possibly_listed:
            return JUDGEMENT
        if standing.nameless_drug:
            return UNMAPPED
        if self.answer is None and not standing.short_prednisone:
            return NO_RECORD
        return standing.medication_list(ever=True) or CLEAR


@dataclass(frozen=True)
class Doses:
    """I6: the answers by glucocorticoids and by NSAIDs; None: none of them was taken."""

    steroid: Answer | None = None
    painkiller: Answer | None = None

    def settle(self, standing: Standing) -> Answer:
        """The answer of the whole record."""
        if CLEAR in (self.steroid, self.painkiller):
            return CLEAR
        if standing.nameless_drug:
            return UNMAPPED
        listed = standing.medication_list(ever=False) or MET
        parts = (self.steroid or listed, self.painkiller or listed)
        return next((part for part in parts if part != MET), MET)


Waiting: TypeAlias = IfSilent | Screened | Agent | Doses
Said: TypeAlias = Answer | Waiting


def settled(line: str, said: Said, standing: Standing) -> Answer:
    """What an archetype's answer comes to, now that the whole record is written."""
    if line == "I1" and standing.rheumatoid:
        return MET
    return said if isinstance(said, tuple) else said.settle(standing)
