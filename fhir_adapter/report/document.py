"""Owns the list as one HTML file: a cover, the funnel, the list, and a page per patient; written as it is read.

The file needs nothing beside itself and runs nothing: its content security policy says so to the browser, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from fhir_adapter.model.verdicts import Eligibility
from fhir_adapter.report.attrition import Attrition
from fhir_adapter.report.files import replacing
from fhir_adapter.report.funnel_page import funnel_page
from fhir_adapter.report.markup import bullets, element, text
from fhir_adapter.report.patient_page import Person, badge, das28_text, patient_page
from fhir_adapter.report.records import Run
from fhir_adapter.report.words import Words, against, missing, worth_work

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Document:
    """What the file is about; `shown` says in words which patients have a page."""

    run: Run
    words: Words
    steps: Sequence[Attrition]
    not_built: Sequence[str]
    shown: str
    today: date


def write_html(path: Path, document: Document, people: Callable[[], Iterator[Person]]) -> int:
    """Write the file; `people` is read twice, for the list and for the pages. Returns how many there are."""
    count = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_head(document))
        file.write(_cover(document))
        file.write(funnel_page(document.steps, document.run.subjects))
        file.write(f'<section><h2>The list</h2><p class="soft small">{text(document.shown)}</p>{_LIST_HEAD}')
        for person in people():
            file.write(_row(person, document.words) + "\n")
        file.write("</tbody></table></section>\n")
        for person in people():
            count += 1
            file.write(patient_page(person, document.words, document.today) + "\n")
        file.write("</body></html>\n")
    return count


def _head(document: Document) -> str:
    style = files("fhir_adapter.report").joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>Screening list: {text(document.run.trial)}, {text(document.run.as_of)}</title>"
        f"<style>\n{style}</style></head><body>\n"
    )


def _cover(document: Document) -> str:
    run, trial = document.run, document.words.trial
    facts = (
        f"Trial {run.trial}" + (f", {trial.registry_id}" if trial and trial.registry_id else ""),
        f"protocol file version {run.trial_version}",
        f"as of {run.as_of} ({run.zone})",
        f"hospital {run.site or 'not named'}",
    )
    totals = "".join(
        element("div", element("b", str(run.subjects.get(name, 0)), class_=str(name)) + text(str(name)))
        for name in Eligibility
    )
    parts = (
        element("h1", "Screening list"),
        element("p", element("b", text(trial.title if trial else run.trial))),
        element("p", text(" · ".join(facts)), class_="soft"),
        element("div", totals, class_="totals"),
        *(element("p", text(limit), class_="limit") for limit in _limits(document)),
        element("h3", "How to read it"),
        bullets(map(text, _HOW_TO_READ)),
    )
    return element("section", "".join(parts)) + "\n"


_HOW_TO_READ = (
    "eligible: no line speaks against the patient and none is unknown. A person still looks at what is to confirm.",
    "undetermined: no line speaks against the patient, but some are unknown. The page says what is missing.",
    "ineligible: a line speaks against the patient, or the patient has died. A near miss has exactly one such line.",
    "An answer may change with time alone: “holds until” is the first day on which it can.",
    "This list holds patients' data. It is no medical device: a person decides about every patient.",
)


def _limits(document: Document) -> list[str]:
    found = [
        f"Insufficient data: {kind}: {problem}" for kind, problem in document.run.types.items() if problem
    ]
    if document.not_built:
        lines = ", ".join(document.not_built)
        found.append(
            f"Not built yet, so unknown for everybody: {lines}. Nobody can be eligible: check them by hand."
        )
    return found


_LIST_HEAD = (
    '<table class="list"><thead><tr><th>#</th><th>Patient</th><th>Verdict</th><th>Latest DAS28</th>'
    "<th>What to do</th></tr></thead><tbody>\n"
)


def _row(person: Person, words: Words) -> str:
    result, verdicts = person.dossier.listed.result, person.dossier.verdicts
    name = element("a", text(person.name), href=f"#p{person.number}")
    numbers = element("div", text(person.numbers), class_="soft small")
    items = [text(one) for one in against(words, result, verdicts)]
    if worth_work(result):
        items += [text(one) for one in missing(words, result, verdicts)]
    if result.confirm and worth_work(result):
        items.append(text(f"to confirm: {', '.join(result.confirm)}"))
    cells = (
        element("td", str(person.number), class_="number"),
        element("td", name + numbers),
        element("td", badge(result)),
        element("td", das28_text(person.dossier.listed.score), class_="small"),
        element("td", bullets(items), class_="small"),
    )
    return element("tr", "".join(cells))
