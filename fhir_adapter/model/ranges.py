"""Owns reference ranges: which of a result's ranges apply to the patient, and their limits in its unit.

Contract: docs/semantics.md, section 3. A range is left out only when it certainly does not apply; ranges that
then decide differently are the engine's CONFLICTING_VALUES.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from fhir_adapter.model.inputs import QuantityInput, Site, UnitFactor
from fhir_adapter.model.quantity import convert, read_number
from fhir_adapter.model.readings import Coding, RangeReading, RawRange
from fhir_adapter.model.units import accepted_unit, normalise, plain

_MALE_CODES = frozenset({"male", "248153007"})  # administrative-gender, SNOMED CT
_FEMALE_CODES = frozenset({"female", "248152002"})
_GENDER_SYSTEM = re.compile("gender|v2-0001", re.IGNORECASE)  # where M and F mean the sexes
_MALE_WORD = re.compile(r"(?<![a-z])(?:males?|man|men)(?![a-z])|^m$|男", re.IGNORECASE)
_FEMALE_WORD = re.compile(r"(?<![a-z])(?:females?|woman|women)(?![a-z])|^f$|女", re.IGNORECASE)

# Units in a year: (at most, at least). The first makes a lower age bound as low, the second an upper one as
# high as it can be, so that no patient is left out who might be inside.
_PER_YEAR = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years", "岁", "周岁", "歲", "年"), (1, 1)),
    **dict.fromkeys(("mo", "month", "months", "月", "个月", "月龄"), (12, 12)),
    **dict.fromkeys(("wk", "week", "weeks", "周"), (53, 52)),
    **dict.fromkeys(("d", "day", "days", "天", "日"), (366, 365)),
}

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_DASH = r"(?:--?|~|[–—―−‐〜∼]+|至|to)"
_PAIR = re.compile(rf"(?P<low>-?{_NUMBER})\s*{_DASH}\s*(?P<high>{_NUMBER})\s*(?P<unit>.*)")
_UPPER = re.compile(rf"(?:<=|[<≤≦⩽])\s*(?P<high>-?{_NUMBER})\s*(?P<unit>.*)")
_LOWER = re.compile(rf"(?:>=|[>≥≧⩾])\s*(?P<low>-?{_NUMBER})\s*(?P<unit>.*)")
_UPPER_WORD = re.compile(rf"(?P<high>{_NUMBER})\s*(?P<unit>.*?)\s*以下")
_LOWER_WORD = re.compile(rf"(?P<low>{_NUMBER})\s*(?P<unit>.*?)\s*以上")


def read_ranges(
    ranges: Sequence[RawRange],
    of: QuantityInput,
    site: Site,
    unit_used: str | None,
    sex: str | None,
    age_low: int | None,
    age_high: int | None,
) -> RangeReading:
    """Limits of normal in the unit `of.unit` from the ranges of one result that apply to the patient.

    `unit_used` is the unit of the value (ValueReading.unit_used), which a bound without unit has too. `sex`
    is Patient.gender; `age_low` and `age_high` bound the completed years (None: unknown). Never raises.
    """
    lowers: list[float] = []
    uppers: list[float] = []
    for one in ranges:
        if not _applies(one, sex, age_low, age_high):
            continue
        lower, upper = _limits(one, of, site, unit_used)
        lowers += [] if lower is None else [lower]
        uppers += [] if upper is None else [upper]
    return RangeReading(
        lln=min(lowers, default=None),
        lln_high=max(lowers, default=None),
        uln=min(uppers, default=None),
        uln_high=max(uppers, default=None),
    )


def _applies(one: RawRange, sex: str | None, age_low: int | None, age_high: int | None) -> bool:
    if one.type_codes and "normal" not in one.type_codes:
        return False
    sexes = _sexes(one.applies_to, one.applies_text)
    if sex in ("male", "female") and len(sexes) == 1 and sex not in sexes:
        return False
    return not _outside(one, age_low, age_high)


def _sexes(codings: Iterable[Coding], texts: Iterable[str]) -> set[str]:
    found = {sex for text in texts for sex in _sexes_of_text(text)}
    for coding in codings:
        code = (coding.code or "").casefold()
        if code in _MALE_CODES or code in _FEMALE_CODES:
            found.add("male" if code in _MALE_CODES else "female")
        elif code in ("m", "f") and (coding.system is None or _GENDER_SYSTEM.search(coding.system)):
            found.add("male" if code == "m" else "female")
        else:  # a local code: its display is all we can read
            found |= _sexes_of_text(coding.display or "")
    return found


def _sexes_of_text(text: str) -> set[str]:
    simple = plain(text)
    words = {"male": _MALE_WORD, "female": _FEMALE_WORD}
    return {sex for sex, word in words.items() if word.search(simple)}


def _outside(one: RawRange, age_low: int | None, age_high: int | None) -> bool:
    """True only if the patient, aged [age_low, age_high + 1) years, is certainly not in the range."""
    lower = _years(one.age_low, one.age_low_unit or one.age_high_unit, 0)
    upper = _years(one.age_high, one.age_high_unit or one.age_low_unit, 1)
    too_young = lower is not None and age_high is not None and age_high + 1 <= lower
    # A range to 65 includes those of 65 and a half.
    too_old = upper is not None and age_low is not None and age_low > upper
    return too_young or too_old


def _years(text: str | None, unit: str | None, side: int) -> Fraction | None:
    number = read_number(text) if text is not None else None
    per_year = _PER_YEAR.get(plain(unit or "").casefold())
    if number is None or per_year is None:
        return None
    return Fraction(number) / per_year[side]


def _limits(
    one: RawRange, of: QuantityInput, site: Site, unit_used: str | None
) -> tuple[float | None, float | None]:
    """Lower and upper limit in the canonical unit, each None where there is none or it cannot be read."""
    if one.low is None and one.high is None:
        low, high, unit = _read_text(one.text or "")
        sides = ((low, unit), (high, unit))
    else:
        sides = ((_number(one.low), one.low_unit), (_number(one.high), one.high_unit))
    lower, upper = (_limit(number, unit, of, site, unit_used) for number, unit in sides)
    if lower is not None and upper is not None and lower > upper:
        return None, None
    if upper is not None and upper <= 0:
        # 0 is what a system writes for "none"; no analyte is normal only at nothing
        return lower, None
    return lower, upper


def _limit(
    number: Decimal | None, unit: str | None, of: QuantityInput, site: Site, unit_used: str | None
) -> float | None:
    factor = _factor(unit, of, site, unit_used)
    if number is None or factor is None:
        return None
    try:
        return convert(number, factor)
    except OverflowError:
        return None


def _factor(unit: str | None, of: QuantityInput, site: Site, unit_used: str | None) -> UnitFactor | None:
    if unit is not None and normalise(unit):
        accepted = accepted_unit(unit, of, site)
        return None if accepted is None else of.units[accepted]
    if unit_used is not None:
        return of.units.get(unit_used)
    # The value had no unit either: what it means, unless that is itself a guess between two.
    return of.no_unit[0] if len(of.no_unit) == 1 else None


def _read_text(text: str) -> tuple[Decimal | None, Decimal | None, str | None]:
    """`9~50 U/L`, `<40`, `40以下` as (low, high, unit); anything else says nothing."""
    simple = plain(text)
    if simple[:1] + simple[-1:] in ("()", "[]"):
        simple = simple[1:-1].strip()
    for shape in (_PAIR, _UPPER, _LOWER, _UPPER_WORD, _LOWER_WORD):
        match = shape.fullmatch(simple)
        if match is not None:
            parts = match.groupdict()
            return _number(parts.get("low")), _number(parts.get("high")), parts["unit"] or None
    return None, None, None


def _number(text: str | None) -> Decimal | None:
    return read_number(text) if text is not None else None
