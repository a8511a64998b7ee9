"""Owns numbers of coded results: detectable or not, inside or above the normal range of the same result.

Source: CLINICAL.md §4.3 rules 11 and 12. No constant decides: a number without its own range says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fhir_adapter.model.quantity import read_number
from fhir_adapter.model.readings import RawAmount, RawRange
from fhir_adapter.model.texts import fold
from fhir_adapter.model.units import normalise, plain

_SIGNS: Final = {"≤": "<=", "≦": "<=", "⩽": "<=", "≥": ">=", "≧": ">=", "⩾": ">="}
_SIGN: Final = r"(?P<sign><=|>=|[<>≤≥≦≧⩽⩾])"
_NUMBER: Final = r"(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+(?=\s|$))?)"
_POWER: Final = r"(?:\s*[×xX*]\s*10\s*\^?\s*(?P<power>[0-9]{1,2}))?"
_UNIT: Final = r"(?P<unit>(?:[A-Za-zμ%\[{/][^\s()<>]{0,29})?)"
_TEXT: Final = re.compile(rf"{_SIGN}?\s*{_NUMBER}{_POWER}\s*{_UNIT}")
_UPPER: Final = re.compile(rf"(?:{_SIGN}|0(?:\.0+)?\s*(?:--?|~|[–—―−‐〜∼至]|to))\s*{_NUMBER}\s*{_UNIT}")
_BELOW: Final = re.compile(r"[<≤≦⩽]\s*=?\s*[0-9]")
_SEXES: Final = frozenset({"male", "female", "m", "f", "男", "女", "男性", "女性", "248153007", "248152002"})


@dataclass(frozen=True)
class Measured:
    """A number as an interval; `units`: the spellings of its unit."""

    low: Decimal | None
    high: Decimal | None
    is_open: bool
    units: frozenset[str]

    def detected(self) -> set[str]:
        """Any number is something that was found; `<20` may be or not; 0 is not what a measurement says."""
        if self.low is None:
            return {"below-limit"}
        return {"positive"} if self.low > 0 or (self.low == 0 and self.is_open) else set()

    def within(self, upper: Decimal, inclusive: bool) -> str | None:
        """negative: certainly not above the limit; positive: certainly above; None: it may be either."""
        if self.high is not None and (
            self.high < upper or (self.high == upper and (inclusive or self.is_open))
        ):
            return "negative"
        if self.low is not None and (
            self.low > upper or (self.low == upper and (self.is_open or not inclusive))
        ):
            return "positive"
        return None


def measured(amount: RawAmount, comparator: str | None) -> Measured | None:
    """A quantity; None: unreadable."""
    units = frozenset(unit for text in (amount.unit, amount.code) if text and (unit := normalise(text)))
    return _interval(read_number(amount.value or ""), comparator, units)


def measured_text(text: str) -> Measured | None:
    """A text that is a number and nothing else: `<20 IU/mL`, `1.2×10^5`; None: any other."""
    match = _TEXT.fullmatch(plain(text))
    if match is None:
        return None
    number = read_number(match["number"])
    if number is not None and match["power"]:
        number = number.scaleb(int(match["power"]))
    unit = normalise(match["unit"])
    return _interval(number, match["sign"], frozenset({unit} if unit else ()))


def speaks_of_a_limit(text: str) -> bool:
    """Whether a text holds something like `<20`."""
    return _BELOW.search(plain(text)) is not None


def judged(
    number: Measured, ranges: Iterable[RawRange], without_negatives: Callable[[str], str | None]
) -> set[str]:
    """What the result's own normal ranges say of its number; both answers where they disagree.

    Only ranges that begin at nothing and end somewhere: one of 5 to 72 is that of the fourth week of pregnancy,
    and one above 1 may be where positive begins.
    """
    limits = [limit for one in ranges if (limit := _limit(one, number.units, without_negatives)) is not None]
    return {answer for limit in limits if (answer := number.within(*limit)) is not None}


def _limit(
    one: RawRange, units: frozenset[str], without_negatives: Callable[[str], str | None]
) -> tuple[Decimal, bool] | None:
    """Upper limit of normal, and whether it is normal itself."""
    if (one.type_codes and "normal" not in one.type_codes) or not _of_anybody(one):
        return None
    if one.low is None and one.high is None:
        return _limit_of_text(one.text or "", units, without_negatives)
    low, high = read_number(one.low or "0"), read_number(one.high or "")
    if low is None or high is None or low > 0 or high <= 0:
        return None
    return (high, True) if _same_unit(one.high_unit or one.low_unit or "", units) else None


def _limit_of_text(
    text: str, units: frozenset[str], without_negatives: Callable[[str], str | None]
) -> tuple[Decimal, bool] | None:
    normal = without_negatives(fold(text))
    match = _UPPER.fullmatch(normal) if normal else None
    sign = _SIGNS.get(match["sign"], match["sign"]) if match and match["sign"] else None
    if match is None or sign in (">", ">="):
        return None
    high = read_number(match["number"])
    if high is None or high <= 0 or not _same_unit(match["unit"], units):
        return None
    return high, sign != "<"


def _of_anybody(one: RawRange) -> bool:
    """For all, or for one sex: a range for the pregnant says nothing about who is pregnant."""
    named = [fold(text) for text in one.applies_text]
    named += [fold(coding.code or coding.display or "") for coding in one.applies_to]
    return all(name in _SEXES for name in named if name)


def _same_unit(text: str, units: frozenset[str]) -> bool:
    """A limit without a unit has the number's."""
    unit = normalise(text)
    return not unit or unit.casefold() in {each.casefold() for each in units}


def _interval(number: Decimal | None, comparator: str | None, units: frozenset[str]) -> Measured | None:
    sign = _SIGNS.get(comparator, comparator) if comparator else None
    if number is None or number < 0 or sign not in (None, "<", "<=", ">", ">="):
        return None
    if sign is None:
        return Measured(number, number, False, units)
    is_open = len(sign) == 1
    return (
        Measured(None, number, is_open, units)
        if sign.startswith("<")
        else Measured(number, None, is_open, units)
    )
