"""What only the socket shows: connections that live on, HTTP as it is spoken byte by byte, an end without remains."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.transport import reading
from fhir_adapter.testing.transport.socket import LoopbackServer


def _echo(request: Request) -> Response:
    return json_response(
        200, {"path": request.path, "body": request.body.decode("latin-1"), "base": request.base}
    )


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(_echo) as started:
        yield started


def talk(server: LoopbackServer, sent: bytes) -> bytes:
    """Everything that comes back on one connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_connection_lives_on(server: LoopbackServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.connect()
    first = connection.sock
    for number in range(3):
        connection.request("GET", f"/fhir/Patient/{number}")
        assert f"Patient/{number}".encode() in connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_requests_sent_at_once_are_answered_in_order(server: LoopbackServer) -> None:
    one = b"GET /fhir/1 HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"\r\nPOST /fhir/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    received = talk(server, one + two)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b'"path":"1"') < received.index(b'"path":"2","body":"abc"')


def test_who_asks_for_the_end_gets_it(server: LoopbackServer) -> None:
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"GET /fhir HTTP/1.1\r\nConnection: close\r\n\r\n")
    with connection, connection.makefile("rb") as stream:
        assert b"Connection: close" in stream.read()


def test_old_http_has_no_chunks(server: LoopbackServer) -> None:
    assert b"Connection: close" in talk(server, b"GET /fhir HTTP/1.0\r\n\r\n")
    with LoopbackServer(lambda request: Response(200, [], iter([b"a", b"b"]))) as streaming:
        received = talk(streaming, b"GET /fhir HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert received.endswith(b"\r\n\r\nab")
    assert b"chunked" not in received


def test_answer_is_in_the_host_name_that_was_asked(server: LoopbackServer) -> None:
    head = f"GET /fhir HTTP/1.0\r\nHost: localhost:{server.port}\r\n\r\n".encode()
    assert f'"base":"http://localhost:{server.port}/fhir"'.encode() in talk(server, head)
    foreign = talk(server, b"GET http://evil.example/fhir HTTP/1.0\r\nHost: evil.example\r\n\r\n")
    assert f'"base":"{server.url}"'.encode() in foreign


def test_client_that_asks_first_may_go_on(server: LoopbackServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /fhir HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        with connection.makefile("rb") as stream:
            assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
            connection.sendall(b"body")
            assert b'"body":"body"' in stream.read()


def test_chunks_with_extensions_and_trailers(server: LoopbackServer) -> None:
    chunks = b"3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n"
    head = b"POST /fhir HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = talk(server, head + chunks + b"GET /fhir/after HTTP/1.1\r\n\r\n")
    assert b'"body":"abcd"' in received
    assert b'"path":"after"' in received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /fhir HTTP/2.0\r\n\r\n", 505),
        (b"GET /fhir HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /fhir HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", 400),
        (b"GET /fhir HTTP/1.1\r\nA: b\r\n", 400),
        (b"GET /fhir HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /fhir HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n", 431),
        (b"POST /fhir HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /fhir HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", 400),
        (b"POST /fhir HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        (b"POST /fhir HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST /fhir HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"POST /fhir HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
        (b"POST /fhir HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5000000\r\n", 413),
    ],
)
def test_what_is_no_http_is_refused_and_ends_the_connection(
    server: LoopbackServer, sent: bytes, status: int
) -> None:
    received = talk(server, sent + b"GET /fhir HTTP/1.1\r\n\r\n" if status == 505 else sent)
    assert received.startswith(f"HTTP/1.1 {status} ".encode())
    assert received.count(b"HTTP/1.1 " + str(status).encode()) == received.count(b"\r\n\r\n") == 1
    assert b"OperationOutcome" in received


def test_large_body_is_refused_while_it_is_sent(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BODY_CAP", 1000)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/fhir", body=bytes(5_000_000))
    assert connection.getresponse().status == 413
    connection.close()


def test_body_is_let_go_of_when_the_client_leaves() -> None:
    ended = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(65536)
        finally:
            ended.set()

    with LoopbackServer(lambda request: Response(200, [], endless())) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"GET /fhir HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert ended.wait(10)


def test_end_takes_waiting_connections_and_threads_with_it() -> None:
    before = threading.active_count()
    server = LoopbackServer(_echo).start()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    for connection in idle:
        connection.sendall(b"GET /fhir HTTP/1.1\r\n\r\n")
        assert connection.recv(10) == b"HTTP/1.1 2"
    server.close()
    server.close()
    assert threading.active_count() == before
    for connection in idle:
        connection.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port))


def test_port_is_taken_before_the_start_and_its_clients_wait() -> None:
    server = LoopbackServer(_echo).listen()
    assert str(server.port) in server.url
    with socket.create_connection(("127.0.0.1", server.port)) as early:
        early.sendall(b"GET /fhir HTTP/1.0\r\n\r\n")
        with server, early.makefile("rb") as stream:
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            with pytest.raises(OSError, match="in use"):
                LoopbackServer(_echo, server.port).start()
    unused = LoopbackServer(_echo).listen()
    unused.close()


def test_fifty_at_once_are_all_in_flight() -> None:
    together = threading.Barrier(50)

    def handle(request: Request) -> Response:
        together.wait(20)
        return _echo(request)

    with LoopbackServer(handle) as server, ThreadPoolExecutor(50) as threads:
        sent = f"GET /fhir/x HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        answers = list(threads.map(lambda _: talk(server, sent), range(50)))
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
