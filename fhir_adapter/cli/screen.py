"""Owns `screen`: run a screening, then say how it went and what to do next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, terminal_of
from fhir_adapter.cli.funnel import funnel_document, show_funnel, show_limits
from fhir_adapter.cli.options import (
    DEFAULT_OUT,
    AsJson,
    AsOfOption,
    DefinitionFolders,
    SiteOption,
    definition_folders,
)
from fhir_adapter.cli.protocol import protocol_of
from fhir_adapter.report.out_folder import OutFolder

if TYPE_CHECKING:
    from fhir_adapter.workflows import ScreenRequest, ScreenSummary


def screen(
    context: typer.Context,
    input_folder: Annotated[Path, typer.Option("--input", metavar="DIR", help="The folder of FHIR files.")],
    trial: Annotated[str, typer.Option("--trial", metavar="TRIAL", help="The trial: a folder in trials/.")],
    site: SiteOption = None,
    as_of: AsOfOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to.")] = DEFAULT_OUT,
    engine: Annotated[str, typer.Option("--engine", metavar="duckdb|reference")] = "duckdb",
    memory: Annotated[str, typer.Option("--memory", help="How much memory the engine may use.")] = "1GB",
    definitions: DefinitionFolders = None,
    as_json: AsJson = False,
) -> None:
    """Answer every protocol line for every patient of a folder of FHIR files."""
    from fhir_adapter.workflows import ScreenRequest

    terminal = terminal_of(context)
    request = ScreenRequest(
        input=input_folder,
        trial=trial,
        out=out,
        site=site,
        as_of=as_of,
        engine=engine,
        memory=memory,
        definitions=definition_folders(definitions),
    )
    summary = run_screen(terminal, request)
    written = OutFolder(out)
    if as_json:
        terminal.json(screening_document(terminal, written, summary))
        return
    show_screening(terminal, written, summary)
    _show_next(terminal, out)


def run_screen(terminal: Terminal, request: ScreenRequest) -> ScreenSummary:
    """Screen with progress on stderr."""
    # The engines take a moment to import, which `list` and `explain` need not wait for.
    from fhir_adapter import workflows

    with terminal.progress() as tell:
        return workflows.screen(request, progress=tell)


def screening_document(terminal: Terminal, out: OutFolder, summary: ScreenSummary) -> dict[str, object]:
    """The result of `screen` for --json."""
    lines = funnel_document(out.tallies(), protocol_of(out.run, terminal))
    return {**asdict(summary), "out": str(summary.out), "lines": lines}


def show_screening(terminal: Terminal, out: OutFolder, summary: ScreenSummary) -> None:
    """The funnel, the totals and the limits of a screening."""
    show_funnel(terminal, out, out.tallies(), protocol_of(out.run, terminal))
    show_limits(terminal, summary.problems, out.not_built())


def _show_next(terminal: Terminal, out: Path) -> None:
    terminal.show(
        "",
        f"Written to {out}. Next:",
        f"  fhir-adapter list --out {out} --verdict undetermined    who, and what is missing",
        f"  fhir-adapter list --out {out} --to list.html            the same as pages, or .xlsx or .csv",
        f"  fhir-adapter funnel --out {out}                         who is left after each line",
        f"  fhir-adapter show PATIENT --out {out} --why             one patient, with the records that decided",
        f"  fhir-adapter map coverage --out {out}                   codes and units that nobody has mapped",
    )
