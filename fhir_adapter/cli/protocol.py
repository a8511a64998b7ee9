"""Owns the trial of a run, read again from its definitions: the words beside the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_adapter.cli.console import Terminal
from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.errors import FhirAdapterError
from fhir_adapter.model.criteria import WITHOUT_INPUT, Condition, Line, Trial
from fhir_adapter.model.inputs import Definitions, ScoreInput
from fhir_adapter.report.records import Run


@dataclass(frozen=True)
class Protocol:
    """A trial and what it is read with."""

    definitions: Definitions
    trial: Trial

    def line(self, criterion: str) -> Line | None:
        """The line of that id, in any case."""
        return next((line for line in self.trial.lines if line.id.lower() == criterion.lower()), None)

    def inputs_of(self, line: Line) -> tuple[str, ...]:
        """Ids of the inputs that a line reads in the order of its rows, scores before their components."""
        found: list[str] = []
        for name in (name for condition in line.conditions() for name in _named(condition)):
            known = self.definitions.inputs.get(name)
            if known is not None:
                found += [known.id, *(known.components() if isinstance(known, ScoreInput) else ())]
        return tuple(dict.fromkeys(found))

    def lines_reading(self, input_id: str) -> tuple[str, ...]:
        """Ids of the lines that read an input, also through a score."""
        return tuple(line.id for line in self.trial.lines if input_id in self.inputs_of(line))


def _named(condition: Condition) -> tuple[str, ...]:
    """The inputs that a condition asks, then those that it compares them with."""
    asked = () if condition.verb in WITHOUT_INPUT else (condition.input,)
    return (*asked, *(name for name in (condition.score, condition.unless, *condition.after) if name))


def protocol_of(run: Run, terminal: Terminal) -> Protocol | None:
    """None, with a note, where the definitions of the run can no longer be read: answers then stand without words."""
    search = SearchPath(run.definitions)
    try:
        definitions = load_definitions(search, run.site)
        trial = load_trial(search, run.trial, definitions)
    except FhirAdapterError:
        terminal.note("The definitions of this run can no longer be read: the protocol's words are left out.")
        return None
    if trial.version != run.trial_version:
        terminal.note(
            f"The trial's files have changed since this run (version {run.trial_version}, now {trial.version})."
        )
    return Protocol(definitions, trial)


def joined(items: Iterable[str], nothing: str = "") -> str:
    """Ids in one cell."""
    return ", ".join(items) or nothing
