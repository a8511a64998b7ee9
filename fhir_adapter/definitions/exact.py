"""Owns numbers and spans of time written as text; the schemas have checked their shape."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast
from zoneinfo import ZoneInfo

from fhir_adapter.definitions.problems import Place
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.model.criteria import Span
from fhir_adapter.model.inputs import UnitFactor


def read_factor(written: object, place: Place) -> UnitFactor | None:
    """A factor as text or table; None (and a problem) if it is not exact and positive."""
    if isinstance(written, str):
        # A text stands at the unit's own key, the factor of a table below it.
        return UnitFactor(factor) if (factor := read_rational(written, place)) is not None else None
    if not conforms(written, "factor", place):
        return None
    table = cast(Mapping[str, object], written)
    factor = read_rational(table["factor"], place.at("factor"))
    if factor is None:
        return None
    maximum = table.get("maximum")
    return UnitFactor(
        factor=factor,
        offset=Fraction(str(table.get("offset", "0"))),
        maximum=None if maximum is None else Decimal(str(maximum)),
    )


def read_rational(written: object, place: Place) -> Fraction | None:
    """A positive fraction written as text, exactly; None (and a problem) if it is none."""
    if not conforms(written, "factor-text", place):
        return None
    above, _, below = str(written).partition("/")
    parts = (Fraction(above), Fraction(below or "1"))
    if 0 in parts:
        place.expected("expected a number above 0")
        return None
    return parts[0] / parts[1]


def days(window: object) -> int | None:
    """The days of `28 d`; None if no window is given."""
    return None if window is None else int(cast(str, window).split()[0])


def span(written: object) -> Span | None:
    """`28 d` or `5 y`; None if none is given."""
    if written is None:
        return None
    count, unit = str(written).split()
    return Span(int(count), unit)


def share(percent: object) -> float | None:
    """The fraction of `5 %`; None if none is given."""
    return None if percent is None else float(Fraction(cast(str, percent).rstrip(" %")) / 100)


def check_time_zone(name: object, place: Place) -> None:
    """Report a name that the zone database does not hold."""
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):  # unknown, not a relative path, a folder of the database
        place.expected("expected an IANA time zone, such as Asia/Shanghai")
