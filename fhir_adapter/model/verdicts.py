"""Owns what a screening answers: one Verdict per subject and protocol line, one SubjectResult per subject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fhir_adapter.model.truth import Reason, Truth


class Eligibility(StrEnum):
    """The subject's standing; `review` flags never change it (a person confirms them)."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Verdict:
    """One protocol line, answered for one subject.

    `evidence`: references with version where known. `value`/`unit`: the canonical value that decided.
    `valid_until`: first local date (ISO) on which time alone can change the answer.
    """

    subject: str  # "Patient/<id>"
    criterion: str
    truth: Truth
    reason: Reason | None
    review: bool
    value: float | None
    unit: str | None
    evidence: tuple[str, ...]
    valid_until: str | None
    notes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()  # the inputs that decided: for UNKNOWN, what is missing or unreadable


@dataclass(frozen=True)
class SubjectResult:
    """One subject, all lines together."""

    subject: str
    eligibility: Eligibility
    blocked_by: tuple[str, ...]
    missing: tuple[str, ...]
    confirm: tuple[str, ...]
    near_miss: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """A DAS28 at one visit in one variant; `value` unrounded, None where only bounds are known."""

    subject: str
    variant: str
    value: float | None
    low: float | None
    high: float | None
    effective: str  # local date of the visit
    inputs: tuple[tuple[str, float | None], ...]
    evidence: tuple[str, ...]
    flags: tuple[str, ...] = ()
