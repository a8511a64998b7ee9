"""Owns what stands behind an input: its file, units and codes, and what each site maps into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fhir_adapter.cli.site_codes import read_displays
from fhir_adapter.definitions import SearchPath
from fhir_adapter.model.codes import ResultCodes
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.inputs import (
    ConditionInput,
    Definitions,
    Input,
    QuantityInput,
    ScoreInput,
    UnitFactor,
    ValueSetRow,
)
from fhir_adapter.model.readings import Coding


@dataclass(frozen=True)
class CodeSource:
    """A row of the value set."""

    system: str
    code: str
    display: str
    confidence: str
    source: str


@dataclass(frozen=True)
class LocalCode:
    """A hospital's own code that is read as this input."""

    site: str
    system: str
    code: str
    display: str


@dataclass(frozen=True)
class LocalUnit:
    """A hospital's own unit that stands for an accepted one."""

    site: str
    local: str
    accepted: str


@dataclass(frozen=True)
class InputSource:
    """Everything that decides what an input reads."""

    id: str
    title: str
    kind: str
    file: str
    value_set_file: str | None
    unit: str | None
    units: Mapping[str, str]
    no_unit: tuple[str, ...]
    components: tuple[str, ...]
    codes: tuple[CodeSource, ...]
    local_codes: tuple[LocalCode, ...]
    local_units: tuple[LocalUnit, ...]


def input_source(
    search: SearchPath, definitions: Definitions, sites: Sequence[Definitions], input_id: str
) -> InputSource:
    """What stands behind one input, with the local codes and units of these sites."""
    known = definitions.inputs[input_id]
    value_set = None if isinstance(known, ScoreInput) else known.value_set
    quantity = known if isinstance(known, QuantityInput) else None
    return InputSource(
        id=known.id,
        title=known.title,
        kind=type(known).__name__.removesuffix("Input").lower(),
        file=_shown(search, f"inputs/{known.id}.toml"),
        value_set_file=_shown(search, f"valuesets/{value_set}.csv") if value_set else None,
        unit=quantity.unit if quantity else None,
        units={unit: _factor(factor) for unit, factor in quantity.units.items()} if quantity else {},
        no_unit=tuple(_factor(factor) for factor in quantity.no_unit) if quantity else (),
        components=known.components() if isinstance(known, ScoreInput) else (),
        codes=tuple(_code(row) for row in definitions.value_sets[value_set].rows) if value_set else (),
        local_codes=tuple(code for site in sites for code in _local_codes(search, site, known)),
        local_units=tuple(unit for site in sites for unit in _local_units(site, quantity)),
    )


def _shown(search: SearchPath, relative: str) -> str:
    """As messages name a file: the shipped ones without their place on this machine."""
    file = search.find(relative)
    return file.shown if file else relative


def _factor(factor: UnitFactor) -> str:
    text = _number(factor.factor)
    if factor.offset:
        text += f" + {_number(factor.offset)}"
    return text + (f" up to {factor.maximum}" if factor.maximum is not None else "")


def _number(exact: Fraction) -> str:
    """A decimal where the fraction is one, else the fraction itself."""
    decimal = float(exact)
    return f"{decimal:.12g}" if Fraction(f"{decimal:.12g}") == exact else str(exact)


def _code(row: ValueSetRow) -> CodeSource:
    code = f"{row.value}–{row.to}" if row.to else row.value
    if row.match == "prefix":
        code += "…"
    if row.exclude:
        code += " without " + ", ".join(row.exclude)
    return CodeSource(row.system, code, row.display, row.confidence, row.source)


def _local_codes(search: SearchPath, definitions: Definitions, known: Input) -> Iterable[LocalCode]:
    """Asked of the same readers as the engines', so that it cannot differ from what they do."""
    site = definitions.site
    displays = read_displays(search, site.id)
    for system, code in site.code_maps:
        if _reads(definitions, known, Coding(system, code)):
            yield LocalCode(site.id, system, code, displays.get((system, code), ""))


def _reads(definitions: Definitions, known: Input, coding: Coding) -> bool:
    if isinstance(known, QuantityInput):
        return known.id in ResultCodes(definitions, [known]).read([coding], None).inputs
    if isinstance(known, ConditionInput):
        reading = ConceptReader(definitions, [known]).read([coding], None)
        return any(member == known.id for member, _ in reading.inputs)
    return False


def _local_units(definitions: Definitions, quantity: QuantityInput | None) -> Iterable[LocalUnit]:
    for local, accepted in definitions.site.unit_maps.items():
        if quantity is not None and accepted in quantity.units:
            yield LocalUnit(definitions.site.id, local, accepted)
