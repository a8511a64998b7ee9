"""Owns asking for the explanation of one patient, which is computed from the input of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fhir_adapter.cli.console import Terminal
from fhir_adapter.errors import DefinitionError, LandingError

if TYPE_CHECKING:
    from fhir_adapter.screening import SubjectExplanation


def read_explanation(out: Path, subject: str, terminal: Terminal) -> SubjectExplanation | None:
    """None, with a note, where the input or the definitions of the run have gone: the answers then stand alone."""
    # The engines take a moment to import, which `show` without --why need not wait for.
    from fhir_adapter import workflows

    try:
        with terminal.progress() as tell:
            return workflows.explain_subject(out, subject, progress=tell)
    except LandingError:
        terminal.note("The input of this run is no longer where it was: the records cannot be quoted.")
    except DefinitionError:
        terminal.note("Without the definitions of this run its records cannot be read: none is quoted.")
    return None
