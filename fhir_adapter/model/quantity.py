"""Owns numbers: what value[x] of a result says, as an exact interval in the canonical unit of an input.

Everything is rational until the last step, because a double on the way flips a threshold: 80 10*3/uL must not
become 79.99999999999999 10*9/L (CLINICAL section 0.1). Contract: docs/semantics.md, section 3.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from fhir_adapter.model.inputs import QuantityInput, Site, UnitFactor
from fhir_adapter.model.readings import RawValue, ValueReading
from fhir_adapter.model.truth import NOT_A_RESULT, Reason
from fhir_adapter.model.units import accepted_unit, normalise, plain

UCUM = "http://unitsofmeasure.org"
UNIT_GUESS = "global-unit-guess"
MASS_MOLAR = "unit-conflict-mass-molar"

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
# An exponent only before a space or the end: in `10E9/L` it belongs to the unit.
_TEXT_VALUE = re.compile(
    r"(?P<sign><=|>=|[<>≤≥≦≧⩽⩾])?\s*(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+(?=\s|$))?)\s*(?P<unit>.*)",
    re.DOTALL,
)
_SIGNS = {"≤": "<=", "≦": "<=", "⩽": "<=", "≥": ">=", "≧": ">=", "⩾": ">="}
_UNIT_LIKE = re.compile(r"[A-Za-zμ%‰/×*\[{\u4e00-\u9fff]\S{0,29}")
_COMPARATORS = frozenset({"<", "<=", ">", ">="})

_Bounds = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class _Stated:
    """What was sent: the numbers as written; None is a side on which nothing was stated."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


def read_number(text: str) -> Decimal | None:
    """The shortest decimal of the double that a JSON number denotes; None: no JSON number, or not finite."""
    if not _JSON_NUMBER.fullmatch(text):
        return None
    number = float(text)
    return Decimal(repr(number)) if math.isfinite(number) else None


def convert(number: Decimal, factor: UnitFactor) -> float:
    """The double nearest to the exact number x factor + offset; OverflowError where there is none."""
    return float(_exact(number, factor))


def read_value(
    raw: RawValue, of: QuantityInput, site: Site, code_property: str | None = None
) -> ValueReading:
    """A value in the unit `of.unit` as an interval, or the problem why there is none; never raises.

    Source: docs/semantics.md, section 3; of several value[x] the first of quantity, integer, string, range
    counts. `code_property` is what the result's code measures, "mass" or "molar": a unit of the other kind
    wins, flagged.
    """
    stated_something = any(
        part is not None for part in (raw.quantity, raw.integer, raw.string, raw.range_low, raw.range_high)
    )
    if raw.other or (stated_something and raw.absent_reason):
        return _problem(Reason.UNREADABLE_VALUE)
    if not stated_something:
        return _problem(NOT_A_RESULT)
    if raw.quantity is not None:
        reading = _read_quantity(raw.quantity, raw, of, site)
    elif raw.integer is not None:
        number = read_number(raw.integer) if _INTEGER.fullmatch(raw.integer) else None
        reading = _in_unit(_state(number, None), None, of)
    elif raw.string is not None:
        reading = _read_string(raw.string, of, site)
    else:
        reading = _read_range(raw, of, site)
    return _flag_mass_molar(reading, of, code_property)


def _read_quantity(number: str, raw: RawValue, of: QuantityInput, site: Site) -> ValueReading:
    stated = _state(read_number(number), raw.comparator)
    if stated is None:
        return _problem(Reason.UNREADABLE_VALUE)
    text, code = _absent_if_blank(raw.unit), _absent_if_blank(raw.code)
    if text is None and code is None:
        return _in_unit(stated, None, of)
    unit = _quantity_unit(text, code, raw.system == UCUM, of, site)
    return _in_unit(stated, unit, of) if unit is not None else _problem(Reason.UNIT_NOT_CONVERTIBLE)


def _quantity_unit(
    text: str | None, code: str | None, is_ucum: bool, of: QuantityInput, site: Site
) -> str | None:
    """The accepted unit of a Quantity; None: unknown, or code and text convert differently."""
    text_unit = accepted_unit(text, of, site) if text is not None else None
    if not is_ucum:
        # Only a UCUM code is more reliable than the printed unit; another code is a text like any other.
        return text_unit if text is not None else accepted_unit(code, of, site)
    if code is None:
        return text_unit
    unit = accepted_unit(code, of, site)
    if unit is not None and text_unit is not None and not _same(of.units[unit], of.units[text_unit]):
        return None
    return unit


def _read_string(text: str, of: QuantityInput, site: Site) -> ValueReading:
    match = _TEXT_VALUE.fullmatch(plain(text))
    if match is None:
        return _problem(Reason.UNREADABLE_VALUE)
    sign = match["sign"]
    stated = _state(read_number(match["number"]), _SIGNS.get(sign, sign) if sign else None)
    if stated is None:
        return _problem(Reason.UNREADABLE_VALUE)
    if not match["unit"]:
        return _in_unit(stated, None, of)
    unit = accepted_unit(match["unit"], of, site)
    if unit is not None:
        return _in_unit(stated, unit, of)
    # `5 foo` has an unknown unit; `5-10`, `5 mg/L H` have something left over.
    unit_like = _UNIT_LIKE.fullmatch(match["unit"])
    return _problem(Reason.UNIT_NOT_CONVERTIBLE if unit_like else Reason.UNREADABLE_VALUE)


def _read_range(raw: RawValue, of: QuantityInput, site: Site) -> ValueReading:
    low, high = (read_number(text) if text is not None else None for text in (raw.range_low, raw.range_high))
    if (low is None) != (raw.range_low is None) or (high is None) != (raw.range_high is None):
        return _problem(Reason.UNREADABLE_VALUE)
    low_text, high_text = _absent_if_blank(raw.range_low_unit), _absent_if_blank(raw.range_high_unit)
    if low_text is None and high_text is None:
        return _in_unit(_Stated(low, high), None, of)
    # FHIR wants one unit on both ends; an end without one has the other's.
    low_unit = accepted_unit(low_text or high_text, of, site)
    high_unit = accepted_unit(high_text or low_text, of, site)
    if low_unit is None or high_unit is None:
        return _problem(Reason.UNIT_NOT_CONVERTIBLE)
    if not _same(of.units[low_unit], of.units[high_unit]) and low is not None and high is not None:
        return _problem(Reason.UNIT_NOT_CONVERTIBLE)
    return _in_unit(_Stated(low, high), low_unit if low is not None else high_unit, of)


def _state(number: Decimal | None, comparator: str | None) -> _Stated | None:
    """The interval that number and comparator state; None: no number, or another comparator (`ad`)."""
    if number is None or (comparator is not None and comparator not in _COMPARATORS):
        return None
    if comparator is None:
        return _Stated(number, number)
    is_open = len(comparator) == 1
    if comparator.startswith("<"):
        return _Stated(None, number, high_open=is_open)
    return _Stated(number, None, low_open=is_open)


def _in_unit(stated: _Stated | None, unit: str | None, of: QuantityInput) -> ValueReading:
    """`unit` None: sent without a unit; each meaning that the input allows and that is possible counts."""
    if stated is None:
        return _problem(Reason.UNREADABLE_VALUE)
    factors = of.no_unit if unit is None else (of.units[unit],)
    if not factors:
        return _problem(Reason.UNIT_NOT_CONVERTIBLE)
    possible = [bounds for factor in factors if (bounds := _bounds(stated, factor, of)) is not None]
    if not possible:
        return replace(_problem(Reason.UNREADABLE_VALUE), unit_used=unit)
    lows, highs = zip(*possible, strict=True)
    try:
        low = None if None in lows else float(min(lows))
        high = None if None in highs else float(max(highs))
    except OverflowError:  # beyond the largest double: no measured value
        return replace(_problem(Reason.UNREADABLE_VALUE), unit_used=unit)
    flags = (UNIT_GUESS,) if len(factors) > 1 else ()
    return ValueReading(low, high, stated.low_open, stated.high_open, None, flags, unit)


def _bounds(stated: _Stated, factor: UnitFactor, of: QuantityInput) -> _Bounds | None:
    """The stated interval in the canonical unit, exactly; None: empty, or an end of it is impossible here."""
    ends = [None if number is None else _exact(number, factor) for number in (stated.low, stated.high)]
    for number, end in zip((stated.low, stated.high), ends, strict=True):
        if number is not None and end is not None and not _possible(number, end, factor, of):
            return None
    low, high = ends
    if low is None and of.minimum is not None:
        low = Fraction(of.minimum)
    if low is not None and high is not None:
        is_point = not (stated.low_open or stated.high_open)
        if low > high or (low == high and not is_point):
            return None
    return low, high


def _possible(number: Decimal, end: Fraction, factor: UnitFactor, of: QuantityInput) -> bool:
    return not (
        (factor.maximum is not None and number > factor.maximum)
        or (of.minimum is not None and end < Fraction(of.minimum))
        or (of.maximum is not None and end > Fraction(of.maximum))
        or (of.whole and end.denominator != 1)
    )


def _flag_mass_molar(reading: ValueReading, of: QuantityInput, code_property: str | None) -> ValueReading:
    opposite = {"mass": of.molar_units, "molar": of.mass_units}.get(code_property or "", frozenset())
    if reading.problem is None and reading.unit_used in {normalise(unit) for unit in opposite}:
        return replace(reading, flags=(*reading.flags, MASS_MOLAR))
    return reading


def _exact(number: Decimal, factor: UnitFactor) -> Fraction:
    return Fraction(number) * factor.factor + factor.offset


def _same(one: UnitFactor, other: UnitFactor) -> bool:
    return (one.factor, one.offset) == (other.factor, other.offset)


def _absent_if_blank(text: str | None) -> str | None:
    return text if text is not None and normalise(text) else None


def _problem(reason: str) -> ValueReading:
    return ValueReading(None, None, False, False, str(reason))
