"""Owns the small records that the pure readers of model/ return: intervals, readings of values, ranges, concepts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Coding:
    """FHIR Coding, as sent."""

    system: str | None
    code: str | None
    display: str | None = None


@dataclass(frozen=True)
class Interval:
    """Instants in microseconds since the epoch, both included; None is unbounded."""

    low: int | None
    high: int | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawValue:
    """value[x] of a result as text: exactly what stands in the JSON, numbers in their own spelling."""

    quantity: str | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    string: str | None = None
    integer: str | None = None
    range_low: str | None = None
    range_high: str | None = None
    range_low_unit: str | None = None
    range_high_unit: str | None = None
    other: bool = False  # another value[x] is there
    absent_reason: bool = False  # dataAbsentReason is there


@dataclass(frozen=True)
class ValueReading:
    """A value in the canonical unit as an interval, or the problem why there is none.

    `factor_key` names the unit that was used, so that a reference range without unit is read alike.
    """

    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    problem: str | None
    flags: tuple[str, ...] = ()
    unit_used: str | None = None


@dataclass(frozen=True)
class RawRange:
    """One Observation.referenceRange as text."""

    low: str | None = None
    low_unit: str | None = None
    high: str | None = None
    high_unit: str | None = None
    type_codes: tuple[str, ...] = ()
    applies_to: tuple[Coding, ...] = ()
    applies_text: tuple[str, ...] = ()
    age_low: str | None = None
    age_low_unit: str | None = None
    age_high: str | None = None
    age_high_unit: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class RangeReading:
    """Lower limits and upper limits of normal in the canonical unit; *_high differs where several ranges are left."""

    lln: float | None
    lln_high: float | None
    uln: float | None
    uln_high: float | None


@dataclass(frozen=True)
class ConceptReading:
    """What a diagnosis (codings after site mapping, and text) means.

    `inputs`: (condition input, provisional) pairs. `mapped` False: the concept proves nothing, silence is broken.
    """

    inputs: tuple[tuple[str, bool], ...]
    mapped: bool
    provisional: bool = False
