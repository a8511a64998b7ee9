"""Owns rows, parts, lines and subjects: how answers become verdicts (docs/semantics.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from fhir_adapter.engines.reference.answers import Answer, Trail, unique
from fhir_adapter.engines.reference.clock import earliest
from fhir_adapter.engines.reference.conditions import NOT_ACTIVE
from fhir_adapter.engines.reference.diagnoses import NO_VERIFICATION
from fhir_adapter.engines.reference.exposed import INTOLERANCE_DOUBTFUL, REQUESTS_ONLY, STOP_FROM_TEXT
from fhir_adapter.engines.reference.judge import ABSENT_TYPE
from fhir_adapter.engines.reference.latest import PRELIMINARY, UNMAPPED_RESULT
from fhir_adapter.engines.reference.people import Subject
from fhir_adapter.model.criteria import Condition, Line, LineKind, Part, Row, Trial
from fhir_adapter.model.truth import Reason, Truth, all_of, any_of
from fhir_adapter.model.verdicts import Eligibility, SubjectResult, Verdict

DECEASED = "deceased"
REVIEW_NOTES = frozenset(
    {
        PRELIMINARY,
        UNMAPPED_RESULT,
        NO_VERIFICATION,
        NOT_ACTIVE,
        ABSENT_TYPE,
        REQUESTS_ONLY,
        STOP_FROM_TEXT,
        INTOLERANCE_DOUBTFUL,
    }
)


@dataclass
class Inquiry:
    """Asks the conditions of one line and keeps every answer: notes and dates come from all of them."""

    ask_judge: Callable[[Condition], Answer]
    answers: list[Answer] = field(default_factory=list)

    def ask(self, condition: Condition) -> Answer:
        """The judge's answer, remembered."""
        answer = self.ask_judge(condition)
        self.answers.append(answer)
        return answer


def verdict(line: Line, subject: Subject, ask: Callable[[Condition], Answer]) -> Verdict:
    """§7: one line for one subject."""
    inquiry = Inquiry(ask)
    answers = [answer_rows(part.rows, inquiry) for part in line.parts] if line.built else [_not_built()]
    review_notes = _review(line.parts, inquiry) if line.built else []
    if line.review_always is not None:
        review_notes.append(line.review_always)
    notes = {note for answer in inquiry.answers for note in answer.notes}
    truth = (all_of if line.combine == "all" else any_of)(answer.truth for answer in answers)
    if truth is Truth.FALSE and line.review_when_false is not None:
        review_notes.append(line.review_when_false)
    deciding = [answer for answer in answers if answer.truth is truth]
    first = deciding[0]
    valid_until = earliest(answer.valid_until for answer in inquiry.answers)
    return Verdict(
        subject=subject.reference,
        criterion=line.id,
        truth=truth,
        reason=Reason(first.reason) if first.reason is not None else None,
        review=bool(review_notes) or bool(notes & REVIEW_NOTES),
        value=first.value,
        unit=first.unit,
        evidence=unique(reference for answer in deciding for reference in answer.evidence),
        valid_until=valid_until.isoformat() if valid_until is not None else None,
        notes=tuple(sorted(notes | set(review_notes))),
        about=unique(answer.about for answer in deciding if answer.about),
    )


def answer_rows(rows: Sequence[Row], inquiry: Inquiry, trails: tuple[Trail, ...] = ()) -> Answer:
    """§7: the first row that holds answers; one that may hold does if the rows after it say the same."""
    if not rows:
        return _no_row_left(trails)
    row, rest = rows[0], rows[1:]
    condition = inquiry.ask(row.when)
    if condition.truth is Truth.TRUE:
        return _answered(row, condition, trails)
    if condition.truth is Truth.FALSE:
        after = answer_rows(rest, inquiry, (*trails, condition.trail) if condition.trail else trails)
        return after if rest else replace(after, about=condition.about)
    otherwise = answer_rows(rest, inquiry, trails)
    if row.then is otherwise.truth and row.then is not Truth.UNKNOWN:
        both = unique([*condition.evidence, *otherwise.evidence])
        return replace(condition, truth=row.then, reason=None, evidence=both, notes=(), trail=None)
    return replace(condition, notes=(), trail=None)


def _answered(row: Row, condition: Answer, trails: Sequence[Trail]) -> Answer:
    """§7: what a row says that holds; where it says NO_RECORD, a trail before it knows more."""
    reason = row.reason.value if row.reason is not None else None
    answer = replace(condition, truth=row.then, reason=reason, valid_until=None, notes=(), trail=None)
    trail = _first_trail(trails) if row.reason is Reason.NO_RECORD and row.then is Truth.UNKNOWN else None
    return answer if trail is None else replace(answer, reason=trail.reason.value, evidence=trail.evidence)


def _no_row_left(trails: Sequence[Trail]) -> Answer:
    """§7: why nothing was found."""
    trail = _first_trail(trails)
    if trail is None:
        return Answer(Truth.UNKNOWN, Reason.NO_RECORD.value)
    return Answer(Truth.UNKNOWN, trail.reason.value, trail.evidence)


def _first_trail(trails: Sequence[Trail]) -> Trail | None:
    """By rank; of equal rank the first that was met."""
    ranked = (Reason.COMPONENT_MISSING, Reason.TOO_OLD)
    return next((trail for reason in ranked for trail in trails if trail.reason is reason), None)


def _not_built() -> Answer:
    return Answer(Truth.UNKNOWN, Reason.NOT_BUILT.value)


def _review(parts: Sequence[Part], inquiry: Inquiry) -> list[str]:
    """The notes of the review rows whose condition is TRUE; they flag and never change a truth."""
    return [row.note for part in parts for row in part.review if inquiry.ask(row.when).truth is Truth.TRUE]


def result(trial: Trial, subject: Subject, verdicts: Sequence[Verdict]) -> SubjectResult:
    """§7, last point: all lines of one subject together, but for those that only propose."""
    against_when = {LineKind.INCLUSION: Truth.FALSE, LineKind.EXCLUSION: Truth.TRUE}
    kinds = {line.id: line.kind for line in trial.lines}
    verdicts = [v for v in verdicts if kinds[v.criterion] is not LineKind.DISCONTINUATION]
    against = [v.criterion for v in verdicts if v.truth is against_when.get(kinds[v.criterion])]
    missing = tuple(v.criterion for v in verdicts if v.truth is Truth.UNKNOWN)
    if subject.deceased or against:
        eligibility = Eligibility.INELIGIBLE
    else:
        eligibility = Eligibility.UNDETERMINED if missing else Eligibility.ELIGIBLE
    return SubjectResult(
        subject=subject.reference,
        eligibility=eligibility,
        blocked_by=((DECEASED,) if subject.deceased else ()) + tuple(against),
        missing=missing,
        confirm=tuple(v.criterion for v in verdicts if v.review),
        near_miss=len(against) == 1 and not subject.deceased,
        flags=subject.flags,
    )
