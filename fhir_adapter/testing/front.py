"""Owns what stands before any handler: a loopback socket, the journal, the faults and the trap, as one whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from fhir_adapter.testing.faults.faulty import Faults
from fhir_adapter.testing.faults.journal import Journal
from fhir_adapter.testing.faults.trap import OriginTrap
from fhir_adapter.testing.server.messages import Handler, Request
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import Clock, SystemClock
from fhir_adapter.testing.transport.adapter import HarnessAdapter
from fhir_adapter.testing.transport.socket import LoopbackServer


@dataclass(frozen=True)
class Behind:
    """The handler behind a front and how it ends, and what faults may do to it where it is the harness's own server."""

    handle: Handler
    close: Callable[[], None]
    quirks: Quirks | None = None
    apply_quirks: Callable[[Quirks], None] | None = None
    expire_tokens: Callable[[Request], None] | None = None


@dataclass(frozen=True)
class Settings:
    """How a front is made: its port (0: a free one), the profiles it begins with, their seed, its clock."""

    port: int = 0
    profiles: Iterable[str | Path] = ()
    seed: int = 1
    clock: Clock = field(default_factory=SystemClock)


class Front:
    """A context manager: in it, requests to `url` are answered. `session()` asks in process, also outside of it.

    The port is taken at once, so that `url` is known and a port in use shows (OSError); who connects before the
    start waits for it. `close` must be called where no `with` does it.
    """

    def __init__(self, behind: Behind, settings: Settings) -> None:
        self.clock = settings.clock
        self.journal = Journal()
        with ExitStack() as failing:
            failing.callback(behind.close)
            self.trap = failing.enter_context(OriginTrap(journal=self.journal, clock=self.clock))
            self.faults = Faults(
                behind.handle,
                journal=self.journal,
                clock=self.clock,
                seed=settings.seed,
                apply_quirks=behind.apply_quirks,
                quirks=behind.quirks,
                trap_url=self.trap.url,
                expire_tokens=behind.expire_tokens,
            )
            self.faults.use(*settings.profiles)
            self._socket = LoopbackServer(self.faults.handle, settings.port).listen()
            failing.callback(self._socket.close)
            self._closing = failing.pop_all()

    @property
    def url(self) -> str:
        """The base address: http://127.0.0.1:PORT/fhir, without a trailing slash."""
        return self._socket.url

    @property
    def handle(self) -> Handler:
        """The whole as a handler, for another transport: journal, faults, server."""
        return self.faults.handle

    def session(self) -> requests.Session:
        """A session that reaches `url` in process, without a socket; other addresses it asks as usual."""
        session = requests.Session()
        session.trust_env = False
        origin = self.url.rpartition("/fhir")[0]
        session.mount(f"{origin}/", HarnessAdapter(self.handle, self.url))
        return session

    def start(self) -> Self:
        """Begin to answer at `url`."""
        self._socket.start()
        return self

    def close(self) -> None:
        """End every thread and connection; a second time does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
