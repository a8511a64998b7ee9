"""Owns what an ICD-10 string says: WHO, CM and Chinese (CN) spellings as one normal form with its class.

Source: CLINICAL.md §2.4. The CN shape is `M06.800x071` (class M06.8, national extension 00, hospital suffix
x071) or `I10.x00x032` (a category without classes holds its place with `x`); CM has up to four characters
after the dot (`M05.79`, `Z3A.20`, `T81.4XXA`). Whatever does not parse is unmapped, never "not in the set".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CATEGORY = r"[A-Z][0-9][0-9A-Z]"
_ONE_CODE = re.compile(rf"({_CATEGORY})(?:\.([x0-9][0-9]{{0,2}}(?:x[0-9]{{3}})?|[0-9A-Z]{{1,4}}))?[*†]?")
"""A category, then after the dot the CN form or the CM/WHO form. A suffix without a dot (`I10x032`) is
refused as any dot-less code longer than a category is."""

_PAIR = re.compile(r"†?\+|†(?=.)", re.DOTALL)
_VALUE = re.compile(rf"({_CATEGORY})(?:\.[0-9A-Zx]{{1,8}})?")
_RANGE_DASH = re.compile(r"\s*[-–—]\s*")
_CLASS_LENGTH = len("M06.9")
_PLACEHOLDER = "xX"
_CATEGORY_LENGTH = len("M06")


@dataclass(frozen=True)
class IcdCode:
    """One ICD-10 code, whole: nothing of what was sent is lost but the dagger or asterisk.

    `rest` is what stands after the dot. `class_code` is the category with the first of it (`M06.900` is in
    M06.9), or the category alone where that place is empty or a placeholder (`I10.x00` and `I10` are in I10).
    """

    category: str
    rest: str
    class_code: str
    full: str


def parse_icd(code: str) -> tuple[IcdCode, ...] | None:
    """The code, or both halves of a dagger-asterisk pair (`A18.002+M01.1*`, `M05.1†J99.0*`).

    None if any part of it does not parse. One `+` at the end is the dagger of ASCII exports (`M05.1+`).
    """
    parts = _PAIR.split(code)
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
    codes = tuple(_parse_one(part) for part in parts)
    known = tuple(parsed for parsed in codes if parsed is not None)
    return known if len(known) == len(codes) else None


def _parse_one(text: str) -> IcdCode | None:
    # fullmatch: `$` would let a trailing newline through.
    found = _ONE_CODE.fullmatch(text)
    if found is None:
        return None
    category, rest = found[1], found[2] or ""
    has_class = rest != "" and rest[0] not in _PLACEHOLDER
    return IcdCode(
        category=category,
        rest=rest,
        class_code=f"{category}.{rest[0]}" if has_class else category,
        full=f"{category}.{rest}" if rest else category,
    )


def matches(code: IcdCode, value: str) -> bool:
    """Whether the code is `value` or below it: a category, a class, a longer code, or a range `A00-B99`.

    `M06.9` holds M06.9, M06.90 and M06.900; `M05` all of M05; `Z90.71` holds Z90.710. A bare `M06` is not
    below `M06.9`. Raises ValueError for a value that is none of these: it would match nothing, in silence.
    """
    bounds = _RANGE_DASH.split(value)
    if len(bounds) == 2:
        return in_range(code, bounds[0], bounds[1])
    _check_value(value)
    return _cut(code, value) == value


def is_exactly(code: IcdCode, value: str) -> bool:
    """Whether the code means `value` itself: that class with its national extensions, or that whole code.

    `M06.9` is M06.900 too, but `M06` is only the unspecific M06 or M06.x00, never M06.1.
    """
    _check_value(value)
    return value in (code.class_code, code.full)


def in_range(code: IcdCode, low: str, high: str) -> bool:
    """Whether the code lies in `low`..`high`, both included with everything below them.

    Categories compare categories (`A00`-`B99`), classes classes (`M46.2`-`M46.5`). A bare M46 is in no range
    of its classes. Raises ValueError as `matches` does, and for a range that runs backwards.
    """
    _check_value(low)
    _check_value(high)
    if low[:_CATEGORY_LENGTH] > high[:_CATEGORY_LENGTH] or (len(low) == len(high) and low > high):
        raise ValueError(f"ICD-10 range {low}-{high} runs backwards")
    key_low, key_high = _cut(code, low), _cut(code, high)
    # A key shorter than its bound is less specific: it lies inside only if everything below it does.
    reaches_low = key_low >= low
    reaches_high = key_high <= high if len(key_high) == len(high) else key_high < high[: len(key_high)]
    return reaches_low and reaches_high


def _check_value(value: str) -> None:
    if _VALUE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not an ICD-10 category, class or code")


def _cut(code: IcdCode, value: str) -> str:
    """The code at the precision of `value`: a class is compared with a class, never with a CN extension."""
    if len(value) <= _CATEGORY_LENGTH:
        return code.category
    if len(value) == _CLASS_LENGTH and value[-1] not in _PLACEHOLDER:
        return code.class_code
    return code.full[: len(value)]
