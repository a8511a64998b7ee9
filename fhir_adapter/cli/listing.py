"""Owns `list`: the screening list, filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.cells import cell_len

from fhir_adapter.cli.console import Terminal, table, terminal_of
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption
from fhir_adapter.cli.protocol import Protocol, joined, protocol_of
from fhir_adapter.cli.reading import OutFolder
from fhir_adapter.cli.records import Listed, Wanted
from fhir_adapter.cli.rules import number
from fhir_adapter.errors import UsageError
from fhir_adapter.model.das28 import display
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility, Score, Verdict

_DEFAULT_LIMIT = 50
_WHOLE = {
    0: 36,
    1: 12,
    5: 20,
}  # column -> the length up to which its cells stay in one piece: a UUID, a verdict, a score
_SCORE_UNIT = "{score}"


def list_subjects(
    context: typer.Context,
    out: OutFolderOption = DEFAULT_OUT,
    verdict: Annotated[
        Eligibility | None,
        typer.Option("--verdict", help="Only patients with this verdict.", show_choices=True),
    ] = None,
    missing: Annotated[
        str | None,
        typer.Option("--missing", metavar="LINE|REASON|INPUT", help="Only patients of whom this is unknown."),
    ] = None,
    criterion: Annotated[
        str | None,
        typer.Option("--criterion", metavar="LINE[=TRUTH]", help="Show (and filter by) one line's answer."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help=f"Rows at most; default: {_DEFAULT_LIMIT}, with --json all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The screening list: nearest to eligible first."""
    terminal, folder = terminal_of(context), OutFolder(out)
    lines = {tally.criterion.lower(): tally.criterion for tally in folder.tallies()}
    wanted = Wanted(eligibility=verdict)
    if criterion is not None:
        wanted = _by_criterion(wanted, criterion, lines)
    if missing is not None:
        wanted = _by_missing(wanted, missing, lines, protocol_of(folder.run, terminal), folder)
    found, total = folder.listed(wanted, limit if limit is not None or as_json else _DEFAULT_LIMIT)
    if as_json:
        run = folder.run
        rows = [listed_document(row) for row in found]
        terminal.json({"trial": run.trial, "as_of": run.as_of, "total": total, "subjects": rows})
        return
    show_list(terminal, found, total, folder.not_built(), wanted.criterion)


def _by_criterion(wanted: Wanted, criterion: str, lines: Mapping[str, str]) -> Wanted:
    line, _, truth = (part.strip().lower() for part in criterion.partition("="))
    if line not in lines:
        raise UsageError(
            f"--criterion {criterion}: the lines of this screening are {joined(lines.values())}."
        )
    if truth and truth not in list(Truth):
        raise UsageError(f"--criterion {criterion}: after = comes true, false or unknown.")
    return replace(wanted, criterion=lines[line], truth=Truth(truth) if truth else None)


def _by_missing(
    wanted: Wanted, missing: str, lines: Mapping[str, str], protocol: Protocol | None, folder: OutFolder
) -> Wanted:
    if missing.lower() in lines:
        return replace(wanted, unknown_lines=(lines[missing.lower()],))
    if missing.upper() in list(Reason):
        return replace(wanted, unknown_reason=missing.upper())
    if protocol is not None and missing.lower() in protocol.definitions.inputs:
        # A verdict does not say which of its line's inputs is missing: the line is as near as the answer gets.
        return replace(wanted, unknown_lines=protocol.lines_reading(missing.lower()))
    read = (
        sorted({name for line in protocol.trial.lines for name in protocol.inputs_of(line)})
        if protocol
        else []
    )
    raise UsageError(
        f"--missing {missing}: choose a line ({joined(lines.values())}), a reason "
        f"({joined(sorted(folder.reasons()))}) or an input ({joined(read, 'not known here')})."
    )


def listed_document(row: Listed) -> dict[str, object]:
    """A row of the list for --json."""
    return {
        **asdict(row.result),
        "das28": {**asdict(row.score), "inputs": dict(row.score.inputs)} if row.score else None,
        "criterion": asdict(row.verdict) if row.verdict else None,
    }


def show_list(
    terminal: Terminal,
    found: Sequence[Listed],
    total: int,
    not_built: Sequence[str],
    criterion: str | None = None,
) -> None:
    """The list as a table; lines that are missing for everybody stand below it once, not in every row."""
    if not found:
        terminal.show("No patient matches.")
        return
    # An answer takes the place of the score: both beside a UUID are more than 100 columns.
    names = (
        "patient",
        "verdict",
        "blocked\nby",
        "missing",
        "to\nconfirm",
        criterion or "DAS28",
        "near\nmiss",
    )
    rows = [_cells(row, not_built, criterion) for row in found]
    made = table(names, rows, padding=1)
    for place, length in _WHOLE.items():
        # Half an id finds nobody; a cell that is longer than this is folded all the same.
        made.columns[place].width = min(
            length, max(map(cell_len, (names[place], *(row[place] for row in rows))))
        )
    terminal.show(made, "")
    shown = f"{len(found)} of {total} patients" if len(found) < total else f"{total} patients"
    terminal.show(shown + (" (--limit shows more)" if len(found) < total else ""))
    if not_built:
        terminal.show(f"Missing for everybody, because not built yet: {joined(not_built)}")


def _cells(row: Listed, not_built: Sequence[str], criterion: str | None) -> list[str]:
    result = row.result
    last = _answer_text(row.verdict) if criterion is not None else _score_cell(row.score)
    return [
        result.subject.removeprefix("Patient/"),
        str(result.eligibility),
        joined(result.blocked_by),
        joined(line for line in result.missing if line not in not_built),
        joined(result.confirm),
        last,
        "yes" if result.near_miss else "",
    ]


def _answer_text(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    value = value_text(verdict.value, verdict.unit) if verdict.value is not None else ""
    return " ".join(filter(None, (verdict.truth.upper(), verdict.reason, value)))


def _score_cell(score: Score | None) -> str:
    if score is None:
        return ""
    return f"{score_text(score)} {score.effective} {score.variant.removeprefix('das28-')}"


def score_text(score: Score) -> str:
    """Two decimals for the eye; a score that only has bounds shows them."""
    if score.value is not None:
        return display(score.value)
    low, high = ("?" if bound is None else display(bound) for bound in (score.low, score.high))
    return f"{low}–{high}"


def value_text(value: float, unit: str | None) -> str:
    """A value with its unit; a score with two decimals."""
    if unit == _SCORE_UNIT:
        return display(value)
    return " ".join(filter(None, (number(value), unit)))
