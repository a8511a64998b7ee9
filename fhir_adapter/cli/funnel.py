"""Owns `funnel`, and how a screening went line by line: each line by itself, and in the protocol's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import typer
from rich.text import Text

from fhir_adapter.cli.console import Terminal, table, terminal_of
from fhir_adapter.cli.exporting import words_of
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption
from fhir_adapter.cli.protocol import Protocol, joined
from fhir_adapter.report.attrition import Attrition, attrition
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.records import Run, Tally
from fhir_adapter.report.words import shortened

_TEXT_LENGTH = 44
_STEP_TEXT_LENGTH = 38
_BAR = 14


def funnel(context: typer.Context, out: OutFolderOption = DEFAULT_OUT, as_json: AsJson = False) -> None:
    """The attrition: line by line, in protocol order, who leaves there first and who is left."""
    terminal, folder = terminal_of(context), OutFolder(out)
    steps = attrition(folder.attrition(), words_of(folder.run, terminal))
    if as_json:
        run = folder.run
        terminal.json(
            {
                "trial": run.trial,
                "as_of": run.as_of,
                **run.subjects,
                "steps": [asdict(step) for step in steps],
            }
        )
        return
    show_attrition(terminal, folder.run, steps)


def show_attrition(terminal: Terminal, run: Run, steps: Sequence[Attrition]) -> None:
    """From all patients down to those who are left."""
    total = sum(run.subjects.values())
    head = ("", "", "", "", str(total), "", "patients screened")
    rows = [head, *(_step(step, total) for step in steps)]
    columns = ("", "line", "kind", "#out", "#left", "#unknown", "protocol")
    terminal.show(
        table(columns, rows, f"Trial {run.trial}, as of {run.as_of}: who is left after each line", padding=1),
        "",
    )
    left = {name: run.subjects.get(name, 0) for name in ("eligible", "undetermined")}
    terminal.show(
        f"{sum(left.values())} left: " + ", ".join(f"{n} {name}" for name, n in left.items()),
        "A patient leaves at the first line that says no; unknown counts those who stay though the line is unknown.",
    )


def _step(step: Attrition, total: int) -> tuple[str, ...]:
    bar = "█" * round(_BAR * step.remaining / total) if total else ""
    counts = (str(step.out or "·"), str(step.remaining), str(step.unknown or ""))
    return bar, step.line, step.kind, *counts, shortened(step.text, _STEP_TEXT_LENGTH)


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
