"""Owns the place of faults: between the transport and the server (or a proxy to a real one), with the journal.

The same seed and the same order of requests injects the same faults.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.faults.journal import Journal
from fhir_adapter.testing.faults.kinds import KINDS, Call, Surroundings
from fhir_adapter.testing.faults.profile import Profile, load_profile
from fhir_adapter.testing.faults.rules import Rule
from fhir_adapter.testing.server.messages import Handler, Request, Response
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import Clock

ApplyQuirks = Callable[[Quirks], None]


class Faults:
    """A Handler around a Handler. Profiles come and go while it serves; without any, it only keeps the journal.

    `apply_quirks` changes the embedded server's ways, from `quirks` on; None in front of a real server, where
    profiles with a `[server]` table are refused. `trap_url` is the other host that leaking clients are led to.
    `expire_tokens` makes the server forget the token that a request carries.
    """

    def __init__(
        self,
        inner: Handler,
        *,
        journal: Journal,
        clock: Clock,
        seed: int = 1,
        apply_quirks: ApplyQuirks | None = None,
        quirks: Quirks | None = None,
        trap_url: str | None = None,
        expire_tokens: Callable[[Request], None] | None = None,
    ) -> None:
        self._inner = inner
        self._journal = journal
        self._around = Surroundings(clock, trap_url, expire_tokens)
        self._seed = seed
        self._apply_quirks = apply_quirks
        self._quirks = quirks or Quirks()
        self._lock = threading.Lock()
        self._profiles: dict[str, Profile] = {}
        self._rules: tuple[Rule, ...] = ()

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the profiles in use, in the order in which they act."""
        return tuple(self._profiles)

    def use(self, *profiles: str | Path | Profile, seed: int | None = None) -> None:
        """Add profiles, by name, path or as they are; one that is in use begins anew. All or none is added.

        FaultError for what is unknown or wrong, for two that want the server otherwise, and for what this place
        cannot play: the message names the profile.
        """
        loaded = [one if isinstance(one, Profile) else load_profile(one) for one in profiles]
        with self._lock:
            together = dict(self._profiles)
            for profile in loaded:
                self._playable(profile)
                together.pop(profile.name, None)
                together[profile.name] = profile
            quirks = _merged(self._quirks, together.values())
            names = {profile.name for profile in loaded}
            kept = [rule for rule in self._rules if rule.profile not in names]
            new = [rule for one in loaded for rule in _rules(one, self._seed if seed is None else seed)]
            self._profiles, self._rules = together, (*kept, *new)
            if self._apply_quirks is not None:
                self._apply_quirks(quirks)

    def clear(self) -> None:
        """Use no profile any more; the server's own ways are as at the start, the journal is kept."""
        with self._lock:
            self._profiles, self._rules = {}, ()
            if self._apply_quirks is not None:
                self._apply_quirks(self._quirks)

    def handle(self, request: Request) -> Response:
        """Answer a request through the profiles in use, and note it in the journal."""
        injected: list[str] = []
        at = self._around.clock.now()
        response = self._through(self._rules, injected, request)
        self._journal.record(request, response, at, tuple(injected))
        return response

    def _through(self, rules: tuple[Rule, ...], injected: list[str], request: Request) -> Response:
        """Ask the first rule that looks at the request; it asks those behind it, and the last one the server."""
        for number, rule in enumerate(rules):
            if rule.fault.when.fits(request):
                proceed = partial(self._through, rules[number + 1 :], injected)
                return KINDS[rule.fault.kind].act(Call(request, proceed, rule, self._around, injected))
        # Unpacked: kinds look into bodies. The transport packs what the client accepts.
        return self._inner(request.without_header("Accept-Encoding") if self._rules else request)

    def _playable(self, profile: Profile) -> None:
        if profile.server and self._apply_quirks is None:
            raise FaultError(
                f"{profile.name}: needs the embedded server ({', '.join(profile.server)} cannot be played"
                " in front of another)"
            )
        if profile.needs_trap and self._around.trap_url is None:
            raise FaultError(
                f"{profile.name}: needs a trap, another host to lead the client to: give trap_url"
            )


def _rules(profile: Profile, seed: int) -> list[Rule]:
    """Each with a generator of its own, so that profiles do not disturb each other's draws."""
    return [
        Rule(profile.name, fault, f"{seed}/{profile.name}/{number}")
        for number, fault in enumerate(profile.faults)
    ]


def _merged(base: Quirks, profiles: Iterable[Profile]) -> Quirks:
    chosen: dict[str, tuple[Any, str]] = {}
    for profile in profiles:
        for key, value in profile.server.items():
            if key in chosen and chosen[key][0] != value:
                raise FaultError(
                    f"{chosen[key][1]} and {profile.name} cannot be used together: both set {key},"
                    f" to {chosen[key][0]!r} and {value!r}"
                )
            chosen[key] = (value, profile.name)
    return replace(base, **{key: value for key, (value, _) in chosen.items()})
