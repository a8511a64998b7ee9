"""Owns asking for the names of patients, which stand in the input of the run and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer

from fhir_adapter.cli.console import Terminal
from fhir_adapter.errors import LandingError
from fhir_adapter.model.identities import Identity

IdsOnly = Annotated[
    bool, typer.Option("--ids-only", help="Leave names and record numbers out; only ids are shown.")
]
NOBODY = Identity()


def read_names(
    out: Path, subjects: Collection[str], terminal: Terminal, *, ids_only: bool
) -> Mapping[str, Identity]:
    """By `Patient/id`; empty, with a note, where the input of the run can no longer be read: ids then stand alone."""
    if ids_only or not subjects:
        return {}
    # The engines take a moment to import, which `list --ids-only` need not wait for.
    from fhir_adapter import workflows

    try:
        return workflows.identities(out, subjects)
    except (LandingError, OSError):
        terminal.note("The input of this run is no longer where it was: patients are shown by their ids.")
        return {}
