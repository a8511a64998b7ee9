"""Owns the values of a search parameter: lists, escapes, prefixes and what each kind of value must look like.

https://hl7.org/fhir/R4/search.html#escaping, #prefix, #number
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.intervals import Interval, interval

MOST_VALUES = 1000
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)


def split(text: str, separator: str) -> list[str]:
    """Parts of a text at separators that no backslash escapes; the escapes stay."""
    if "\\" not in text:
        return text.split(separator)
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL):
        if piece == separator:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    r"""A text without the backslashes of `\,` `\|` `\$` and `\\`."""
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def alternatives(name: str, value: str) -> list[str]:
    """The values of a comma list, still escaped; Problem 400 when one is empty or they are too many."""
    parts = split(value, ",")
    if not all(parts):
        raise Problem(400, "invalid", f"{name} has an empty value")
    if len(parts) > MOST_VALUES:
        raise Problem(400, "too-costly", f"{name} has more than {MOST_VALUES} values")
    return parts


def truth(name: str, value: str) -> bool:
    """The value of `:missing`; Problem 400 when it is neither true nor false."""
    if value not in ("true", "false"):
        raise Problem(400, "invalid", f"{name} is true or false, not {value!r}")
    return value == "true"


def prefixed_date(name: str, value: str) -> tuple[str, Interval]:
    """Prefix (eq when there is none) and interval; Problem 400 for anything else.

    A `+` that the client left unencoded arrives as a space and is refused: that is the client's mistake.
    """
    prefix, text = _prefixed(value)
    found = interval(text)
    if found is None:
        hint = "; an unencoded + arrives as a space: write %2B" if " " in text else ""
        raise Problem(400, "invalid", f"{name} has {value!r}, which is no date with a known prefix{hint}")
    return prefix, found


def prefixed_number(name: str, value: str) -> tuple[str, Decimal, Decimal]:
    """Prefix, number, and half of the range that its precision leaves open; Problem 400 for anything else.

    5.4 means 5.35 up to 5.45, and 1e2 means 95 up to 105: https://hl7.org/fhir/R4/search.html#number
    """
    prefix, text = _prefixed(value)
    try:
        number = Decimal(text)
        exponent = number.as_tuple().exponent
    except InvalidOperation:
        number, exponent = Decimal(0), "F"
    if not isinstance(exponent, int) or not text.strip() == text or "_" in text or abs(exponent) > 300:
        raise Problem(400, "invalid", f"{name} has {value!r}, which is no number with a known prefix")
    scientific = "e" in text.lower()
    return prefix, number, Decimal(5).scaleb(exponent - (2 if scientific else 1))


def listed(text: str) -> tuple[str, ...]:
    """The names in a comma list such as `_sort` or `_elements` has, without spaces and empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _prefixed(value: str) -> tuple[str, str]:
    match = _PREFIX.fullmatch(unescape(value))
    prefix, text = match.groups() if match else (None, value)
    return prefix or "eq", text
