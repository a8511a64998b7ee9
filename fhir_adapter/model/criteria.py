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
    EVER = "ever"
    MEAN_OF = "mean_of"
    ANY_OF_LAST = "any_of_last"
    READINGS = "readings"
    SCORE = "score"
    PRESENT = "present"
    ABSENT = "absent"
    EVENT = "event"
    EXPOSED = "exposed"
    EXPOSED_FOR = "exposed_for"
    STOPPED_FOR = "stopped_for"
    STABLE_DOSE = "stable_dose"
    CHANGED_DOSE = "changed_dose"
    LIST_KEPT = "list_kept"
    AGE = "age"
    GENDER = "gender"
    ON_STUDY = "on_study"
    ALL = "all"
    ANY = "any"


WITHOUT_INPUT = frozenset({Verb.AGE, Verb.GENDER, Verb.LIST_KEPT, Verb.ON_STUDY, Verb.ALL, Verb.ANY})
"""Verbs whose `input` names no file in inputs/."""


class Silence(StrEnum):
    """What the absence of a Condition means: a clinical decision that the trial file must take."""

    UNKNOWN = "unknown"
    FALSE = "false"
    FALSE_IF_RECORDED = "false_if_recorded"


@dataclass(frozen=True)
class Span:
    """A length of time: `count` local days ("d") or calendar years ("y")."""

    count: int
    unit: str = "d"


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
    input: str  # id of the input; "years" for `age`, the code for `gender`, "" for verbs without an input
    within_days: int | None = None
    comparisons: tuple[Comparison, ...] = ()
    of: tuple[Condition, ...] = ()  # what `all` and `any` join
    answers: tuple[str, ...] = ()  # `is`: answers of a coded result
    how_many: int = 0  # of `mean_of`, `any_of_last`, `readings`
    activity: str = "any"  # "any" | "active" | "unresolved" | "ended"
    silence: Silence | None = None
    since: Span | None = None  # of `present`, `absent`: the onset (else recorded) lies in it
    recorded_within: Span | None = None
    ended_within: Span | None = None
    unless: str | None = None  # a Condition that is also a member of this input does not count
    stale_after_days: int | None = None
    no_status_after_days: int | None = None
    after: tuple[str, ...] = ()  # of `latest`: newer than every date of these condition inputs
    undated_counts: bool = False  # of `event`
    possible: bool = False  # of `exposed`: what may be in force counts as in force
    route: str | None = None  # of `exposed`: "injection"
    as_needed: bool = False  # of `exposed`: only as-needed use
    dose_above: float | None = None  # of `exposed`: mg a day
    days: int = 0  # of `exposed_for`: the least length of an island
    gap_days: int = 0  # of `exposed_for`: uncovered days that are bridged
    ongoing: bool = False  # of `exposed_for`: the island reaches today
    ended_within_days: int | None = None  # of `exposed_for`
    score: str | None = None  # of `exposed_for`: the score that must be found during the island
    score_after_days: int = 0  # of `exposed_for`: ... or so many days after its end
    unmapped_within_days: int | None = None  # of `list_kept`; None: ever
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

    @property
    def about(self) -> str:
        """What the condition asks for, as a verdict names it."""
        names = {
            Verb.LIST_KEPT: "medication-list",
            Verb.GENDER: "gender",
            Verb.ON_STUDY: "on-study",
        }
        return names.get(self.verb, self.input)


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
    review_when_false: str | None = None  # the note, if a person must look at FALSE
    built: bool = True
    reading: str = ""  # how the protocol's words are read, for `explain`

    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of the line, review rows included, in file order; what `all` and `any` join comes first."""
        asked = (
            c for part in self.parts for c in (*(r.when for r in part.rows), *(r.when for r in part.review))
        )
        return tuple(one for condition in asked for one in (*condition.of, condition))


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
        asked = [c for line in self.lines if line.built for c in line.conditions()]
        named = {c.input for c in asked if c.verb not in WITHOUT_INPUT}
        named |= {name for c in asked for name in (c.score, c.unless, *c.after) if name}
        return tuple(sorted(named))
