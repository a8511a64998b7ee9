"""Owns which rows of a value set hold an ICD-10 code: the editions a row speaks for, its match and its exceptions."""

from __future__ import annotations

from typing import Final

from fhir_adapter.model.icd import IcdCode, in_range, is_exactly, matches
from fhir_adapter.model.inputs import ValueSetRow

# A row of `icd-10` holds for every edition; some codes differ in one of them (CM M05.3), hence the others.
ROWS_OF: Final = {
    "icd-10": frozenset({"icd-10", "icd-10-who"}),
    "icd-10-cm": frozenset({"icd-10", "icd-10-cm"}),
    "icd-10-cn": frozenset({"icd-10", "icd-10-cn"}),
}
ROW_SYSTEMS: Final = frozenset().union(*ROWS_OF.values())
_PROBE: Final = IcdCode("A00", "", "A00", "A00")


def holds(row: ValueSetRow, system: str, code: IcdCode) -> bool:
    """Whether the row holds a code of that system, its exceptions apart."""
    return row.system in ROWS_OF[system] and _matches(row, code) and not _is_excluded(row, code)


def check(row: ValueSetRow) -> None:
    """Ask the row about some code: the comparisons raise ValueError for what is not ICD-10."""
    _matches(row, _PROBE)
    _is_excluded(row, _PROBE)


def _matches(row: ValueSetRow, code: IcdCode) -> bool:
    match row.match:
        case "code":
            return is_exactly(code, row.value)
        case "prefix":
            return matches(code, row.value)
        case "range":
            return in_range(code, row.value, row.to)
        case _:
            return False


def _is_excluded(row: ValueSetRow, code: IcdCode) -> bool:
    # A list, not a generator: check() needs every value to be looked at.
    return any([matches(code, excluded) for excluded in row.exclude])
