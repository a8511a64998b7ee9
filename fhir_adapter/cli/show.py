"""Owns `show`: one patient, line by line, with the reason in plain words and the records behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, terminal_of
from fhir_adapter.cli.evidence import quoted_values
from fhir_adapter.cli.explanation import read_explanation
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption
from fhir_adapter.cli.patient_text import (
    show_change,
    show_line,
    show_medications,
    show_not_built,
    show_scores,
    show_subject,
    show_unused,
    show_unused_elsewhere,
)
from fhir_adapter.cli.protocol import Protocol, protocol_of
from fhir_adapter.cli.unused import Unused, UnusedFact, readers_of, unused_of
from fhir_adapter.model.verdicts import Verdict
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.reasons import in_words
from fhir_adapter.report.records import Dossier, Listed
from fhir_adapter.report.words import Words

if TYPE_CHECKING:
    from fhir_adapter.screening import SubjectExplanation


@dataclass(frozen=True)
class Patient:
    """Everything about one patient; `explained` where it was asked for and the input is there."""

    dossier: Dossier
    protocol: Protocol | None
    explained: SubjectExplanation | None
    unused: Unused | None

    @property
    def verdicts(self) -> Sequence[Verdict]:
        return self.dossier.verdicts

    @property
    def words(self) -> Words:
        return Words(self.protocol.trial, self.protocol.definitions) if self.protocol else Words()

    @property
    def quotes(self) -> Mapping[str, str]:
        return self.explained.quotes if self.explained else {}

    def unused_of(self, verdict: Verdict) -> tuple[UnusedFact, ...]:
        """What was seen for one line but not used."""
        return self.unused.by_line.get(verdict.criterion, ()) if self.unused else ()


def show(
    context: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The id, or Patient/id.")],
    out: OutFolderOption = DEFAULT_OUT,
    why: Annotated[
        bool, typer.Option("--why", help="Quote the records, and show what was not used.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="The evidence as the raw JSON that was handed over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """One patient: every line's answer, why, and from which records."""
    terminal = terminal_of(context)
    show_patient(terminal, OutFolder(out), patient, why=why, raw=raw, as_json=as_json)


def show_patient(
    terminal: Terminal, out: OutFolder, patient: str, *, why: bool, raw: bool = False, as_json: bool = False
) -> None:
    """Write one patient's explanation."""
    found = read_patient(terminal, out, patient, why=why, quoting=why or raw)
    if as_json:
        terminal.json(_document(out, found, raw=raw))
    else:
        _show(terminal, out, found, why=why, raw=raw)


def read_patient(terminal: Terminal, out: OutFolder, patient: str, *, why: bool, quoting: bool) -> Patient:
    """One patient from an out folder; with `quoting`, the records from its input, with `why` the unused ones too."""
    result = out.find_subject(patient)
    protocol = protocol_of(out.run, terminal)
    explained = read_explanation(out.folder, result.subject, terminal) if quoting else None
    scores = out.scores(result.subject)
    dossier = Dossier(
        Listed(result, scores[0] if scores else None, None),
        out.verdicts(result.subject),
        scores,
        out.exposures(result.subject),
    )
    unused = None
    if why and explained is not None:
        readers = readers_of(protocol, [verdict.criterion for verdict in dossier.verdicts])
        unused = unused_of(explained.facts, explained.quotes, out.run, readers)
    return Patient(dossier, protocol, explained, unused)


def _show(terminal: Terminal, out: OutFolder, found: Patient, *, why: bool, raw: bool) -> None:
    show_subject(terminal, out.run, found.dossier, found.words)
    if found.explained is not None:
        show_change(
            terminal,
            input_changed=found.explained.input_changed,
            answers_changed=found.explained.answers_changed,
        )
    for verdict in found.verdicts:
        line = found.protocol.line(verdict.criterion) if found.protocol else None
        show_line(terminal, verdict, line, found.quotes, raw=raw)
        show_unused(terminal, found.unused_of(verdict), found.quotes, raw=raw)
    show_not_built(terminal, found.verdicts)
    show_scores(terminal, found.dossier.scores, all_of_them=why)
    show_medications(terminal, found.dossier.exposures, found.words)
    if found.unused is not None:
        show_unused_elsewhere(terminal, found.unused.elsewhere, found.quotes, raw=raw)
        if not found.unused:
            terminal.show("", "Nothing was seen that could not be used.")


def _document(out: OutFolder, found: Patient, *, raw: bool) -> dict[str, object]:
    return {
        "trial": out.run.trial,
        "as_of": out.run.as_of,
        **asdict(found.dossier.listed.result),
        "input_changed": found.explained.input_changed if found.explained else None,
        "answers_changed": found.explained.answers_changed if found.explained else None,
        "lines": [_line_document(found, verdict, raw=raw) for verdict in found.verdicts],
        "scores": [{**asdict(score), "inputs": dict(score.inputs)} for score in found.dossier.scores],
        "exposures": [asdict(exposure) for exposure in found.dossier.exposures],
        "read_by_no_line": _facts(found.unused.elsewhere) if found.unused is not None else None,
    }


def _line_document(found: Patient, verdict: Verdict, *, raw: bool) -> dict[str, object]:
    line = found.protocol.line(verdict.criterion) if found.protocol else None
    return {
        **asdict(verdict),
        "kind": str(line.kind) if line else None,
        "text": line.text if line else None,
        "in_words": in_words(verdict.reason),
        "quotes": _quotes(verdict, found.quotes, raw=raw) if found.explained else None,
        "not_used": _facts(found.unused_of(verdict)) if found.unused is not None else None,
    }


def _facts(unused: Sequence[UnusedFact]) -> list[dict[str, object]]:
    return [asdict(fact) for fact in unused]


def _quotes(verdict: Verdict, quotes: Mapping[str, str], *, raw: bool) -> Mapping[str, object]:
    """By reference: the raw resource, or its deciding elements; null where the record is not there."""
    found: dict[str, object] = {}
    for reference in verdict.evidence:
        text = quotes.get(reference)
        found[reference] = None if text is None else json.loads(text) if raw else quoted_values(text)
    return found
