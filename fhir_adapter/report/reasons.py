"""Owns the reasons in plain words, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fhir_adapter.model.truth import NOT_A_RESULT, Reason


@dataclass(frozen=True)
class Sentence:
    """What a reason means, and the next step."""

    what: str
    next: str

    def __str__(self) -> str:
        return f"{self.what}: {self.next}."


SENTENCES: Final[Mapping[str, Sentence]] = {
    Reason.NO_RECORD: Sentence("Nothing about it is recorded", "ask, or order it"),
    Reason.TOO_OLD: Sentence("The newest result is older than the protocol allows", "repeat it"),
    Reason.UNMAPPED_CODE: Sentence(
        "A record is there whose code nobody has mapped",
        "map it in codes.csv (fhir-adapter map coverage lists it)",
    ),
    Reason.UNIT_NOT_CONVERTIBLE: Sentence(
        "A result is there, but its unit is not on the list", "map it in units.csv"
    ),
    Reason.NO_REFERENCE_RANGE: Sentence(
        "The result does not state its upper limit of normal", "take the limit from the laboratory's report"
    ),
    Reason.PARTIAL_DATE: Sentence(
        "The date is incomplete, and which day it was decides", "find the day in the chart"
    ),
    Reason.CENSORED_VALUE: Sentence(
        "Only a bound is known (such as <5), and both answers lie within it",
        "ask the laboratory for the number",
    ),
    Reason.CONFLICTING_VALUES: Sentence(
        "Several results of the same time disagree about the answer", "find out which one holds"
    ),
    Reason.UNREADABLE_VALUE: Sentence(
        "A record is there, but its value is no usable number or date", "read it in the chart"
    ),
    Reason.PRELIMINARY: Sentence(
        "A newer result is preliminary and would change the answer",
        "wait for the final one, then screen again",
    ),
    Reason.PROVISIONAL_ONLY: Sentence(
        "The diagnosis is only suspected or provisional", "ask the physician whether it is confirmed"
    ),
    Reason.NO_STATUS: Sentence(
        "A newer result has no status that can be trusted and would change the answer",
        "check it in the chart",
    ),
    Reason.STALE_STATUS: Sentence("The status has not been kept up to date", "ask whether it still holds"),
    Reason.COMPONENT_MISSING: Sentence(
        "A part of the score was not recorded at that visit",
        "complete the joint counts, ESR or CRP, or patient global",
    ),
    Reason.DOSE_NOT_CODED: Sentence("The dose is not recorded as a number", "read it in the prescription"),
    Reason.SUPPLY_ENDED: Sentence("The prescription's supply has run out", "ask whether it is still taken"),
    Reason.NEEDS_JUDGEMENT: Sentence(
        "What is recorded does not settle it, and no rule may", "a physician decides"
    ),
    Reason.INCOMPLETE_DATA: Sentence(
        "The data that was handed over is incomplete, so silence proves nothing",
        "get a complete export (fhir-adapter screen says what is missing), then screen again",
    ),
    Reason.NOT_BUILT: Sentence(
        "This line is not built yet, so it is unknown for everybody", "check it by hand"
    ),
}

SHORT: Final[Mapping[str, str]] = {
    Reason.NO_RECORD: "nothing recorded",
    Reason.TOO_OLD: "the last one is too old",
    Reason.UNMAPPED_CODE: "a code that nobody has mapped",
    Reason.UNIT_NOT_CONVERTIBLE: "a unit that is not on the list",
    Reason.NO_REFERENCE_RANGE: "no upper limit of normal stated",
    Reason.PARTIAL_DATE: "the day is not known",
    Reason.CENSORED_VALUE: "only a bound is known",
    Reason.CONFLICTING_VALUES: "results disagree",
    Reason.UNREADABLE_VALUE: "the value cannot be read",
    Reason.PRELIMINARY: "a newer result is not final",
    Reason.PROVISIONAL_ONLY: "only suspected",
    Reason.NO_STATUS: "no status that can be trusted",
    Reason.STALE_STATUS: "the status is out of date",
    Reason.COMPONENT_MISSING: "a part of the score is missing",
    Reason.DOSE_NOT_CODED: "the dose is no number",
    Reason.SUPPLY_ENDED: "the supply has run out",
    Reason.NEEDS_JUDGEMENT: "no rule may settle it",
    Reason.INCOMPLETE_DATA: "the data handed over is incomplete",
    Reason.NOT_BUILT: "not built yet",
}
"""The same for a cell of a table."""

REFUTED: Final = "refuted"
LATER: Final = "LATER"

_NOT_USED: Final[Mapping[str, str]] = {
    NOT_A_RESULT: "it holds no value",
    REFUTED: "it was refuted or entered in error",
    LATER: "it is dated after the day of the screening",
    Reason.PRELIMINARY: "it is preliminary, not final",
    Reason.NO_STATUS: "its status does not say that it counts",
    Reason.UNIT_NOT_CONVERTIBLE: "its unit is not on the list: map it in units.csv",
    Reason.UNREADABLE_VALUE: "its value is no usable number",
}
_UNMAPPED: Final[Mapping[str, str]] = {
    "quantity": "it is named like this, but its code is not mapped: map it in codes.csv",
    "condition": "nobody has mapped this diagnosis: map it in codes.csv",
}
# Statuses that alone say why there is nothing to use.
_STATUSES: Final[Mapping[str, str]] = {
    "registered": "it is registered, but not done yet",
    "cancelled": "it was cancelled",
    "entered-in-error": "it was entered in error",
    "refuted": "it was refuted",
}

_NOTES: Final[Mapping[str, str]] = {
    "preliminary": "a newer preliminary result says the same",
    "unmapped-result": "a newer record may be the same analyte, but its code is not mapped",
    "no-verification": "the diagnosis does not say whether it was verified",
    "not-active": "no confirmed diagnosis is active",
    "absent-type": "the hospital's server does not hold the records that this rests on",
    "requests-only": "only prescriptions say so: nobody recorded that it was taken",
    "stop-from-text": "that it was stopped for intolerance is read from a text",
    "intolerance-doubtful": "it was stopped for a high drug level, which need not be an intolerance",
}


def in_words(reason: Reason | None) -> str:
    """The sentence of a reason; nothing without one."""
    return "" if reason is None else str(SENTENCES[reason])


def why_not_used(why: str, kind: str, status: str) -> str:
    """Why a fact that is there decides nothing; `status` is the record's own word for it."""
    if why in (NOT_A_RESULT, REFUTED) and status in _STATUSES:
        return _STATUSES[status]
    if why == Reason.UNMAPPED_CODE:
        return _UNMAPPED[kind]
    sentence = SENTENCES.get(why)
    return _NOT_USED.get(why) or (sentence.what if sentence else why)


def note_in_words(note: str) -> str:
    """A note of the engines in plain words; the note of a review row is already written for people."""
    return f"{note}: {_NOTES[note]}" if note in _NOTES else note


def note_sentence(note: str) -> str:
    """The same without its name, for people who do not look for it in a file."""
    return _NOTES.get(note, note)
