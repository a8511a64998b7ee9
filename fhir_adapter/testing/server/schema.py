"""Owns R4's JSON schema as checks: each definition becomes one function when it is first needed.

The schema uses ten keywords, and a general validator spends 1.5 ms a resource on them; these functions 0.03 ms.
They follow https://hl7.org/fhir/R4/json.html where the schema falls short of it: a list of primitives may hold null
(beside its `_name` list), a list is not taken for an object, an integer is no fraction, and a contained resource is
judged by its own type.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from fhir_adapter.testing.server.search.intervals import interval

Findings = list[tuple[str, str]]
Check = Callable[[Any, str, Findings], None]
LIMIT = 10

# Equal to the schema's own for base64, which takes exponential time on long text with line ends that does not match.
_BASE64 = r"\s*([0-9a-zA-Z+/=]{4}\s*)+"
_KINDS = {"string": (str,), "number": (int, float, Decimal), "boolean": (bool,)}


_MOMENTS = ("date", "dateTime", "instant")


class Schema:
    """The definitions of one schema; `findings` of a resource are (path, what is wrong there), never its values."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.types = frozenset(content["discriminator"]["mapping"])
        self._definitions: dict[str, Any] = content["definitions"]
        self._checks: dict[str, Check] = {"ResourceList": self._resource, "xhtml": _kind("string", None)}

    def findings(self, resource: dict[str, Any]) -> Findings:
        """What is wrong with a resource of a known type, at most ten findings."""
        found: Findings = []
        self._resource(resource, "", found)
        return found[:LIMIT]

    def _resource(self, value: Any, path: str, found: Findings) -> None:
        type_ = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(type_, str) or type_ not in self.types:
            found.append((path, "is not a resource of a known type"))
            return
        self._named(type_)(value, path or type_, found)

    def _named(self, name: str) -> Check:
        if name not in self._checks:
            definition = self._definitions[name]
            if name == "base64Binary":
                definition = {"type": "string", "pattern": _BASE64}
            self._checks[name] = (
                self._object(definition) if "properties" in definition else self._element(definition)
            )
        return self._checks[name]

    def _element(self, definition: dict[str, Any]) -> Check:
        if "$ref" in definition:
            return self._named(definition["$ref"].rpartition("/")[2])
        if "enum" in definition or "const" in definition:
            return _one_of(frozenset(definition.get("enum", [definition.get("const")])))
        if definition["type"] == "array":
            return self._list(definition["items"])
        pattern = definition.get("pattern")
        check = _kind(definition["type"], pattern)
        # By the pattern: the schema writes the primitives of a choice out instead of naming them.
        moments = [self._definitions[name]["pattern"] for name in _MOMENTS]
        return _in_the_calendar(check) if pattern in moments else check

    def _list(self, items: dict[str, Any]) -> Check:
        name = items.get("$ref", "").rpartition("/")[2]
        # Element: the `_name` list of a primitive list, which has gaps of its own.
        gaps = name == "Element" or "properties" not in self._definitions.get(name, {})
        check_item = self._element(items)

        def check(value: Any, path: str, found: Findings) -> None:
            if not isinstance(value, list):
                found.append((path, "is not a list"))
                return
            if not value:
                found.append((path, "is an empty list"))
            for place, item in enumerate(value):
                if item is not None or not gaps:
                    check_item(item, f"{path}[{place}]", found)
                if len(found) >= LIMIT:
                    return

        return check

    def _object(self, definition: dict[str, Any]) -> Check:
        properties = definition["properties"]
        required = definition.get("required", ())
        choices = self._choices(properties)
        checks: dict[str, Check] = {}

        def check(value: Any, path: str, found: Findings) -> None:
            if not isinstance(value, dict):
                found.append((path, "is not an object"))
                return
            if not value:
                found.append((path, "is an empty object"))
            for name, group in choices.items():
                if len(group & value.keys()) > 1:
                    found.append((f"{path}.{name}[x]", "is given more than once, in different types"))
            for name in required:
                if name not in value:
                    found.append((f"{path}.{name}", "is missing"))
            for name, item in value.items():
                if len(found) >= LIMIT:
                    return
                if name not in properties:
                    found.append((path, "has an element that its type does not have"))
                    continue
                if name not in checks:
                    checks[name] = self._element(properties[name])
                checks[name](item, f"{path}.{name}", found)

        return check

    def _choices(self, properties: dict[str, Any]) -> dict[str, frozenset[str]]:
        """The names that a choice element may have, by its own name; lists are never choices."""
        groups: dict[str, set[str]] = {}
        for name, definition in properties.items():
            if definition.get("type") == "array" or name.startswith("_"):
                continue
            for place, letter in enumerate(name):
                kind = name[place:]
                if letter.isupper() and (
                    kind in self._definitions or kind[0].lower() + kind[1:] in self._definitions
                ):
                    groups.setdefault(name[:place], set()).add(name)
        return {name: frozenset(group) for name, group in groups.items() if len(group) > 1}


@cache
def r4() -> Schema:
    """The schema of R4, read once."""
    path = Path(__file__).with_name("r4.schema.json.gz")
    return Schema(json.loads(gzip.decompress(path.read_bytes())))


def _in_the_calendar(check_form: Check) -> Check:
    def check(value: Any, path: str, found: Findings) -> None:
        known = len(found)
        check_form(value, path, found)
        if len(found) == known and interval(value) is None:
            found.append((path, "is no day of the calendar"))

    return check


def _one_of(values: frozenset[Any]) -> Check:
    def check(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, str) or value not in values:
            found.append((path, "is not one of the codes that are allowed here"))

    return check


def _kind(name: str, pattern: str | None) -> Check:
    kinds = _KINDS[name]
    # ASCII: FHIR's white space is XML's, so a no-break or an ideographic space may stand in a string.
    matches = re.compile(pattern or r"(?s:.*)", re.ASCII).fullmatch

    def check(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, kinds) or (name == "number" and isinstance(value, bool)):
            found.append((path, f"is not a {name}"))
        elif name != "boolean" and not matches(value if isinstance(value, str) else str(value)):
            found.append((path, f"is a {name}, but not of the form that this element has"))

    return check
