"""Owns that a check leaves nothing behind, touches nobody else's resource, and says what it could not remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fhir_adapter.testing.check import Level, Report
from fhir_adapter.testing.server.messages import Request, Response, json_response
from tests.unit.testing.check.changing import changed
from tests.unit.testing.check.conftest import BASE
from tests.unit.testing.check.populated import Hospital

Check = Callable[..., Report]


@pytest.mark.parametrize("requests", [*range(5), *range(6, 100, 10)])
def test_any_budget_ends_the_check_and_leaves_nothing(check: Check, server: Hospital, requests: int) -> None:
    report = check(server.handle, server.clock, write=True, limits={"requests": requests})
    assert any("the budget" in found.observed for found in report.findings)
    assert report.left_behind == []
    assert server.left == []
    kicked = [asked for asked in server.asked if asked.path == "$export"]
    removed = [
        asked for asked in server.asked if asked.method == "DELETE" and asked.parts[0] == "$export-status"
    ]
    assert len(removed) == len(kicked), "an export was left running"


def test_nobody_elses_resource_is_touched(check: Check, hospital_with: Callable[..., Hospital]) -> None:
    """The server reads neither tag nor condition, so a search and a conditional create show somebody else's."""
    server = hospital_with(ignored_parameters=("_tag", "identifier"))
    names = [f"canary-b{number}" for number in range(3)]
    server.load(*({"resourceType": "Basic", "id": name, "code": {"text": "a referral"}} for name in names))

    def careless(request: Request) -> Response:
        if request.method == "POST" and request.header("If-None-Exist"):
            return json_response(
                200, server.read("Basic", names[0]), [("Location", f"{BASE}/Basic/{names[0]}")]
            )
        return server.handle(request)

    report = check(careless, server.clock, write=True)
    assert report.named("conditional create")[0].observed == "matches everything"
    assert [server.read("Basic", name)["meta"]["versionId"] for name in names] == ["1", "1", "1"]
    assert server.left == []
    assert report.left_behind == []


def test_what_cannot_be_removed_is_said(check: Check, server: Hospital) -> None:
    def undeletable(request: Request) -> Response:
        return Response(405) if request.method == "DELETE" else server.handle(request)

    report = check(undeletable, server.clock, write=True)
    assert sorted(report.left_behind) == server.left
    assert report.named("removed again")[0].level is Level.TROUBLE


@pytest.mark.parametrize("lost", [Response(504), Response(200, [("Content-Type", "text/html")], b"<html>")])
def test_a_create_whose_answer_is_lost_is_found_and_removed(
    check: Check, server: Hospital, lost: Response
) -> None:
    def lossy(request: Request) -> Response:
        response = server.handle(request)
        return (
            replace(lost) if request.method == "POST" and not request.path.endswith("_search") else response
        )

    report = check(lossy, server.clock, write=True)
    assert server.written, "the lost create did write"
    assert server.left == []
    assert report.left_behind == []
    assert report.named("create", "Basic")[0].level is Level.TROUBLE


def test_a_create_that_nobody_can_find_is_said(check: Check, server: Hospital) -> None:
    def lossy(request: Request) -> Response:
        if "_tag" in dict(request.query):
            return Response(500)
        lost = request.method == "POST" and not request.path.endswith("_search")
        response = server.handle(request)
        return Response(504) if lost else response

    report = check(lossy, server.clock, write=True)
    assert server.left != []
    assert [told[:12] for told in report.left_behind] == ["perhaps more", "perhaps more"]


def test_removing_outlasts_a_busy_server(check: Check, server: Hospital) -> None:
    def busy(request: Request) -> Response:
        refused = request.method == "DELETE" and len(server.asked) % 3
        return server.handle(request) if not refused else _counted(server, request)

    check(busy, server.clock, write=True)
    assert server.left == []


def _counted(server: Hospital, request: Request) -> Response:
    server.asked.append(request)
    return Response(503, [("Retry-After", "1")])


def test_unreadable_reads_do_not_hide_what_was_written(check: Check, server: Hospital) -> None:
    def unreadable(request: Request, response: Response) -> Response:
        read = request.method == "GET" and len(request.parts) == 2 and response.status == 200
        return Response(200, [("Content-Type", "text/html")], b"<html>") if read else response

    report = check(changed(server, unreadable), server.clock, write=True)
    assert server.left == []
    assert report.left_behind == []


def test_without_basic_an_observation_without_subject_stands_in(check: Check, server: Hospital) -> None:
    def no_basic(request: Request) -> Response:
        return Response(404) if request.parts[:1] == ["Basic"] else server.handle(request)

    report = check(no_basic, server.clock, write=True)
    assert report.named("create", "Observation")[0].level is Level.OK
    first = server.written[0]
    assert first["status"] == "entered-in-error"
    assert "subject" not in first
