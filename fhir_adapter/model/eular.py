"""Owns the EULAR response: improvement and level reached of DAS28 (CLINICAL section 1.3)."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from typing import Final

LARGE_IMPROVEMENT: Final = Decimal("1.2")
SMALL_IMPROVEMENT: Final = Decimal("0.6")
LOW_ACTIVITY: Final = Decimal("3.2")
MODERATE_ACTIVITY: Final = Decimal("5.1")

_EXACT = Context(prec=100)  # the caller's context could round the difference


def eular_response(baseline: Decimal | str, reached: Decimal | str) -> str:
    """Response ("good", "moderate", "none") from DAS28 at baseline and now, both of one variant.

    Raises TypeError for a float: 4.4 - 3.2 is 1.2000000000000002 there and would be a good response. Raises
    ValueError for a text that is no number.
    """
    now = _exact(reached)
    improvement = _EXACT.subtract(_exact(baseline), now)
    if improvement <= SMALL_IMPROVEMENT:
        return "none"
    if improvement > LARGE_IMPROVEMENT:
        return "good" if now <= LOW_ACTIVITY else "moderate"
    return "moderate" if now <= MODERATE_ACTIVITY else "none"


def _exact(score: Decimal | str) -> Decimal:
    if not isinstance(score, Decimal | str):
        raise TypeError(
            f"DAS28 must be Decimal or str, not {type(score).__name__}: "
            "as binary floats 4.4 - 3.2 is above 1.2 and the response would be wrong"
        )
    try:
        number = Decimal(score)
    except InvalidOperation:
        raise ValueError(f"{score!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{score!r} is not a finite number")
    return number
