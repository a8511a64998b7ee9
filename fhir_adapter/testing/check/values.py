"""Owns which values a resource holds for a search parameter, so that what a search returned can be judged here.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

from fhir_adapter.testing.check.shapes import Json, is_object, objects, text

TYPES = (
    "Patient",
    "Observation",
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "Medication",
    "AllergyIntolerance",
    "Immunization",
    "Procedure",
    "ResearchSubject",
    "ResearchStudy",
    "AdverseEvent",
)
# A server in another zone reads a day otherwise than the resource says it; stamps may be kept in whole seconds.
_DAY = timedelta(days=1)
_STAMP = timedelta(seconds=1)
_WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Parameter:
    """One search parameter of one type: its kind (token, reference, date) and the elements it reads."""

    name: str
    kind: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """A value to search for, taken from the resource with this id."""

    value: str
    source: str


@cache
def _tables() -> dict[str, dict[str, str]]:
    content = files("fhir_adapter.testing.check").joinpath("parameters.toml").read_text("utf-8")
    loaded = tomllib.loads(content)
    tables = {key: table for key, table in loaded.items() if key != "R5"}
    return tables | {f"R5.{key}": table for key, table in loaded.get("R5", {}).items()}


def parameters(kind: str, release: str) -> list[Parameter]:
    """The parameters to try on a type; `release` is "R4" or "R5"."""
    tables = _tables()
    own = tables.get(f"{release}.{kind}", tables.get(kind, {}))
    made = []
    for name, words in (own | tables["*"]).items():
        shape, *paths = words.split()
        made.append(Parameter(name, shape, tuple(paths)))
    return made


def at(resource: Json, path: str) -> list[object]:
    """All values at a dotted path, lists taken apart."""
    found: list[object] = [resource]
    for name in path.split("."):
        below = [value.get(name) for value in found if is_object(value)]
        found = [item for value in below for item in (value if isinstance(value, list) else [value])]
    return [value for value in found if value is not None]


def tokens(resource: Json, parameter: Parameter) -> list[tuple[str, str]]:
    """System and code of every Coding, Identifier and code."""
    found = []
    for value in (value for path in parameter.paths for value in at(resource, path)):
        if isinstance(value, str):
            found.append(("", value))
        elif is_object(value):
            for coding in [*objects(value.get("coding")), value]:
                code = text(coding.get("code")) or text(coding.get("value"))
                if code:
                    found.append((text(coding.get("system")), code))
    return found


def references(resource: Json, parameter: Parameter, base: str | None = None) -> list[str]:
    """`Type/id` of every reference, without version; with a base, only of those to that server."""
    found = [
        text(value.get("reference")) for path in parameter.paths for value in objects(at(resource, path))
    ]
    if base is not None:
        # The same id on another server is another person, whom a search for ours rightly leaves out.
        found = [address for address in found if "://" not in address or address.startswith(f"{base}/")]
    local = [address for address in map(local_reference, found) if address]
    if parameter.name == "patient":
        return [address for address in local if address.startswith("Patient/")]
    return local


def local_reference(address: str) -> str:
    """`Type/id` of a reference; the empty string for urn:, # and the like."""
    parts = address.partition("/_history/")[0].split("/")
    return "/".join(parts[-2:]) if len(parts) >= 2 and parts[-2][:1].isupper() and parts[-1] else ""


def days(resource: Json, parameter: Parameter) -> list[tuple[date, date]]:
    """First and last day of every date, dateTime and Period; an open end is the end of time."""
    found = []
    for value in (value for path in parameter.paths for value in at(resource, path)):
        low, high = (value, value) if isinstance(value, str) else (None, None)
        if is_object(value) and ("start" in value or "end" in value):
            low, high = text(value.get("start")), text(value.get("end"))
        if low is None or high is None:
            continue
        first = _day(low, "-01-01") or date.min
        last = _day(high, "-12-31") or date.max
        found.append((first, last))
    return found


def _day(value: str, rest: str) -> date | None:
    """The day of a whole or partial date; a partial one is filled up at the side that `rest` says."""
    filled = value[:10] if _WHOLE_DATE.match(value) else value[:4] + rest
    try:
        return date.fromisoformat(filled)
    except ValueError:
        return None


def stamp(resource: Json) -> datetime | None:
    """meta.lastUpdated, None where it is absent, unreadable or without a zone."""
    found = at(resource, "meta.lastUpdated")
    try:
        moment = datetime.fromisoformat(text(found[0])) if found else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def wanted(samples: Sequence[Json], parameter: Parameter, base: str) -> Wanted | None:
    """A value that at least one sample has: the newest for dates, so that older ones must be filtered out."""
    if parameter.name == "_lastUpdated":
        stamped = [(moment, sample) for sample in samples if (moment := stamp(sample))]
        if not stamped:
            return None
        _, newest = max(stamped, key=lambda pair: pair[0])
        return Wanted("ge" + text(at(newest, "meta.lastUpdated")[0]), text(newest.get("id")))
    if parameter.kind == "date":
        dated = [
            (low, sample) for sample in samples for low, _ in days(sample, parameter) if low > date.min + _DAY
        ]
        if not dated:
            return None
        low, newest = max(dated, key=lambda pair: pair[0])
        return Wanted(f"ge{low - _DAY}", text(newest.get("id")))
    for sample in samples:
        for value in _texts(sample, parameter, base):
            return Wanted(value, text(sample.get("id")))
    return None


def holds(resource: Json, parameter: Parameter, value: str) -> bool:
    """Whether a resource matches a value of the kind that `wanted` makes."""
    if parameter.name == "_lastUpdated":
        moment = stamp(resource)
        asked = datetime.fromisoformat(value.removeprefix("ge"))
        return moment is None or moment >= asked - _STAMP
    if parameter.kind == "date":
        asked_day = date.fromisoformat(value.removeprefix("ge"))
        return any(last >= asked_day - _DAY for _, last in days(resource, parameter))
    asked_text = value.casefold()
    return any(asked_text == held.casefold() for held in _texts(resource, parameter))


def _texts(resource: Json, parameter: Parameter, base: str | None = None) -> list[str]:
    if parameter.kind == "reference":
        return references(resource, parameter, base)
    return [
        f"{_escaped(system)}|{_escaped(code)}" if system else _escaped(code)
        for system, code in tokens(resource, parameter)
    ]


def _escaped(value: str) -> str:
    """A value inside a search: https://hl7.org/fhir/R4/search.html#escaping"""
    for sign in "\\,$|":
        value = value.replace(sign, "\\" + sign)
    return value
