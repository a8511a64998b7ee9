"""Owns how the check asks: origins, waits, bodies that are not whole, and that nothing of the machine is borrowed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from fhir_adapter.testing.check import Report, check_server
from fhir_adapter.testing.check.asking import Asker, Limits, Question, Spent, origin, retry_after
from fhir_adapter.testing.check.reading import whole_body
from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.time import ManualClock
from fhir_adapter.testing.transport.adapter import HarnessAdapter
from tests.unit.testing.check.conftest import BASE
from tests.unit.testing.check.populated import Hospital

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://a.example/fhir", ("https", "a.example", 443)),
        ("HTTPS://A.example:443/other", ("https", "a.example", 443)),
        ("http://a.example/fhir", ("http", "a.example", 80)),
        ("https://name:word@a.example/fhir", ("", "", -1)),
        ("https://@a.example/fhir", ("", "", -1)),
        ("https://a.example:443:443/fhir", ("", "", -1)),
        ("https://[::1/fhir", ("", "", -1)),
        ("/fhir", ("", "", -1)),
    ],
)
def test_origin(address: str, found: tuple[str, str, int]) -> None:
    assert origin(address) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, (None, "absent")),
        ("7", (7, "seconds")),
        ("18000", (18000, "seconds")),
        ("Tue, 30 Jun 2026 12:00:09 GMT", (9, "date")),
        ("Tue, 30 Jun 2026 11:00:00 GMT", (0, "date")),
        ("-1", (None, "unreadable")),
        ("soon", (None, "unreadable")),
        ("٣", (None, "unreadable")),
        ("Tue, 99 Jun 2026 11:00:00 GMT", (None, "unreadable")),
    ],
)
def test_retry_after(value: str | None, found: tuple[float | None, str]) -> None:
    assert retry_after(value, NOW) == found


@pytest.mark.parametrize(
    "address", ["", "fhir", "ftp://a.example/", "https://a:b@c.example/fhir", "http://a/?x=1"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="base address"):
        check_server(address)


def _read(body: bytes, encoding: str = "gzip", limit: int = 1000) -> tuple[bytes, str]:
    with requests.Session() as session:
        session.mount(
            BASE, HarnessAdapter(lambda _: Response(200, [("Content-Encoding", encoding)], body), BASE)
        )
        with session.get(f"{BASE}/x", stream=True) as response:
            return whole_body(response, limit, 30)


def test_every_cut_of_a_gzip_is_seen() -> None:
    packed = gzip.compress(b'{"a": 1}\n' * 20, mtime=0)
    assert _read(packed) == (b'{"a": 1}\n' * 20, "")
    told = {_read(packed[:cut])[1] for cut in range(1, len(packed))}
    assert told <= {"gzip cut short", "damaged gzip"}


def test_two_members_are_one_body() -> None:
    assert _read(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0)) == (b"one two", "")


def test_a_bomb_is_cut_off() -> None:
    assert _read(gzip.compress(b"0" * 3_000_000, mtime=0)) == (b"", "too large")


def test_a_body_of_the_largest_size_is_read() -> None:
    assert _read(gzip.compress(b"0" * 1000, mtime=0)) == (b"0" * 1000, "")


def test_nothing_is_borrowed_from_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Hospital, check: Callable[..., Report]
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password never\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://elsewhere.example:3128")
    seen: list[Request] = []

    def watched(request: Request) -> Response:
        seen.append(request)
        response = server.handle(request)
        response.set_header("Set-Cookie", "track=1")
        return response

    check(watched, server.clock, token="ours")  # noqa: S106
    sent = {request.header("Authorization") for request in seen}
    assert sent == {None, "Bearer ours"}
    assert {request.header("Cookie") for request in seen} == {None}


def test_the_budget_of_time_ends_it() -> None:
    clock = ManualClock()
    with requests.Session() as session:
        session.mount(BASE, HarnessAdapter(lambda _: Response(200), BASE))
        ask = Asker(BASE, session, clock, Limits(seconds=10), None)
        ask.ask(Question("GET", "x"))
        clock.advance(11)
        with pytest.raises(Spent, match="time"):
            ask.ask(Question("GET", "x"))
        with ask.beyond_budget(1, 5):
            assert ask.ask(Question("GET", "x")).status == 200
        with pytest.raises(Spent, match="time"):
            ask.ask(Question("GET", "x"))


def test_what_is_beyond_the_budget_is_not_counted() -> None:
    with requests.Session() as session:
        session.mount(BASE, HarnessAdapter(lambda _: Response(200), BASE))
        ask = Asker(BASE, session, ManualClock(), Limits(requests=2), None)
        ask.ask(Question("GET", "x"))
        with ask.beyond_budget(5, 5):
            for _ in range(5):
                ask.ask(Question("GET", "x"))
        ask.ask(Question("GET", "x"))
        with pytest.raises(Spent, match="requests"):
            ask.ask(Question("GET", "x"))
