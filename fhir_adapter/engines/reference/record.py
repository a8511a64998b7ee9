"""Owns one subject's record as the verbs see it: what exists, results sorted into results, drafts, hints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fhir_adapter.engines.reference.clock import Clock
from fhir_adapter.engines.reference.diagnoses import REFUTED
from fhir_adapter.engines.reference.exposures import Use
from fhir_adapter.engines.reference.happenings import Happening
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

_DRAFTS = (Reason.PRELIMINARY, Reason.NO_STATUS)
_NO_RESULTS = (*_DRAFTS, Reason.UNMAPPED_CODE, NOT_A_RESULT)


@dataclass(frozen=True)
class Results:
    """The facts of one quantity or answer input (§3, last point)."""

    results: tuple[Fact, ...]
    drafts: tuple[Fact, ...] = ()
    hints: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Record:
    """Everything one subject's answers rest on."""

    subject: Subject
    facts: Mapping[str, tuple[Fact, ...]]  # by input
    incomplete: frozenset[str]  # resource types that may lack something of this subject
    clock: Clock
    absent: frozenset[str] = frozenset()  # resource types that the site's server does not hold
    uses: tuple[Use, ...] = ()
    events: Mapping[str, tuple[Happening, ...]] = field(default_factory=dict)  # by input
    on_study: tuple[str, ...] = ()  # evidence of being on this trial's study

    @property
    def medications_incomplete(self) -> bool:
        """§8, *Incomplete*: what an Administration shows stands in a Statement or Request too, or not at all."""
        return bool(self.incomplete & {"MedicationStatement", "MedicationRequest"})

    def results_of(self, input_id: str) -> Results:
        """Facts of a quantity or answer input; a result with low > index does not exist."""
        index = self.clock.index
        facts = [f for f in self.facts.get(input_id, ()) if f.start_low is None or f.start_low <= index]
        return Results(
            results=tuple(fact for fact in facts if fact.problem not in _NO_RESULTS),
            drafts=tuple(fact for fact in facts if fact.problem in _DRAFTS),
            hints=tuple(fact for fact in facts if fact.problem == Reason.UNMAPPED_CODE),
        )

    def diagnoses_of(self, input_id: str) -> tuple[Fact, ...]:
        """Used facts of a condition input that exist: not refuted, not certainly recorded after the index."""
        index = self.clock.index
        return tuple(
            fact
            for fact in self.facts.get(input_id, ())
            if fact.certainty != REFUTED and (fact.recorded_low is None or fact.recorded_low <= index)
        )
