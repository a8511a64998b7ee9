"""Conditions: entity tags, guards, and criteria in the place of an id, each under the server's quirks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.unit.testing.server.asking import BASE, Asking, asking, condition, issue, patient


@pytest.fixture
def ask() -> Iterator[Asking]:
    """A server with Patient/1 (mrn 1, two versions), two Patients with mrn 2, and Patient/gone (deleted)."""
    with asking() as one:
        one("PUT", "Patient/1", patient("1", "1"))
        one("PUT", "Patient/1", patient("1", "1", active=True))
        for id_ in ("2a", "2b", "gone"):
            one("PUT", f"Patient/{id_}", patient(id_, "2" if id_ != "gone" else "3"))
        one("DELETE", "Patient/gone")
        yield one


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": 'W/"2"'}, 304),
        ({"If_None_Match": '"2"'}, 304),
        ({"If_None_Match": 'W/"1", W/"2"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": 'W/"1"'}, 200),
        ({"If_None_Match": 'W/"1"', "If_Modified_Since": "Tue, 30 Jun 2026 12:00:00 GMT"}, 200),
        ({"If_None_Match": "2"}, 400),
        ({"If_Modified_Since": "Tue, 30 Jun 2026 12:00:00 GMT"}, 304),
        ({"If_Modified_Since": "Tue, 30 Jun 2026 11:59:59 GMT"}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
        ({"If_Modified_Since": "Tue, 30 Jun 2026 12:00:00 -0000"}, 200),
    ],
)
def test_conditional_read(ask: Asking, headers: dict[str, str], status: int) -> None:
    response = ask("GET", "Patient/1", **headers)
    assert response.status == status
    if status == 304:
        assert response.header("ETag") == 'W/"2"'
        assert response.content() == b""


GUARDS = [
    ("1", {"If_Match": 'W/"2"'}, 200),
    ("1", {"If_Match": '"2"'}, 200),
    ("1", {"If_Match": ' W/"1" , W/"2" '}, 200),
    ("1", {"If_Match": "*"}, 200),
    ("1", {"If_Match": 'W/"1"'}, 412),
    ("1", {"If_Match": 'W/"x"'}, 412),
    ("1", {"If_Match": "2"}, 400),
    ("1", {"If_Match": 'W/"2'}, 400),
    ("1", {"If_Match": ""}, 400),
    ("1", {"If_None_Match": "*"}, 412),
    ("1", {"If_None_Match": 'W/"2"'}, 412),
    ("1", {"If_None_Match": 'W/"1"'}, 200),
    ("new", {"If_Match": 'W/"1"'}, 412),
    ("new", {"If_Match": "*"}, 412),
    ("new", {"If_None_Match": "*"}, 201),
    ("gone", {"If_Match": 'W/"2"'}, 412),
    ("gone", {"If_None_Match": "*"}, 201),
]


@pytest.mark.parametrize(("id_", "headers", "status"), GUARDS)
def test_guarded_update(ask: Asking, id_: str, headers: dict[str, str], status: int) -> None:
    before = ask.versions()
    response = ask("PUT", f"Patient/{id_}", patient(id_, gender="male"), **headers)
    assert response.status == status
    assert ask.versions() == before + (status < 300)


@pytest.mark.parametrize(("id_", "headers", "status"), GUARDS)
def test_guarded_delete(ask: Asking, id_: str, headers: dict[str, str], status: int) -> None:
    expected = 204 if status < 300 else status
    assert ask("DELETE", f"Patient/{id_}", **headers).status == expected


def test_the_status_of_a_failed_guard_is_the_servers(ask: Asking) -> None:
    ask.quirk(guard_status=409)
    response = ask("PUT", "Patient/1", patient("1"), If_Match='W/"1"')
    assert (response.status, issue(response)[0]) == (409, "conflict")


def test_a_server_without_guards_loses_an_update(ask: Asking) -> None:
    ask.quirk(guards=False)
    assert ask("PUT", "Patient/1", patient("1"), If_Match='W/"1"').status == 200
    assert ask("PUT", "Patient/1", patient("1", "9"), If_None_Match="*").status == 200


# the criteria, the status, and the id that is answered (None: a new one)
CREATES: list[tuple[str, int, str | None]] = [
    ("identifier=urn:mrn|1", 200, "1"),
    ("identifier=urn%3Amrn%7C1", 200, "1"),
    ("?identifier=urn:mrn|1", 200, "1"),
    ("Patient?identifier=urn:mrn|1", 200, "1"),
    ("identifier=urn:mrn|9", 201, None),
    ("identifier=urn:mrn|3", 201, None),
    ("identifier=urn:mrn|2", 412, None),
    ("nonsense=1", 400, None),
    ("", 400, None),
    ("identifier=", 400, None),
    ("_format=json", 400, None),
]


@pytest.mark.parametrize(("criteria", "status", "id_"), CREATES)
def test_conditional_create(ask: Asking, criteria: str, status: int, id_: str | None) -> None:
    before = ask.versions()
    response = ask("POST", "Patient", patient(mrn="9"), If_None_Exist=criteria)
    assert response.status == status
    assert ask.versions() == before + (status == 201)
    if status < 300:
        found = response.json()["id"]
        assert found == id_ if id_ else found not in ("1", "2a", "2b", "gone")
        assert (response.header("Location") or "").startswith(f"{BASE}/Patient/{found}/_history/")


@pytest.mark.parametrize(
    ("kind", "status", "created"),
    [("atomic", 200, 0), ("racy", 200, 0), ("ignored", 201, 1), ("refused", 400, 0)],
)
def test_kinds_of_conditional_create(ask: Asking, kind: str, status: int, created: int) -> None:
    ask.quirk(conditional_create=kind)
    before = ask.versions()
    assert ask("POST", "Patient", patient(mrn="1"), If_None_Exist="identifier=urn:mrn|1").status == status
    assert ask.versions() == before + created


@pytest.mark.parametrize(("kind", "patients"), [("racy", 2), ("atomic", 1)])
def test_between_search_and_write_of_a_racy_server_another_may_create(
    ask: Asking, kind: str, patients: int
) -> None:
    def create() -> int:
        return ask("POST", "Patient", patient(mrn="9"), If_None_Exist="identifier=urn:mrn|9").status

    def rival() -> None:
        ask.server.context.between_search_and_create = None
        assert create() == 201

    ask.quirk(conditional_create=kind)
    ask.server.context.between_search_and_create = rival
    before = ask.versions()
    assert create() == 201
    assert ask.versions() == before + patients


def test_a_racy_server_finds_what_is_there_already(ask: Asking) -> None:
    ask.quirk(conditional_create="racy")
    ask.server.context.between_search_and_create = lambda: None
    assert ask("POST", "Patient", patient(), If_None_Exist="identifier=urn:mrn|1").status == 200


def together(work: Callable[[int], int], count: int = 8) -> list[int]:
    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(work, range(count)))


def test_of_many_creates_at_once_one_is_written(ask: Asking) -> None:
    send = partial(ask, "POST", "Patient", patient(mrn="9"), If_None_Exist="identifier=urn:mrn|9")
    assert together(lambda _: send().status) == [200] * 7 + [201]


def test_of_many_guarded_updates_at_once_one_wins(ask: Asking) -> None:
    def update(place: int) -> int:
        return ask("PUT", "Patient/1", patient("1", str(place)), If_Match='W/"2"').status

    assert together(update) == [200] + [412] * 7


def test_a_late_index_lets_the_same_be_created_twice(ask: Asking) -> None:
    ask.quirk(late_visible_s=5)
    send = ("POST", "Patient", patient(mrn="9"))
    statuses = []
    for wait in (0, 1, 5, 5):
        ask.clock.advance(wait)
        statuses.append(ask(*send, If_None_Exist="identifier=urn:mrn|9").status)
    assert statuses == [201, 201, 412, 412]


# the criteria, the body, the status, and the id that is written (None: a new one)
UPDATES: list[tuple[str, Any, int, str | None]] = [
    ("identifier=urn:mrn|1", patient(mrn="1"), 200, "1"),
    ("identifier=urn:mrn|1&_format=json", patient(mrn="1"), 200, "1"),
    ("identifier=urn:mrn|1", patient("1", "1"), 200, "1"),
    ("identifier=urn:mrn|1", patient("2a", "1"), 400, None),
    ("identifier=urn:mrn|9", patient(mrn="9"), 201, None),
    ("identifier=urn:mrn|9", patient("nine", "9"), 201, "nine"),
    ("identifier=urn:mrn|9", patient("1", "9"), 409, None),
    ("identifier=urn:mrn|9", patient("not_an_id", "9"), 422, None),
    ("identifier=urn:mrn|2", patient(mrn="2"), 412, None),
    ("identifier=urn:mrn|1", condition(), 400, None),
    ("nonsense=1", patient(), 400, None),
    ("_format=json", patient(), 400, None),
]


@pytest.mark.parametrize(("criteria", "body", "status", "id_"), UPDATES)
def test_conditional_update(ask: Asking, criteria: str, body: Any, status: int, id_: str | None) -> None:
    before = ask.versions()
    response = ask("PUT", f"Patient?{criteria}", body)
    assert response.status == status
    assert ask.versions() == before + (status < 300)
    if id_:
        assert response.json()["id"] == id_


@pytest.mark.parametrize(
    ("headers", "mrn", "status"),
    [
        ({"If_Match": 'W/"2"'}, "1", 200),
        ({"If_Match": 'W/"1"'}, "1", 412),
        ({"If_Match": 'W/"1"'}, "9", 412),
        ({"If_None_Match": "*"}, "1", 412),
        ({"If_None_Match": "*"}, "9", 201),
    ],
)
def test_guarded_conditional_update(ask: Asking, headers: dict[str, str], mrn: str, status: int) -> None:
    assert ask("PUT", f"Patient?identifier=urn:mrn|{mrn}", patient(mrn=mrn), **headers).status == status


def test_a_server_without_conditional_update(ask: Asking) -> None:
    ask.quirk(conditional_update=False)
    assert ask("PUT", "Patient?identifier=urn:mrn|1", patient(mrn="1")).status == 400
    assert ask("PUT", "Patient", patient("1")).status == 400


def test_a_conditional_update_where_the_server_gives_ids(ask: Asking) -> None:
    ask.quirk(update_create=False)
    assert ask("PUT", "Patient?identifier=urn:mrn|9", patient("nine", "9")).status == 405
    assert ask("PUT", "Patient?identifier=urn:mrn|9", patient(mrn="9")).status == 201


@pytest.mark.parametrize(
    ("url", "status", "left"),
    [
        ("Patient?identifier=urn:mrn|1", 204, 2),
        ("Patient?identifier=urn:mrn|9", 204, 3),
        ("Patient?identifier=urn:mrn|2", 412, 3),
        ("Patient?nonsense=1", 400, 3),
        ("Patient?_format=json", 400, 3),
        ("Patient", 400, 3),
    ],
)
def test_conditional_delete(ask: Asking, url: str, status: int, left: int) -> None:
    assert ask("DELETE", url).status == status
    assert ask.server.context.store.query("SELECT count(*) FROM current WHERE NOT deleted") == [(left,)]
