"""Owns DAS28: the four formulas, the activity categories and the 28 joints (CLINICAL sections 1.1, 1.2, 1.4).

Published coefficients are scaled to whole numbers: 0.56 and 0.014 have no exact double, 560 and 14 have, so a
score that is rational (ESR 1, whole roots) is the double nearest to it and lies on the right side of 3.2. The
SQL engine repeats these expressions operation by operation: another order here would differ there in the last
bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

VARIANTS: Final = ("esr4", "crp4", "esr3", "crp3")
MAX_JOINTS: Final = 28
CATEGORIES: Final = ("remission", "low", "moderate", "high")

CUTOFFS: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {
        "das28": (2.6, 3.2, 5.1),
        "das28-crp-alternative": (2.4, 2.9, 4.6),  # Fleischmann 2015; RMD Open 2017
    }
)
"""Remission is below the first, low up to the second, moderate up to the third (both included)."""

JOINTS: Final = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in (
        "shoulder",
        "elbow",
        "wrist",
        *(f"mcp_{finger}" for finger in range(1, 6)),
        *(f"pip_{finger}" for finger in range(1, 6)),  # pip_1 is the interphalangeal joint of the thumb
        "knee",
    )
)
"""The joints that are counted; feet and hips are not."""


def das28(
    variant: str, tender: float, swollen: float, acute: float, patient_global: float | None = None
) -> float:
    """DAS28, unrounded.

    `tender`, `swollen`: counts 0 to 28; `acute`: ESR in mm/h (below 1 counts as 1) or CRP in mg/L (below 0
    counts as 0), as the variant says; `patient_global`: 0 to 100 mm, needed by the four-variable forms, not
    read by the others. Source: das-score.nl. Raises ValueError for a variant, count, global or acute phase
    value that is none.
    """
    if variant not in VARIANTS:
        raise ValueError(f"{variant!r} is not one of {', '.join(VARIANTS)}")
    require_within("tender joints", tender, 0, MAX_JOINTS)
    require_within("swollen joints", swollen, 0, MAX_JOINTS)
    require_within("acute phase", acute, -math.inf, math.inf)
    e = max(float(acute), 1.0)
    crp = max(float(acute), 0.0)
    t, s = float(tender), float(swollen)
    if variant == "esr3":
        return ((560 * math.sqrt(t) + 280 * math.sqrt(s) + 700 * math.log(e)) * 108 + 16000) / 100000
    if variant == "crp3":
        return ((560 * math.sqrt(t) + 280 * math.sqrt(s) + 360 * math.log(crp + 1)) * 110 + 115000) / 100000
    if patient_global is None:
        raise ValueError(f"{variant} needs the patient global (mm)")
    require_within("patient global (mm)", patient_global, 0, 100)
    g = float(patient_global)
    if variant == "esr4":
        return (560 * math.sqrt(t) + 280 * math.sqrt(s) + 700 * math.log(e) + 14 * g) / 1000
    return (560 * math.sqrt(t) + 280 * math.sqrt(s) + 360 * math.log(crp + 1) + 14 * g + 960) / 1000


def activity(score: float, cutoffs: str) -> str:
    """Category of an unrounded score: remission, low, moderate or high (EULAR's wording: 3.2 is low).

    `cutoffs` names a row of CUTOFFS. Raises ValueError for another name or a score that is not finite.
    """
    if cutoffs not in CUTOFFS:
        raise ValueError(f"{cutoffs!r} is not one of {', '.join(CUTOFFS)}")
    require_within("score", score, -math.inf, math.inf)
    remission, low, moderate = CUTOFFS[cutoffs]
    if score < remission:
        return "remission"
    if score <= low:
        return "low"
    return "moderate" if score <= moderate else "high"


def display(score: float) -> str:
    """The score with two decimals, half up on its shortest decimal (3.205 is 3.21); never compare with it.

    Raises ValueError for a score that is not finite.
    """
    require_within("score", score, -math.inf, math.inf)
    return str(Decimal(repr(float(score))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def require_within(name: str, value: float, low: float, high: float) -> None:
    """Raises ValueError, naming the component, unless value is finite and low <= value <= high."""
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name}: {value!r} is not within {low:g} to {high:g}")
