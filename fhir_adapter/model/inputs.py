"""Owns the shape of an eligibility input: what is read, from which codes, in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class UnitFactor:
    """An accepted unit string: canonical = number x factor + offset, exactly; beyond `maximum` it is unusable."""

    factor: Fraction
    offset: Fraction = Fraction(0)
    maximum: Decimal | None = None


@dataclass(frozen=True)
class QuantityInput:
    """A number in one unit, from Observations.

    `units` maps a normalised unit string (model.units.normalise) to its factor. `no_unit` lists what a number without
    any unit may mean: one factor is that reading, two are both tried (low and high of the fact); empty = not readable.
    """

    id: str
    title: str
    value_set: str
    unit: str
    units: Mapping[str, UnitFactor]
    no_unit: tuple[UnitFactor, ...] = ()
    names: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    whole: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    reference_range: bool = False
    mass_codes: frozenset[str] = frozenset()
    molar_codes: frozenset[str] = frozenset()
    mass_units: frozenset[str] = frozenset()
    molar_units: frozenset[str] = frozenset()
    note_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ConditionInput:
    """A set of diagnoses. `history_counts`: "history of X" in a text means X itself (CLINICAL 4.3 rule 18, line E7)."""

    id: str
    title: str
    value_set: str
    history_counts: bool = False


@dataclass(frozen=True)
class ScoreInput:
    """DAS28, computed from same-visit components (ids of quantity inputs)."""

    id: str
    title: str
    tender: str
    swollen: str
    esr: str
    crp: str
    patient_global: str
    recorded: str
    acute_phase_days: int

    def components(self) -> tuple[str, ...]:
        """Ids of the quantity inputs that the score reads."""
        return (self.tender, self.swollen, self.esr, self.crp, self.patient_global, self.recorded)


@dataclass(frozen=True)
class AnswerInput:
    """A coded result (HBsAg, a pregnancy test), from Observations.

    `answers`: further codes (`system|code`, system short) and words of this input per answer, beside the common ones.
    `number`: what a number says: "detectable" (any is positive, `<x` below-limit), "range" (judged by its own range or
    interpretation) or "unreadable".
    """

    id: str
    title: str
    value_set: str
    names: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    number: str = "unreadable"


@dataclass(frozen=True)
class ExposureInput:
    """A set of drugs. `equivalents`: drug -> mg of the reference drug per mg; with them the doses of all are summed."""

    id: str
    title: str
    drugs: tuple[str, ...]
    equivalents: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class EventInput:
    """Something that happened once or is stated once: an allergy, a vaccination, a procedure, an adverse event.

    It is named by `drugs` or by a value set (one of the two). `severe`: only adverse events that are serious or severe.
    """

    id: str
    title: str
    types: tuple[str, ...]
    drugs: tuple[str, ...] = ()
    value_set: str = ""
    severe: bool = False


Input = QuantityInput | ConditionInput | ScoreInput | AnswerInput | ExposureInput | EventInput


@dataclass(frozen=True)
class ValueSetRow:
    """One row of a value set CSV: `match` is code, prefix, range or text; `system` loinc, snomed, icd-10, text."""

    system: str
    match: str
    value: str
    to: str = ""
    exclude: tuple[str, ...] = ()
    display: str = ""
    confidence: str = ""
    source: str = ""


@dataclass(frozen=True)
class ValueSet:
    """A named set of codes and text patterns."""

    id: str
    rows: tuple[ValueSetRow, ...]


@dataclass(frozen=True)
class Site:
    """A hospital: zone, bases, how its codes and units map. `code_maps`: (system, code) -> target codings."""

    id: str = "default"
    title: str = ""
    time_zone: str | None = None
    base_urls: tuple[str, ...] = ()
    systems: Mapping[str, str] = field(
        default_factory=dict
    )  # code system URI -> loinc | snomed | icd-10 | icd-10-cm | icd-10-cn
    code_maps: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unit_maps: Mapping[str, str] = field(default_factory=dict)  # normalised local text -> accepted unit
    absent_types: frozenset[str] = frozenset()
    studies: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # trial id -> `ResearchStudy/<id>` at this site


@dataclass(frozen=True)
class Drug:
    """A drug and how records name it: rows of system rxnorm, atc (code | prefix) and text (text | stem)."""

    id: str
    title: str
    rows: tuple[ValueSetRow, ...]


@dataclass(frozen=True)
class MedicationWords:
    """How medication records say route, stop reason, timing and dose; codes are `system|code`, system short.

    `routes` and `stop_reasons`: name -> codes and words. `timing`: FHIR timing code -> times a day.
    `dose_units`: normalised unit -> mg. `countable`: units such as tablet, that need a strength.
    """

    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop_reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timing: Mapping[str, Fraction] = field(default_factory=dict)
    dose_units: Mapping[str, Fraction] = field(default_factory=dict)
    countable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Definitions:
    """Everything the engines need to know that is not data: read once, never changed."""

    inputs: Mapping[str, Input]
    value_sets: Mapping[str, ValueSet]
    site: Site
    views: Mapping[str, Mapping[str, object]]  # name -> ViewDefinition JSON
    words: Mapping[str, tuple[str, ...]]  # hedge | negation | family | history | juvenile | ... -> words
    drugs: Mapping[str, Drug] = field(default_factory=dict)
    medication: MedicationWords = field(default_factory=MedicationWords)
    answers: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # positive | negative | indeterminate -> codes, words
