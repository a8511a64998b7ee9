"""Owns that damaged, endless and odd answers are named for what they are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.testing.check import Level, Report
from fhir_adapter.testing.server.messages import Request, Response, Wire, json_response
from fhir_adapter.testing.server.problems import outcome
from tests.unit.testing.check.changing import changed, on_bundles, with_json
from tests.unit.testing.check.conftest import BASE
from tests.unit.testing.check.populated import Hospital

Check = Callable[..., Report]


def test_loop_of_pages_ends(check: Check, server: Hospital) -> None:
    def loop(bundle: dict[str, Any]) -> None:
        bundle["link"] = [{"relation": "next", "url": f"{BASE}/Observation?_count=3"}]

    report = check(changed(server, on_bundles(loop)), server.clock)
    assert report.named("end")[0].observed == "loops"
    assert report.named("duplicates")[0].level is Level.TROUBLE


def test_growing_pages_end_at_the_cap(check: Check, server: Hospital) -> None:
    def grow(request: Request) -> Response:
        turns = len(request.values("turn"))

        def more(bundle: dict[str, Any]) -> None:
            bundle["link"] = [
                {"relation": "next", "url": f"{BASE}/Observation?_count=8{'&turn=1' * (turns + 1)}"}
            ]

        return on_bundles(more)(request, server.handle(request.without("turn")))

    report = check(grow, server.clock)
    assert report.of("paging")[1].observed == "not reached in 10 pages"


def test_relative_next_is_resolved(check: Check, server: Hospital) -> None:
    def relative(bundle: dict[str, Any]) -> None:
        for one in bundle["link"]:
            one["url"] = one["url"].removeprefix(BASE)

    report = check(changed(server, on_bundles(relative)), server.clock)
    assert report.named("next links")[0].observed == "relative"
    assert report.of("paging")[1].level is Level.OK


def test_total_that_lies_is_seen(check: Check, server: Hospital) -> None:
    def lie(bundle: dict[str, Any]) -> None:
        bundle["total"] += 7

    report = check(changed(server, on_bundles(lie)), server.clock)
    assert report.named("total")[0].observed == "37 told, 30 seen"


def test_what_no_filter_asked_for_is_seen(check: Check, server: Hospital) -> None:
    stray = server.read("Observation", "canary-o0-3")

    def add(request: Request, response: Response) -> Response:
        def one_more(bundle: dict[str, Any]) -> None:
            if bundle.get("entry") and "code" in dict(request.query):
                bundle["entry"].append({"resource": stray, "search": {"mode": "match"}})

        return on_bundles(one_more)(request, response)

    report = check(changed(server, add), server.clock)
    assert report.named("code", "Observation")[0].observed == "returns others too (1 of 7)"


def test_outcome_with_200_is_not_data(check: Check, server: Hospital) -> None:
    def only_outcome(request: Request, response: Response) -> Response:
        return (
            json_response(200, outcome("incomplete", "CANARY")) if request.path == "Observation" else response
        )

    report = check(changed(server, only_outcome), server.clock)
    (found,) = [one for one in report.of("data") if one.type == "Observation"]
    assert found.observed == "200 with an OperationOutcome"
    assert "CANARY" not in json.dumps(report.as_json())


def test_a_type_that_opens_only_by_patient(check: Check, server: Hospital) -> None:
    def closed(request: Request) -> Response:
        if request.path == "Observation" and not {"patient", "_id"} & set(dict(request.query)):
            return json_response(400, outcome("required", "a patient must be named"))
        return server.handle(request)

    report = check(closed, server.clock)
    (found,) = [one for one in report.of("data") if one.type == "Observation"]
    assert found.observed == "only for one patient at a time"
    assert report.named("code", "Observation")[0].observed == "filters"
    assert report.named("patient", "Observation")[0].observed == "filters"


def test_cut_gzip_of_a_file_is_seen(check: Check, server: Hospital) -> None:
    def cut(request: Request, response: Response) -> Response:
        if not request.path.startswith("$export-file"):
            return response
        body = gzip.compress(response.content(), mtime=0)
        return Response(200, [("Content-Encoding", "gzip")], body[: len(body) - 9])

    report = check(changed(server, cut), server.clock)
    assert report.named("file")[0].observed == "200, gzip cut short"


@pytest.mark.parametrize("damage", [Wire(cut_at=40), Wire(cut_at=40, chunked=True), Wire(drop=True)])
def test_damaged_answers_are_no_answers(check: Check, server: Hospital, damage: Wire) -> None:
    def damaged(request: Request, response: Response) -> Response:
        response.wire = damage if request.path == "Observation" else response.wire
        return response

    report = check(changed(server, damaged), server.clock)
    (found,) = [one for one in report.of("data") if one.type == "Observation"]
    assert found.observed in ("200, cut short", "no connection")


def test_an_endless_answer_is_cut_off(check: Check, server: Hospital) -> None:
    def huge(request: Request, response: Response) -> Response:
        if request.path != "Observation":
            return response
        return Response(200, [("Content-Encoding", "gzip")], gzip.compress(b" " * 5_000_000, mtime=0))

    report = check(changed(server, huge), server.clock, limits={"body_bytes": 1_000_000})
    (found,) = [one for one in report.of("data") if one.type == "Observation"]
    assert found.observed == "200, too large"


def test_another_encoding_is_named(check: Check, server: Hospital) -> None:
    def gbk(request: Request, response: Response) -> Response:
        if request.path != "metadata":
            return response
        body = '{"resourceType":"CapabilityStatement","software":{"name":"张三"}}'.encode("gbk")
        return Response(200, response.headers, body)

    report = check(changed(server, gbk), server.clock)
    assert report.named("JSON")[0].observed == "not UTF-8"


def test_relative_files_are_resolved(check: Check, server: Hospital) -> None:
    def relative(request: Request, response: Response) -> Response:
        if not request.path.startswith("$export-status") or response.status != 200:
            return response
        manifest = response.json()
        for file in manifest["output"]:
            file["url"] = file["url"].replace(BASE, "..")
        return with_json(response, manifest)

    report = check(changed(server, relative), server.clock)
    assert report.named("output files")[0].observed == "relative"
    assert report.named("file")[0].level is Level.OK


def test_being_told_to_wait_is_obeyed_for_a_while(check: Check, server: Hospital) -> None:
    answers: dict[str, int] = {}

    def busy(request: Request) -> Response:
        answers[request.url] = answers.get(request.url, 0) + 1
        if answers[request.url] == 1:
            return Response(429, [("Retry-After", "3600")])
        return server.handle(request)

    started = server.clock.now()
    report = check(busy, server.clock, limits={"requests": 900, "seconds": 3600})
    assert report.named("told to wait")[0].observed == f"{report.throttled} times"
    waited = (server.clock.now() - started).total_seconds()
    assert 5 * report.throttled <= waited <= 5 * report.throttled + 60, (
        "one Retry-After costs five seconds at most"
    )


def test_no_answer_at_all_is_said_once(check: Check, server: Hospital) -> None:
    report = check(lambda request: Response(200, wire=Wire(drop=True)), server.clock)
    assert report.named("metadata")[0].observed == "no connection"
    assert report.requests == 1
    assert {found.observed for found in report.of("filters")} == {"not tried: no answer"}
