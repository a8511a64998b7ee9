"""Faults in front of a real server: what a client sees when the answer is lost, and what the server has done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fhir_adapter.testing.proxy import Proxy
from tests.interop.making import MRN, identifier, own, patient
from tests.interop.target import Target, link, matches

LOST = "http-504-after-commit"
"""Every third write is done and then answered 504."""


@pytest.fixture
def proxy(server: Target) -> Iterator[Proxy]:
    """A proxy with that fault before the server."""
    with Proxy(server.url, profiles=[LOST]) as running:
        yield running


@pytest.fixture
def seen(server: Target, proxy: Proxy) -> Target:
    """The server as a client behind the proxy meets it; its first two writes are over, so the next one is lost."""
    through = Target(server.name, proxy.url, server.session, server.differences)
    for _ in range(2):
        assert through.post("Patient", patient("before")).status_code == 201
    return through


def test_a_put_answered_504_was_written(server: Target, seen: Target, proxy: Proxy, tag: str) -> None:
    """The client sees 504; the server itself has version 1, and the journal names the fault."""
    written = {**patient(tag, gender="female"), "id": tag}
    assert seen.put(f"Patient/{tag}", written).status_code == 504
    read = server.get(f"Patient/{tag}").json()
    assert (read["gender"], read["meta"]["versionId"]) == ("female", "1")
    (lost,) = proxy.journal.entries(method="PUT", status=504)
    assert lost.injected == (LOST,)


def test_a_put_can_be_repeated(server: Target, seen: Target, tag: str) -> None:
    """The same PUT again succeeds, and there is one resource."""
    written = {**patient(tag, gender="female"), "id": tag}
    assert seen.put(f"Patient/{tag}", written).status_code == 504
    assert seen.put(f"Patient/{tag}", written).status_code == 200
    assert server.ids("Patient", {"_tag": own(tag)}) == [tag]


def test_a_guard_shows_that_the_lost_update_was_written(server: Target, seen: Target, tag: str) -> None:
    """The update was done, so the same If-Match fails now: the client must read before it decides."""
    stored = server.create(patient(tag))
    changed = {**stored, "gender": "male"}
    assert seen.put(f"Patient/{stored['id']}", changed, If_Match='W/"1"').status_code == 504
    assert seen.put(f"Patient/{stored['id']}", {**changed, "active": True}, If_Match='W/"1"').status_code in (
        409,
        412,
    )
    assert seen.get(f"Patient/{stored['id']}").json()["gender"] == "male"


def test_a_post_that_is_repeated_makes_two(server: Target, seen: Target, tag: str) -> None:
    """What a naive client does: the first POST was done, the second makes a double."""
    assert seen.post("Patient", patient(tag)).status_code == 504
    assert seen.post("Patient", patient(tag)).status_code == 201
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 2


def test_a_post_with_a_condition_can_be_repeated(server: Target, seen: Target, tag: str) -> None:
    """If-None-Exist finds what the lost answer had made."""
    written = patient(tag, identifier=identifier(tag))
    condition = f"identifier={MRN}|{tag}"
    assert seen.post("Patient", written, If_None_Exist=condition).status_code == 504
    assert seen.post("Patient", written, If_None_Exist=condition).status_code == 200
    assert len(server.ids("Patient", {"_tag": own(tag)})) == 1


def test_pages_go_through_the_proxy(server: Target, seen: Target, proxy: Proxy, tag: str) -> None:
    """The server's own address does not show: links are the proxy's, and lead to the end."""
    stored = {server.create(patient(tag))["id"] for _ in range(5)}
    bundle = seen.search("Patient", {"_tag": own(tag), "_count": "2"})
    assert (link(bundle, "next") or "").startswith(proxy.url)
    assert matches(bundle)
    assert bundle["entry"][0]["fullUrl"].startswith(proxy.url)
    assert set(seen.ids("Patient", {"_tag": own(tag), "_count": "2"})) == stored
