"""An export is whole when as many distinct resources came as the server says it has, in files whose end shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.errors import ServerError
from fhir_adapter.pull.exporting import export
from fhir_adapter.pull.folder import LandingFolder, TypeState
from fhir_adapter.testing.server.messages import Request, Response, json_response
from tests.unit.fhir.serving import served

A, B = {"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "id": "b"}
TOLD = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "informational"}],
}


def hospital(
    files: dict[str, Sequence[dict[str, Any]]], output: list[dict[str, Any]]
) -> Callable[[Request], Response]:
    """A server with two patients, whose export has these files and lists them so."""

    def answer(request: Request) -> Response:
        if request.values("_summary"):
            return json_response(200, {"resourceType": "Bundle", "type": "searchset", "total": 2})
        if request.path == "$export":
            return Response(202, [("Content-Location", f"{request.base}/job")])
        if request.path == "job":
            listed = [{**one, "url": f"{request.base}/{one['url']}"} for one in output]
            manifest = {
                "transactionTime": "2026-06-30T12:00:00Z",
                "request": request.url,
                "output": listed,
                "error": [],
            }
            return json_response(200, manifest)
        lines = "".join(json.dumps(one) + "\n" for one in files.get(request.path, ()))
        return Response(200, [("Content-Type", "application/fhir+ndjson")], lines.encode())

    return answer


def exported(folder: Path, answer: Callable[[Request], Response]) -> TypeState:
    landing = LandingFolder(folder / "out")
    landing.head = {"transactionTime": "2026-06-30T12:00:00+00:00"}
    landing.types = {"Patient": TypeState()}
    with served(answer) as asked:
        export(asked.client, ["Patient"], landing, lambda _: None)
    return landing.types["Patient"]


def file(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Patient", "url": name, **more}


def test_every_distinct_resource_makes_it_whole(tmp_path: Path) -> None:
    state = exported(tmp_path, hospital({"0": [A], "1": [B]}, [file("0"), file("1")]))
    assert state.done, state.problem


@pytest.mark.parametrize(
    ("files", "output"),
    [
        ({"0": [A]}, [file("0"), file("0")]),
        ({"0": [A], "1": [A]}, [file("0"), file("1")]),
        ({"0": [A, TOLD]}, [file("0")]),
        ({"0": [A, {"resourceType": "Group", "id": "b"}]}, [file("0")]),
        ({"0": [A, B], "1": [B]}, [file("0"), {"url": "1"}]),
        ({"0": [A]}, [file("0", count=2)]),
    ],
    ids=[
        "a file twice",
        "a content twice",
        "outcomes as lines",
        "another type",
        "a file without a type",
        "a count",
    ],
)
def test_lines_are_no_proof(tmp_path: Path, files: dict[str, Any], output: list[dict[str, Any]]) -> None:
    state = exported(tmp_path, hospital(files, output))
    assert not state.done
    assert state.problem


def test_a_status_that_leads_to_a_record_deletes_nothing(tmp_path: Path) -> None:
    asked_for: list[str] = []

    def answer(request: Request) -> Response:
        asked_for.append(request.method)
        if request.path == "$export":
            return Response(202, [("Content-Location", f"{request.base}/Patient/a")])
        return json_response(200, A)

    with pytest.raises(ServerError):
        exported(tmp_path, answer)
    assert "DELETE" not in asked_for
