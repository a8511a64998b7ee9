"""Owns DAS28 visits: usable, unusable, skipped or vague, and the variants of each (docs/semantics.md §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fhir_adapter.engines.reference.answers import unique
from fhir_adapter.engines.reference.components import Component, by_day, near_day, on_day
from fhir_adapter.engines.reference.record import Record
from fhir_adapter.model.das28 import das28
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.inputs import ScoreInput
from fhir_adapter.model.truth import Reason
from fhir_adapter.model.verdicts import Score

ORDER = ("esr4", "esr3", "crp4", "crp3")
THREE_VARIABLES = ("esr3", "crp3")
ESR_FLOOR = "esr-floor"


class Standing(StrEnum):
    """What a visit is good for."""

    USABLE = "usable"
    UNUSABLE = "unusable"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Components:
    """What was recorded for one visit; None: never."""

    tender: Component | None
    swollen: Component | None
    esr: Component | None
    crp: Component | None
    patient_global: Component | None

    def recorded(self) -> tuple[Component, ...]:
        """In the order of evidence and of problems."""
        found = (self.tender, self.swollen, self.esr, self.crp, self.patient_global)
        return tuple(component for component in found if component is not None)


@dataclass(frozen=True)
class VariantScore:
    """One variant at one visit, as an interval."""

    variant: str
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    flags: frozenset[str]
    evidence: tuple[str, ...]
    inputs: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True)
class Visit:
    """A local day with a joint count."""

    day: date
    standing: Standing
    problem: str | None
    scores: tuple[VariantScore, ...]
    evidence: tuple[str, ...]

    def score(self, variant: str) -> VariantScore | None:
        """The score in one variant, if it could be computed."""
        return next((score for score in self.scores if score.variant == variant), None)


@dataclass(frozen=True)
class Visits:
    """All visits of a subject by day, and the joint counts that lie on no single day."""

    dated: tuple[Visit, ...]
    vague: tuple[Fact, ...]


def visits_of(record: Record, of: ScoreInput) -> Visits:
    """§5: one visit per day with a result of a joint count."""
    clock = record.clock
    tender, swollen, esr, crp, patient_global = (
        by_day(record.results_of(input_id).results, clock)
        for input_id in (of.tender, of.swollen, of.esr, of.crp, of.patient_global)
    )
    dated = [
        _visit(
            day,
            Components(
                tender=on_day(tender, day),
                swollen=on_day(swollen, day),
                esr=near_day(esr, day, of.acute_phase_days, clock),
                crp=near_day(crp, day, of.acute_phase_days, clock),
                patient_global=on_day(patient_global, day),
            ),
        )
        for day in sorted({*tender.by_day, *swollen.by_day})
    ]
    return Visits(tuple(dated), (*tender.vague, *swollen.vague))


def scores_of(visits: Visits, of: ScoreInput, subject: str) -> list[Score]:
    """The computed variants of every visit, oldest first."""
    return [
        Score(
            subject=subject,
            variant=f"{of.id}-{score.variant}",
            value=score.low if score.low == score.high else None,
            low=score.low,
            high=score.high,
            effective=visit.day.isoformat(),
            inputs=score.inputs,
            evidence=score.evidence,
            flags=tuple(sorted(score.flags)),
        )
        for visit in visits.dated
        for variant in ORDER
        if (score := visit.score(variant)) is not None
    ]


def _visit(day: date, given: Components) -> Visit:
    evidence = unique(reference for component in given.recorded() for reference in component.evidence)
    acute = [component for component in (given.esr, given.crp) if component is not None]
    if given.tender is None or given.swollen is None or not acute:
        return Visit(day, Standing.SKIPPED, Reason.COMPONENT_MISSING.value, (), evidence)
    counts_usable = given.tender.usable and given.swollen.usable
    if not counts_usable or not any(component.usable for component in acute):
        problem = next(c.problem for c in (given.tender, given.swollen, *acute) if c.problem is not None)
        return Visit(day, Standing.UNUSABLE, problem, (), evidence)
    scores = tuple(score for variant in ORDER if (score := _score(variant, given)) is not None)
    return Visit(day, Standing.USABLE, None, scores, evidence)


def _score(variant: str, given: Components) -> VariantScore | None:
    """One variant from its components; None if one of them is missing or unusable."""
    acute = given.esr if variant.startswith("esr") else given.crp
    patient_global = None if variant in THREE_VARIABLES else given.patient_global
    used = [given.tender, given.swollen, acute]
    if variant not in THREE_VARIABLES:
        used.append(patient_global)
    parts = [component for component in used if component is not None and component.usable]
    if len(parts) < len(used):
        return None
    low, high = (_formula(variant, [getattr(part, end) for part in parts]) for end in ("low", "high"))
    floored = variant.startswith("esr") and parts[2].low is not None and parts[2].low < 1
    names = ("tender", "swollen", variant[:3], "global")
    return VariantScore(
        variant=variant,
        low=low,
        high=high,
        # An open end of a component is an open end of the score, but for an ESR that the floor replaced.
        low_open=any(part.low_open for part in parts if not (floored and part is parts[2])),
        high_open=any(part.high_open for part in parts),
        flags=_flags(parts, given, floored),
        evidence=unique(reference for part in parts for reference in part.evidence),
        inputs=tuple(
            (name, component.exact if component is not None else None)
            for name, component in zip(
                names, (given.tender, given.swollen, acute, patient_global), strict=True
            )
        ),
    )


def _formula(variant: str, numbers: list[float | None]) -> float | None:
    """The score at one end of all components (all increase it); None if one component is unbounded there."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    return das28(variant, *known)


def _flags(parts: list[Component], given: Components, floored: bool) -> frozenset[str]:
    """§5, last but one point: the flags of what was used, and why a fuller variant could not be computed."""
    flags = {flag for part in parts for flag in part.flags}
    flags |= {ESR_FLOOR} if floored else set()
    flags |= {"esr-unusable"} if given.esr is not None and not given.esr.usable else set()
    flags |= {"crp-unusable"} if given.crp is not None and not given.crp.usable else set()
    if given.patient_global is None:
        flags.add("global-missing")
    elif not given.patient_global.usable:
        flags.add("global-unusable")
    return frozenset(flags)
