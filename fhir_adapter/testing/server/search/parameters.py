"""Owns which search parameter of which type reads which elements; the table is `parameters.toml`.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

CHOICES = {"date": ("Date", "DateTime", "Period", "Instant", "Timing")}
"""The types of a choice element that a parameter of that kind can read."""


@dataclass(frozen=True)
class Path:
    """Where a value stands. `name` is its name in the search rows, shared by all parameters that read it.

    `only`: the one type of a reference, or the one system of a contact, that the parameter means. `exists`: the
    value is whether the element is there.
    """

    name: str
    choice: bool = False
    exists: bool = False
    only: str | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """Element by element."""
        return tuple(self.name.split("."))


@dataclass(frozen=True)
class Parameter:
    """A search parameter. `kind`: token, date, string, reference, quantity or uri.

    `targets`: the types that a reference may point to, none for any. `system`: what a plain code stands in.
    """

    name: str
    kind: str
    paths: tuple[Path, ...]
    targets: tuple[str, ...] = ()
    system: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the search rows hold its values."""
        return tuple(path.name for path in self.paths)

    @property
    def only(self) -> str | None:
        """The type or system that its values are narrowed to."""
        return self.paths[0].only


def parameters_of(type_: str, fhir_version: str = "4.0.1") -> Mapping[str, Parameter]:
    """The search parameters of a resource type by name; the common ones alone for a type without a table."""
    return _parameters_of(type_, _is_r5(fhir_version))


def mandatory_elements(type_: str, fhir_version: str = "4.0.1") -> frozenset[str]:
    """The root elements that a resource must have, so that a subset of it is still valid; choices as `x[x]`."""
    return frozenset(_entry("mandatory", type_, _is_r5(fhir_version)).split())


def compartment_parameters(type_: str, fhir_version: str = "4.0.1") -> tuple[str, ...]:
    """The parameters that put a resource into a patient's compartment; none when it is never in one."""
    return tuple(_entry("compartment", type_, _is_r5(fhir_version)).split())


def _is_r5(fhir_version: str) -> bool:
    return fhir_version.startswith("5.")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("parameters.toml").read_text("utf-8"))


@cache
def _parameters_of(type_: str, r5: bool) -> Mapping[str, Parameter]:
    table = _table()
    own = (table["R5"].get(type_) if r5 else None) or table.get(type_)
    entries = {**table["common"], **(own if own and type_ in RESOURCE_TYPES else {})}
    return MappingProxyType({name: _parameter(name, text) for name, text in sorted(entries.items())})


def _entry(section: str, type_: str, r5: bool) -> str:
    table = _table()
    newer = table["R5"][section].get(type_) if r5 else None
    entry: str = newer or table[section].get(type_, "")
    return entry


def _parameter(name: str, text: str) -> Parameter:
    kind, _, rest = text.partition(" ")
    rest, _, targets = rest.partition(" -> ")
    rest, _, system = rest.partition(" = ")
    paths = tuple(_path(part.strip()) for part in rest.split("|"))
    if kind == "reference" and paths[0].only:
        targets = paths[0].only
    return Parameter(name, kind, paths, () if targets == "any" else tuple(targets.split()), system or None)


def _path(text: str) -> Path:
    name, _, condition = text.rstrip("]").partition("[")
    only = condition if condition not in ("", "x", "exists") else None
    return Path(name, condition == "x", condition == "exists", only)


RESOURCE_TYPES: frozenset[str] = frozenset(_table()["types"].split())
"""Every resource type of R4."""
