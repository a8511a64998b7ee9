"""Owns `demo`: a synthetic hospital with a known truth, screened, shown and compared with that truth."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, table, terminal_of
from fhir_adapter.cli.exporting import Export, Format
from fhir_adapter.cli.listing import listed_document, show_nearest
from fhir_adapter.cli.options import AsJson
from fhir_adapter.cli.screen import run_screen, screening_document, show_screening
from fhir_adapter.cli.show import show_patient
from fhir_adapter.errors import EngineError
from fhir_adapter.model.verdicts import Eligibility
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.records import Wanted

if TYPE_CHECKING:
    from fhir_adapter.workflows import ScreenSummary

_TRIAL = "tacrolimus-ra"
_SITE = "example-hospital"
_LISTED = 15
_PAGES = 300
_PAGES_FILE = "list.html"
_DIFFERENCES_SHOWN = 10


@dataclass(frozen=True)
class Difference:
    """A subject and line whose answer is not the known one."""

    subject: str
    line: str
    expected: str
    found: str


def demo(
    context: typer.Context,
    patients: Annotated[int, typer.Option("--patients", min=1, help="How many synthetic patients.")] = 1000,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to.")] = Path(
        "demo-out"
    ),
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same hospital.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a synthetic hospital, screen it, explain one patient, and compare every answer with the known truth."""
    terminal = terminal_of(context)
    summary = _screened(terminal, patients, out, seed)
    written = OutFolder(out)
    compared, differences = compare(written, out / "truth.csv")
    if as_json:
        _write_json(terminal, written, summary, compared, differences)
    else:
        _show(terminal, written, summary, seed)
        _show_agreement(terminal, compared, differences)
        _write_pages(terminal, written)
    if differences:
        raise EngineError(
            f"{len(differences)} of {compared} answers differ from the known truth: a defect worth a report."
        )


def _screened(terminal: Terminal, patients: int, out: Path, seed: int) -> ScreenSummary:
    # The harness is no part of the product: only this command loads it.
    from fhir_adapter.testing import hospital
    from fhir_adapter.workflows import ScreenRequest

    folder = out / "hospital"
    terminal.note(f"writing {patients} synthetic patients")
    # Written twice from the same seed rather than held: a large hospital need not fit into memory.
    hospital.write_ndjson(folder, hospital.population(patients, seed=seed))
    hospital.write_truth(out / "truth.csv", hospital.population(patients, seed=seed))
    request = ScreenRequest(input=folder, trial=_TRIAL, out=out, site=_SITE, as_of=hospital.AS_OF)
    return run_screen(terminal, request)


def compare(out: OutFolder, truth: Path) -> tuple[int, list[Difference]]:
    """How many subject × line answers have a known truth, and those that are not it, reasons included."""
    answers = {(subject, line): _answer(found, reason) for subject, line, found, reason in out.answers()}
    with truth.open(encoding="utf-8", newline="") as file:
        known = [
            (row["subject"], row["line"], _answer(row["truth"], row["reason"]))
            for row in csv.DictReader(file)
        ]
    differences = [
        Difference(subject, line, expected, answers.get((subject, line), "no row"))
        for subject, line, expected in known
        if answers.get((subject, line)) != expected
    ]
    return len(known), differences


def _answer(truth: str, reason: str | None) -> str:
    return " ".join(filter(None, (truth, reason)))


def _show(terminal: Terminal, out: OutFolder, summary: ScreenSummary, seed: int) -> None:
    terminal.show(
        f"A synthetic hospital (seed {seed}) is in {summary.out}/hospital; nobody in it is real.", ""
    )
    show_screening(terminal, out, summary)
    terminal.show("")
    show_nearest(terminal, out, Wanted(), _LISTED)
    patient = _worth_showing(out)
    if patient is not None:
        terminal.show("", f"One patient: fhir-adapter show {patient} --out {summary.out} --why", "")
        show_patient(terminal, out, patient, why=True)


def _worth_showing(out: OutFolder) -> str | None:
    """An undetermined patient with a DAS28, best one of whom a line that is built is unknown too."""
    not_built = set(out.not_built())
    undetermined, _ = out.listed(Wanted(eligibility=Eligibility.UNDETERMINED), None)
    scored = [row.result for row in undetermined if row.score is not None and row.score.value is not None]
    telling = [result for result in scored if set(result.missing) - not_built]
    chosen = next(iter(telling or scored), None)
    return None if chosen is None else chosen.subject.removeprefix("Patient/")


def _show_agreement(terminal: Terminal, compared: int, differences: Sequence[Difference]) -> None:
    agreeing = compared - len(differences)
    terminal.show(
        "", f"Compared with the known truth: {agreeing} of {compared} answers (subject × line) agree."
    )
    if differences:
        rows = [(d.subject, d.line, d.expected, d.found) for d in differences[:_DIFFERENCES_SHOWN]]
        terminal.show(table(("subject", "line", "known truth", "answer"), rows, "The first that do not"))


def _write_pages(terminal: Terminal, out: OutFolder) -> None:
    """The list as people get it."""
    file = out.folder / _PAGES_FILE
    count = Export(terminal, out).write(file, Format.HTML, Wanted(), _PAGES)
    terminal.show(
        "", f"The list as pages, one for each of {count} patients: open {file.resolve()} in a browser."
    )


def _write_json(
    terminal: Terminal,
    out: OutFolder,
    summary: ScreenSummary,
    compared: int,
    differences: Sequence[Difference],
) -> None:
    found, _ = out.listed(Wanted(), _LISTED)
    terminal.json(
        {
            **screening_document(terminal, out, summary),
            "list": [listed_document(row) for row in found],
            "patient": _worth_showing(out),
            "truth": {
                "compared": compared,
                "agreeing": compared - len(differences),
                "differences": [asdict(difference) for difference in differences],
            },
        }
    )
