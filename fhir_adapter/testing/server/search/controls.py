"""Owns the parameters that shape an answer rather than select resources: `_count`, `_sort`, `_elements`, `_include`…

https://hl7.org/fhir/R4/search.html#table
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.matching import UnknownParameter
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES, Parameter, parameters_of
from fhir_adapter.testing.server.search.values import listed


@dataclass(frozen=True)
class Include:
    """What else a page holds. `source`: the type that has the reference, or `*`; `parameter`: None for any of it.

    `reverse`: the resources that point to the page's (`_revinclude`), not those that they point to.
    """

    source: str
    parameter: Parameter | None
    target: str | None
    reverse: bool


@dataclass(frozen=True)
class SortKey:
    """One key of `_sort`: a parameter's value, descending with a minus."""

    parameter: Parameter
    descending: bool


@dataclass(frozen=True)
class Shape:
    """What a result's pages look like; kept with the result while it is paged through."""

    elements: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    total: bool = True


@dataclass
class Controls:
    """The controls of one search, as far as they were understood."""

    type: str | None
    fhir_version: str
    strict: bool = True
    count: int | None = None
    counts_only: bool = False
    total: bool = True
    types: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    sort: list[SortKey] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """What paging must remember."""
        return Shape(self.elements, tuple(self.includes), self.total)

    def take(self, name: str, value: str) -> bool:
        """Understand one pair; False when it is no control. Problem 400 for a bad value."""
        plain, _, modifier = name.partition(":")
        reader = READERS.get(plain)
        if reader is None or (plain == "_type" and self.type is not None):
            return False
        if modifier:
            raise Problem(400, "not-supported", f"{name} is not supported")
        reader(self, value)
        return True


def page_size(text: str) -> int:
    """The number of `_count`; Problem 400 when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem(400, "invalid", f"_count is a number from 0 on, not {text!r}")
    return int(text)


def _count(controls: Controls, value: str) -> None:
    controls.count = page_size(value)
    controls.counts_only = controls.counts_only or controls.count == 0


def _summary(controls: Controls, value: str) -> None:
    if value == "count":
        controls.counts_only = True
    elif value in ("true", "text", "data"):
        raise UnknownParameter(f"_summary={value}", controls.type)
    elif value != "false":
        raise Problem(400, "invalid", f"_summary has {value!r}")


def _total(controls: Controls, value: str) -> None:
    if value not in ("none", "estimate", "accurate"):
        raise Problem(400, "invalid", f"_total is none, estimate or accurate, not {value!r}")
    controls.total = value != "none"


def _types(controls: Controls, value: str) -> None:
    types = listed(value)
    unknown = [type_ for type_ in types if type_ not in RESOURCE_TYPES]
    if unknown or not types:
        raise Problem(400, "invalid", f"_type has {value!r}, which is no list of resource types")
    controls.types = types


def _elements(controls: Controls, value: str) -> None:
    controls.elements = controls.elements + listed(value)
    if not controls.elements:
        raise Problem(400, "invalid", "_elements has no value")


def _sort(controls: Controls, value: str) -> None:
    known = parameters_of(controls.type or "", controls.fhir_version)
    for key in listed(value):
        name = key.removeprefix("-")
        if name not in known:
            raise UnknownParameter(f"_sort={name}", controls.type)
        controls.sort.append(SortKey(known[name], key != name))


def _include(controls: Controls, value: str) -> None:
    controls.includes.append(_inclusion(controls, value, "_include", reverse=False))


def _revinclude(controls: Controls, value: str) -> None:
    controls.includes.append(_inclusion(controls, value, "_revinclude", reverse=True))


def _inclusion(controls: Controls, value: str, label: str, *, reverse: bool) -> Include:
    if value == "*":
        return Include("*", None, None, reverse)
    parts = value.split(":")
    if len(parts) not in (2, 3) or parts[0] not in RESOURCE_TYPES:
        raise Problem(
            400, "invalid", f"{label} has {value!r}, which is not Type:parameter or Type:parameter:Target"
        )
    target = parts[2] if len(parts) == 3 else None
    if target is not None and target not in RESOURCE_TYPES:
        raise Problem(400, "invalid", f"{label} has {target!r}, which is no resource type")
    if parts[1] == "*":
        return Include(parts[0], None, target, reverse)
    parameter = parameters_of(parts[0], controls.fhir_version).get(parts[1])
    if parameter is None or parameter.kind != "reference":
        raise UnknownParameter(f"{label}={value}", parts[0])
    return Include(parts[0], parameter, target or parameter.only, reverse)


def _nothing(_: Controls, __: str) -> None:
    """`_format` and `_pretty` are about the media type, which is negotiated elsewhere."""


READERS: dict[str, Callable[[Controls, str], None]] = {
    "_count": _count,
    "_summary": _summary,
    "_total": _total,
    "_type": _types,
    "_elements": _elements,
    "_sort": _sort,
    "_include": _include,
    "_revinclude": _revinclude,
    "_format": _nothing,
    "_pretty": _nothing,
}
