"""Owns the indices beside DAS28: CDAI, SDAI and Boolean remission (CLINICAL sections 1.2 and 1.7).

Globals are on 0 to 10 here (DAS28 has 0 to 100 mm), CRP is taken in mg/L as everywhere in this package.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from fhir_adapter.model.das28 import CATEGORIES, MAX_JOINTS, require_within

INDEX_CUTOFFS: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {"cdai": (2.8, 10.0, 22.0), "sdai": (3.3, 11.0, 26.0)}
)
"""Remission, low and moderate reach up to these, included (DAS28's remission is below its first)."""

BOOLEAN_GLOBAL_LIMIT: Final[Mapping[str, float]] = MappingProxyType({"1.0": 1.0, "2.0": 2.0})
"""Highest patient global (0 to 10) of each version of Boolean remission."""

_MG_L_PER_MG_DL = 10


def cdai(tender: float, swollen: float, patient_global: float, evaluator_global: float) -> float:
    """CDAI, 0 to 76: 28-joint counts plus both globals (0 to 10). Raises ValueError outside these ranges."""
    return float(_cdai(tender, swollen, patient_global, evaluator_global))


def sdai(tender: float, swollen: float, patient_global: float, evaluator_global: float, crp: float) -> float:
    """SDAI: CDAI plus CRP in mg/dL; `crp` is in mg/L. Raises ValueError for a component out of its range."""
    require_within("CRP (mg/L)", crp, 0, math.inf)
    return float(_cdai(tender, swollen, patient_global, evaluator_global) + _exact(crp) / _MG_L_PER_MG_DL)


def index_activity(score: float, index: str) -> str:
    """Category of an unrounded CDAI or SDAI: remission, low, moderate or high; `index` is "cdai" or "sdai".

    Raises ValueError for another index or a score that is negative or not finite.
    """
    if index not in INDEX_CUTOFFS:
        raise ValueError(f"{index!r} is not one of {', '.join(INDEX_CUTOFFS)}")
    require_within(index, score, 0, math.inf)
    return CATEGORIES[sum(score > limit for limit in INDEX_CUTOFFS[index])]


def boolean_remission(tender: float, swollen: float, crp: float, patient_global: float, version: str) -> bool:
    """ACR/EULAR Boolean remission, version "1.0" (2011) or "2.0" (2022: global up to 2).

    28-joint counts, `crp` in mg/L (limit 1 mg/dL), `patient_global` 0 to 10. Raises ValueError for a
    component out of its range or another version.
    """
    if version not in BOOLEAN_GLOBAL_LIMIT:
        raise ValueError(f"Boolean remission {version!r} is not one of {', '.join(BOOLEAN_GLOBAL_LIMIT)}")
    _require_components(tender, swollen, patient_global)
    require_within("CRP (mg/L)", crp, 0, math.inf)
    joints_quiet = tender <= 1 and swollen <= 1
    return joints_quiet and crp <= _MG_L_PER_MG_DL and patient_global <= BOOLEAN_GLOBAL_LIMIT[version]


def _cdai(tender: float, swollen: float, patient_global: float, evaluator_global: float) -> Fraction:
    _require_components(tender, swollen, patient_global)
    require_within("evaluator global", evaluator_global, 0, 10)
    return sum(map(_exact, (tender, swollen, patient_global, evaluator_global)), Fraction(0))


def _require_components(tender: float, swollen: float, patient_global: float) -> None:
    require_within("tender joints", tender, 0, MAX_JOINTS)
    require_within("swollen joints", swollen, 0, MAX_JOINTS)
    require_within("patient global", patient_global, 0, 10)


def _exact(number: float) -> Fraction:
    """Of the shortest decimal: 0.1 + 0.2 must not push a patient over a limit."""
    return Fraction(Decimal(repr(float(number))))
