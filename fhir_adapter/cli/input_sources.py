"""Owns what stands behind an input: its file, units and codes, and what each site maps into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fhir_adapter.cli.site_codes import read_displays
from fhir_adapter.definitions import SearchPath, drug_files
from fhir_adapter.model.codes import ResultCodes
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.events import EventReader
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    ScoreInput,
    UnitFactor,
    ValueSetRow,
)
from fhir_adapter.model.medications import DrugReader
from fhir_adapter.model.readings import Coding, RawMedication


@dataclass(frozen=True)
class CodeSource:
    """A row of the value set."""

    system: str
    code: str
    display: str
    confidence: str
    source: str


@dataclass(frozen=True)
class DrugSource:
    """A drug of the input: its rows in the catalogue, and what its dose counts for."""

    id: str
    title: str
    equivalent: str | None
    codes: tuple[CodeSource, ...]


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
    types: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    drug_files: tuple[str, ...]
    drugs: tuple[DrugSource, ...]
    codes: tuple[CodeSource, ...]
    local_codes: tuple[LocalCode, ...]
    local_units: tuple[LocalUnit, ...]


def input_source(
    search: SearchPath, definitions: Definitions, sites: Sequence[Definitions], input_id: str
) -> InputSource:
    """What stands behind one input, with the local codes and units of these sites."""
    known = definitions.inputs[input_id]
    value_set, drugs = _value_set(known), _drugs(known)
    quantity = known if isinstance(known, QuantityInput) else None
    return InputSource(
        id=known.id,
        title=known.title,
        kind=kind_of(known),
        file=_shown(search, f"inputs/{known.id}.toml"),
        value_set_file=_shown(search, f"valuesets/{value_set}.csv") if value_set else None,
        unit=quantity.unit if quantity else None,
        units={unit: _factor(factor) for unit, factor in quantity.units.items()} if quantity else {},
        no_unit=tuple(_factor(factor) for factor in quantity.no_unit) if quantity else (),
        components=known.components() if isinstance(known, ScoreInput) else (),
        types=known.types if isinstance(known, EventInput) else (),
        answers=_answers(definitions, known),
        drug_files=drug_files(search, drugs) if drugs else (),
        drugs=tuple(_drug(definitions, known, drug) for drug in drugs),
        codes=tuple(_code(row) for row in definitions.value_sets[value_set].rows) if value_set else (),
        local_codes=tuple(code for site in sites for code in _local_codes(search, site, known)),
        local_units=tuple(unit for site in sites for unit in _local_units(site, quantity)),
    )


def kind_of(known: Input) -> str:
    """What its file calls the kind of an input."""
    return type(known).__name__.removesuffix("Input").lower()


def _value_set(known: Input) -> str | None:
    return None if isinstance(known, ScoreInput | ExposureInput) else known.value_set or None


def _drugs(known: Input) -> tuple[str, ...]:
    return known.drugs if isinstance(known, ExposureInput | EventInput) else ()


def _drug(definitions: Definitions, known: Input, drug_id: str) -> DrugSource:
    drug = definitions.drugs[drug_id]
    equivalents = known.equivalents if isinstance(known, ExposureInput) else {}
    equivalent = _number(equivalents[drug_id]) if drug_id in equivalents else None
    return DrugSource(drug.id, drug.title, equivalent, tuple(_code(row) for row in drug.rows))


def _answers(definitions: Definitions, known: Input) -> Mapping[str, tuple[str, ...]]:
    """What the answers are called: here only, then everywhere."""
    if not isinstance(known, AnswerInput):
        return {}
    names = dict.fromkeys((*known.answers, *definitions.answers))
    return {
        name: tuple(dict.fromkeys((*known.answers.get(name, ()), *definitions.answers.get(name, ()))))
        for name in names
    }


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
    if row.match in ("prefix", "stem"):
        code += "…"
    if row.exclude:
        code += " without " + ", ".join(row.exclude)
    return CodeSource(row.system, code, row.display, row.confidence, row.source)


def _local_codes(search: SearchPath, definitions: Definitions, known: Input) -> Iterable[LocalCode]:
    """Asked of the same readers as the engines', so that it cannot differ from what they do."""
    site, reads = definitions.site, _reader(definitions, known)
    displays = read_displays(search, site.id)
    for system, code in site.code_maps:
        if reads(Coding(system, code)):
            yield LocalCode(site.id, system, code, displays.get((system, code), ""))


def _reader(definitions: Definitions, known: Input) -> Callable[[Coding], bool]:
    """Whether a coding is read as this input."""
    if isinstance(known, QuantityInput | AnswerInput):
        results = ResultCodes(definitions, [known])
        return lambda coding: known.id in results.read([coding], None).inputs
    if isinstance(known, ConditionInput):
        concepts = ConceptReader(definitions, [known])
        return lambda coding: known.id in dict(concepts.read([coding], None).inputs)
    if isinstance(known, ExposureInput):
        medications, drugs = DrugReader(definitions), frozenset(known.drugs)
        return lambda coding: not drugs.isdisjoint(medications.read(RawMedication((coding,))).drugs)
    if isinstance(known, EventInput) and not known.severe:
        events = EventReader(definitions)
        return lambda coding: events.read([coding], [], known).named
    return lambda _: False


def _local_units(definitions: Definitions, quantity: QuantityInput | None) -> Iterable[LocalUnit]:
    for local, accepted in definitions.site.unit_maps.items():
        if quantity is not None and accepted in quantity.units:
            yield LocalUnit(definitions.site.id, local, accepted)
