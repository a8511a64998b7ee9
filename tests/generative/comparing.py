"""Owns asking both engines one question, telling where they differ, and making the question small."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.engines.base import Screening, ScreeningInput
from fhir_adapter.engines.duckdb import DuckDBEngine
from fhir_adapter.engines.reference import ReferenceEngine
from fhir_adapter.landing import open_input
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.inputs import Definitions
from tests.generative.hospitals import Hospital
from tests.screened import TYPES, Resource, as_line, write_folder


@dataclass(frozen=True)
class Question:
    """Everything that decides the answers."""

    definitions: Definitions
    trial: Trial
    zone: ZoneInfo
    index: int
    hospital: Hospital

    def answers(self) -> tuple[Screening, Screening]:
        """What the fast engine computes and what the obvious one says."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            types = [t for t in TYPES if t not in self.hospital.not_pulled]
            write_folder(folder / "in", self.hospital.resources, types)
            landing = open_input(folder / "in", work=folder / "work")
            self.hospital.mark(landing)
            given = ScreeningInput(self.definitions, self.trial, self.zone, self.index, landing)
            # The fast engine's scan is also what puts bad lines aside; the other one needs that done.
            computed = DuckDBEngine().screen(given)
            return computed, ReferenceEngine().screen(given)

    def differences(self) -> list[str]:
        """One line for each thing in which the engines differ; [] if they agree."""
        return list(_differences(*self.answers()))

    def __str__(self) -> str:
        hospital = replace(self.hospital, resources=())
        resources = "\n".join(as_line(resource) for resource in self.hospital.resources)
        site = self.definitions.site.id
        return f"site {site}, zone {self.zone.key}, index {self.index}\n{hospital}\n{self.trial}\n{resources}"


def _differences(computed: Screening, said: Screening) -> Iterator[str]:
    """Every field of every verdict, subject and score; the unmapped report and the counts."""
    for name in ("verdicts", "subjects", "scores", "unmapped", "exposures"):
        duck, reference = getattr(computed, name), getattr(said, name)
        if duck == reference:
            continue
        known = {_key(item): item for item in reference}
        found = {_key(item): item for item in duck}
        for key in sorted({*known, *found}):
            yield from _of_items(f"{name} {key}", found.get(key), known.get(key))
        if set(duck) == set(reference) or known == found:
            yield f"{name}: another order, or other repeats"
    if computed.counts != said.counts:
        yield f"counts: duckdb {computed.counts}, reference {said.counts}"


def _key(item: Any) -> tuple[str, ...]:
    names = (
        "subject",
        "criterion",
        "variant",
        "effective",
        "kind",
        "system",
        "code",
        "text",
        "names",
        "drug",
        "evidence",
    )
    if hasattr(item, "criterion"):
        names = names[:2]
    return tuple(str(getattr(item, name)) for name in names if hasattr(item, name))


def _of_items(what: str, duck: Any, reference: Any) -> Iterator[str]:
    if duck is None or reference is None:
        yield f"{what}: duckdb {duck}, reference {reference}"
        return
    for name in (field.name for field in fields(duck)):
        one, other = getattr(duck, name), getattr(reference, name)
        if one != other:
            yield f"{what}: {name}: duckdb {one!r}, reference {other!r}"


def smallest(question: Question, differ: Callable[[Question], bool] | None = None) -> Question:
    """A question of few resources, lines and elements on which the engines still differ."""
    wrong = differ or _differ
    question = next((q for q in _one_group(question) if wrong(q)), question)
    for _ in range(3):
        before = str(question)
        question = _fewer(question, wrong, _with_lines, question.trial.lines)
        question = _fewer(question, wrong, _with_resources, question.hospital.resources)
        for shrink in (_plain_hospitals, _smaller_parts, _smaller_resources):
            while (simpler := next((q for q in shrink(question) if wrong(q)), None)) is not None:
                question = simpler
        if str(question) == before:
            break
    return question


def _differ(question: Question) -> bool:
    try:
        return bool(question.differences())
    except Exception:  # a defect of another kind is as good an example
        return True


def _fewer(
    question: Question,
    wrong: Callable[[Question], bool],
    rebuilt: Callable[[Question, tuple[Any, ...]], Question],
    items: tuple[Any, ...],
) -> Question:
    """Leave out ever smaller pieces of a list while the engines still differ."""
    size = max(len(items) // 2, 1)
    while True:
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + size :]
            if len(rest) < len(items) and wrong(rebuilt(question, rest)):
                items = rest
            else:
                start += size
        if size == 1:
            return rebuilt(question, items)
        size = max(size // 2, 1)


def _one_group(question: Question) -> Iterator[Question]:
    """The question about one of the groups of Patients that the differences name."""
    groups = dict.fromkeys(re.findall(r"Patient/(p\d+)", "\n".join(question.differences())))
    for group in groups:
        own = (r for r in question.hospital.resources if re.fullmatch(rf"{group}(\D.*)?", r["id"]))
        yield _with_resources(question, tuple(own))


def _with_resources(question: Question, resources: tuple[Resource, ...]) -> Question:
    return replace(question, hospital=replace(question.hospital, resources=resources))


def _with_lines(question: Question, lines: tuple[Any, ...]) -> Question:
    return replace(question, trial=replace(question.trial, lines=lines))


def _plain_hospitals(question: Question) -> Iterator[Question]:
    hospital = question.hospital
    plain: dict[str, Any] = {
        "full_urls": {},
        "deleted": frozenset(),
        "incomplete": frozenset(),
        "failed": (),
        "not_pulled": (),
    }
    for name, nothing in plain.items():
        if getattr(hospital, name) != nothing:
            yield replace(question, hospital=replace(hospital, **{name: nothing}))


def _smaller_parts(question: Question) -> Iterator[Question]:
    lines = question.trial.lines
    for number, line in enumerate(lines):
        for smaller in _smaller_lines(line):
            yield _with_lines(question, (*lines[:number], smaller, *lines[number + 1 :]))


def _smaller_lines(line: Any) -> Iterator[Any]:
    for number, part in enumerate(line.parts):
        before, after = line.parts[:number], line.parts[number + 1 :]
        if len(line.parts) > 1:
            yield replace(line, parts=before + after)
        for name in ("rows", "review"):
            items = getattr(part, name)
            for k in range(len(items)):
                rest = items[:k] + items[k + 1 :]
                if rest or name == "review":
                    yield replace(line, parts=(*before, replace(part, **{name: rest}), *after))


def _smaller_resources(question: Question) -> Iterator[Question]:
    resources = question.hospital.resources
    for number, resource in enumerate(resources):
        for smaller in _without_one_element(resource):
            yield _with_resources(question, (*resources[:number], smaller, *resources[number + 1 :]))


def _without_one_element(value: Any, keep: tuple[str, ...] = ("resourceType", "id")) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in keep:
                yield {other: part for other, part in value.items() if other != name}
                for smaller in _without_one_element(inner, ()):
                    yield {**value, name: smaller}
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield value[:number] + value[number + 1 :]
            for smaller in _without_one_element(inner, ()):
                yield [*value[:number], smaller, *value[number + 1 :]]
