"""Owns `pull`: fetch what a trial needs from a hospital's server, then say what came and what did not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, indented, table, terminal_of
from fhir_adapter.cli.options import AsJson, DefinitionFolders, definition_folders

if TYPE_CHECKING:
    from fhir_adapter.pull import PullSummary

INCOMPLETE = 1


def pull(
    context: typer.Context,
    site: Annotated[
        str,
        typer.Option(
            "--site",
            metavar="SITE",
            help="The hospital: a folder in sites/, whose site.toml names its server.",
        ),
    ],
    trial: Annotated[str, typer.Option("--trial", metavar="TRIAL", help="The trial: a folder in trials/.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder for the records.")],
    definitions: DefinitionFolders = None,
    as_json: AsJson = False,
) -> int:
    """Fetch what a trial needs from a hospital's FHIR server: exit code 0 whole, 1 incomplete, 2 unusable."""
    from fhir_adapter.pull import PullRequest
    from fhir_adapter.pull import pull as fetch

    terminal = terminal_of(context)
    request = PullRequest(site, trial, out, definition_folders(definitions))
    with terminal.progress() as tell:
        summary = fetch(request, progress=tell)
    if as_json:
        terminal.json({**asdict(summary), "out": str(out), "whole": summary.whole})
    else:
        _show(terminal, summary)
    return 0 if summary.whole else INCOMPLETE


def _counted(count: int | None) -> str:
    """Where a server does not count, nothing tells that a page or a file was lost in silence."""
    return "not said" if count is None else str(count)


def _show(terminal: Terminal, summary: PullSummary) -> None:
    rows = [
        (of.resource_type, of.state, str(of.resources), _counted(of.counted), str(of.files))
        for of in summary.types
    ]
    reasons: dict[str, list[str]] = {}
    for of in summary.types:
        if of.problem is not None:
            reasons.setdefault(of.problem, []).append(of.resource_type)
    terminal.show(table(("type", "state", "#resources", "#at the server", "#files"), rows), "")
    for problem, types in reasons.items():
        terminal.show(f"{', '.join(types)}:", indented(problem), "")
    if not summary.whole:
        terminal.show(
            "Not everything came: screening says INCOMPLETE_DATA where it matters, and nobody is found eligible by it.",
            "Pull again into a new folder when the reason is gone.",
            "",
        )
    terminal.show(
        f"{summary.requests} requests to {summary.server}, by {summary.way}. Written to {summary.out}. Next:",
        f"  fhir-adapter screen --input {summary.out} --trial {summary.trial} --site {summary.site} --out out",
    )
