"""Owns what a resource is found by: its search rows, read from its elements by compiled paths.

https://hl7.org/fhir/R4/search.html. A row's `param` is the element's path, so that parameters that read the same
element (`subject` and `patient`) share its rows. Some rows stand beside the value's own: `path:text` a code's
words, `path:identifier` a logical reference, `path:of-type` an identifier with its type, `path:exact` unfolded text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from fhir_adapter.testing.server.search.folding import fold
from fhir_adapter.testing.server.search.intervals import interval, period, timing
from fhir_adapter.testing.server.search.parameters import CHOICES, Parameter, Path, parameters_of
from fhir_adapter.testing.server.search.references import read_reference
from fhir_adapter.testing.server.store import IndexRows

Writer = Callable[[IndexRows, str, Any], None]
_Step = tuple[Writer, str, tuple[str, ...]]

_NAME_PARTS = ("text", "family", "given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")


def index_rows(resource: dict[str, Any], fhir_version: str = "4.0.1") -> IndexRows:
    """The search rows of a resource; elements of a wrong shape are passed over."""
    rows = IndexRows()
    readers, existing = _plan(resource["resourceType"], fhir_version)
    for element, value in resource.items():
        for write, name, steps in readers.get(element, ()):
            if steps or value.__class__ is list:
                for leaf in _leaves(value, steps):
                    write(rows, name, leaf)
            else:
                write(rows, name, value)
    for name in existing:
        known = resource.get(f"{name}Boolean") is True or f"{name}DateTime" in resource
        rows.token.append((name, "true" if known else "false", None))
    return rows


def _leaves(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _leaves(value[steps[0]], steps[1:])


@cache
def _plan(type_: str, fhir_version: str) -> tuple[dict[str, tuple[_Step, ...]], tuple[str, ...]]:
    """What to read from each root element, and the names of elements whose existence is a value itself."""
    readers: dict[str, dict[_Step, None]] = {}
    existing: list[str] = []
    for parameter in parameters_of(type_, fhir_version).values():
        for path in parameter.paths:
            if path.exists:
                existing.append(path.name)
            # The store's own columns hold the id and the time of the last change.
            elif path.name not in ("id", "meta.lastUpdated"):
                for root in _roots(parameter, path):
                    readers.setdefault(root, {})[WRITERS[parameter.kind], path.name, path.steps[1:]] = None
    return {root: tuple(steps) for root, steps in readers.items()}, tuple(existing)


def _roots(parameter: Parameter, path: Path) -> Iterator[str]:
    if path.choice:
        yield from (path.name + suffix for suffix in CHOICES[parameter.kind])
    else:
        yield path.steps[0]


def _token(rows: IndexRows, name: str, value: Any) -> None:
    if isinstance(value, str):
        rows.token.append((name, value, None))
    elif isinstance(value, bool):
        rows.token.append((name, "true" if value else "false", None))
    elif not isinstance(value, dict):
        return
    elif "coding" in value or "text" in value:
        _concept(rows, name, value)
    elif "value" in value:
        _identifier(rows, name, value)
    else:
        _coding(rows, name, value)


def _concept(rows: IndexRows, name: str, value: dict[str, Any]) -> None:
    codings = value.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict):
            _coding(rows, name, coding)
    if text := value.get("text"):
        rows.string.append((f"{name}:text", fold(str(text))))
        if not codings:
            # It has a value, though none that a code finds: `:missing` must see it.
            rows.token.append((name, None, None))


def _coding(rows: IndexRows, name: str, value: dict[str, Any]) -> None:
    rows.token.append((name, _text(value.get("code")), _text(value.get("system"))))
    if display := value.get("display"):
        rows.string.append((f"{name}:text", fold(str(display))))


def _identifier(rows: IndexRows, name: str, value: dict[str, Any]) -> None:
    content = _text(value.get("value"))
    rows.token.append((name, content, _text(value.get("system"))))
    kind = value.get("type")
    if not isinstance(kind, dict):
        return
    if text := kind.get("text"):
        rows.string.append((f"{name}:text", fold(str(text))))
    for coding in kind.get("coding", ()):
        if isinstance(coding, dict):
            meaning = f"{coding.get('system', '')}|{coding.get('code', '')}"
            rows.token.append((f"{name}:of-type", content, meaning))


def _uri(rows: IndexRows, name: str, value: Any) -> None:
    if not isinstance(value, str):
        return
    rows.token.append((name, value, None))
    url, bar, _ = value.partition("|")
    if bar:
        # A canonical with a version is also found without it.
        rows.token.append((name, url, None))


def _date(rows: IndexRows, name: str, value: Any) -> None:
    if isinstance(value, str):
        found = interval(value)
    elif isinstance(value, dict):
        found = period(value) or timing(value)
    else:
        found = None
    if found:
        rows.date.append((name, *found))


def _string(rows: IndexRows, name: str, value: Any) -> None:
    if isinstance(value, str):
        texts = {value: None}
    elif isinstance(value, dict):
        parts = _ADDRESS_PARTS if not value.keys().isdisjoint(_ADDRESS_PARTS[1:]) else _NAME_PARTS
        texts = {text: None for part in parts for text in _leaves(value.get(part, []), ())}
    else:
        texts = {}
    for text in texts:
        rows.string.append((name, fold(str(text))))
        rows.string.append((f"{name}:exact", str(text)))


def _reference(rows: IndexRows, name: str, value: Any) -> None:
    if isinstance(value, str):
        rows.reference.append((name, value.partition("|")[0], None, value))
    if not isinstance(value, dict):
        return
    rows.reference.append((name, *read_reference(value)))
    logical = value.get("identifier")
    if isinstance(logical, dict):
        rows.token.append((f"{name}:identifier", _text(logical.get("value")), _text(logical.get("system"))))


def _quantity(rows: IndexRows, name: str, value: Any) -> None:
    if not isinstance(value, dict) or "value" not in value:
        return
    try:
        number = float(value["value"])
    except (TypeError, ValueError):
        return
    system, code, unit = (_text(value.get(key)) for key in ("system", "code", "unit"))
    rows.quantity.append((name, number, system, code))
    if unit and unit != code:
        # `||unit` means the code or what is printed: https://hl7.org/fhir/R4/search.html#quantity
        rows.quantity.append((name, number, None, unit))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


WRITERS: dict[str, Writer] = {
    "token": _token,
    "uri": _uri,
    "date": _date,
    "string": _string,
    "reference": _reference,
    "quantity": _quantity,
}
