"""What a client of requests sees, over the socket and in process: answers, streams, refusals, damage."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fhir_adapter.testing.server.messages import Request, Response, Wire, json_response, text_response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.transport import reading

LINES = b'{"resourceType":"Patient"}\n' * 2000


class Seen:
    """A handler that keeps what it was asked."""

    def __init__(self, response: Response | None = None) -> None:
        self.requests: list[Request] = []
        self._response = response

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self._response or json_response(200, {"resourceType": "Bundle"})


def test_request_arrives_as_it_was_sent(serve: Any) -> None:
    seen = Seen()
    session, base = serve(seen)
    answer = session.put(
        f"{base}/Patient/a%20b?_format=json&name=%E7%8E%8B", data="王".encode(), headers={"X-Own": "1"}
    )
    assert (answer.status_code, answer.reason, answer.json()) == (200, "OK", {"resourceType": "Bundle"})
    (request,) = seen.requests
    assert (request.method, request.path, request.base) == ("PUT", "Patient/a b", base)
    assert request.query == (("_format", "json"), ("name", "王"))
    assert (request.header("x-own"), request.body) == ("1", "王".encode())


def test_base_itself_is_the_empty_path(serve: Any) -> None:
    seen = Seen()
    session, base = serve(seen)
    assert session.post(base, json={}).status_code == 200
    assert session.get(f"{base}?_page=1").status_code == 200
    assert [request.path for request in seen.requests] == ["", ""]


@pytest.mark.parametrize("path", ["", "/", "/fhir2/Patient", "/other"])
def test_outside_of_the_base_nothing_is_there(serve: Any, path: str) -> None:
    seen = Seen()
    session, base = serve(seen)
    answer = session.get(base.removesuffix("/fhir") + path)
    assert answer.status_code == 404
    assert answer.json()["issue"][0]["code"] == "not-found"
    assert seen.requests == []


def test_body_in_chunks_and_packed_arrives_whole(serve: Any) -> None:
    seen = Seen()
    session, base = serve(seen)
    packed = gzip.compress(LINES)
    session.post(base, data=iter([packed[:10], packed[10:]]), headers={"Content-Encoding": "gzip"})
    session.post(base, data=io.BytesIO(LINES))
    assert [request.body for request in seen.requests] == [LINES, LINES]


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (b"no gzip", "gzip", 400),
        (gzip.compress(LINES[:270])[:-4], "gzip", 400),
        (b"{}", "br", 415),
        (gzip.compress(bytes(2000)), "gzip", 413),
        (bytes(1001), "", 413),
    ],
)
def test_body_that_cannot_be_read_is_refused(
    serve: Any, monkeypatch: pytest.MonkeyPatch, body: bytes, coding: str, status: int
) -> None:
    monkeypatch.setattr(reading, "BODY_CAP", 1000)
    seen = Seen()
    session, base = serve(seen)
    answer = session.post(base, data=body, headers={"Content-Encoding": coding} if coding else {})
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert seen.requests == []


def test_large_json_is_packed_for_who_takes_it(serve: Any) -> None:
    session, base = serve(Seen(text_response(200, json.dumps(["x"] * 5000))))
    packed = session.get(base)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == ["x"] * 5000
    for accepted in ("identity", "gzip;q=0", "br"):
        plain = session.get(base, headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers
        assert plain.content == packed.content


def test_small_answers_and_packed_ones_are_sent_as_they_are(serve: Any) -> None:
    session, base = serve(Seen())
    assert "Content-Encoding" not in session.get(base).headers
    content = gzip.compress(LINES)
    headers = [("Content-Type", "application/fhir+ndjson"), ("Content-Encoding", "gzip")]
    session, base = serve(Seen(Response(200, headers, content)))
    assert session.get(base, stream=True).raw.read(decode_content=False) == content


def test_body_that_is_made_while_it_is_read(serve: Any) -> None:
    made: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(2000):
            made.append(number)
            yield b'{"resourceType":"Patient"}\n'

    session, base = serve(
        lambda request: Response(200, [("Content-Type", "application/fhir+ndjson")], lines())
    )
    with session.get(base, stream=True) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert sum(1 for line in answer.iter_lines() if line == b'{"resourceType":"Patient"}') == 2000
    plain = session.get(base, headers={"Accept-Encoding": "identity"})
    assert plain.content == LINES
    assert len(made) == 4000


def test_making_a_body_may_fail(serve: Any) -> None:
    def lines() -> Iterator[bytes]:
        yield b"{}\n"
        raise OSError("the disk")

    session, base = serve(lambda request: Response(200, [], lines()))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(base)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(base)


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body(serve: Any, status: int) -> None:
    session, base = serve(Seen(Response(status, [("ETag", 'W/"1"')], b"ignored")))
    answer = session.get(base)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (status, b"", 'W/"1"')
    assert session.get(base).status_code == status


def test_head_has_the_headers_and_no_body(serve: Any) -> None:
    seen = Seen()
    session, base = serve(seen)
    answer = session.head(base)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len('{"resourceType":"Bundle"}'))
    assert session.get(base).json() == {"resourceType": "Bundle"}
    assert [request.method for request in seen.requests] == ["HEAD", "GET"]


def test_failing_handler_is_an_answer(serve: Any) -> None:
    def fail(request: Request) -> Response:
        raise Problem(409, "conflict", "no") if request.query else KeyError("王")

    session, base = serve(fail)
    answer = session.get(base)
    assert (answer.status_code, answer.json()["issue"][0]["diagnostics"]) == (
        500,
        "the handler failed: KeyError",
    )
    assert session.get(f"{base}?a=b").json()["issue"][0]["code"] == "conflict"


def test_header_cannot_write_another(serve: Any) -> None:
    session, base = serve(Seen(json_response(201, {}, (("Location", "x\r\nSet-Cookie: y=1"),))))
    answer = session.post(base)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Location"] == "x  Set-Cookie: y=1"


def test_redirect_is_followed_and_cookies_are_kept(serve: Any) -> None:
    def handle(request: Request) -> Response:
        if request.path == "old":
            return Response(302, [("Location", f"{request.base}/new"), ("Set-Cookie", "a=1")])
        return json_response(200, {"cookie": request.header("Cookie")})

    session, base = serve(handle)
    answer = session.get(f"{base}/old")
    assert (answer.url, answer.json()) == (f"{base}/new", {"cookie": "a=1"})


DAMAGED = {
    "short": (Wire(cut_at=10), requests.exceptions.ChunkedEncodingError),
    "declared longer": (Wire(declared=10**6), requests.exceptions.ChunkedEncodingError),
    "chunks cut": (Wire(cut_at=10, chunked=True), requests.exceptions.ChunkedEncodingError),
    "chunks cut at once": (Wire(cut_at=0, chunked=True), requests.exceptions.ChunkedEncodingError),
    "dropped": (Wire(drop=True), requests.ConnectionError),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_what_requests_says_it_is(serve: Any, name: str) -> None:
    wire, error = DAMAGED[name]
    whole = Seen()

    def handle(request: Request) -> Response:
        return (
            Response(200, [("Content-Type", "application/json")], LINES, wire)
            if request.path
            else whole(request)
        )

    session, base = serve(handle)
    with pytest.raises(error):
        session.get(f"{base}/damaged")
    assert session.get(base).status_code == 200, "the connection after it is a new one"


def test_declared_shorter_hides_the_rest(serve: Any) -> None:
    session, base = serve(Seen(Response(200, [], LINES, Wire(declared=27))))
    assert session.get(base).content == LINES[:27]
    assert session.get(base).content == LINES[:27]


def test_cut_gzip_cannot_be_unpacked(serve: Any) -> None:
    packed = gzip.compress(LINES)[:-20]
    session, base = serve(Seen(Response(200, [("Content-Encoding", "gzip")], packed, Wire(chunked=True))))
    answer = session.get(base, stream=True)
    assert answer.raw.read(decode_content=False) == packed


def test_damaged_stream_is_cut_too(serve: Any) -> None:
    def handle(request: Request) -> Response:
        return Response(200, [], iter([LINES, LINES]), Wire(cut_at=len(LINES) + 5))

    session, base = serve(handle)
    with session.get(base, stream=True) as answer:
        pieces = answer.iter_content(len(LINES))
        assert next(pieces) == LINES
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(pieces)
