"""Owns `show`: one patient, line by line, with the reason in plain words and the records behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from fhir_adapter.cli.console import Terminal, terminal_of
from fhir_adapter.cli.evidence import quoted_values, read_evidence
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption
from fhir_adapter.cli.patient_text import show_line, show_not_built, show_scores, show_subject, show_unused
from fhir_adapter.cli.protocol import Protocol, protocol_of
from fhir_adapter.cli.reading import OutFolder
from fhir_adapter.cli.reasons import in_words
from fhir_adapter.cli.records import UnusedFact
from fhir_adapter.model.verdicts import Score, SubjectResult, Verdict


@dataclass(frozen=True)
class Patient:
    """Everything an out folder says about one patient; `quotes` only where they were asked for and are there."""

    result: SubjectResult
    verdicts: Sequence[Verdict]
    scores: Sequence[Score]
    unused: Sequence[UnusedFact] | None
    quotes: Mapping[str, str] | None


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
    protocol = protocol_of(out.run, terminal)
    if as_json:
        terminal.json(_document(out, found, protocol, raw=raw))
        return
    quotes = found.quotes or {}
    show_subject(terminal, out.run, found.result)
    for verdict in found.verdicts:
        line = protocol.line(verdict.criterion) if protocol else None
        show_line(terminal, verdict, line, quotes, raw=raw)
    show_not_built(terminal, found.verdicts)
    show_scores(terminal, found.scores, all_of_them=why)
    if why:
        show_unused(terminal, found.unused, quotes, out.run.zone)


def read_patient(terminal: Terminal, out: OutFolder, patient: str, *, why: bool, quoting: bool) -> Patient:
    """One patient from an out folder; with `quoting`, the evidence from its input."""
    result = out.find_subject(patient)
    verdicts, scores = out.verdicts(result.subject), out.scores(result.subject)
    unused = out.unused_facts(result.subject) if why else ()
    references = [reference for verdict in verdicts for reference in verdict.evidence]
    references += [fact.evidence for fact in unused or ()]
    return Patient(
        result=result,
        verdicts=verdicts,
        scores=scores,
        unused=unused,
        quotes=read_evidence(out.run.input, references, terminal) if quoting else None,
    )


def _document(out: OutFolder, found: Patient, protocol: Protocol | None, *, raw: bool) -> dict[str, object]:
    lines = []
    for verdict in found.verdicts:
        line = protocol.line(verdict.criterion) if protocol else None
        lines.append(
            {
                **asdict(verdict),
                "kind": str(line.kind) if line else None,
                "text": line.text if line else None,
                "in_words": in_words(verdict.reason),
                "quotes": _quotes(verdict, found.quotes, raw=raw),
            }
        )
    return {
        "trial": out.run.trial,
        "as_of": out.run.as_of,
        **asdict(found.result),
        "lines": lines,
        "scores": [{**asdict(score), "inputs": dict(score.inputs)} for score in found.scores],
        "not_used": None if found.unused is None else [asdict(fact) for fact in found.unused],
    }


def _quotes(verdict: Verdict, quotes: Mapping[str, str] | None, *, raw: bool) -> Mapping[str, object] | None:
    """By reference: the raw resource, or its deciding elements; null where the record cannot be quoted."""
    if quotes is None:
        return None
    found: dict[str, object] = {}
    for reference in verdict.evidence:
        text = quotes.get(reference)
        found[reference] = None if text is None else json.loads(text) if raw else quoted_values(text)
    return found
