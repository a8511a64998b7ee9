"""Profiles come, go and combine; which requests they hit is counted and seeded."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.faults.faulty import Faults
from fhir_adapter.testing.faults.journal import Journal
from fhir_adapter.testing.faults.profile import read_profile
from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.faults.canned import Place, asked

PATIENT = {"/Patient/1": {"resourceType": "Patient", "id": "1"}}


def statuses(place: Place, count: int) -> list[int]:
    return [place.ask("GET", "/Patient/1").status for _ in range(count)]


@pytest.mark.parametrize(
    ("which", "hit"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"every": 2}, [2, 4, 6]),
        ({"at": [1, 5]}, [1, 5]),
        ({"first": 2}, [1, 2]),
        ({"after": 4}, [5, 6]),
        ({"probability": 0.0}, []),
        ({"probability": 1.0}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_which_requests_are_hit(which: dict[str, Any], hit: list[int]) -> None:
    place = Place(PATIENT, {"kind": "error", **which})
    assert [number for number, status in enumerate(statuses(place, 6), 1) if status == 500] == hit


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"path": "Patient*"}, True),
        ({"path": "Observation*"}, False),
        ({"path_regex": r"^Patient/\d$"}, True),
        ({"method": ["POST"]}, False),
        ({"interaction": ["read", "write"]}, True),
        ({"interaction": ["search"]}, False),
        ({"header": "If-Match"}, False),
        ({"query": "_count"}, False),
    ],
)
def test_when_a_fault_looks_at_a_request(when: dict[str, Any], fits: bool) -> None:
    place = Place(PATIENT, {"kind": "error", "when": when})
    assert statuses(place, 1) == [500 if fits else 200]


def test_the_same_seed_hits_the_same_requests() -> None:
    fault = {"kind": "error", "probability": 0.3}
    runs = [statuses(Place(PATIENT, fault, seed=seed), 60) for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]
    assert 5 < runs[0].count(500) < 35


def test_another_profile_does_not_disturb_the_draws() -> None:
    chance = read_profile("chance", {"fault": [{"kind": "error", "probability": 0.3}]})
    other = read_profile("other", {"fault": [{"kind": "error", "status": 502, "probability": 0.5}]})
    alone, both = Place(PATIENT), Place(PATIENT)
    alone.faults.use(chance)
    both.faults.use(chance, other)
    hit = [status == 500 for status in statuses(alone, 40)]
    assert [status == 500 for status in statuses(both, 40)] == hit


def test_the_journal_names_the_profile_only_where_it_acted() -> None:
    place = Place(PATIENT, {"kind": "error", "at": [2]})
    statuses(place, 3)
    assert [entry.injected for entry in place.journal] == [(), ("this",), ()]
    assert place.journal.injected == ["this"]


def test_profiles_combine_in_order_and_are_cleared() -> None:
    place = Place(PATIENT)
    place.faults.use("throttle-seconds", "drop-reads")
    assert place.faults.active == ("throttle-seconds", "drop-reads")
    assert [place.ask("GET", "/Patient/1").wire.drop for _ in range(8)] == [False] * 6 + [True, False]
    assert place.journal.injected == ["throttle-seconds", "throttle-seconds", "drop-reads"]
    place.faults.clear()
    assert place.faults.active == ()
    assert statuses(place, 6) == [200] * 6


def test_a_profile_used_again_begins_anew() -> None:
    place = Place(PATIENT)
    place.faults.use("throttle-seconds")
    assert statuses(place, 2) == [200, 200]
    place.faults.use("throttle-seconds")
    assert statuses(place, 3) == [200, 200, 429]
    assert place.faults.active == ("throttle-seconds",)


def embedded(trap: str | None = None) -> tuple[Faults, list[Quirks]]:
    applied: list[Quirks] = []
    faults = Faults(
        lambda request: Response(200),
        journal=Journal(),
        clock=ManualClock(),
        apply_quirks=applied.append,
        quirks=Quirks(max_count=7),
        trap_url=trap,
    )
    return faults, applied


def test_quirks_are_merged_and_taken_back() -> None:
    faults, applied = embedded()
    faults.use("update-as-create-refused")
    faults.use("clock-skew")
    assert applied[-1] == Quirks(max_count=7, update_create=False, clock_skew_s=90)
    faults.clear()
    assert applied[-1] == Quirks(max_count=7)


def test_a_clash_is_an_error_and_nothing_is_used() -> None:
    faults, applied = embedded()
    other = read_profile("slower", {"server": {"clock_skew_s": 5}})
    with pytest.raises(
        FaultError, match="clock-skew and slower cannot be used together: both set clock_skew_s"
    ):
        faults.use("clock-skew", other)
    assert faults.active == ()
    assert applied == []


def test_a_real_server_cannot_play_the_embedded_servers_ways() -> None:
    place = Place(PATIENT)
    with pytest.raises(FaultError, match=r"clock-skew: needs the embedded server \(clock_skew_s"):
        place.faults.use("throttle-seconds", "clock-skew")
    assert place.faults.active == ()


def test_a_trap_must_be_there() -> None:
    faults, _ = embedded()
    with pytest.raises(FaultError, match="next-foreign-host: needs a trap"):
        faults.use("next-foreign-host")


def test_without_faults_the_client_may_have_packed_files() -> None:
    seen: list[Request] = []

    def inner(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    faults = Faults(inner, journal=Journal(), clock=ManualClock())
    faults.handle(asked("GET", "/Patient", Accept_Encoding="gzip"))
    faults.use("drop-reads")
    faults.handle(asked("GET", "/Patient", Accept_Encoding="gzip"))
    assert [request.header("Accept-Encoding") for request in seen] == ["gzip", None]
