"""Owns the funnel: how a screening went line by line, and what it means for the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from fhir_adapter.cli.console import Terminal, table
from fhir_adapter.cli.protocol import Protocol, joined, shortened
from fhir_adapter.cli.reading import OutFolder
from fhir_adapter.cli.records import Tally

_TEXT_LENGTH = 44


def funnel_document(tallies: Sequence[Tally], protocol: Protocol | None) -> list[Mapping[str, object]]:
    """The funnel for --json."""
    lines = {line.id: line for line in protocol.trial.lines} if protocol else {}
    return [
        {
            "line": tally.criterion,
            "kind": str(lines[tally.criterion].kind) if tally.criterion in lines else None,
            "text": lines[tally.criterion].text if tally.criterion in lines else None,
            "true": tally.true,
            "false": tally.false,
            "unknown": tally.unknown,
            "review": tally.review,
            "not_built": tally.not_built,
        }
        for tally in tallies
    ]


def show_funnel(
    terminal: Terminal, out: OutFolder, tallies: Sequence[Tally], protocol: Protocol | None
) -> None:
    """The table per line and the totals."""
    run = out.run
    title = f"Trial {run.trial}, as of {run.as_of}, site {run.site or '-'}, engine {run.engine}"
    rows = [
        (
            row["line"],
            row["kind"] or "",
            *(
                Text("·", style="dim") if row["not_built"] else str(row[answer])
                for answer in ("true", "false")
            ),
            "not built" if row["not_built"] else str(row["unknown"]),
            str(row["review"] or ""),
            shortened(str(row["text"] or ""), _TEXT_LENGTH),
        )
        for row in funnel_document(tallies, protocol)
    ]
    columns = ("line", "kind", "#TRUE", "#FALSE", "#UNKNOWN", "#confirm", "protocol")
    terminal.show(table(columns, [[_cell(cell) for cell in row] for row in rows], title), "")
    totals = {name: run.subjects.get(name, 0) for name in ("eligible", "ineligible", "undetermined")}
    terminal.show(
        f"{sum(totals.values())} patients: " + ", ".join(f"{n} {name}" for name, n in totals.items())
    )


def show_limits(terminal: Terminal, problems: Sequence[str], not_built: Sequence[str]) -> None:
    """What this screening cannot say, in plain words."""
    for problem in problems:
        terminal.show(f"insufficient data: {problem}")
    if not_built:
        terminal.show(
            f"Not built yet: {joined(not_built)}. These lines are UNKNOWN for everybody, "
            "so nobody can be eligible; a patient whom no line excludes is undetermined."
        )


def _cell(cell: object) -> str | Text:
    return cell if isinstance(cell, Text) else str(cell)
