"""Owns the attrition as rows: line by line, in protocol order, who left first there and who is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fhir_adapter.report.records import Step
from fhir_adapter.report.words import Words

HEADER: Final = ("line", "kind", "protocol", "out here", "remaining", "unknown of these")


@dataclass(frozen=True)
class Attrition:
    """A step with the protocol's words; `kind` and `text` are "" where they are not known."""

    line: str
    kind: str
    text: str
    out: int
    unknown: int
    remaining: int

    def cells(self) -> tuple[str | float | None, ...]:
        return self.line, self.kind, self.text, self.out, self.remaining, self.unknown


def steps_sql(verdicts: str, subjects: str) -> str:
    """Line, turn, how many left first there, of how many of those who stayed it is unknown; "" are the deceased."""
    return f"""WITH gone AS MATERIALIZED (SELECT subject, blocked_by[1] AS line FROM {subjects}),
        answer AS (SELECT *, row_number() OVER () AS row FROM {verdicts}),
        place AS MATERIALIZED (SELECT criterion AS line, min(row) AS turn FROM answer GROUP BY criterion),
        open AS (SELECT a.criterion AS line, count(*) AS n FROM answer a JOIN place here ON here.line = a.criterion
          JOIN gone g ON g.subject = a.subject LEFT JOIN place there ON there.line = g.line
          WHERE a.truth = 'unknown' AND (g.line IS NULL OR there.turn > here.turn) GROUP BY a.criterion)
        SELECT '', 0, count(*), 0 FROM gone WHERE line IS NOT NULL AND line NOT IN (SELECT line FROM place)
        UNION ALL
        SELECT p.line, p.turn, (SELECT count(*) FROM gone g WHERE g.line = p.line), coalesce(o.n, 0)
        FROM place p LEFT JOIN open o ON o.line = p.line ORDER BY 2"""


def attrition(steps: Sequence[Step], words: Words) -> tuple[Attrition, ...]:
    """The steps of eligibility; a rule of discontinuation is none. Nobody has died: that step is left out."""
    return tuple(
        _named(step, words)
        for step in steps
        if (step.out if step.criterion is None else words.counts(step.criterion))
    )


def _named(step: Step, words: Words) -> Attrition:
    line = words.line(step.criterion) if step.criterion else None
    text = line.text if line else "" if step.criterion else "has died"
    kind = str(line.kind) if line else ""
    return Attrition(
        step.criterion or "", kind, " ".join(text.split()), step.out, step.unknown, step.remaining
    )
