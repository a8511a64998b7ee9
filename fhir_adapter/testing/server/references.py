"""Owns references inside resources: reading them, changing them, and holding them to what the store has.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.store import Store, Stored

Identity = tuple[str, str]
# The change of one string; its element's name decides whether it is a link at all.
Change = Callable[[str, str], str]

_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?")
_VERSION = re.compile(r"/_history/[^/]+$")


def links(element: Any) -> Iterator[str]:
    """The text of every Reference in a resource, contained resources included."""
    if isinstance(element, list):
        for item in element:
            yield from links(item)
    elif isinstance(element, dict):
        for name, value in element.items():
            if name == "reference" and isinstance(value, str):
                yield value
            else:
                yield from links(value)


def changed(element: Any, change: Change, name: str = "") -> Any:
    """A copy of a resource with each string exchanged for what `change(element name, string)` gives."""
    if isinstance(element, dict):
        return {key: changed(value, change, key) for key, value in element.items()}
    if isinstance(element, list):
        return [changed(item, change, name) for item in element]
    return change(name, element) if isinstance(element, str) else element


def without_versions(resource: dict[str, Any]) -> dict[str, Any]:
    """A copy whose references name no version, as HAPI stores it."""
    copy: dict[str, Any] = changed(
        resource, lambda name, text: _VERSION.sub("", text) if name == "reference" else text
    )
    return copy


def identity(reference: str, base: str) -> Identity | None:
    """The type and id of a reference to this server, relative or below its base; None for any other."""
    found = _LOCAL.fullmatch(reference.removeprefix(f"{base}/"))
    return (found[1], found[2]) if found else None


def require_targets(store: Store, resource: dict[str, Any], base: str) -> None:
    """Problem 400 when the resource refers to something on this server that is not there."""
    for link in links(resource):
        target = identity(link, base)
        if target and not _is_there(store.current(*target)):
            raise Problem(400, "not-found", f"a reference leads to a {target[0]} that is not on this server")


def require_unreferenced(store: Store, target: Identity, base: str) -> None:
    """Problem 409 when a resource still refers to one that is to be deleted."""
    where = "JOIN current c ON c.seq = v.seq WHERE instr(v.body, ?)"
    for one in store.select(where, (f"{target[0]}/{target[1]}",)):
        if (one.type, one.id) != target and any(
            identity(link, base) == target for link in links(one.resource())
        ):
            raise Problem(409, "conflict", f"a {one.type} still refers to this {target[0]}")


def _is_there(stored: Stored | None) -> bool:
    return stored is not None and not stored.deleted
