"""Owns the reading of drugs/*.csv, the catalogue of drugs and how records name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from fhir_adapter.definitions.files import Cells, parts_of, read_csv, row_place
from fhir_adapter.definitions.problems import Place, Problems, one_of
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath
from fhir_adapter.model.inputs import Drug, ValueSetRow

HEADER = ("drug", "system", "match", "value", "exclude", "display", "confidence", "source")
IN_NO_LINE = frozenset({"other", "not-systemic"})
"""Ids of the catalogue that stand for "some other drug": an input that named one would read what nobody looked at."""

_MATCHES: Final[Mapping[str, frozenset[str]]] = {
    "rxnorm": frozenset({"code"}),  # without its hierarchy, digits say nothing about their neighbours
    "atc": frozenset({"code", "prefix"}),
    "text": frozenset({"text", "stem"}),
}
_VALUES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "rxnorm": (re.compile(r"[1-9][0-9]{0,7}"), "an RxNorm number"),
    "atc": (
        re.compile(r"[ABCDGHJLMNPRSV]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?"),
        "an ATC code or the beginning of one",
    ),
}


def read_drugs(search: SearchPath, problems: Problems) -> Mapping[str, Drug]:
    """Every drug of the search path by its id; its rows may be spread over files."""
    rows: dict[str, list[ValueSetRow]] = {}
    for file in search.files("drugs", ".csv"):
        for line, cells in read_csv(file, HEADER, problems):
            row = _read_row(cells, row_place(file, line, problems))
            if row is not None:
                rows.setdefault(cells["drug"], []).append(row)
    return {drug: Drug(drug, _title(drug, of_drug), tuple(of_drug)) for drug, of_drug in sorted(rows.items())}


def drug_files(search: SearchPath, drugs: Collection[str]) -> tuple[str, ...]:
    """The files that hold rows of these drugs, as messages name them."""
    return tuple(
        file.shown
        for file in search.files("drugs", ".csv")
        if any(cells["drug"] in drugs for _, cells in read_csv(file, HEADER, Problems()))
    )


def check_named(named: Sequence[str], drugs: Mapping[str, Drug], place: Place) -> None:
    """Report the drugs of a list that no row defines, or that no input may name."""
    for index, drug in enumerate(named):
        if drug in IN_NO_LINE:
            place.at(index).expected(
                f"expected a drug of its own: {drug} stands for those that no line reads"
            )
        elif drug not in drugs:
            place.at(index).expected(f"expected a drug of drugs/*.csv, found {drug}")


def _title(drug: str, rows: Sequence[ValueSetRow]) -> str:
    return rows[0].display or drug


def _read_row(cells: Cells, place: Place) -> ValueSetRow | None:
    if not conforms(cells, "drug-row", place):
        return None
    row = ValueSetRow(
        system=cells["system"],
        match=cells["match"],
        value=cells["value"],
        exclude=parts_of(cells["exclude"]),
        display=cells["display"],
        confidence=cells["confidence"],
        source=cells["source"],
    )
    matches = _MATCHES[row.system]
    if row.match not in matches:
        place.at("match").expected(f"expected {one_of(matches)} for the system {row.system}")
    if row.system in _VALUES:
        pattern, wanted = _VALUES[row.system]
        if not pattern.fullmatch(row.value):
            place.at("value").expected(f"expected {wanted}")
        if row.exclude:
            place.at("exclude").expected("expected nothing: only a text row has words to exclude")
    return row
