"""Owns Conditions becoming facts of condition inputs, and of the input `condition` (docs/semantics.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.elements import (
    Node,
    code_of,
    codings,
    first_code,
    first_leaf,
    leaf,
    part,
    text_of,
)
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.engines.reference.reading import RECORDED
from fhir_adapter.engines.reference.unmapped import UnmappedReport
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import ConditionInput, Definitions
from fhir_adapter.model.readings import Interval
from fhir_adapter.model.references import evidence
from fhir_adapter.model.truth import Reason

EVERY_CONDITION: Final = "condition"
NO_VERIFICATION: Final = "no-verification"
NO_STATUS: Final = "no-status"

CONFIRMED: Final = "confirmed"
PROVISIONAL: Final = "provisional"
REFUTED: Final = "refuted"

_NOT_USED = ("refuted", "entered-in-error")
_ACTIVE = ("active", "recurrence", "relapse")
_ENDED = ("remission", "resolved")
_ONSET = (("onsetDateTime",), ("onsetPeriod", "start"))
_ABATEMENT = (("abatementDateTime",), ("abatementPeriod", "end"), ("abatementPeriod", "start"))
_ABATEMENTS = ("abatementDateTime", "abatementAge", "abatementPeriod", "abatementRange", "abatementString")
_UNKNOWN_TIME = Interval(None, None)


class DiagnosisReader:
    """Reads Conditions into facts of the given inputs."""

    def __init__(
        self, definitions: Definitions, inputs: Iterable[ConditionInput], clock: Clock, report: UnmappedReport
    ) -> None:
        self._concepts = ConceptReader(definitions, inputs)
        self._clock = clock
        self._report = report

    def read(self, condition: Node, subject: Subject) -> list[Fact]:
        """One fact of the input `condition`, and one of each input that the diagnosis belongs to."""
        concept = part(condition, "code")
        reading = self._concepts.read(codings(concept), leaf(concept, "text"))
        base = self._fact(condition, subject)
        every = _with_certainty(base, reading.provisional)
        if not reading.mapped:
            self._report.condition(concept)
            every = replace(every, problem=Reason.UNMAPPED_CODE.value)
        members = [
            _with_certainty(replace(base, input=id_), provisional) for id_, provisional in reading.inputs
        ]
        return [every, *members]

    def _fact(self, condition: Node, subject: Subject) -> Fact:
        onset = self._interval(condition, *_ONSET)
        recorded = self._interval(condition, *RECORDED)
        ended = self._interval(condition, *_ABATEMENT)
        updated = self._clock.read(leaf(condition, "meta", "lastUpdated"))
        verification = first_code(part(condition, "verificationStatus"))
        if verification is None and isinstance(condition.get("verificationStatus"), dict):
            verification = ""  # it says something that no code says: doubt, not silence
        flags = {*onset.flags, *recorded.flags, *ended.flags}
        if verification is None:
            flags.add(NO_VERIFICATION)
        if self._is_without_status(condition):
            flags.add(NO_STATUS)
        concept = part(condition, "code")
        return Fact(
            subject=subject.id,
            input=EVERY_CONDITION,
            kind="condition",
            code=code_of(concept),
            text=text_of(concept),
            start_low=onset.low,
            start_high=onset.high,
            end_low=ended.low,
            end_high=ended.high,
            recorded_low=recorded.low,
            recorded_high=recorded.high,
            updated=updated.high if updated is not None else None,
            certainty=_certainty(verification),
            activity=self._activity(condition),
            flags=tuple(sorted(flags)),
            source_type="Condition",
            evidence=evidence("Condition", str(leaf(condition, "id")), leaf(condition, "meta", "versionId")),
        )

    def _interval(self, condition: Node, *paths: tuple[str, ...]) -> Interval:
        """The first of the dates that is there; unreadable it is a date nobody knows, not the next one's."""
        return self._clock.read(first_leaf(condition, *paths)) or _UNKNOWN_TIME

    def _activity(self, condition: Node) -> str:
        status = first_code(part(condition, "clinicalStatus"))
        if status == "inactive":
            return "inactive"
        if status in _ENDED:
            return "resolved"
        if status is not None:  # a code that is none of FHIR's is not known to have ended
            return "active"
        ended = any(
            self._has_begun(condition, name) for name in _ABATEMENTS if condition.get(name) is not None
        )
        return "resolved" if ended else "active"

    def _is_without_status(self, condition: Node) -> bool:
        """No clinicalStatus that FHIR knows, and no abatement[x]."""
        status = first_code(part(condition, "clinicalStatus"))
        known = status in ("inactive", *_ACTIVE, *_ENDED)
        return not known and all(condition.get(name) is None for name in _ABATEMENTS)

    def _has_begun(self, condition: Node, name: str) -> bool:
        """Whether an abatement does not begin after the index; one without a date has begun."""
        if name not in ("abatementDateTime", "abatementPeriod"):
            return True
        begins = leaf(condition, name) if name == "abatementDateTime" else leaf(condition, name, "start")
        when = self._clock.read(begins)
        return when is None or when.low is None or when.low <= self._clock.index


def _certainty(verification: str | None) -> str:
    """A status that is none of FHIR's is doubt, not proof."""
    if verification is None or verification == "confirmed":
        return CONFIRMED
    return REFUTED if verification in _NOT_USED else PROVISIONAL


def _with_certainty(fact: Fact, provisional: bool) -> Fact:
    """A hedged or doubtful text makes a confirmed diagnosis provisional."""
    return replace(fact, certainty=PROVISIONAL) if provisional and fact.certainty == CONFIRMED else fact
