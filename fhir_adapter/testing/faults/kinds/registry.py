"""Owns what a kind of fault is: a function from a call to a response, with named options and their defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.testing.faults.journal import close_body
from fhir_adapter.testing.faults.rules import Rule
from fhir_adapter.testing.server.messages import Handler, Request, Response
from fhir_adapter.testing.server.time import Clock


class Choice:
    """An option that takes one of several words; the first is the default."""

    def __init__(self, *words: str) -> None:
        self.words = words


@dataclass(frozen=True)
class Surroundings:
    """What kinds may use of the harness.

    `trap_url`: the address of the other host. `expire`: makes the server forget the token of a request, so that it
    refuses it by itself.
    """

    clock: Clock
    trap_url: str | None = None
    expire: Callable[[Request], None] | None = None


@dataclass
class Call:
    """One request on its way through one fault. `proceed` asks what is behind it: further faults, then the server."""

    request: Request
    proceed: Handler
    rule: Rule
    around: Surroundings
    injected: list[str] = field(default_factory=list)

    def fires(self, response: Response | None = None) -> bool:
        """Count this call among those the fault could hit; when it is hit, it is noted for the journal.

        To be asked only where the fault has something to do. With `response`, its status must be looked at too.
        """
        if not self.rule.looks_at(response) or not self.rule.hits_next():
            return False
        self.injected.append(self.rule.profile)
        return True

    def do_unseen(self) -> None:
        """Let the server do what it is asked, and throw its answer away."""
        close_body(self.proceed(self.request).body)

    def option(self, name: str) -> Any:
        """An option of the `[[fault]]` table, or its default."""
        return self.rule.fault.options[name]

    @property
    def trap(self) -> str:
        """The other host's address, without a trailing slash."""
        return (self.around.trap_url or "").rstrip("/")


Act = Callable[[Call], Response]


@dataclass(frozen=True)
class Kind:
    """A kind by its name: `options` maps each option to its default, whose type it must have."""

    name: str
    act: Act
    options: Mapping[str, Any]
    needs_trap: bool
    text: str


KINDS: dict[str, Kind] = {}


def kind(name: str, /, *, needs_trap: bool = False, **options: Any) -> Callable[[Act], Act]:
    """Register a function as a kind of fault."""

    def register(act: Act) -> Act:
        if name in KINDS:
            raise ValueError(f"two kinds are called {name}")
        KINDS[name] = Kind(name, act, options, needs_trap, (act.__doc__ or "").strip())
        return act

    return register
