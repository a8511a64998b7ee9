"""Guards against lost updates, and reads that need not be repeated: https://hl7.org/fhir/R4/http.html#concurrency."""

from __future__ import annotations

from tests.interop.making import patient
from tests.interop.target import Target, address, refused

FAILED = (409, 412)
"""R4 says 412 for a stale If-Match and 409 for a conflict that the server finds itself: clients must take both."""


def test_if_match_of_the_current_version_writes(server: Target, tag: str) -> None:
    """http.html#concurrency."""
    stored = server.create(patient(tag))
    response = server.put(address(stored), {**stored, "gender": "male"}, If_Match='W/"1"')
    assert response.status_code == 200
    assert response.headers["ETag"] == 'W/"2"'


def test_if_match_of_an_old_version_writes_nothing(server: Target, tag: str) -> None:
    """http.html#concurrency: refused, and the resource is as it was."""
    stored = server.create(patient(tag))
    server.update({**stored, "gender": "male"})
    response = server.put(address(stored), {**stored, "gender": "female"}, If_Match='W/"1"')
    refused(response, *FAILED)
    assert response.status_code == server.says("stale-guard", 412)
    read = server.get(address(stored)).json()
    assert (read["gender"], read["meta"]["versionId"]) == ("male", "2")


def test_if_match_of_a_version_to_come_writes_nothing(server: Target, tag: str) -> None:
    """http.html#concurrency: any other version fails, not only an older one."""
    stored = server.create(patient(tag))
    refused(server.put(address(stored), {**stored, "gender": "male"}, If_Match='W/"9"'), *FAILED)
    assert server.get(address(stored)).json()["meta"]["versionId"] == "1"


def test_if_match_after_a_deletion_writes_nothing(server: Target, tag: str) -> None:
    """http.html#concurrency: the deletion made a version too."""
    stored = server.create(patient(tag))
    server.delete(address(stored))
    refused(server.put(address(stored), stored, If_Match='W/"1"'), *FAILED)
    assert server.get(address(stored)).status_code == 410


def test_if_match_where_there_is_nothing(server: Target, tag: str) -> None:
    """http.html#concurrency: no version can match."""
    response = server.put(f"Patient/{tag}", {**patient(tag), "id": tag}, If_Match='W/"1"')
    assert (response.status_code == 201) is server.says("guard-on-nothing", False)
    assert server.get(f"Patient/{tag}").status_code == (200 if response.status_code == 201 else 404)


def test_if_match_lets_one_of_many_win(server: Target, tag: str) -> None:
    """http.html#concurrency: of writers that read the same version, exactly one writes."""
    stored = server.create(patient(tag))

    def write(client: Target, number: int) -> int:
        changed = {**stored, "birthDate": f"1970-01-{number + 1:02d}"}
        return client.put(address(stored), changed, If_Match='W/"1"').status_code

    statuses = server.at_once(8, write)
    assert sorted(status in FAILED for status in statuses) == [False] + [True] * 7
    assert statuses.count(200) == 1
    assert server.get(address(stored)).json()["meta"]["versionId"] == "2"


def test_if_none_match_of_the_current_version_is_304(server: Target, tag: str) -> None:
    """http.html#cread: not modified, without a body."""
    stored = server.create(patient(tag))
    etag = server.get(address(stored)).headers["ETag"]
    response = server.get(address(stored), If_None_Match=etag)
    assert response.status_code == 304
    assert response.content == b""


def test_if_none_match_of_an_old_version_reads(server: Target, tag: str) -> None:
    """http.html#cread."""
    stored = server.create(patient(tag))
    server.update({**stored, "gender": "male"})
    response = server.get(address(stored), If_None_Match='W/"1"')
    assert response.status_code == 200
    assert response.json()["gender"] == "male"


def test_updates_without_guard_all_count(server: Target, tag: str) -> None:
    """http.html#versions: each of many writers makes a version of its own, or is told to come again."""
    stored = server.create(patient(tag))

    def write(client: Target, number: int) -> int:
        return client.put(address(stored), {**stored, "birthDate": f"1970-01-{number + 1:02d}"}).status_code

    statuses = server.at_once(6, write)
    assert set(statuses) <= {200, 409, 412}
    assert server.get(address(stored)).json()["meta"]["versionId"] == str(1 + statuses.count(200))
