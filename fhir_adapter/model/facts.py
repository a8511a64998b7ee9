"""Owns the shape of a fact: one eligibility input, stated once about one subject, with time and evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One row of the facts table; a fact that cannot be used stands here with its `problem`, never dropped.

    Instants are microseconds since the epoch; None is unbounded or unknown.
    """

    subject: str  # id of the canonical Patient: the survivor of a merge
    input: str  # id of the input; "condition" for every Condition, whatever it says
    kind: str  # "quantity" | "condition"
    low: float | None = None  # bounds in the canonical unit: equal for an exact value
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    unit: str | None = None
    uln: float | None = None  # lowest and highest upper limit of normal that the result states
    uln_high: float | None = None
    lln: float | None = None
    code: str | None = None  # `system|code` of the first coding
    text: str | None = None
    start_low: int | None = None  # when the result was true; the onset of a Condition
    start_high: int | None = None
    end_low: int | None = None  # the abatement of a Condition
    end_high: int | None = None
    recorded_low: int | None = None
    recorded_high: int | None = None
    issued: int | None = None
    updated: int | None = None
    certainty: str | None = None  # "confirmed" | "provisional" | "refuted" (not used)
    activity: str | None = None  # "active" | "inactive" | "remission" | "resolved"
    problem: str | None = None  # a Reason value, or NOT_A_RESULT
    answer: str | None = None  # of a coded result: positive | negative | indeterminate | below-limit
    flags: tuple[str, ...] = ()  # sorted
    source_type: str
    evidence: str
    element: str = ""  # "component[0]"; "" for the resource itself
