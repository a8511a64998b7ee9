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


@dataclass(frozen=True)
class RawAmount:
    """A Quantity as text."""

    value: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class RawAnswer:
    """What a coded result says, as text; `ranges` are all its reference ranges."""

    codings: tuple[Coding, ...] = ()  # of valueCodeableConcept
    text: str | None = None  # of valueCodeableConcept
    string: str | None = None
    boolean: str | None = None  # "true" | "false"
    number: RawAmount | None = None  # valueQuantity, or valueInteger without a unit
    comparator: str | None = None
    interpretation: tuple[Coding, ...] = ()
    interpretation_texts: tuple[str, ...] = ()
    ranges: tuple[RawRange, ...] = ()
    other: bool = False  # another value[x] is there
    absent_reason: bool = False


@dataclass(frozen=True)
class AnswerReading:
    """`answer`: positive | negative | indeterminate | below-limit; or the problem (a Reason, NOT_A_RESULT)."""

    answer: str | None
    problem: str | None = None


@dataclass(frozen=True)
class RawMedication:
    """How a record names its medication; `strengths` of Medication.ingredient: (numerator, denominator)."""

    codings: tuple[Coding, ...] = ()
    texts: tuple[str, ...] = ()  # code.text, or the display of a reference that is not found
    form: tuple[Coding, ...] = ()
    form_text: str | None = None
    strengths: tuple[tuple[RawAmount, RawAmount], ...] = ()


@dataclass(frozen=True)
class DrugReading:
    """What a medication is: drugs of the catalogue (sorted), whether it is placed at all, route, strength.

    `strength`: mg per countable unit as an exact fraction's text ("5", "5/2"), if exactly one is stated.
    """

    drugs: tuple[str, ...]
    mapped: bool
    nameless: bool
    route: str | None = None  # "injection" | "none"
    strength: str | None = None


@dataclass(frozen=True)
class RawDosage:
    """One Dosage as text; `bounds`: its bounds[x] as a comparable text ("" for none)."""

    as_needed: bool = False  # asNeededBoolean true, or asNeededCodeableConcept
    frequency: str | None = None
    frequency_max: str | None = None
    period: str | None = None
    period_max: str | None = None
    period_unit: str | None = None
    days_of_week: tuple[str, ...] = ()
    times_of_day: int = 0  # how many entries timeOfDay and `when` have
    timing_codes: tuple[Coding, ...] = ()
    timing_text: str | None = None
    events: bool = False  # timing.event or timing.repeat.count is there: so many times, not so often
    route: tuple[Coding, ...] = ()
    route_text: str | None = None
    amounts: tuple[RawAmount, ...] = ()  # doseQuantity of every doseAndRate
    other_amount: bool = False  # a doseRange, a rate or an unreadable one is there
    bounds: str = ""


@dataclass(frozen=True)
class DosageReading:
    """`dose`: nanograms a day (or for one administration), None with `problem`."""

    dose: int | None
    problem: str | None
    as_needed: bool
    route: str | None  # "systemic" | "injection" | "none"; None: the dosages do not say


@dataclass(frozen=True)
class StopReading:
    """Why a medication was stopped: "intolerance", "level" or None; whether only text says so."""

    reason: str | None
    from_text: bool = False
