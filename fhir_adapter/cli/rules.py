"""Owns a trial's rows in readable English, for `explain`."""

from __future__ import annotations

from dataclasses import replace

from fhir_adapter.cli.clauses import Inputs, clause
from fhir_adapter.cli.questions import number as number
from fhir_adapter.model.criteria import Part, ReviewRow, Row


def part_rows(part: Part, inputs: Inputs) -> tuple[str, ...]:
    """The rows of a part in order, then what happens if none applies."""
    rows = [row_text(row, inputs) for row in part.rows]
    return (*rows, "UNKNOWN if no row applies")


def review_rows(part: Part, inputs: Inputs) -> tuple[str, ...]:
    """When a person must look, whatever the answer is."""
    return tuple(_review_text(row, inputs) for row in part.review)


def row_text(row: Row, inputs: Inputs) -> str:
    """`TRUE if the latest platelets of the last 28 days is below 80 10*9/L`."""
    reason = f" ({row.reason})" if row.reason else ""
    return f"{row.then.upper()}{reason} if {clause(row.when, inputs)}"


def _review_text(row: ReviewRow, inputs: Inputs) -> str:
    # Which variant comes first is said by the rows of the rule.
    when = replace(row.when, variants=())
    return f"if {clause(when, inputs)}: “{row.note}”"
