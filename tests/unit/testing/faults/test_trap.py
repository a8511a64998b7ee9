"""The trap is another host on a real socket: it answers pleasantly and notes every secret it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from fhir_adapter.testing.faults.trap import OriginTrap


@pytest.fixture
def trap() -> Iterator[OriginTrap]:
    with OriginTrap() as trap:
        yield trap


def test_answers_let_a_careless_client_go_on(trap: OriginTrap) -> None:
    with requests.Session() as session:
        assert session.get(f"{trap.url}/fhir/Patient").json()["type"] == "searchset"
        assert session.get(f"{trap.url}/fhir/$export-file/1/Patient.ndjson").content == b""
        assert session.get(f"{trap.url}/fhir/$export-status/1").json()["output"] == []
        configuration = session.get(f"{trap.url}/fhir/.well-known/smart-configuration").json()
        token = session.post(configuration["token_endpoint"], data={"client_assertion": "x"}).json()
    assert token["access_token"]
    assert [entry.origin for entry in trap.entries] == ["trap"] * 5
    assert trap.leaked == ["client_assertion"]


def test_notes_secrets_in_headers_and_addresses(trap: OriginTrap) -> None:
    headers = {"authorization": "Bearer t", "Epic-Client-ID": "e", "X-Api-Key": "k"}
    requests.get(f"{trap.url}/any/where?access_token=t", headers=headers, timeout=5)
    assert trap.leaked == ["Authorization", "Epic-Client-ID", "X-Api-Key", "access_token"]
    assert trap.journal.count(path="/any/where", origin="trap") == 1


def test_goes_by_another_host_name_too(trap: OriginTrap) -> None:
    requests.get(trap.named_url, timeout=5)
    assert trap.named_url.startswith("http://localhost:")
    assert len(trap.entries) == 1


def test_ends_its_threads_while_a_client_stays_connected() -> None:
    before = threading.active_count()
    with requests.Session() as session:
        with OriginTrap() as trap:
            session.get(trap.url)
        assert threading.active_count() == before
