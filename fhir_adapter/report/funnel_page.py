"""Owns the funnel as a page: who is left after each line, and how many left there, in protocol order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fhir_adapter.report.attrition import Attrition
from fhir_adapter.report.markup import element, text
from fhir_adapter.report.words import shortened

_TEXT_LENGTH: Final = 100
_HOW: Final = (
    "Each patient leaves at the first line that speaks against them, in the protocol's order. A line that is unknown "
    "lets the patient stay, and is counted."
)


def funnel_page(steps: Sequence[Attrition], subjects: Mapping[str, int]) -> str:
    """One section."""
    total = sum(subjects.values())
    end = (
        f"<b>{steps[-1].remaining if steps else total}</b> left: {subjects.get('eligible', 0)} eligible, "
        f"{subjects.get('undetermined', 0)} undetermined"
    )
    rows = "".join(_rows(steps, total)) + element("div", end, class_="end")
    title = element("h2", "Funnel") + element("p", text(_HOW), class_="soft small")
    return element("section", title + element("div", rows, class_="funnel")) + "\n"


def _rows(steps: Sequence[Attrition], total: int) -> Iterator[str]:
    yield _left(total, total, " screened") + "<div></div><div></div>"
    for step in steps:
        yield _left(step.remaining, total) + element("div", "→", class_="arrow") + _gone(step)


def _left(remaining: int, total: int, words: str = "") -> str:
    share = 100 * remaining / total if total else 0
    bar = element("i", "", style=f"width:{share:.1f}%")
    return element("div", bar + element("b", f"{remaining}{words}"), class_="left")


def _gone(step: Attrition) -> str:
    said = {"inclusion": "not met", "exclusion": "excluded"}.get(step.kind, "out" if step.line else "")
    head = f"{element('b', str(step.out))} {text(' '.join(filter(None, (step.line, said))))}"
    unknown = (
        element("span", f" · unknown for {step.unknown} who stay", class_="soft") if step.unknown else ""
    )
    words = (
        element("div", text(shortened(step.text, _TEXT_LENGTH)), class_="soft")
        if step.line
        else text(step.text)
    )
    return element("div", head + unknown + words, class_="gone" if step.out else "gone nobody")
