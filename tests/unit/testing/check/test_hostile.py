"""Owns that no server, however it answers, gets a token elsewhere, learns a value, or ends the check."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fhir_adapter.testing.check import Level, Report
from fhir_adapter.testing.server.messages import Request, Response, json_response
from tests.unit.testing.check.changing import changed, on_bundles, with_json
from tests.unit.testing.check.conftest import BASE
from tests.unit.testing.check.populated import Hospital

Check = Callable[..., Report]
TOKEN = "never-elsewhere"  # noqa: S105
ELSEWHERE = (
    "http://elsewhere.example/fhir?x=1",
    "https://127.0.0.1:8080/fhir?x=1",
    "http://127.0.0.1:9090/fhir?x=1",
    "http://user@127.0.0.1:8080/fhir?x=1",
    "http://127.0.0.1:8080:443/fhir?x=1",
    "//elsewhere.example/fhir",
    "http://[::1/fhir",
)
JUNK: list[Any] = [
    None,
    True,
    -1,
    "",
    "x",
    [],
    {},
    [None],
    [[]],
    {"a": []},
    1e400,
    "\ud800",
    "http://[",
    {"url": 5},
]


@pytest.mark.parametrize("link", ELSEWHERE)
def test_next_elsewhere_is_never_followed(check: Check, server: Hospital, link: str) -> None:
    def foreign(bundle: dict[str, Any]) -> None:
        for one in bundle["link"]:
            one["url"] = link if one["relation"] == "next" else one["url"]

    report = check(changed(server, on_bundles(foreign)), server.clock, token=TOKEN)
    (found,) = report.named("next links")
    assert found.observed.endswith("not followed")
    assert found.level is Level.TROUBLE


@pytest.mark.parametrize("link", ELSEWHERE)
@pytest.mark.parametrize("header", ["Location", "Content-Location"])
def test_headers_elsewhere_are_never_followed(check: Check, server: Hospital, link: str, header: str) -> None:
    def foreign(request: Request, response: Response) -> Response:
        if header == "Location" and request.method == "GET" and request.path not in ("metadata", "Patient"):
            return Response(307, [("Location", link)])
        if response.header(header):
            response.set_header(header, link)
        return response

    check(changed(server, foreign), server.clock, token=TOKEN, write=True)


@pytest.mark.parametrize("link", ELSEWHERE)
def test_files_and_endpoints_elsewhere_are_named_and_not_asked(
    check: Check, server: Hospital, link: str
) -> None:
    def foreign(request: Request, response: Response) -> Response:
        if request.path == ".well-known/smart-configuration":
            return json_response(200, {"token_endpoint": link})
        if request.path.startswith("$export-status") and response.status == 200:
            manifest = response.json()
            manifest["output"][0]["url"] = link
            return with_json(response, manifest)
        return response

    report = check(changed(server, foreign), server.clock, token=TOKEN)
    assert report.named("token endpoint")[0].observed == "on another origin"
    assert report.named("output files")[0].observed == "1 on another origin, not fetched"
    assert report.named("file") == []


def test_redirect_on_the_same_server_is_followed(check: Check, server: Hospital) -> None:
    def moved(request: Request) -> Response:
        if request.path.startswith("old/"):
            return server.handle(replace(request, path=request.path.removeprefix("old/")))
        return Response(302, [("Location", f"{BASE}/old/{request.path}")])

    report = check(moved, server.clock)
    assert report.named("metadata")[0].level is Level.OK


def test_endless_redirect_ends(check: Check, server: Hospital) -> None:
    report = check(lambda request: Response(302, [("Location", request.url)]), server.clock)
    assert "redirects" in report.named("metadata")[0].observed
    assert report.requests < 20


def test_nothing_of_a_patient_is_reported(check: Check, server: Hospital) -> None:
    told = json.dumps(check(server.handle, server.clock, write=True).as_json())
    assert "canary" not in told.casefold()


def test_identifiers_stay_out_of_the_address(check: Check, server: Hospital) -> None:
    check(server.handle, server.clock)
    assert not [asked.url for asked in server.asked if "CANARY" in asked.url]


def _junk(value: Any, draw: random.Random) -> Any:
    """The value with some of its parts replaced by what does not belong there."""
    if draw.random() < 0.06:
        return draw.choice(JUNK)
    if isinstance(value, dict):
        return {key: _junk(below, draw) for key, below in value.items() if draw.random() > 0.03}
    return [_junk(below, draw) for below in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(16))
def test_no_shape_ends_the_check(check: Check, server: Hospital, seed: int) -> None:
    draw = random.Random(seed)

    def strange(request: Request, response: Response) -> Response:
        if request.path == "metadata":
            response = json_response(200, _CLAIMS)
        if response.status == 204 or draw.random() < 0.3 or not response.content().startswith(b"{"):
            return response
        made = json_response(response.status, _junk(response.json(), draw))
        return Response(response.status, response.headers, made.body)

    report = check(changed(server, strange), server.clock, write=True)
    assert len(report.findings) > 10
    json.dumps(report.as_json(), allow_nan=False)


_CLAIMS: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "software": {"name": "a", "version": "1"},
    "rest": [
        {
            "mode": "server",
            "security": {"service": [{"coding": [{"code": "SMART-on-FHIR"}]}]},
            "interaction": [{"code": "transaction"}],
            "resource": [
                {
                    "type": kind,
                    "interaction": [{"code": "read"}, {"code": "create"}],
                    "searchParam": [{"name": "code"}],
                    "searchInclude": ["*"],
                    "referencePolicy": ["enforced"],
                    "operation": [{"name": "export"}],
                }
                for kind in ("Patient", "Observation", "Basic")
            ],
        }
    ],
}
