"""Owns the page of one patient: who, the verdict, what to do, the picture, and every line's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from fhir_adapter.model.criteria import LineKind
from fhir_adapter.model.identities import Identity
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Score, SubjectResult, Verdict
from fhir_adapter.report.markup import bullets, element, text
from fhir_adapter.report.picture import picture
from fhir_adapter.report.reasons import SHORT
from fhir_adapter.report.records import Dossier
from fhir_adapter.report.words import (
    Words,
    against,
    components_text,
    confirm,
    decided_by,
    missing,
    score_text,
    shortened,
    variant_text,
    worth_work,
)

_TEXT_LENGTH: Final = 72
_ANSWERS: Final = {
    (LineKind.INCLUSION, Truth.TRUE): "met",
    (LineKind.INCLUSION, Truth.FALSE): "not met",
    (LineKind.EXCLUSION, Truth.TRUE): "excludes",
    (LineKind.EXCLUSION, Truth.FALSE): "does not exclude",
    (LineKind.DISCONTINUATION, Truth.TRUE): "stop",
    (LineKind.DISCONTINUATION, Truth.FALSE): "no reason to stop",
}


@dataclass(frozen=True)
class Person:
    """A patient as pages show them; `number` is the place in the list."""

    number: int
    dossier: Dossier
    identity: Identity

    @property
    def id(self) -> str:
        return self.dossier.listed.result.subject.removeprefix("Patient/")

    @property
    def name(self) -> str:
        """The name; without one the record number, else the id."""
        return self.identity.name or self.identity.record_number or self.id

    @property
    def numbers(self) -> str:
        """What is known beside the name."""
        also = (self.identity.record_number, self.id)
        return " · ".join(one for one in also if one and one != self.name)


def patient_page(person: Person, words: Words, today: date) -> str:
    """One section."""
    dossier = person.dossier
    drawn = picture(today, dossier.scores, dossier.exposures, words)
    parts = (
        _who(person),
        _boxes(dossier, words),
        element("h3", text("Disease activity and medications")),
        element("p", das28_text(dossier.listed.score)),
        drawn,
        element("p", text(_LEGEND), class_="soft small") if drawn else "",
        _lines(dossier, words),
    )
    return element("section", "".join(parts), id=f"p{person.number}")


_LEGEND: Final = (
    "● DAS28-ESR ■ DAS28-CRP (filled: with patient global; hollow: without). Dashed: different variants. "
    "Bars: solid certainly taken, light possibly; an arrow goes on; ✕ stopped for intolerance."
)


def badge(result: SubjectResult) -> str:
    """The verdict."""
    near = " · near miss" if result.near_miss else ""
    return element("span", f"{result.eligibility}{near}", class_=f"badge {result.eligibility}")


def das28_text(score: Score | None) -> str:
    """The latest score with date, variant and components."""
    if score is None:
        return element("span", "No DAS28 can be computed.", class_="soft")
    value = element("b", f"DAS28 {text(score_text(score))}")
    day = element("span", text(score.effective), class_="whole")
    variant = element("span", text(f"({variant_text(score)})"), class_="whole")
    return f"{value} {variant} on {day}: {text(components_text(score))}"


def _who(person: Person) -> str:
    name = element("h2", text(person.name)) + element("div", text(person.numbers), class_="soft small")
    return element("div", element("div", name) + badge(person.dossier.listed.result), class_="who")


def _boxes(dossier: Dossier, words: Words) -> str:
    result, verdicts = dossier.listed.result, dossier.verdicts
    said = [text(one) for one in against(words, result, verdicts)]
    to_do = [
        f"{element('b', text(one.line))} {text(one.about)}: {text(one.why)}; {element('b', text(one.next))}"
        for one in missing(words, result, verdicts)
    ]
    look = [text(one) for one in confirm(words, result, verdicts)]
    made = [_box("Speaks against", said)] if said else []
    if worth_work(result):
        left = any(verdict.reason is Reason.NOT_BUILT for verdict in verdicts)
        made.append(
            _box(
                "Missing, and what to do",
                to_do,
                "wide",
                "only lines that are not built yet" if left else "nothing",
            )
        )
        made.append(_box("To confirm", look))
    if result.flags:
        made.append(_box("Flags", [text(flag) for flag in result.flags]))
    return element("div", "".join(made), class_="boxes")


def _box(title: str, items: Sequence[str], class_: str = "plain", nothing: str = "nothing") -> str:
    inside = bullets(items) or element("span", text(nothing), class_="soft")
    return element("div", element("h3", text(title)) + inside, class_=class_)


def _lines(dossier: Dossier, words: Words) -> str:
    head = "".join(element("th", text(name)) for name in ("Line", "Protocol", "Answer", "Why", "Holds until"))
    rows = "".join(_line(verdict, words) for verdict in dossier.verdicts)
    return element("table", element("thead", element("tr", head)) + element("tbody", rows), class_="lines")


def _line(verdict: Verdict, words: Words) -> str:
    line = words.line(verdict.criterion)
    kind = line.kind if line else None
    answer = _ANSWERS.get((kind, verdict.truth), str(verdict.truth)) if kind else str(verdict.truth)
    cells = (
        element("td", element("b", text(verdict.criterion))),
        element("td", text(shortened(line.text, _TEXT_LENGTH) if line else "")),
        element("td", text(answer), class_=_class(verdict, kind)),
        element("td", _why(verdict, words)),
        element("td", text(verdict.valid_until or ""), class_="whole"),
    )
    return element("tr", "".join(cells))


def _class(verdict: Verdict, kind: LineKind | None) -> str:
    if verdict.truth is Truth.UNKNOWN or kind is None:
        return "unknown"
    return "speaks-for" if (verdict.truth is Truth.TRUE) == (kind is LineKind.INCLUSION) else "speaks-against"


def _why(verdict: Verdict, words: Words) -> str:
    if verdict.reason is Reason.NOT_BUILT:
        return element("span", "not built yet: check it by hand", class_="soft")
    about = words.about(verdict) if any(verdict.about) else ""
    said = ": ".join(filter(None, (about, decided_by(verdict))))
    why = SHORT[verdict.reason] if verdict.reason else ""
    # One page holds fifteen lines: the first record stands for the others, `show` names all.
    more = len(verdict.evidence) - 1
    references = "".join(verdict.evidence[:1]) + (f" and {more} more" if more > 0 else "")
    evidence = element("div", text(references), class_="evidence") if references else ""
    return text("; ".join(filter(None, (said, why)))) + evidence
