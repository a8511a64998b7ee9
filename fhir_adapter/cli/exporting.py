"""Owns `list --to`: the list as a file for people, in the form its name or --format asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from fhir_adapter.cli.console import Terminal
from fhir_adapter.cli.names import NOBODY, read_names
from fhir_adapter.cli.protocol import protocol_of
from fhir_adapter.errors import UsageError
from fhir_adapter.model.dates import local_day
from fhir_adapter.report.attrition import HEADER, attrition
from fhir_adapter.report.columns import Cell, cells
from fhir_adapter.report.document import Document, write_html
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.patient_page import Person
from fhir_adapter.report.records import Run, Wanted
from fhir_adapter.report.sheets import write_csv, write_xlsx
from fhir_adapter.report.words import Words

PAGES_AT_MOST = 500


class Format(StrEnum):
    """What `list` writes."""

    TABLE = "table"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"


def format_of(asked: Format | None, to: Path | None) -> Format:
    """The form that was asked for, else the one that the file's name says."""
    if to is None:
        if asked not in (None, Format.TABLE):
            raise UsageError(
                f"--format {asked} needs --to FILE: the list names patients, so it is not printed."
            )
        return Format.TABLE
    ending = to.suffix.lower().removeprefix(".")
    if asked is None and ending in (Format.CSV, Format.XLSX, Format.HTML):
        return Format(ending)
    if asked in (None, Format.TABLE):
        raise UsageError(f"--to {to}: name a .csv, .xlsx or .html file, or say --format csv|xlsx|html.")
    return asked


class Export:
    """One list on its way to a file."""

    def __init__(self, terminal: Terminal, out: OutFolder, *, ids_only: bool = False) -> None:
        self._terminal = terminal
        self._out = out
        self._ids_only = ids_only
        self._words = words_of(out.run, terminal)

    def write(
        self, to: Path, form: Format, wanted: Wanted, limit: int | None, *, everybody: bool = False
    ) -> int:
        """Write it; returns how many patients are in it."""
        if to.resolve().is_relative_to(self._out.run.input.resolve()):
            raise UsageError(f"--to {to} lies inside the input of the run: name a file elsewhere.")
        if form is Format.HTML:
            return self._html(to, wanted, limit, everybody=everybody)
        rows = self._rows(wanted, limit)
        if form is Format.CSV:
            return write_csv(to, rows)
        steps = [step.cells() for step in attrition(self._out.attrition(), self._words)]
        return write_xlsx(to, rows, [HEADER, *steps], self._about())

    def _html(self, to: Path, wanted: Wanted, limit: int | None, *, everybody: bool) -> int:
        shown = "Patients are in the order of the work: nearest to eligible first."
        if wanted == Wanted() and not everybody:
            wanted = replace(wanted, without_ineligible=True)
            shown += " Ineligible ones are counted in the funnel and have no page here."
        elif wanted != Wanted():
            shown += " Only those who fit the filters of the command are here."
        total = self._out.count(wanted)
        if total > PAGES_AT_MOST and limit is None and not everybody:
            raise UsageError(
                f"{total} patients would get a page each: narrow the list (--verdict, --missing, --criterion), "
                f"take the first ones (--limit {PAGES_AT_MOST}), or say --all."
            )
        if limit is not None and limit < total:
            shown += f" The first {limit} of {total} are here."
        run = self._out.run
        document = Document(
            run=run,
            words=self._words,
            steps=attrition(self._out.attrition(), self._words),
            not_built=self._out.not_built(),
            shown=shown,
            today=today_of(run),
        )
        names = read_names(
            self._out.folder, self._out.subjects(wanted, limit), self._terminal, ids_only=self._ids_only
        )

        def people() -> Iterator[Person]:
            for number, dossier in enumerate(self._out.dossiers(wanted, limit), start=1):
                yield Person(number, dossier, names.get(dossier.listed.result.subject, NOBODY))

        return write_html(to, document, people)

    def _rows(self, wanted: Wanted, limit: int | None) -> Iterator[dict[str, Cell]]:
        subjects = self._out.subjects(wanted, limit)
        names = read_names(self._out.folder, subjects, self._terminal, ids_only=self._ids_only)
        for dossier in self._out.dossiers(wanted, limit):
            yield cells(dossier, names.get(dossier.listed.result.subject, NOBODY), self._words)

    def _about(self) -> dict[str, Cell]:
        run = self._out.run
        title = self._words.trial.title if self._words.trial else run.trial
        problems = [f"{kind}: {problem}" for kind, problem in run.types.items() if problem]
        return {
            "trial": title,
            "protocol file version": run.trial_version,
            "as of": run.as_of,
            "time zone": run.zone,
            "hospital": run.site,
            **{name: float(count) for name, count in run.subjects.items()},
            "insufficient data": "\n".join(problems),
            "not built yet": ", ".join(self._out.not_built()),
            "note": "This list holds patients' data. It is no medical device: a person decides about every patient.",
        }


def words_of(run: Run, terminal: Terminal) -> Words:
    """The words of a run; ids stand for themselves where its definitions have gone."""
    protocol = protocol_of(run, terminal)
    return Words(protocol.trial, protocol.definitions) if protocol else Words()


def today_of(run: Run) -> date:
    """The local date as of which was screened."""
    return local_day(run.index, ZoneInfo(run.zone))
