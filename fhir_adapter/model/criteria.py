"""Owns the shape of a trial: lines in protocol order, their parts, rows and conditions (see docs/semantics.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fhir_adapter.model.truth import Reason, Truth


class LineKind(StrEnum):
    """Which way a line points; a discontinuation rule is proposed, never part of eligibility."""

    INCLUSION = "inclusion"
    EXCLUSION = "exclusion"
    DISCONTINUATION = "discontinuation"


class Verb(StrEnum):
    """The closed list of verbs a row may use: one small function each in every engine."""

    LATEST = "latest"
    SCORE = "score"
    PRESENT = "present"
    ABSENT = "absent"
    AGE = "age"


class Silence(StrEnum):
    """What the absence of a Condition means: a clinical decision that the trial file must take."""

    UNKNOWN = "unknown"
    FALSE = "false"
    FALSE_IF_RECORDED = "false_if_recorded"


@dataclass(frozen=True)
class Comparison:
    """One comparator of a row: operator `below above at_least at_most equals`, threshold in the canonical unit.

    With `times_uln` the threshold is a multiple of the result's own upper limit of normal.
    """

    operator: str
    threshold: float
    times_uln: bool = False


@dataclass(frozen=True)
class Condition:
    """A row's condition: a verb on an input, and the verb's keys. Keys a verb does not use keep their default."""

    verb: Verb
    input: str  # id of the input; "years" for `age`
    within_days: int | None = None
    comparisons: tuple[Comparison, ...] = ()
    activity: str = "any"  # "any" | "active"
    silence: Silence | None = None
    variants: tuple[str, ...] = ()
    three_variable_margin: float = 0.0
    # operators of review rows
    near: float | None = None
    near_by_fraction: float | None = None  # |value - near| <= near * fraction  (`by = "5 %"`)
    near_closer_than: float | None = None  # |value - near| < this             (`closer_than = 0.05`)
    flag: str | None = None  # a candidate carries this flag
    three_variables: bool = False
    variant_in: tuple[str, ...] = ()
    recorded_differs_by: float | None = None
    variants_disagree_at: float | None = None


@dataclass(frozen=True)
class Row:
    """`then` is what the part answers if `when` holds; `reason` only with then = UNKNOWN."""

    then: Truth
    when: Condition
    reason: Reason | None = None


@dataclass(frozen=True)
class ReviewRow:
    """Flags the line for a person, never changes the truth."""

    when: Condition
    note: str


@dataclass(frozen=True)
class Part:
    """An ordered decision list."""

    rows: tuple[Row, ...]
    review: tuple[ReviewRow, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One protocol line; `text` is the protocol's own wording."""

    id: str
    kind: LineKind
    text: str
    combine: str = "any"  # "any" | "all"
    parts: tuple[Part, ...] = ()
    review_always: str | None = None  # the note, if a person must always look
    built: bool = True
    reading: str = ""  # how the protocol's words are read, for `explain`

    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of the line, review rows included, in file order."""
        return tuple(
            c for part in self.parts for c in (*(r.when for r in part.rows), *(r.when for r in part.review))
        )


@dataclass(frozen=True)
class Trial:
    """A trial folder, read."""

    id: str
    title: str
    registry_id: str
    version: str
    time_zone: str
    lines: tuple[Line, ...]

    def inputs(self) -> tuple[str, ...]:
        """Ids of the inputs that the built lines read, sorted."""
        return tuple(
            sorted(
                {
                    c.input
                    for line in self.lines
                    if line.built
                    for c in line.conditions()
                    if c.verb is not Verb.AGE
                }
            )
        )
