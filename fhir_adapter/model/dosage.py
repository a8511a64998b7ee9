"""Owns doses: what dosages come to per day, or for one administration, in whole nanograms.

Source: docs/semantics.md §8 (*Route*, *Dose*); CLINICAL.md §4.3 rule 24. Whatever leaves room for two readings
is DOSE_NOT_CODED: a dose that was guessed could read as a change, or hide one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from fhir_adapter.model.codes import translate
from fhir_adapter.model.inputs import Definitions, MedicationWords, Site
from fhir_adapter.model.quantity import UCUM, read_number
from fhir_adapter.model.readings import DosageReading, RawAmount, RawDosage
from fhir_adapter.model.texts import joined
from fhir_adapter.model.truth import Reason
from fhir_adapter.model.units import normalise
from fhir_adapter.model.vocabularies import vocabularies, vocabulary_of

NANOGRAMS_PER_MG: Final = 1_000_000
_MOST: Final = 10**15
"""A kilogram: more is no dose, and would not fit the engines' integers."""

_TIMING_SYSTEMS: Final = frozenset({"gtsabbreviation", "timingabbreviation"})
_DAYS: Final = {
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
    "mo": Fraction(30),
    "a": Fraction(365),
}
_WEEK: Final = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_UNREADABLE: Final = str(Reason.DOSE_NOT_CODED)


class DoseUnits:
    """Reads amounts of a drug: in mg, or in units that are counted (tablets)."""

    def __init__(self, words: MedicationWords, site: Site) -> None:
        self._site = site
        self._mg = {normalise(unit): factor for unit, factor in words.dose_units.items()}
        self._mg_folded = {unit.casefold(): factor for unit, factor in self._mg.items()}
        self._countable = {_bare(normalise(unit)) for unit in words.countable}

    def milligrams(self, amount: RawAmount) -> Fraction | None:
        """The amount in mg; None: not read, or not a mass."""
        number, unit = _number(amount.value), self._unit(amount)
        return number * unit if number is not None and isinstance(unit, Fraction) else None

    def count(self, amount: RawAmount, unit_needed: bool = True) -> Fraction | None:
        """How many of a countable unit; None: not read, or not countable."""
        number, unstated = _number(amount.value), not (_said(amount.unit) or _said(amount.code))
        return number if self._unit(amount) == "countable" or (unstated and not unit_needed) else None

    def factor(self, unit: str) -> Fraction | None:
        """mg in a unit that a text names."""
        found = self._meaning(unit, exact=False)
        return found if isinstance(found, Fraction) else None

    def spellings(self) -> Iterable[str]:
        """The units of mass as a folded text may write them."""
        return self._mg_folded.keys()

    def _unit(self, amount: RawAmount) -> Fraction | str | None:
        """mg per unit, or "countable"; None: unknown, or code and text mean different units."""
        is_ucum = amount.system == UCUM
        texts = [
            (text, exact) for text, exact in ((amount.code, is_ucum), (amount.unit, False)) if _said(text)
        ]
        meanings = [self._meaning(text or "", exact) for text, exact in texts]
        known = {meaning for meaning in meanings if meaning is not None}
        # A UCUM code that is not known is another unit; an unknown text is only another spelling.
        refused = is_ucum and _said(amount.code) and meanings[0] is None
        return known.pop() if len(known) == 1 and not refused else None

    def _meaning(self, text: str, exact: bool) -> Fraction | str | None:
        unit = normalise(text)
        unit = normalise(self._site.unit_maps.get(unit, unit))
        if unit in self._mg:
            return self._mg[unit]
        if not exact and unit.casefold() in self._mg_folded:
            return self._mg_folded[unit.casefold()]
        return "countable" if _bare(unit) in self._countable else None


class DosageReader:
    """Reads the dosages of a medication record; never raises."""

    def __init__(self, definitions: Definitions) -> None:
        self._site = definitions.site
        self._units = DoseUnits(definitions.medication, definitions.site)
        self._routes = vocabularies(definitions.medication.routes, definitions.site)
        self._timing = dict(definitions.medication.timing)

    def read(self, dosages: Sequence[RawDosage], strength: str | None) -> DosageReading:
        """The dose of a day. What is taken only as needed has none: nobody knows how much was taken."""
        reading = DosageReading(
            dose=None,
            problem=_UNREADABLE,
            as_needed=any(dosage.as_needed for dosage in dosages),
            route=next((route for dosage in dosages if (route := self._route(dosage)) is not None), None),
        )
        # Dosages of different times do not add up to one day.
        if not dosages or reading.as_needed or len({dosage.bounds for dosage in dosages}) > 1:
            return reading
        doses = [self._of_a_day(dosage, strength) for dosage in dosages]
        known = [dose for dose in doses if dose is not None]
        return _with_dose(reading, sum(known, Fraction(0)) if len(known) == len(doses) else None)

    def read_once(self, dosage: RawDosage, strength: str | None) -> DosageReading:
        """The dose of one administration; its timing says nothing."""
        reading = DosageReading(None, _UNREADABLE, dosage.as_needed, self._route(dosage))
        return _with_dose(reading, self._amount(dosage, strength))

    # -- amount

    def _of_a_day(self, dosage: RawDosage, strength: str | None) -> Fraction | None:
        amount, times = self._amount(dosage, strength), self._times_a_day(dosage)
        return amount * times if amount is not None and times is not None else None

    def _amount(self, dosage: RawDosage, strength: str | None) -> Fraction | None:
        """mg at one time; several amounts (ordered, calculated) must be the same."""
        if dosage.other_amount:
            return None
        amounts = {self._milligrams(amount, strength) for amount in dosage.amounts}
        return amounts.pop() if len(amounts) == 1 else None

    def _milligrams(self, amount: RawAmount, strength: str | None) -> Fraction | None:
        mass = self._units.milligrams(amount)
        if mass is not None:
            return mass
        count, each = self._units.count(amount), _fraction(strength)
        return count * each if count is not None and each is not None else None

    # -- timing

    def _times_a_day(self, dosage: RawDosage) -> Fraction | None:
        if dosage.events or dosage.frequency_max is not None or dosage.period_max is not None:
            return None
        coded = {
            self._timing[coding.code]
            for coding in translate(dosage.timing_codes, self._site)
            if coding.code in self._timing and vocabulary_of(coding.system, self._site) in _TIMING_SYSTEMS
        }
        repeats = (dosage.frequency, dosage.period, dosage.period_unit)
        if any(part is not None for part in repeats) or dosage.days_of_week or dosage.times_of_day:
            repeated = _repeated(dosage)
            return repeated if repeated is not None and coded <= {repeated} else None
        return coded.pop() if len(coded) == 1 else None

    # -- route

    def _route(self, dosage: RawDosage) -> str | None:
        """By code, else by text; a route that is stated but in no list is systemic."""
        codings = translate(dosage.route, self._site)
        for name in ("injection", "none"):
            if name in self._routes and any(self._routes[name].holds(coding) for coding in codings):
                return name
        text = joined((dosage.route_text, *(coding.display for coding in codings)))
        for name in ("injection", "none"):
            if name in self._routes and self._routes[name].speaks(text):
                return name
        known = any(coding.code and vocabulary_of(coding.system, self._site) for coding in codings)
        return "systemic" if text or known else None


def _repeated(dosage: RawDosage) -> Fraction | None:
    """Times a day of Timing.repeat; None: unreadable, or doubtful."""
    frequency = Fraction(1) if dosage.frequency is None else _positive(dosage.frequency)
    length = _length(dosage)
    if frequency is None or length is None:
        return None
    if dosage.times_of_day:
        # Each of the times named is one; a frequency beside them must be the same, or that of each.
        if length != 1 or frequency not in (1, dosage.times_of_day):
            return None
        frequency = Fraction(dosage.times_of_day)
    days = {day.strip().casefold() for day in dosage.days_of_week}
    if not days:
        return frequency / length
    if not days <= _WEEK:
        return None
    if length == 1:
        return frequency * Fraction(len(days), 7)
    # Once a week, on Monday: the days only say which.
    once_each = length == 7 and frequency == len(days)
    return Fraction(len(days), 7) if once_each else None


def _length(dosage: RawDosage) -> Fraction | None:
    """The period in days; a day where only days of the week or times of day are named."""
    if dosage.period is None:
        bare = dosage.period_unit is None and (dosage.times_of_day or dosage.days_of_week)
        return Fraction(1) if bare and (dosage.frequency is None or dosage.times_of_day) else None
    period, unit = _positive(dosage.period), _DAYS.get((dosage.period_unit or "").strip())
    return period * unit if period is not None and unit is not None else None


def _with_dose(reading: DosageReading, milligrams: Fraction | None) -> DosageReading:
    if milligrams is None:
        return reading
    nanograms = round(milligrams * NANOGRAMS_PER_MG)  # of a Fraction: half to even
    return reading if nanograms > _MOST else replace(reading, dose=nanograms, problem=None)


def _number(text: str | None) -> Fraction | None:
    number = read_number(text.strip()) if text else None
    return Fraction(number) if number is not None and number >= 0 else None


def _positive(text: str) -> Fraction | None:
    number = _number(text)
    return number if number else None


def _fraction(text: str | None) -> Fraction | None:
    try:
        return Fraction(text) if text else None
    except (ValueError, ZeroDivisionError):
        return None


def _bare(unit: str) -> str:
    """UCUM writes what is counted as an annotation: `{tablet}`."""
    return unit.strip("{}").casefold()


def _said(text: str | None) -> bool:
    return bool(text and text.strip())
