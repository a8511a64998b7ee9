"""Owns the reading of inputs that are no numbers: coded answers, exposures to drugs, events."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from fhir_adapter.definitions.drugs import check_named
from fhir_adapter.definitions.exact import read_rational
from fhir_adapter.definitions.files import Table
from fhir_adapter.definitions.problems import Place
from fhir_adapter.definitions.vocabularies import check_apart
from fhir_adapter.model.inputs import AnswerInput, Drug, EventInput, ExposureInput


def read_answer(stem: str, table: Table, place: Place) -> AnswerInput:
    """A coded result."""
    written = cast(Mapping[str, list[str]], table.get("answers", {}))
    answers = {answer: tuple(entries) for answer, entries in written.items()}
    check_apart(answers, place.at("answers"))
    return AnswerInput(
        id=stem,
        title=str(table["title"]),
        value_set=str(table["value_set"]),
        names=_texts(table, "names"),
        not_names=_texts(table, "not_names"),
        answers=answers,
        number=str(table.get("number", "unreadable")),
    )


def read_exposure(stem: str, table: Table, drugs: Mapping[str, Drug], place: Place) -> ExposureInput:
    """A set of drugs that are taken; drugs with `equivalents` are summed, so none may be left without."""
    named = _texts(table, "drugs")
    check_named(named, drugs, place.at("drugs"))
    written, at = cast(Table, table.get("equivalents", {})), place.at("equivalents")
    equivalents: dict[str, Fraction] = {}
    for drug, factor in written.items():
        if drug not in named:
            at.at(drug).expected("expected a drug that the list drugs names")
        read = read_rational(factor, at.at(drug))
        if read is not None:
            equivalents[drug] = read
    for drug in named if written else ():
        if drug not in written:
            at.at(drug).expected("missing: the doses of all its drugs are summed")
    return ExposureInput(stem, str(table["title"]), named, equivalents)


def read_event(stem: str, table: Table, drugs: Mapping[str, Drug], place: Place) -> EventInput:
    """Something that happened or is stated once, named by drugs, by a value set, or by nothing but its severity."""
    types, named = _texts(table, "types"), _texts(table, "drugs")
    check_named(named, drugs, place.at("drugs"))
    by = [key for key in ("drugs", "value_set") if key in table]
    if "severe" in table:
        for key in by:
            place.at(key).expected("expected nothing beside severe: it means every severe adverse event")
        if types != ("AdverseEvent",):
            place.at("types").expected('expected ["AdverseEvent"] beside severe')
    elif len(by) != 1:
        place.at("drugs").expected("expected exactly one of drugs and value_set")
    return EventInput(
        id=stem,
        title=str(table["title"]),
        types=types,
        drugs=named,
        value_set=str(table.get("value_set", "")),
        severe="severe" in table,
    )


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return tuple(cast(list[str], table.get(key, [])))
