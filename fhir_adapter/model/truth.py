"""Owns three-valued logic (Kleene) and the reasons an answer can be UNKNOWN."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """The answer of a predicate; UNKNOWN is an answer, not a gap."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an answer is UNKNOWN, or why a fact cannot be used."""

    NO_RECORD = "NO_RECORD"
    TOO_OLD = "TOO_OLD"
    UNMAPPED_CODE = "UNMAPPED_CODE"
    UNIT_NOT_CONVERTIBLE = "UNIT_NOT_CONVERTIBLE"
    NO_REFERENCE_RANGE = "NO_REFERENCE_RANGE"
    PARTIAL_DATE = "PARTIAL_DATE"
    CENSORED_VALUE = "CENSORED_VALUE"
    CONFLICTING_VALUES = "CONFLICTING_VALUES"
    UNREADABLE_VALUE = "UNREADABLE_VALUE"
    PRELIMINARY = "PRELIMINARY"
    PROVISIONAL_ONLY = "PROVISIONAL_ONLY"
    NO_STATUS = "NO_STATUS"
    STALE_STATUS = "STALE_STATUS"
    COMPONENT_MISSING = "COMPONENT_MISSING"
    DOSE_NOT_CODED = "DOSE_NOT_CODED"
    SUPPLY_ENDED = "SUPPLY_ENDED"
    NEEDS_JUDGEMENT = "NEEDS_JUDGEMENT"
    INCOMPLETE_DATA = "INCOMPLETE_DATA"
    NOT_BUILT = "NOT_BUILT"


NOT_A_RESULT = "NOT_A_RESULT"
"""`problem` of a fact that is kept for the explanation but holds no result (cancelled, data absent ...)."""


def all_of(parts: Iterable[Truth]) -> Truth:
    """Kleene AND: FALSE if any part is FALSE, TRUE if all are TRUE, else UNKNOWN."""
    seen = set(parts)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def any_of(parts: Iterable[Truth]) -> Truth:
    """Kleene OR: TRUE if any part is TRUE, FALSE if all are FALSE, else UNKNOWN."""
    seen = set(parts)
    if Truth.TRUE in seen:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.FALSE


def negate(truth: Truth) -> Truth:
    """Kleene NOT."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, Truth.UNKNOWN)
