"""Owns SMART's system scopes: what they say, in version 1 (`.read`) and 2 (`.rs`), and what each interaction needs.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ALL = "*"
SUPPORTED = ("system/*.read", "system/*.write", "system/*.*", "system/*.rs", "system/*.cruds")

_FORM = re.compile(r"system/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_ORDER = "cruds"
_NEEDS = {
    "read": "r",
    "vread": "r",
    "search": "s",
    "history": "s",
    "create": "c",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "export": "rs",
    "transaction": "",
}


@dataclass(frozen=True)
class Scope:
    """Letters of `cruds` for one type, or for `*`; `version_1` is how it is written, not what it allows."""

    type: str
    letters: str
    version_1: bool = False

    def __str__(self) -> str:
        if self.version_1:
            for name, letters in _VERSION_1.items():
                if letters == self.letters:
                    return f"system/{self.type}.{name}"
        return f"system/{self.type}.{self.letters}"

    def covers(self, type_: str | None, letters: str) -> bool:
        """Whether it opens all these letters for a type; None stands for the whole server, which takes `*`."""
        return self.type in (ALL, type_) and set(letters) <= set(self.letters)


def parse(text: str) -> Scope | None:
    """One scope; None for what this server does not know: user and patient scopes, scopes with a query."""
    found = _FORM.fullmatch(text)
    if found is None or not found[2]:
        return None
    letters = _VERSION_1.get(found[2])
    return Scope(found[1], letters or found[2], version_1=letters is not None)


def granted(requested: str, allowed: Iterable[str]) -> tuple[Scope, ...]:
    """What a client gets that asks for scopes, parted by spaces, and is allowed others: the common part."""
    owned = [scope for scope in map(parse, allowed) if scope]
    found: dict[Scope, None] = {}
    for asked in map(parse, requested.split()):
        if asked is None:
            continue
        shares: dict[str, set[str]] = {}
        for own in owned:
            if asked.type == own.type or ALL in (asked.type, own.type):
                type_ = own.type if asked.type == ALL else asked.type
                shares.setdefault(type_, set()).update(set(asked.letters) & set(own.letters))
        for type_, share in shares.items():
            if share:
                letters = "".join(letter for letter in _ORDER if letter in share)
                found[Scope(type_, letters, asked.version_1)] = None
    return tuple(found)


def needed(interaction: str, parts: list[str]) -> str:
    """The letters an interaction needs; the history of one resource is a kind of read, every other a search.

    A transaction needs none itself: each of its entries is asked about on its own.
    """
    if interaction == "history" and len(parts) == 3:
        return "r"
    return _NEEDS[interaction]


def opens(scopes: Iterable[Scope], interaction: str, type_: str | None, letters: str) -> bool:
    """Whether scopes together allow an interaction; an export without a type is limited later to what they open."""
    owned = list(scopes)
    if type_ is None and interaction in ("export", "transaction"):
        return any(scope.covers(scope.type, letters) for scope in owned)
    return all(any(scope.covers(type_, letter) for scope in owned) for letter in letters)
