"""Owns the way from a query's pairs to the resources that match: names, chains, `_has`, and the conditional search.

https://hl7.org/fhir/R4/search.html#chaining, #has
"""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.clauses import (
    Clause,
    Condition,
    Source,
    Values,
    among,
    in_list,
    where,
)
from fhir_adapter.testing.server.search.kinds import Criterion, clause_for, here
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES, Parameter, parameters_of
from fhir_adapter.testing.server.search.values import alternatives, prefixed_date, unescape

Pair = tuple[str, str]

_FORMATS = ("_format", "_pretty")


class UnknownParameter(Problem):
    """A parameter that the type does not have; lenient handling leaves it out."""

    def __init__(self, name: str, type_: str | None) -> None:
        place = f"a search of {type_}" if type_ else "a search of several types"
        super().__init__(400, "not-supported", f"{name} is no parameter of {place} on this server")


class Compiler:
    """Turns pairs into clauses; make one per request, after settling.

    It has search rows written only for types whose rows are looked at: a plain page of a large new type comes at once.
    """

    def __init__(self, context: Context, base: str = "") -> None:
        self.context = context
        self.base = base
        self._now = context.now()
        self._aliases = 0

    def source(self, types: Sequence[str]) -> Source:
        """A new place in a statement for resources of some types (none: of all)."""
        self._aliases += 1
        return Source(f"c{self._aliases}", tuple(types))

    def index(self, source: Source) -> None:
        """See that the search rows of the source's types are there."""
        for type_ in source.types or stored_types(self.context):
            self.context.store.ensure_indexed(type_)

    def parameters(self, source: Source) -> dict[str, Parameter]:
        """The parameters that resources of the source have in common."""
        type_ = source.types[0] if len(source.types) == 1 else ""
        return dict(parameters_of(type_, self.context.fhir_version))

    def clause(self, source: Source, name: str, value: str) -> Clause:
        """The condition of one pair; UnknownParameter, or Problem 400 for a bad modifier or value."""
        if name.startswith("_has:"):
            return self._reverse(source, name, value)
        link, dot, rest = name.partition(".")
        plain, _, modifier = link.partition(":")
        parameter = self.parameters(source).get(plain)
        if parameter is None:
            raise UnknownParameter(name, source.types[0] if len(source.types) == 1 else None)
        if dot:
            self.index(source)
            return self._chain(source, parameter, modifier, (rest, value))
        if not value:
            raise Problem(400, "invalid", f"{name} has no value")
        if plain in ("_id", "_lastUpdated"):
            return self._column(source, plain, modifier, value)
        self.index(source)
        return clause_for(source, Criterion(parameter, name, modifier, value, self._now, self.base))

    def where(self, source: Source, clauses: Sequence[Clause]) -> Condition:
        """The WHERE of a statement over `current` under the source's alias."""
        return where(source, clauses, self.context.store.query)

    def _column(self, source: Source, name: str, modifier: str, value: str) -> Clause:
        if modifier:
            raise Problem(400, "not-supported", f"the modifier of {name}:{modifier} is not supported")
        options = alternatives(name, value)
        if name == "_id":
            ids = tuple(unescape(option) for option in options)
            return Clause((in_list(f"{source.alias}.id", ids), ids))
        parts = [_updated(f"{source.alias}.shown_updated", name, option, self._now) for option in options]
        either = " OR ".join(sql for sql, _ in parts)
        return Clause((f"({either})", tuple(bound for _, values in parts for bound in values)))

    def _chain(self, source: Source, parameter: Parameter, type_: str, pair: Pair) -> Clause:
        if parameter.kind != "reference" or (type_ and type_ not in RESOURCE_TYPES):
            raise Problem(400, "invalid", f"{parameter.name} cannot be followed to {type_ or 'a resource'}")
        targets = (type_,) if type_ else parameter.targets
        if not targets:
            raise Problem(400, "invalid", f"{parameter.name}.{pair[0]} needs a type: {parameter.name}:Type.…")
        able = [target for target in targets if self._has_parameter(target, pair[0])]
        if not able:
            raise UnknownParameter(f"{parameter.name}.{pair[0]}", "/".join(targets))
        parts = [self._pointing(parameter, target, pair) for target in able]
        return among(source, " UNION ALL ".join(sql for sql, _ in parts), _joined(parts))

    def _has_parameter(self, type_: str, name: str) -> bool:
        plain = name.partition(".")[0].partition(":")[0]
        return plain == "_has" or plain in parameters_of(type_, self.context.fhir_version)

    def _pointing(self, parameter: Parameter, type_: str, pair: Pair) -> Condition:
        """Keys of resources that point to matching resources of a type."""
        target = self.source([type_])
        condition, values = self.where(target, [self.clause(target, *pair)])
        local, own = here(self.base, "r.")
        alias, names = target.alias, parameter.names
        sql = (
            f"SELECT r.key FROM current {alias} CROSS JOIN reference r INDEXED BY reference_value"
            f" ON r.id = {alias}.id AND r.type = {alias}.type"
            f" WHERE {in_list('r.param', names)} AND {local} AND {condition}"
        )
        return sql, (*names, *own, *values)

    def _reverse(self, source: Source, name: str, value: str) -> Clause:
        """`_has:Observation:patient:code`: https://hl7.org/fhir/R4/search.html#has."""
        parts = name.split(":", 3)
        if len(parts) < 4 or parts[1] not in RESOURCE_TYPES or len(source.types) != 1:
            raise Problem(400, "invalid", f"{name} is not _has:Type:reference:parameter")
        link = parameters_of(parts[1], self.context.fhir_version).get(parts[2])
        if link is None or link.kind != "reference":
            raise UnknownParameter(name, parts[1])
        pointing = self.source([parts[1]])
        self.index(pointing)
        condition, values = self.where(pointing, [self.clause(pointing, parts[3], value)])
        local, own = here(self.base, "r.")
        sql = (
            f"SELECT b.key FROM current {pointing.alias} CROSS JOIN reference r INDEXED BY reference_key"
            f" ON r.key = {pointing.alias}.key CROSS JOIN current b ON b.type = r.type AND b.id = r.id"
            f" WHERE {in_list('r.param', link.names)} AND r.type = ? AND {local} AND {condition}"
        )
        return among(source, sql, (*link.names, source.types[0], *own, *values))


def find(context: Context, type_: str, pairs: Sequence[Pair], base: str = "") -> list[int]:
    """The versions that a conditional interaction's query matches, in the order of creation.

    Problem 400 for a query without criteria, and for any parameter that would not be looked at: a condition that
    silently matches everything would overwrite somebody else's record.
    """
    context.settle()
    criteria = [pair for pair in pairs if pair[0] not in _FORMATS]
    if not criteria:
        raise Problem(400, "required", "a conditional interaction needs search criteria")
    for name, _ in criteria:
        if is_ignored(context, name):
            raise UnknownParameter(name, type_)
    compiler = Compiler(context, base)
    source = compiler.source([type_])
    clauses = [compiler.clause(source, name, value) for name, value in criteria]
    condition, values = compiler.where(source, clauses)
    alias = source.alias
    sql = f"SELECT {alias}.shown FROM current {alias} WHERE {condition} ORDER BY {alias}.key"
    return [row[0] for row in context.store.query(sql, values)]


def stored_types(context: Context) -> list[str]:
    """Every type that the server holds or held a resource of."""
    # From one type to the next by the index; DISTINCT would walk through every resource.
    following = "SELECT (SELECT min(type) FROM current WHERE type > name) FROM stored WHERE name IS NOT NULL"
    types = f"WITH RECURSIVE stored(name) AS (SELECT min(type) FROM current UNION ALL {following})"
    return [row[0] for row in context.store.query(f"{types} SELECT name FROM stored WHERE name IS NOT NULL")]


def is_ignored(context: Context, name: str) -> bool:
    """Whether the server's quirks say that a parameter, modified or chained as it may be, is not looked at."""
    return name.partition(":")[0].partition(".")[0] in context.quirks.ignored_parameters


def _updated(column: str, name: str, option: str, now: int) -> Condition:
    """`_lastUpdated`, an instant of one millisecond, in a form that the index over it can serve."""
    prefix, (low, high) = prefixed_date(name, option)
    gap = abs(now - low) // 10
    if prefix in ("gt", "sa"):
        return f"{column} >= ?", (high,)
    if prefix in ("lt", "eb"):
        return f"{column} < ?", (low,)
    if prefix == "ge":
        return f"{column} >= ?", (low,)
    if prefix == "le":
        return f"{column} < ?", (high,)
    if prefix == "ne":
        return f"({column} < ? OR {column} >= ?)", (low, high)
    if prefix == "ap":
        low, high = low - gap, high + gap
    return f"{column} >= ? AND {column} < ?", (low, high)


def _joined(parts: Sequence[Condition]) -> Values:
    return tuple(value for _, values in parts for value in values)
