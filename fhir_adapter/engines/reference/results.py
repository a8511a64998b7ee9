"""Owns Observations becoming facts of quantity and answer inputs (docs/semantics.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.elements import (
    Node,
    code_of,
    codings,
    first_leaf,
    leaf,
    part,
    parts,
    text_of,
)
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.engines.reference.reading import EFFECTIVE
from fhir_adapter.engines.reference.unmapped import UnmappedReport
from fhir_adapter.engines.reference.values import raw_answer, raw_range, raw_value
from fhir_adapter.model.answers import AnswerReader
from fhir_adapter.model.codes import ResultCodes, ResultReading, fold
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import AnswerInput, Definitions, QuantityInput
from fhir_adapter.model.quantity import read_value
from fhir_adapter.model.ranges import read_ranges
from fhir_adapter.model.readings import Interval, ValueReading
from fhir_adapter.model.references import evidence
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

USABLE = ("final", "amended", "corrected")
NO_RESULT = ("registered", "cancelled", "entered-in-error")
NO_EFFECTIVE = "no-effective"


@dataclass(frozen=True)
class _Shared:
    """What an Observation and its components have in common."""

    subject: Subject
    status: str | None
    when: Interval
    issued: int | None
    updated: int | None
    notes: tuple[str, ...]
    evidence: str


class ResultReader:
    """Reads Observations into facts of the given inputs; what it cannot place goes to the unmapped report."""

    def __init__(
        self,
        definitions: Definitions,
        inputs: Iterable[QuantityInput | AnswerInput],
        clock: Clock,
        report: UnmappedReport,
    ) -> None:
        self._inputs = {of.id: of for of in inputs}
        self._codes = ResultCodes(definitions, self._inputs.values())
        self._answers = AnswerReader(definitions)
        self._site = definitions.site
        self._clock = clock
        self._report = report

    def read(self, observation: Node, subject: Subject) -> list[Fact]:
        """Facts of the Observation itself and of each component."""
        shared = self._shared(observation, subject)
        results = [("", observation)]
        results += [
            (f"component[{i}]", component)
            for i, component in enumerate(parts(observation, "component"))
            if component
        ]
        return [fact for element, result in results for fact in self._read_result(result, element, shared)]

    def _shared(self, observation: Node, subject: Subject) -> _Shared:
        issued = self._clock.read(leaf(observation, "issued"))
        updated = self._clock.read(leaf(observation, "meta", "lastUpdated"))
        return _Shared(
            subject=subject,
            status=leaf(observation, "status"),
            when=self._when(observation, issued),
            issued=issued.high if issued is not None else None,
            updated=updated.high if updated is not None else None,
            notes=tuple(fold(text) for note in parts(observation, "note") if (text := leaf(note, "text"))),
            evidence=evidence(
                "Observation", str(leaf(observation, "id")), leaf(observation, "meta", "versionId")
            ),
        )

    def _when(self, observation: Node, issued: Interval | None) -> Interval:
        """§1: the effective time that is there; none, or an unreadable one: anywhere up to `issued`."""
        when = self._clock.read(first_leaf(observation, *EFFECTIVE))
        if when is not None:
            return when
        if issued is None:
            return Interval(None, None, (NO_EFFECTIVE,))
        return Interval(None, issued.high, (NO_EFFECTIVE, *issued.flags))

    def _read_result(self, result: Node, element: str, shared: _Shared) -> Iterator[Fact]:
        concept = part(result, "code")
        codes = self._codes.read(codings(concept), leaf(concept, "text"))
        if not codes.inputs:
            self._report.code(concept, codes.hints)
        for input_id in (*codes.inputs, *codes.hints):
            of = self._inputs[input_id]
            if isinstance(of, AnswerInput):
                yield replace(self._coded(result, of, codes, shared), element=element)
                continue
            fact = self._fact(result, of, codes, shared)
            if fact.problem == Reason.UNIT_NOT_CONVERTIBLE:
                self._report.unit(part(result, "valueQuantity"), input_id)
            yield replace(fact, element=element)

    def _fact(self, result: Node, of: QuantityInput, codes: ResultReading, shared: _Shared) -> Fact:
        concept = part(result, "code")
        properties = [kind for input_id, kind in codes.properties if input_id == of.id]
        # Codes that say both mass and molar say nothing about the unit.
        value = read_value(raw_value(result), of, self._site, properties[0] if len(properties) == 1 else None)
        limits = self._limits(result, of, value, shared.subject)
        flags = {*shared.when.flags, *value.flags, *_note_flags(of, shared.notes)}
        return Fact(
            subject=shared.subject.id,
            input=of.id,
            kind="quantity",
            low=value.low,
            high=value.high,
            low_open=value.low_open,
            high_open=value.high_open,
            unit=of.unit,
            lln=limits[0],
            uln=limits[1],
            uln_high=limits[2],
            code=code_of(concept),
            text=text_of(concept),
            start_low=shared.when.low,
            start_high=shared.when.high,
            issued=shared.issued,
            updated=shared.updated,
            problem=_problem(shared.status, of.id in codes.hints, value.problem),
            flags=tuple(sorted(flags)),
            source_type="Observation",
            evidence=shared.evidence,
        )

    def _coded(self, result: Node, of: AnswerInput, codes: ResultReading, shared: _Shared) -> Fact:
        reading = self._answers.read(raw_answer(result), of)
        return Fact(
            subject=shared.subject.id,
            input=of.id,
            kind="coded",
            answer=reading.answer,
            code=code_of(part(result, "code")),
            text=text_of(part(result, "code")),
            start_low=shared.when.low,
            start_high=shared.when.high,
            issued=shared.issued,
            updated=shared.updated,
            problem=_problem(shared.status, of.id in codes.hints, reading.problem),
            flags=tuple(sorted(set(shared.when.flags))),
            source_type="Observation",
            evidence=shared.evidence,
        )

    def _limits(
        self, result: Node, of: QuantityInput, value: ValueReading, subject: Subject
    ) -> tuple[float | None, float | None, float | None]:
        """Lower limit, lowest and highest upper limit of normal, where the input asks for them."""
        if not of.reference_range:
            return None, None, None
        raw = [raw_range(one) for one in parts(result, "referenceRange")]
        youngest, oldest = subject.age(self._clock.today)
        reading = read_ranges(raw, of, self._site, value.unit_used, subject.sex, youngest, oldest)
        return reading.lln, reading.uln, reading.uln_high


def _problem(status: str | None, is_hint: bool, of_value: str | None) -> str | None:
    """One problem per fact: no result at all, then not known to be one, then not final, then not readable."""
    if status in NO_RESULT or of_value == NOT_A_RESULT:
        return NOT_A_RESULT
    if is_hint:
        return Reason.UNMAPPED_CODE.value
    if status == "preliminary":
        return Reason.PRELIMINARY.value
    return of_value if status in USABLE else Reason.NO_STATUS.value


def _note_flags(of: QuantityInput, notes: tuple[str, ...]) -> set[str]:
    return {
        flag
        for flag, words in of.note_flags.items()
        if any(fold(word) in note for word in words for note in notes)
    }
