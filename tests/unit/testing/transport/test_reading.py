"""Reading a request from bytes: what is ambiguous is refused, and Chinese text arrives as it was meant."""

from __future__ import annotations

from io import BytesIO

import pytest

from fhir_adapter.testing.transport import reading


def read(head: str, body: bytes = b"") -> reading.Received | None:
    return reading.read(
        BytesIO(head.replace("\n", "\r\n").encode("utf-8") + b"\r\n\r\n" + body), lambda _: None
    )


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("GET /fhir/Patient?name=王 HTTP/1.1\nHost: h", "percent-encoded"),
        ("POST /fhir HTTP/1.1\nContent-Length: 2\nContent-Length: 1", "two different Content-Length"),
        ("POST /fhir HTTP/1.1\nContent-Length: 2\nTransfer-Encoding: chunked", "and a Transfer-Encoding"),
        ("POST /fhir HTTP/1.1\nContent-Length: two", "not a number"),
        ("GET /fhir", "no HTTP request"),
    ],
)
def test_what_may_mean_two_things_is_refused(head: str, said: str) -> None:
    with pytest.raises(reading.Unreadable) as caught:
        read(head, b"{}")
    assert caught.value.problem.status == 400
    assert said in caught.value.problem.diagnostics


def test_a_condition_in_a_header_may_be_chinese() -> None:
    received = read("POST /fhir/Patient HTTP/1.1\nIf-None-Exist: name=王\nContent-Length: 2", b"{}")
    assert received is not None
    assert ("If-None-Exist", "name=王") in received.headers
