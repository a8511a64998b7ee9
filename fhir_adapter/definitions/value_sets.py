"""Owns the reading of valuesets/*.csv."""

from __future__ import annotations

from collections.abc import Mapping

from fhir_adapter.definitions.files import parts_of, read_csv, row_place
from fhir_adapter.definitions.problems import Place, Problems
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath
from fhir_adapter.model.icd import IcdCode, in_range, matches
from fhir_adapter.model.inputs import ValueSet, ValueSetRow

HEADER = ("system", "match", "value", "to", "exclude", "display", "confidence", "source")
_WITH_PREFIXES = frozenset({"atc"})
_SOME_CODE = IcdCode("A00", "", "A00", "A00")


def read_value_sets(search: SearchPath, problems: Problems) -> Mapping[str, ValueSet]:
    """Every value set of the search path by its id, which is the file's name."""
    value_sets = {}
    for file in search.files("valuesets", ".csv"):
        cells_of_rows = read_csv(file, HEADER, problems)
        rows = [_read_row(cells, row_place(file, line, problems)) for line, cells in cells_of_rows]
        value_sets[file.path.stem] = ValueSet(file.path.stem, tuple(row for row in rows if row is not None))
    return value_sets


def _read_row(cells: Mapping[str, str], place: Place) -> ValueSetRow | None:
    if not conforms(cells, "valueset-row", place):
        return None
    row = ValueSetRow(
        system=cells["system"],
        match=cells["match"],
        value=cells["value"],
        to=cells["to"],
        exclude=parts_of(cells["exclude"]),
        display=cells["display"],
        confidence=cells["confidence"],
        source=cells["source"],
    )
    _check_row(row, place)
    return row


def _check_row(row: ValueSetRow, place: Place) -> None:
    is_icd = row.system.startswith("icd-10")
    if (row.system == "text") != (row.match == "text"):
        place.at("match").expected("expected text for the system text, and only for it")
    elif row.match == "prefix" and row.system not in _WITH_PREFIXES and not is_icd:
        # The codes of LOINC and SNOMED CT carry no hierarchy in their digits.
        place.at("match").expected(f"expected code: codes of {row.system} have no order")
    elif row.match == "range" and not is_icd:
        place.at("match").expected(f"expected no range: codes of {row.system} have no order")
    if row.match == "range" and not row.to:
        place.at("to").expected("missing, expected the last code of the range")
    elif row.match != "range" and row.to:
        place.at("to").expected("expected nothing: only a range has a last code")
    elif is_icd:
        _check_icd(row, place)


def _check_icd(row: ValueSetRow, place: Place) -> None:
    """Ask each ICD value about some code: the comparisons refuse what would match nothing."""
    try:
        _ = in_range(_SOME_CODE, row.value, row.to) if row.to else matches(_SOME_CODE, row.value)
    except ValueError as error:
        place.at("value").expected(f"expected an ICD-10 category, class or code ({error})")
    for code in row.exclude:
        try:
            matches(_SOME_CODE, code)
        except ValueError as error:
            place.at("exclude").expected(f"expected ICD-10 categories, classes or codes ({error})")
