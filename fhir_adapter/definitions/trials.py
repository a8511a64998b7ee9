"""Owns the reading of trials/<trial>/: trial.toml and criteria.toml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fhir_adapter.definitions.conditions import read_condition
from fhir_adapter.definitions.exact import check_time_zone
from fhir_adapter.definitions.files import Table, read_toml
from fhir_adapter.definitions.problems import Place, Problems, one_of
from fhir_adapter.definitions.schema_check import faults
from fhir_adapter.definitions.search_path import SearchPath, list_trials
from fhir_adapter.model.criteria import Line, LineKind, Part, ReviewRow, Row, Trial
from fhir_adapter.model.inputs import Input
from fhir_adapter.model.truth import Reason, Truth


def read_trial(
    search: SearchPath, trial: str, inputs: Mapping[str, Input], problems: Problems
) -> Trial | None:
    """The trial's folder; None if there are problems in it."""
    about = _read_file(search, trial, "trial", problems)
    criteria = _read_file(search, trial, "criteria", problems)
    if about is not None and "time_zone" in about.table:
        check_time_zone(about.table["time_zone"], about.place.at("time_zone"))
    lines = () if criteria is None else _LineReader(inputs, criteria.faults).lines(criteria)
    if about is None or about.faults or criteria is None or criteria.faults:
        return None
    return Trial(
        id=trial,
        title=str(about.table["title"]),
        registry_id=str(about.table["registry_id"]),
        version=str(about.table["version"]),
        time_zone=str(about.table["time_zone"]),
        lines=lines,
    )


@dataclass(frozen=True)
class _File:
    """A parsed file and the places where it does not follow its schema."""

    table: Table
    place: Place
    faults: tuple[Place, ...]


def _read_file(search: SearchPath, trial: str, name: str, problems: Problems) -> _File | None:
    relative = f"trials/{trial}/{name}.toml"
    file = search.find(relative)
    if file is None:
        problems.add(relative, "", f"expected this file; of trials there is {one_of(list_trials(search))}")
        return None
    table, place = read_toml(file, problems), Place(problems, file.shown)
    return None if table is None else _File(table, place, faults(table, name, place))


class _LineReader:
    """Reads lines, parts and rows. What holds a fault is left out; what is sound in it is still checked."""

    def __init__(self, inputs: Mapping[str, Input], faults_found: tuple[Place, ...]) -> None:
        self._inputs = inputs
        self._faults = faults_found

    def lines(self, criteria: _File) -> tuple[Line, ...]:
        tables = _tables(criteria.table, "line", criteria.place)
        ids = [str(table.get("id", place.key)) for table, place in tables]
        counts = Counter(ids)
        for line_id, (_, place) in zip(ids, tables, strict=True):
            if counts[line_id] > 1:
                place.at("id").expected(f"expected each id once, found {line_id} again")
        read = [self._line(table, place) for table, place in tables]
        return tuple(line for line in read if line is not None)

    def _line(self, table: Table, place: Place) -> Line | None:
        parts = [self._part(part, at) for part, at in _tables(table, "part", place)]
        if "part" not in table and table.get("built") is not False:
            place.at("part").expected("missing, expected at least one [[line.part]], or built = false")
        if "part" in table and table.get("built") is False:
            place.at("part").expected("expected no part beside built = false")
        if not self._is_sound(place):
            return None
        return Line(
            id=str(table["id"]),
            kind=LineKind(str(table["kind"])),
            text=str(table["text"]),
            combine=str(table.get("combine", "any")),
            parts=tuple(parts),
            review_always=cast(str | None, table.get("review_always")),
            review_when_false=cast(str | None, table.get("review_when_false")),
            built=bool(table.get("built", True)),
            reading=str(table.get("reading", "")),
        )

    def _part(self, table: Table, place: Place) -> Part:
        rows = [self._row(row, at) for row, at in _tables(table, "rows", place)]
        review = [self._review_row(row, at) for row, at in _tables(table, "review", place)]
        return Part(
            rows=tuple(row for row in rows if row is not None),
            review=tuple(row for row in review if row is not None),
            title=str(table.get("title", "")),
        )

    def _row(self, row: Table, place: Place) -> Row | None:
        if not self._is_sound(place):
            return None
        then = Truth(str(row["then"]))
        reason = Reason(str(row["reason"])) if "reason" in row else None
        if then is Truth.UNKNOWN and reason is None:
            place.at("reason").expected('missing: then = "unknown" needs one')
        if then is not Truth.UNKNOWN and reason is not None:
            place.at("reason").expected('expected only with then = "unknown"')
        when = read_condition(row, self._inputs, place, is_review=False)
        return None if when is None else Row(then, when, reason)

    def _review_row(self, row: Table, place: Place) -> ReviewRow | None:
        if not self._is_sound(place):
            return None
        when = read_condition(row, self._inputs, place, is_review=True)
        return None if when is None else ReviewRow(when, str(row["note"]))

    def _is_sound(self, place: Place) -> bool:
        return not any(place.holds(fault) for fault in self._faults)


def _tables(table: Table, key: str, place: Place) -> list[tuple[Table, Place]]:
    """The tables of a list with their places; what is none is a fault of the schema and left out here."""
    found = table.get(key)
    listed = found if isinstance(found, list) else []
    return [(item, place.at(key, index)) for index, item in enumerate(listed) if isinstance(item, Mapping)]
