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
    """A set of diagnoses."""

    id: str
    title: str
    value_set: str


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


Input = QuantityInput | ConditionInput | ScoreInput


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


@dataclass(frozen=True)
class Definitions:
    """Everything the engines need to know that is not data: read once, never changed."""

    inputs: Mapping[str, Input]
    value_sets: Mapping[str, ValueSet]
    site: Site
    views: Mapping[str, Mapping[str, object]]  # name -> ViewDefinition JSON
    words: Mapping[str, tuple[str, ...]]  # hedge | negation | family | history | juvenile | ... -> words
