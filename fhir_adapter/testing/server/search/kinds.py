"""Owns what a value of each kind of parameter means as a condition on its search rows.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.clauses import Clause, Condition, Source, having, in_list, negated
from fhir_adapter.testing.server.search.folding import fold
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES, Parameter
from fhir_adapter.testing.server.search.references import is_id, read_literal
from fhir_adapter.testing.server.search.values import (
    alternatives,
    prefixed_date,
    prefixed_number,
    split,
    truth,
    unescape,
)

TABLES = {"uri": "token", "token": "token", "date": "date", "string": "string", "reference": "reference"}
TABLES["quantity"] = "quantity"
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Criterion:
    """One parameter of a query: `label` as the client wrote it, `value` still escaped.

    `now` and `base` are the server's: what `ap` and addresses of its own are measured by.
    """

    parameter: Parameter
    label: str
    modifier: str
    value: str
    now: int
    base: str

    def options(self) -> list[str]:
        """The values of the list."""
        return alternatives(self.label, self.value)

    def refused(self) -> Problem:
        """What a modifier that is not supported leads to, in lenient handling as well."""
        return Problem(400, "not-supported", f"the modifier of {self.label} is not supported")


def clause_for(source: Source, criterion: Criterion) -> Clause:
    """The condition of a criterion; Problem 400 for a modifier or value that it cannot have."""
    if criterion.modifier == "missing":
        return _missing(source, criterion)
    return _KINDS[criterion.parameter.kind](source, criterion)


def dates(prefix: str, low: int, high: int, now: int) -> Condition:
    """A prefix as a condition on the columns low and high: https://hl7.org/fhir/R4/search.html#date."""
    gap = abs(now - low) // 10
    return {
        "eq": ("low >= ? AND high <= ?", (low, high)),
        "ne": ("(low < ? OR high > ?)", (low, high)),
        "gt": ("high > ?", (high,)),
        "lt": ("low < ?", (low,)),
        "ge": ("(high > ? OR low >= ? AND high <= ?)", (high, low, high)),
        "le": ("(low < ? OR low >= ? AND high <= ?)", (low, low, high)),
        "sa": ("low >= ?", (high,)),
        "eb": ("high <= ?", (low,)),
        "ap": ("low < ? AND high > ?", (high + gap, low - gap)),
    }[prefix]


def _missing(source: Source, criterion: Criterion) -> Clause:
    parameter = criterion.parameter
    narrowed: Condition = ("1", ())
    if parameter.only and parameter.kind == "reference":
        narrowed = ("type = ?", (parameter.only,))
    elif parameter.only and parameter.kind == "token":
        narrowed = ("system = ?", (parameter.only,))
    present = having(source, TABLES[parameter.kind], parameter.names, [narrowed])
    return negated(present) if truth(criterion.label, criterion.value) else Clause(present.check)


def _token(source: Source, criterion: Criterion) -> Clause:
    names = criterion.parameter.names
    if criterion.modifier == "text":
        return having(source, "string", _beside(names, "text"), [_starts(o) for o in criterion.options()])
    if criterion.modifier == "of-type" and "identifier" in names:
        typed = [_of_type(criterion, option) for option in criterion.options()]
        return having(source, "token", _beside(names, "of-type"), typed)
    found = having(source, "token", names, _codes(criterion, criterion.parameter))
    if criterion.modifier == "not":
        return negated(found)
    if criterion.modifier:
        raise criterion.refused()
    return found


def _codes(criterion: Criterion, parameter: Parameter | None) -> list[Condition]:
    """`code`, `system|code`, `|code`, `system|`; those of the same system as one condition."""
    by_system: dict[str | None, list[str | None]] = {}
    for option in criterion.options():
        parts = [unescape(part) for part in split(option, "|")]
        if len(parts) > 2 or not any(parts):
            raise Problem(400, "invalid", f"{criterion.label} has {option!r}, which is no token")
        by_system.setdefault(parts[0] if len(parts) == 2 else None, []).append(parts[-1] or None)
    return [_of_system(system, codes, parameter) for system, codes in by_system.items()]


def _of_system(system: str | None, codes: Sequence[str | None], parameter: Parameter | None) -> Condition:
    if parameter and parameter.only:
        within: Condition = ("system = ?", (parameter.only,))
    elif system is None:
        within = ("1", ())
    elif not system or (parameter and system == parameter.system):
        within = ("system IS NULL", ())
    else:
        within = ("system = ?", (system,))
    if None in codes:
        return within
    return f"{in_list('code', codes)} AND {within[0]}", (*codes, *within[1])


def _of_type(criterion: Criterion, option: str) -> Condition:
    parts = [unescape(part) for part in split(option, "|")]
    if len(parts) != 3 or not all(parts):
        raise Problem(400, "invalid", f"{criterion.label} needs system|code|value")
    return "code = ? AND system = ?", (parts[2], f"{parts[0]}|{parts[1]}")


def _uri(source: Source, criterion: Criterion) -> Clause:
    conditions: list[Condition] = []
    for option in map(unescape, criterion.options()):
        if criterion.modifier == "below":
            below = option.rstrip("/") + "/"
            conditions.append(("code = ?", (option,)))
            conditions.append(("code >= ? AND code < ?", (below, below + _LAST)))
        elif criterion.modifier == "above":
            conditions.append(("substr(?, 1, length(code) + 1) IN (code, code || '/')", (option,)))
        elif criterion.modifier:
            raise criterion.refused()
        else:
            conditions.append(("code = ?", (option,)))
    return having(source, "token", criterion.parameter.names, conditions)


def _date(source: Source, criterion: Criterion) -> Clause:
    if criterion.modifier:
        raise criterion.refused()
    conditions: list[Condition] = []
    for option in criterion.options():
        prefix, (low, high) = prefixed_date(criterion.label, option)
        conditions.append(dates(prefix, low, high, criterion.now))
    return having(source, "date", criterion.parameter.names, conditions)


def _string(source: Source, criterion: Criterion) -> Clause:
    names, options = criterion.parameter.names, criterion.options()
    if criterion.modifier == "exact":
        exact: list[Condition] = [("value = ?", (unescape(option),)) for option in options]
        return having(source, "string", _beside(names, "exact"), exact)
    if criterion.modifier == "contains":
        inside: list[Condition] = [("instr(value, ?) > 0", (fold(unescape(option)),)) for option in options]
        return having(source, "string", names, inside)
    if criterion.modifier:
        raise criterion.refused()
    return having(source, "string", names, [_starts(option) for option in options])


def _starts(option: str) -> Condition:
    text = fold(unescape(option))
    return "value >= ? AND value < ?", (text, text + _LAST)


def _reference(source: Source, criterion: Criterion) -> Clause:
    names, modifier = criterion.parameter.names, criterion.modifier
    if modifier == "identifier":
        return having(source, "token", _beside(names, "identifier"), _codes(criterion, None))
    if modifier and modifier not in RESOURCE_TYPES:
        raise criterion.refused()
    by_place: dict[Condition, list[str | None]] = {}
    for option in criterion.options():
        id_, place = _points(criterion, unescape(option), modifier)
        by_place.setdefault(place, []).append(id_)
    pointed = [(f"{in_list('id', i)} AND {sql}", (*i, *values)) for (sql, values), i in by_place.items()]
    return having(source, "reference", names, pointed)


def here(base: str, prefix: str = "") -> Condition:
    """A reference row that points to this server: relative, or absolute with its base."""
    if not base:
        return f"{prefix}url IS NULL", ()
    own = f"{prefix}url = ? || '/' || {prefix}type || '/' || {prefix}id"
    return f"({prefix}url IS NULL OR {own})", (base,)


def _points(criterion: Criterion, value: str, type_: str) -> tuple[str | None, Condition]:
    """The id that a reference must have, and what else must hold of its row."""
    base = criterion.base
    if base and value.startswith(f"{base}/"):
        value = value[len(base) + 1 :]
    id_, found, url = (value, None, None) if is_id(value) else read_literal(value)
    if url == value and ":" not in value:
        raise Problem(400, "invalid", f"{criterion.label} has {value!r}, which is no reference")
    sql, bound = here(base) if url is None else ("url = ?", (url,))
    for wanted in (type_, found, criterion.parameter.only):
        if wanted:
            sql, bound = f"{sql} AND type = ?", (*bound, wanted)
    return id_, (sql, bound)


def _quantity(source: Source, criterion: Criterion) -> Clause:
    if criterion.modifier:
        raise criterion.refused()
    conditions = [_amount(criterion, option) for option in criterion.options()]
    return having(source, "quantity", criterion.parameter.names, conditions)


def _amount(criterion: Criterion, option: str) -> Condition:
    parts = [unescape(part) for part in split(option, "|")]
    if len(parts) not in (1, 3):
        raise Problem(400, "invalid", f"{criterion.label} needs number or number|system|code")
    prefix, number, half = prefixed_number(criterion.label, parts[0])
    sql, bound = _numbers(prefix, number, half)
    for column, wanted in zip(("system", "code"), parts[1:], strict=False):
        if wanted:
            sql, bound = f"{sql} AND {column} = ?", (*bound, wanted)
    return sql, bound


def _numbers(prefix: str, number: Decimal, half: Decimal) -> Condition:
    if prefix == "ap":
        half = max(half, abs(number) / 10)
    low, high, exact = float(number - half), float(number + half), float(number)
    return {
        "eq": ("value >= ? AND value < ?", (low, high)),
        "ap": ("value >= ? AND value <= ?", (low, high)),
        "ne": ("(value < ? OR value >= ?)", (low, high)),
        "ge": ("value >= ?", (exact,)),
        "le": ("value <= ?", (exact,)),
        "gt": ("value > ?", (exact,)),
        "sa": ("value > ?", (exact,)),
        "lt": ("value < ?", (exact,)),
        "eb": ("value < ?", (exact,)),
    }[prefix]


def _beside(names: Sequence[str], kind: str) -> tuple[str, ...]:
    return tuple(f"{name}:{kind}" for name in names)


_KINDS: dict[str, Callable[[Source, Criterion], Clause]] = {
    "token": _token,
    "uri": _uri,
    "date": _date,
    "string": _string,
    "reference": _reference,
    "quantity": _quantity,
}
