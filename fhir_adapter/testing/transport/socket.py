"""Owns the loopback server: threads, connections that live on, and damage done to answers for real.

It listens on 127.0.0.1 only: nothing of it is meant for a network.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from typing import BinaryIO, Self, cast

from fhir_adapter.testing.server.messages import Handler, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.transport.framing import Asked, answer, frame, refusal
from fhir_adapter.testing.transport.reading import Received, Site, Unreadable, read, unpacked

HOST = "127.0.0.1"
_QUEUE = 256
_BUFFER = 1 << 16
_SECONDS_TO_END = 5.0
_SECONDS_TO_DRAIN = 2.0


class LoopbackServer:
    """Serves a handler on 127.0.0.1; `port` 0 takes a free one. A context manager."""

    def __init__(self, handler: Handler, port: int = 0, prefix: str = "/fhir") -> None:
        self._handler = handler
        self._port = port
        self._prefix = prefix.rstrip("/")
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._site = Site(f"{HOST}:{port}", self._prefix)
        self._listener: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base address, known once the server listens."""
        return self._site.base

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def listen(self) -> Self:
        """Take the port; clients can connect, and wait for `start`. OSError when the port is in use."""
        if self._listener is None:
            self._bind()
        return self

    def start(self) -> Self:
        """Serve in the background; listens first where that was not done. Starting twice does nothing."""
        if self._acceptor is not None:
            return self
        listener = self._listener or self._bind()
        self._wake, asleep = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, args=(listener, asleep), name=f"harness-{self._port}", daemon=True
        )
        self._acceptor.start()
        return self

    def close(self) -> None:
        """End every connection and thread; returns when they have ended. Closing twice does nothing."""
        if self._wake is not None and self._acceptor is not None:
            self._wake.close()
            self._acceptor.join()
        if self._listener is not None:
            self._listener.close()
        self._wake = self._acceptor = self._listener = None
        with self._lock:
            left = dict(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join(_SECONDS_TO_END)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bind(self) -> socket.socket:
        self._listener = listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        self._site = Site(f"{HOST}:{self._port}", self._prefix, (f"localhost:{self._port}",))
        return listener

    def _accept(self, listener: socket.socket, asleep: socket.socket) -> None:
        with listener, asleep, selectors.DefaultSelector() as waiting:
            waiting.register(listener, selectors.EVENT_READ)
            waiting.register(asleep, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in waiting.select()]
                if asleep in ready:
                    return
                with contextlib.suppress(OSError):  # a client that left between the two calls
                    self._begin(listener.accept()[0])

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self._open[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, cast(BinaryIO, connection.makefile("rb", _BUFFER)) as stream:
                while self._exchange(connection, stream):
                    pass
        except OSError:
            pass  # the client has left, or the server closes
        finally:
            with self._lock:
                self._open.pop(connection, None)

    def _exchange(self, connection: socket.socket, stream: BinaryIO) -> bool:
        """One request and its answer; whether the connection lives on."""
        try:
            received = read(stream, connection.sendall)
        except Unreadable as unreadable:
            _send(connection, refusal(unreadable.problem), Asked(last=True))
            _drain(connection)
            return False
        if received is None:
            return False
        return _send(connection, self._answer(received), received.asked())

    def _answer(self, received: Received) -> Response:
        try:
            body = unpacked(received.headers, received.body)
            request = self._site.request(received.method, received.target, received.headers, body)
        except Problem as problem:
            return refusal(problem)
        return answer(self._handler, request)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_QUEUE)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _send(connection: socket.socket, response: Response, asked: Asked) -> bool:
    pieces, last = frame(response, asked)
    try:
        for piece in pieces:
            connection.sendall(piece)
    except OSError:
        return False
    except Exception:
        # The head is on its way, so nothing can be said any more; a body without its end is what the client sees.
        return False
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    return not last


def _drain(connection: socket.socket) -> None:
    """Read what the client still sends: a close with bytes unread would take the answer back (TCP reset)."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_SECONDS_TO_DRAIN)
        while connection.recv(_BUFFER):
            pass
