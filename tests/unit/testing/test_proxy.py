"""A real server behind the front: its answers under the proxy's address, spoilt like the harness's own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.proxy import Proxy, Upstream
from fhir_adapter.testing.server.messages import Handler, Request, Response, Wire, json_response
from fhir_adapter.testing.transport.socket import LoopbackServer

Between = Callable[[Handler], tuple[requests.Session, Proxy]]


@pytest.fixture
def between() -> Iterator[Between]:
    """A function from a handler, which stands for the real server, to a session and the proxy before it."""
    with ExitStack() as stack:

        def made(handler: Handler) -> tuple[requests.Session, Proxy]:
            server = stack.enter_context(LoopbackServer(handler, prefix="/real/r4"))
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            return session, stack.enter_context(Proxy(server.url + "/"))

        yield made


def test_harness_behind_a_proxy_looks_the_same_under_its_address() -> None:
    with Harness() as harness, Proxy(harness.url) as proxy:
        harness.population(3)
        session = proxy.session()
        bundle = session.get(f"{proxy.url}/Observation?_count=2").json()
        seen = 0
        while True:
            seen += len(bundle["entry"])
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            assert all(url.startswith(proxy.url) for url in links.values())
            if "next" not in links:
                break
            bundle = session.get(links["next"]).json()
        assert seen == harness.count("Observation")
        created = session.post(f"{proxy.url}/Patient", json={"resourceType": "Patient"})
        assert created.headers["Location"].startswith(f"{proxy.url}/Patient/")
        assert session.get(created.headers["Location"]).headers["ETag"] == 'W/"1"'
        assert len(proxy.journal) == len(harness.journal)


def test_faults_stand_in_front_of_the_real_server() -> None:
    with Harness() as harness, Proxy(harness.url, profiles=["http-504-after-commit"]) as proxy:
        statuses = [
            proxy.session().post(f"{proxy.url}/Patient", json={"resourceType": "Patient"}).status_code
            for _ in range(3)
        ]
        assert statuses == [201, 201, 504]
        assert harness.count("Patient") == 3
        with pytest.raises(FaultError, match="embedded server"):
            proxy.faults.use("conditional-create-racy")


def test_addresses_are_exchanged_both_ways(between: Between) -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        slashed = request.base.replace("/", "\\/")
        b = request.base
        body = f'{{"a":"{b}/Patient/1","b":"{slashed}\\/Group","c":"{b}2/x","d":"{b}"}}'
        headers = [
            ("Content-Type", "application/fhir+json"),
            ("Content-Location", f"{request.base}/$export-status/1"),
            ("Link", f'<{request.base}/Patient?page=2>; rel="next"'),
            ("X-Own", request.base),
        ]
        return Response(202, headers, body.encode())

    session, proxy = between(handle)
    answer = session.post(
        f"{proxy.url}/Patient/_search?subject={proxy.url}/Patient/1",
        json={"reference": f"{proxy.url}/Patient/1"},
        headers={"Content-Type": "application/fhir+json"},
    )
    (request,) = seen
    real = request.base
    assert request.query == (("subject", f"{real}/Patient/1"),)
    assert request.json() == {"reference": f"{real}/Patient/1"}
    assert answer.json() == {
        "a": f"{proxy.url}/Patient/1",
        "b": f"{proxy.url}/Group",
        "c": f"{real}2/x",
        "d": proxy.url,
    }
    assert answer.headers["Content-Location"] == f"{proxy.url}/$export-status/1"
    assert answer.headers["Link"] == f'<{proxy.url}/Patient?page=2>; rel="next"'
    assert answer.headers["X-Own"] == real


def test_only_what_belongs_to_the_message_is_handed_on(between: Between) -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return Response(
            200, [("Keep-Alive", "timeout=5"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], b"x"
        )

    session, proxy = between(handle)
    sent = {
        "Authorization": "Bearer t",
        "TE": "trailers",
        "Content-Encoding": "gzip",
        "Accept-Language": "zh",
    }
    answer = session.put(f"{proxy.url}/Binary/1", data=gzip.compress(b"body"), headers=sent)
    (request,) = seen
    assert request.body == b"body"
    assert (request.header("Authorization"), request.header("Accept-Language")) == ("Bearer t", "zh")
    assert request.header("TE") is request.header("Content-Encoding") is None
    assert "Keep-Alive" not in answer.headers
    assert answer.headers["Set-Cookie"] == "a=1, b=2"
    session.cookies.clear()
    session.get(proxy.url)
    assert seen[1].header("Cookie") is None, "the proxy keeps no cookies of its own"


def test_redirect_is_the_clients_to_follow(between: Between) -> None:
    session, proxy = between(lambda request: Response(307, [("Location", f"{request.base}/there")]))
    answer = session.get(f"{proxy.url}/here", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{proxy.url}/there")


def test_ndjson_is_streamed(between: Between) -> None:
    lines = [b'{"resourceType":"Patient"}\n'] * 5000
    media = [("Content-Type", "application/fhir+ndjson")]
    session, proxy = between(lambda request: Response(200, media, iter(lines)))
    answer = session.get(f"{proxy.url}/Binary/1")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.content == b"".join(lines)
    assert session.head(f"{proxy.url}/Binary/1").status_code == 200
    (entry, _) = proxy.journal
    assert entry.size == len(answer.content)


def test_stream_that_breaks_there_breaks_here(between: Between) -> None:
    media = [("Content-Type", "application/fhir+ndjson")]
    session, proxy = between(
        lambda request: Response(200, media, b"{}\n" * 100_000, Wire(cut_at=200_000, chunked=True))
    )
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{proxy.url}/Binary/1")


@pytest.mark.parametrize("wire", [Wire(drop=True), Wire(cut_at=3)])
def test_broken_answer_is_a_bad_gateway(between: Between, wire: Wire) -> None:
    broken = json_response(200, {"resourceType": "Patient"})
    broken.wire = wire
    session, proxy = between(lambda request: broken)
    answer = session.get(f"{proxy.url}/Patient/1")
    assert (answer.status_code, answer.json()["resourceType"]) == (502, "OperationOutcome")


def test_server_that_is_not_there_or_too_slow() -> None:
    with LoopbackServer(lambda request: json_response(200, {})) as gone:
        url = gone.url
    upstream = Upstream(url)
    assert upstream.reach() == 502
    upstream.close()
    waiting = LoopbackServer(lambda request: json_response(200, {})).listen()
    slow = Upstream(waiting.url, timeout=0.05)
    assert slow.reach() == 504
    slow.close()
    waiting.close()


@pytest.mark.parametrize("url", ["localhost:8080/fhir", "ftp://x/fhir", "http://", "http://me:secret@x/fhir"])
def test_upstream_must_be_an_address(url: str) -> None:
    with pytest.raises(ValueError, match="base address") as error:
        Proxy(url)
    assert "secret" not in str(error.value)


def test_json_that_is_none_passes_through(between: Between) -> None:
    media = [("Content-Type", "application/json")]
    session, proxy = between(lambda request: Response(200, media, b"\xff not json"))
    assert session.get(proxy.url).content == b"\xff not json"
    assert json.dumps(proxy.url)
