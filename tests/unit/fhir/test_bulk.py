"""One export: kicked off, waited for as the server wants, its manifest doubted, deleted in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.errors import ServerError
from fhir_adapter.fhir import Export, exported
from fhir_adapter.fhir.bulk import MOST_POLLS
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import outcome
from tests.unit.fhir.serving import Served, served

GOOD: dict[str, Any] = {
    "transactionTime": "2026-06-30T12:00:00Z",
    "request": "x",
    "requiresAccessToken": False,
    "output": [{"type": "Patient", "url": "files/p.ndjson", "count": 1}],
    "error": [],
}


def server(
    polls: list[Response], manifest: Any = GOOD, location: str = "{base}/status"
) -> Callable[[Request], Response]:
    """Kick-off, these polls, then the manifest."""

    def answer(request: Request) -> Response:
        if request.path == "$export":
            return Response(202, [("Content-Location", location.format(base=request.base))])
        if request.method == "DELETE":
            return Response(202)
        return polls.pop(0) if polls else json_response(200, manifest, media="application/json")

    return answer


def waiting(*headers: tuple[str, str]) -> Response:
    return Response(202, list(headers))


def export(asked: Served) -> Export:
    with exported(asked.client, ["Patient", "Condition"]) as done:
        return done


def test_an_export_is_asked_for_awaited_and_deleted() -> None:
    with served(server([waiting()])) as asked:
        done = export(asked)
        kick_off, *polls, deleted = asked.requests
        assert kick_off.header("Prefer") == "respond-async"
        assert kick_off.values("_type") == ["Patient,Condition"]
        assert (len(polls), deleted.method, deleted.path) == (2, "DELETE", "status")
        (file,) = done.output
        assert (file.url, file.count, done.token, done.problem) == (
            f"{asked.url}/files/p.ndjson",
            1,
            False,
            None,
        )


def test_polls_wait_as_they_are_told_under_the_cap() -> None:
    polls = [
        waiting(("Retry-After", "5")),
        waiting(("Retry-After", "18000")),
        waiting(("Retry-After", "Tue, 30 Jun 2026 12:01:35 GMT")),
        waiting(("Retry-After", "Tue, 30 Jun 2020 12:00:00 GMT")),
        waiting(("Retry-After", "soon")),
        waiting(),
    ]
    with served(server(polls), max_wait_s=60) as asked:
        export(asked)
        assert asked.waits == [5, 60, 30, 0.1, 16, 32]


def test_an_export_that_is_never_ready_is_given_up_and_deleted() -> None:
    polls = [waiting(("Retry-After", "1"))] * (MOST_POLLS + 5)
    with served(server(polls)) as asked:
        with pytest.raises(ServerError, match="given up"):
            export(asked)
        assert asked.requests[-1].method == "DELETE"
        assert len(asked.requests) == MOST_POLLS + 2


@pytest.mark.parametrize("location", ["http://169.254.169.254/status", "http://x:1:1/"])
def test_a_status_elsewhere_is_not_asked(location: str) -> None:
    with served(server([], location=location)) as asked:
        with pytest.raises(ServerError):
            export(asked)
        assert len(asked.requests) == 1


@pytest.mark.parametrize(
    "manifest",
    [
        outcome("exception", "the job failed"),
        {**GOOD, "output": None},
        {**GOOD, "transactionTime": 5},
        {**GOOD, "output": [{"type": "Patient"}]},
        {**GOOD, "output": ["x"]},
        {**GOOD, "output": [{"type": "Patient", "url": "http://x:1:1/"}]},
        [],
    ],
)
def test_a_manifest_that_cannot_be_believed_is_refused(manifest: Any) -> None:
    with served(server([], manifest)) as asked:
        with pytest.raises(ServerError):
            export(asked)
        # What never showed that it is a job may be a patient's record.
        assert "DELETE" not in [request.method for request in asked.requests]


@pytest.mark.parametrize(
    "more", [{"error": None}, {"error": "x"}, {"error": 5}, {"link": [{"relation": "next", "url": "x"}]}]
)
def test_a_manifest_may_tell_that_it_is_not_whole(more: dict[str, Any]) -> None:
    with served(server([], {**GOOD, **more})) as asked:
        assert export(asked).problem is not None


@pytest.mark.parametrize(("said", "token"), [(True, True), (False, False), (None, True)])
def test_files_get_the_token_only_where_they_need_it(said: bool | None, token: bool) -> None:
    with served(server([], {**GOOD, "requiresAccessToken": said})) as asked:
        assert export(asked).token is token


def test_a_kick_off_that_is_not_taken_is_no_export() -> None:
    with served(lambda _: json_response(200, {"resourceType": "Bundle"})) as asked:
        with pytest.raises(ServerError, match="did not begin"):
            export(asked)
