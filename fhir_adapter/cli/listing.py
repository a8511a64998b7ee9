"""Owns `list`: the screening list, filtered, as a table, or as a file for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from fhir_adapter.cli.console import Terminal, terminal_of
from fhir_adapter.cli.exporting import PAGES_AT_MOST, Export, Format, format_of, words_of
from fhir_adapter.cli.list_table import Shown, show_list
from fhir_adapter.cli.names import IdsOnly, read_names
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption
from fhir_adapter.cli.protocol import Protocol, joined, protocol_of
from fhir_adapter.errors import UsageError
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.records import Listed, Wanted

_DEFAULT_LIMIT = 50
_VerdictOption = Annotated[
    Eligibility | None,
    typer.Option("--verdict", help="Only patients with this verdict.", show_choices=True),
]
_MissingOption = Annotated[
    str | None,
    typer.Option("--missing", metavar="LINE|REASON|INPUT", help="Only patients of whom this is unknown."),
]
_CriterionOption = Annotated[
    str | None,
    typer.Option("--criterion", metavar="LINE[=TRUTH]", help="Show (and filter by) one line's answer."),
]
_LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, help=f"Patients at most; default: {_DEFAULT_LIMIT} in a table, else all."),
]
_FormatOption = Annotated[
    Format | None, typer.Option("--format", help="Default: what the name of --to says, else a table.")
]
_ToOption = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write a .csv, .xlsx or .html file.")
]
_AllOption = Annotated[
    bool,
    typer.Option("--all", help=f"In HTML: ineligible patients too, and more than {PAGES_AT_MOST} pages."),
]


def list_subjects(
    context: typer.Context,
    out: OutFolderOption = DEFAULT_OUT,
    verdict: _VerdictOption = None,
    missing: _MissingOption = None,
    criterion: _CriterionOption = None,
    limit: _LimitOption = None,
    form: _FormatOption = None,
    to: _ToOption = None,
    everybody: _AllOption = False,
    ids_only: IdsOnly = False,
    as_json: AsJson = False,
) -> None:
    """The screening list: nearest to eligible first."""
    terminal, folder = terminal_of(context), OutFolder(out)
    written_as = format_of(form, to)
    wanted = _wanted(terminal, folder, verdict, missing, criterion)
    if to is not None:
        count = Export(terminal, folder, ids_only=ids_only).write(
            to, written_as, wanted, limit, everybody=everybody
        )
        if as_json:
            terminal.json({"written": str(to), "format": str(written_as), "subjects": count})
        else:
            terminal.show(f"{count} patients written to {to}.")
    elif as_json:
        found, total = folder.listed(wanted, limit)
        run, rows = folder.run, [listed_document(row) for row in found]
        terminal.json({"trial": run.trial, "as_of": run.as_of, "total": total, "subjects": rows})
    else:
        show_nearest(terminal, folder, wanted, limit or _DEFAULT_LIMIT, ids_only=ids_only)


def show_nearest(
    terminal: Terminal, folder: OutFolder, wanted: Wanted, limit: int, *, ids_only: bool = False
) -> None:
    """The beginning of the list as a table."""
    found = list(folder.dossiers(wanted, limit))
    subjects = [dossier.listed.result.subject for dossier in found]
    names = read_names(folder.folder, subjects, terminal, ids_only=ids_only)
    shown = Shown(words_of(folder.run, terminal), names, folder.not_built(), wanted.criterion)
    show_list(terminal, found, folder.count(wanted), shown)


def _wanted(
    terminal: Terminal,
    folder: OutFolder,
    verdict: Eligibility | None,
    missing: str | None,
    criterion: str | None,
) -> Wanted:
    lines = {tally.criterion.lower(): tally.criterion for tally in folder.tallies()}
    wanted = Wanted(eligibility=verdict)
    if criterion is not None:
        wanted = _by_criterion(wanted, criterion, lines)
    if missing is not None:
        wanted = _by_missing(wanted, missing, lines, protocol_of(folder.run, terminal), folder)
    return wanted


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
