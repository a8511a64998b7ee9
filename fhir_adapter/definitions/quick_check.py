"""Owns the quick yes to a document that follows its schema, made from the schema once, in plain Python.

It only ever says yes where jsonschema would find no error. Everything else, a fault or a doubt, is left to
jsonschema, which is some thirty times slower and knows what to say; a schema with a keyword that is not known
here never gets a quick yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeGuard, cast

Check = Callable[[object], bool]
Schema = Mapping[str, object]

_ANNOTATIONS: Final = frozenset({"$schema", "$defs", "title", "description"})
_ROW_KEYWORDS: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_ALL_TEXT: Final = {str}
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),  # jsonschema takes 1.0 too: let it say so
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}


class UnknownKeywordError(Exception):
    """A schema says something that no quick check is made for."""


def quick_check(schema: Schema) -> Check:
    """What says yes to most documents that follow the schema, and to no other."""
    try:
        return _Maker(cast(Mapping[str, Schema], schema.get("$defs", {}))).check(schema)
    except UnknownKeywordError:
        return _never


class _Maker:
    """Makes the check of a schema from those of its keywords; a definition that is used twice is made once."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._made: dict[str, Check] = {}

    def check(self, schema: object) -> Check:
        """The check of one schema; UnknownKeywordError if it cannot be made."""
        if not isinstance(schema, dict):
            raise UnknownKeywordError(repr(schema))
        return _text_row(schema) or _all_of(
            [self._keyword(key, schema) for key in sorted(schema, key=_order) if _speaks(key, schema)]
        )

    def _keyword(self, keyword: str, schema: Schema) -> Check:
        value = schema[keyword]
        if keyword == "$ref":
            return self._reference(str(value))
        if keyword in ("properties", "additionalProperties"):
            return self._properties(schema)
        if keyword == "items":
            return _items(self.check(value))
        made = _SIMPLE.get(keyword)
        if made is None:
            raise UnknownKeywordError(keyword)
        return made(value)

    def _reference(self, reference: str) -> Check:
        start, _, name = reference.rpartition("/")
        if start != "#/$defs" or name not in self._definitions:
            raise UnknownKeywordError(reference)
        if name not in self._made:
            self._made[name] = lambda found: self._made[name](found)  # until it is made: it may hold itself
            self._made[name] = self.check(self._definitions[name])
        return self._made[name]

    def _properties(self, schema: Schema) -> Check:
        properties = cast(Schema, schema.get("properties", {}))
        checks = {name: self.check(of) for name, of in properties.items()}
        extra = schema.get("additionalProperties", True)
        other = _never if extra is False else _always if extra is True else self.check(extra)

        def check(found: object) -> bool:
            if isinstance(found, dict):
                for name, value in found.items():
                    if not checks.get(name, other)(value):
                        return False
            return True

        return check


def _text_row(schema: Schema) -> Check | None:
    """The check of a CSV row: all columns are there, none else, each a text; None for any other schema."""
    columns = cast(Mapping[str, Schema], schema.get("properties", {}))
    if schema.keys() - _ANNOTATIONS != _ROW_KEYWORDS or schema["additionalProperties"] is not False:
        return None
    if schema["type"] != "object" or columns.keys() != set(cast(list[str], schema["required"])):
        return None
    if not all(_is_text(column) for column in columns.values()):
        return None
    tests = [(name, test) for name, column in columns.items() for test in _text_tests(column)]

    def check(found: object) -> bool:
        if type(found) is not dict or found.keys() != columns.keys():
            return False
        if set(map(type, found.values())) != _ALL_TEXT:
            return False
        for name, holds in tests:
            if not holds(found[name]):
                return False
        return True

    return check


def _is_text(column: object) -> TypeGuard[Schema]:
    if not isinstance(column, dict):
        return False
    known = column.keys() <= _ANNOTATIONS | {"type", "enum", "pattern", "minLength"}
    return bool(known and column.get("type", "string") == "string" and column.get("minLength", 1) == 1)


def _text_tests(column: Schema) -> tuple[Callable[[str], object], ...]:
    """What is left to ask of a text, by functions that need no Python frame: a file has thousands of cells."""
    tests: list[Callable[[str], object]] = []
    if "enum" in column:
        tests.append(_texts(column["enum"]).__contains__)
    if "pattern" in column:
        tests.append(re.compile(str(column["pattern"])).search)
    if "minLength" in column:
        tests.append(len)
    return tuple(tests)


def _speaks(keyword: str, schema: Schema) -> bool:
    """Whether a keyword needs a check of its own."""
    return keyword not in _ANNOTATIONS and not (keyword == "additionalProperties" and "properties" in schema)


def _order(keyword: str) -> tuple[bool, str]:
    return (keyword != "type", keyword)


def _all_of(checks: list[Check]) -> Check:
    if not checks:
        return _always
    first, rest = checks[0], checks[1:]
    if not rest:
        return first
    other = _all_of(rest)
    return lambda found: first(found) and other(found)


def _always(_: object) -> bool:
    return True


def _never(_: object) -> bool:
    return False


def _type(wanted: object) -> Check:
    names = [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)]
    if not _TYPES.keys() >= set(names):
        raise UnknownKeywordError(f"type {wanted}")
    types = {of for name in names for of in _TYPES[name]}
    return lambda found: type(found) in types


def _enum(wanted: object) -> Check:
    texts = _texts(wanted)
    return lambda found: type(found) is str and found in texts


def _texts(wanted: object) -> frozenset[str]:
    listed = cast(list[object], wanted)
    if not all(type(one) is str for one in listed):
        raise UnknownKeywordError(f"enum {wanted}")
    return frozenset(cast(list[str], listed))


def _const(wanted: object) -> Check:
    if not isinstance(wanted, str | bool):
        raise UnknownKeywordError(f"const {wanted}")
    return lambda found: type(found) is type(wanted) and found == wanted


def _pattern(wanted: object) -> Check:
    search = re.compile(str(wanted)).search
    return lambda found: not isinstance(found, str) or search(found) is not None


def _required(wanted: object) -> Check:
    names = frozenset(cast(list[str], wanted))
    return lambda found: not isinstance(found, dict) or found.keys() >= names


def _items(check: Check) -> Check:
    return lambda found: not isinstance(found, list) or all(map(check, found))


def _unique(wanted: object) -> Check:
    if wanted is not True:
        raise UnknownKeywordError(f"uniqueItems {wanted}")
    return lambda found: (
        not isinstance(found, list)
        or (all(type(item) is str for item in found) and len(set(found)) == len(found))
    )


def _size(
    of: type[str] | type[list[object]] | type[dict[str, object]], *, least: bool
) -> Callable[[object], Check]:
    def make(wanted: object) -> Check:
        bound = cast(int, wanted)
        if least:
            return lambda found: not isinstance(found, of) or len(found) >= bound
        return lambda found: not isinstance(found, of) or len(found) <= bound

    return make


def _bound(holds: Callable[[float, float], bool]) -> Callable[[object], Check]:
    def make(wanted: object) -> Check:
        bound = cast(float, wanted)
        return lambda found: isinstance(found, int | float) and holds(found, bound)

    return make


_SIMPLE: Final[Mapping[str, Callable[[object], Check]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "required": _required,
    "uniqueItems": _unique,
    "minLength": _size(str, least=True),
    "minItems": _size(list, least=True),
    "maxItems": _size(list, least=False),
    "minProperties": _size(dict, least=True),
    "minimum": _bound(lambda found, bound: found >= bound),
    "maximum": _bound(lambda found, bound: found <= bound),
    "exclusiveMinimum": _bound(lambda found, bound: found > bound),
}
