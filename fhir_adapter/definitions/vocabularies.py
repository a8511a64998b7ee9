"""Owns the reading of the word lists that belong to no input: words.toml, answers.toml, medication.toml."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from fhir_adapter.definitions.exact import read_rational
from fhir_adapter.definitions.files import Table, read_toml
from fhir_adapter.definitions.problems import Place, Problems
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath
from fhir_adapter.model.inputs import MedicationWords
from fhir_adapter.model.units import normalise

Lists = Mapping[str, tuple[str, ...]]


def read_words(search: SearchPath, problems: Problems) -> Lists:
    """words.toml, without which no text can be read."""
    if search.find("words.toml") is None:
        problems.add("words.toml", "", "expected this file on the search path")
    found = _read(search, "words", problems)
    return {} if found is None else _lists(found[0])


def read_answers(search: SearchPath, problems: Problems) -> Lists:
    """answers.toml: what answers are called everywhere; a folder without it has no coded results."""
    found = _read(search, "answers", problems)
    if found is None:
        return {}
    answers = _lists(found[0])
    check_apart(answers, found[1])
    return answers


def read_medication(search: SearchPath, problems: Problems) -> MedicationWords:
    """medication.toml; a folder without it has no lines about medications."""
    found = _read(search, "medication", problems)
    if found is None:
        return MedicationWords()
    table, place = found
    routes, stop_reasons = _lists(table["routes"]), _lists(table["stop_reasons"])
    check_apart(routes, place.at("routes"))
    check_apart(stop_reasons, place.at("stop_reasons"))
    dose_units = _rationals(table["dose_units"], place.at("dose_units"), spelled=True)
    countable = frozenset(normalise(unit) for unit in cast(list[str], table["countable"]))
    for unit in sorted(countable & dose_units.keys()):
        place.at("countable").expected(f"expected no unit of dose_units, found {unit}")
    return MedicationWords(
        routes=routes,
        stop_reasons=stop_reasons,
        timing=_rationals(table["timing"], place.at("timing"), spelled=False),
        dose_units=dose_units,
        countable=countable,
    )


def check_apart(lists: Lists, place: Place) -> None:
    """Report a word that stands in two lists: it would say two things."""
    seen: dict[str, str] = {}
    for name, entries in lists.items():
        for index, entry in enumerate(entries):
            other = seen.setdefault(unicodedata.normalize("NFKC", entry).casefold(), name)
            if other != name:
                place.at(name, index).expected(
                    f"expected each word in one list, found {entry} in {other} too"
                )


def _read(search: SearchPath, name: str, problems: Problems) -> tuple[Table, Place] | None:
    """The file's table, if it is there and follows its schema."""
    file = search.find(f"{name}.toml")
    if file is None:
        return None
    table, place = read_toml(file, problems), Place(problems, file.shown)
    return None if table is None or not conforms(table, name, place) else (table, place)


def _lists(table: object) -> Lists:
    return {name: tuple(entries) for name, entries in cast(Mapping[str, list[str]], table).items()}


def _rationals(table: object, place: Place, *, spelled: bool) -> Mapping[str, Fraction]:
    """Exact positive numbers by key; of `spelled` keys, which are units, those that normalise alike are one."""
    read: dict[str, Fraction] = {}
    for key, written in cast(Table, table).items():
        factor, name = read_rational(written, place.at(key)), normalise(key) if spelled else key
        if factor is not None and read.setdefault(name, factor) != factor:
            place.at(key).expected(f"expected the number of the other spelling of {name}")
    return read
