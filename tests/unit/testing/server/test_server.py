"""The server as a whole: which address needs which right, and which handler it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.testing.server.messages import Request
from fhir_adapter.testing.server.server import FhirServer
from fhir_adapter.testing.server.smart import SmartAuth, scopes
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.server.asking import BASE, Asking, asking, condition, patient


@pytest.fixture
def ask() -> Iterator[Asking]:
    """A server that asks for tokens, with Patient/1 and a Condition of it."""
    with asking(auth=SmartAuth(clock=ManualClock())) as one:
        one.server.load([patient("1", "1"), condition("1")])
        yield one


def token(ask: Asking, *allowed: str) -> str:
    assert ask.server.auth is not None
    granted = [scope for scope in map(scopes.parse, allowed) if scope]
    assert len(granted) == len(allowed)
    return f"Bearer {ask.server.auth.issue('client', granted)}"


RIGHTS: list[tuple[str, str, Any, str, int]] = [
    ("GET", "Patient/1", None, "system/Patient.r", 200),
    ("HEAD", "Patient/1", None, "system/Patient.r", 200),
    ("GET", "Patient/1/_history/1", None, "system/Patient.r", 200),
    ("GET", "Patient/1/_history", None, "system/Patient.r", 200),
    ("GET", "Patient/_history", None, "system/Patient.s", 200),
    ("GET", "_history", None, "system/*.s", 200),
    ("GET", "Patient?_id=1", None, "system/Patient.s", 200),
    ("POST", "Patient/_search", None, "system/Patient.s", 200),
    ("GET", "?_id=1", None, "system/*.s", 200),
    ("POST", "_search?_id=1", None, "system/*.s", 200),
    ("GET", "Patient/1/$everything", None, "system/*.s", 200),
    ("POST", "Patient", patient(), "system/Patient.c", 201),
    ("PUT", "Patient/1", patient("1"), "system/Patient.u", 200),
    ("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1"), "system/Patient.u", 200),
    ("DELETE", "Patient/1", None, "system/Patient.d", 204),
    ("DELETE", "Patient?identifier=urn:mrn|1", None, "system/Patient.d", 204),
    ("GET", "Patient/$export", None, "system/Patient.rs", 202),
]


@pytest.mark.parametrize(("method", "url", "body", "scope", "status"), RIGHTS)
def test_an_interaction_needs_its_scope_and_no_more(
    ask: Asking, method: str, url: str, body: Any, scope: str, status: int
) -> None:
    asynchronous = {"Prefer": "respond-async"}
    assert ask(method, url, body, **asynchronous).status == 401
    assert ask(method, url, body, Authorization="Bearer nonsense", **asynchronous).status == 401
    other = token(ask, "system/Observation.cruds")
    assert ask(method, url, body, Authorization=other, **asynchronous).status == 403
    assert ask(method, url, body, Authorization=token(ask, scope), **asynchronous).status == status


@pytest.mark.parametrize("url", ["metadata", ".well-known/smart-configuration"])
def test_what_needs_no_token(ask: Asking, url: str) -> None:
    assert ask("GET", url).status == 200


def test_the_token_endpoint_is_the_authorisation_servers(ask: Asking) -> None:
    response = ask("POST", "auth/token", b"", Content_Type="application/x-www-form-urlencoded")
    assert (response.status, response.json()["error"]) == (400, "invalid_request")


def test_a_page_needs_any_token(ask: Asking) -> None:
    ask.server.load([patient("2")])
    reader = token(ask, "system/Patient.rs")
    links = ask("GET", "Patient?_count=1", Authorization=reader).json()["link"]
    following = next(link["url"] for link in links if link["relation"] == "next")
    assert ask("GET", following).status == 401
    assert len(ask("GET", following, Authorization=reader).json()["entry"]) == 1


@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_each_entry_of_a_bundle_needs_its_scope(ask: Asking, type_: str) -> None:
    sent = {
        "resourceType": "Bundle",
        "type": type_,
        "entry": [
            {"resource": patient("1", active=True), "request": {"method": "PUT", "url": "Patient/1"}},
            {"resource": condition("1", "Patient/2"), "request": {"method": "PUT", "url": "Condition/1"}},
        ],
    }
    assert ask("POST", "", sent).status == 401
    before = ask.versions()
    response = ask("POST", "", sent, Authorization=token(ask, "system/Patient.u"))
    if type_ == "transaction":
        assert response.status == 403
        assert ask.versions() == before
    else:
        assert [one["response"]["status"][:3] for one in response.json()["entry"]] == ["200", "403"]


def test_an_export_runs_from_kick_off_to_its_file(ask: Asking) -> None:
    reader = token(ask, "system/*.rs")
    started = ask("GET", "$export?_type=Patient", Prefer="respond-async", Authorization=reader)
    status = started.header("Content-Location") or ""
    assert ask("GET", status).status == 401
    while (answer := ask("GET", status, Authorization=reader)).status == 202:
        assert answer.header("Retry-After")
    file = answer.json()["output"][0]["url"]
    assert file.startswith(f"{BASE}/$export-file/")
    assert ask("GET", file).status == 401
    assert b'"id":"1"' in ask("GET", file, Authorization=reader).content()
    ask.quirk(requires_token="false")  # noqa: S106 (what the manifest says)
    assert ask("GET", file).status == 200


def test_no_such_export(ask: Asking) -> None:
    reader = token(ask, "system/*.rs")
    assert ask("GET", "Observation/$export", Prefer="respond-async", Authorization=reader).status == 404


def test_a_kept_store_gives_no_id_twice(tmp_path: Path) -> None:
    for _ in range(2):
        server = FhirServer(path=tmp_path / "kept.sqlite")
        server.load([{"resourceType": "Patient"}])
        server.close()
    server = FhirServer(path=tmp_path / "kept.sqlite")
    found = server.handle(Request("GET", "Patient", (("_summary", "count"),)))
    server.close()
    assert found.json()["total"] == 2
