"""Owns the reading of inputs/*.toml, one eligibility input each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

from fhir_adapter.definitions.exact import read_factor
from fhir_adapter.definitions.files import Table, read_toml
from fhir_adapter.definitions.problems import Place, Problems, one_of
from fhir_adapter.definitions.record_inputs import read_answer, read_event, read_exposure
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath
from fhir_adapter.model.inputs import (
    ConditionInput,
    Drug,
    Input,
    QuantityInput,
    ScoreInput,
    UnitFactor,
    ValueSet,
)
from fhir_adapter.model.units import normalise

KINDS = ("quantity", "condition", "score", "answer", "exposure", "event")
_COMPONENTS = ("tender", "swollen", "esr", "crp", "patient_global", "recorded")


def read_inputs(
    search: SearchPath, value_sets: Mapping[str, ValueSet], drugs: Mapping[str, Drug], problems: Problems
) -> Mapping[str, Input]:
    """Every input of the search path by its id, which is the file's name."""
    inputs: dict[str, Input] = {}
    scores: list[tuple[ScoreInput, Place]] = []
    files = search.files("inputs", ".toml")
    for file in files:
        table, place = read_toml(file, problems), Place(problems, file.shown)
        read = None if table is None else _read_input(file.path.stem, table, value_sets, drugs, place)
        if read is None:
            continue
        inputs[read.id] = read
        if isinstance(read, ScoreInput):
            scores.append((read, place))
    unread = {file.path.stem for file in files} - inputs.keys()
    for score, place in scores:
        _check_components(score, inputs, unread, place)
    return inputs


def _read_input(
    stem: str, table: Table, value_sets: Mapping[str, ValueSet], drugs: Mapping[str, Drug], place: Place
) -> Input | None:
    kind = table.get("kind")
    if kind not in KINDS:
        place.at("kind").expected(f"expected {one_of(KINDS)}")
        return None
    value_set = table.get("value_set")
    if isinstance(value_set, str) and value_set not in value_sets:
        place.at("value_set").expected(f"expected a file valuesets/{value_set}.csv")
    if not conforms(table, f"input-{kind}", place):
        return None
    if kind == "quantity":
        quantity = _quantity(stem, table, place)
        _check_codes(quantity, value_sets.get(quantity.value_set), place)
        return quantity
    if kind == "condition":
        return _condition(stem, table)
    if kind == "score":
        return _score(stem, table)
    if kind == "answer":
        return read_answer(stem, table, place)
    if kind == "exposure":
        return read_exposure(stem, table, drugs, place)
    return read_event(stem, table, drugs, place)


def _condition(stem: str, table: Table) -> ConditionInput:
    return ConditionInput(
        id=stem,
        title=str(table["title"]),
        value_set=str(table["value_set"]),
        history_counts=bool(table.get("history_counts", False)),
    )


def _score(stem: str, table: Table) -> ScoreInput:
    parts = {name: str(table[name]) for name in _COMPONENTS}
    return ScoreInput(
        id=stem, title=str(table["title"]), acute_phase_days=cast(int, table["acute_phase_days"]), **parts
    )


def _quantity(stem: str, table: Table, place: Place) -> QuantityInput:
    no_unit = cast(list[object], table.get("no_unit", []))
    factors = [read_factor(written, place.at("no_unit", index)) for index, written in enumerate(no_unit)]
    note_flags = cast(Mapping[str, list[str]], table.get("note_flags", {}))
    units = _units(cast(Table, table["units"]), place.at("units"))
    unit = normalise(str(table["unit"]))
    if unit not in units:
        place.at("unit").expected("expected a unit that is a key of units")
    elif units[unit] != UnitFactor(Fraction(1)):
        place.at("units", str(table["unit"])).expected('expected "1": it is the canonical unit')
    return QuantityInput(
        id=stem,
        title=str(table["title"]),
        value_set=str(table["value_set"]),
        unit=str(table["unit"]),
        units=units,
        no_unit=tuple(factor for factor in factors if factor is not None),
        names=_texts(table, "names"),
        not_names=_texts(table, "not_names"),
        whole=bool(table.get("whole", False)),
        minimum=_decimal(table, "minimum"),
        maximum=_decimal(table, "maximum"),
        reference_range=bool(table.get("reference_range", False)),
        mass_codes=frozenset(_texts(table, "mass_codes")),
        molar_codes=frozenset(_texts(table, "molar_codes")),
        mass_units=_accepted(table, "mass_units", units, place),
        molar_units=_accepted(table, "molar_units", units, place),
        note_flags={flag: tuple(words) for flag, words in note_flags.items()},
    )


def _units(written: Table, place: Place) -> Mapping[str, UnitFactor]:
    """Normalised spelling -> factor. Spellings that normalise alike are one unit, so they have one factor."""
    units: dict[str, UnitFactor] = {}
    for spelling, value in written.items():
        factor, unit = read_factor(value, place.at(spelling)), normalise(spelling)
        if factor is None:
            continue
        if units.setdefault(unit, factor) != factor:
            place.at(spelling).expected(f"expected the factor of the other spelling of {unit}")
    return units


def _accepted(table: Table, key: str, units: Mapping[str, UnitFactor], place: Place) -> frozenset[str]:
    """The normalised units of a list, each of which must be accepted."""
    for index, unit in enumerate(_texts(table, key)):
        if normalise(unit) not in units:
            place.at(key, index).expected("expected a unit that is a key of units")
    return frozenset(normalise(unit) for unit in _texts(table, key))


def _check_codes(quantity: QuantityInput, value_set: ValueSet | None, place: Place) -> None:
    if value_set is None or not value_set.rows:
        return  # not there or not readable: that is reported already
    known = {row.value for row in value_set.rows}
    for key, codes in (("mass_codes", quantity.mass_codes), ("molar_codes", quantity.molar_codes)):
        for code in sorted(codes - known):
            place.at(key).expected(f"expected codes of the value set {value_set.id}, which lacks {code}")


def _check_components(
    score: ScoreInput, inputs: Mapping[str, Input], unread: Collection[str], place: Place
) -> None:
    for key, component in zip(_COMPONENTS, score.components(), strict=True):
        if component not in unread and not isinstance(inputs.get(component), QuantityInput):
            place.at(key).expected(f"expected the id of a quantity input, found {component}")


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return tuple(cast(list[str], table.get(key, [])))


def _decimal(table: Table, key: str) -> Decimal | None:
    return Decimal(str(table[key])) if key in table else None
