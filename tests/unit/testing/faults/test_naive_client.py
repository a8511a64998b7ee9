"""No profile without a naive client that falls into it, and no fault where the client does so anyway."""

from __future__ import annotations

import importlib

from fhir_adapter.testing.faults.profile import list_profiles
from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital
from tests.unit.testing.faults.falls import PROVEN
from tests.unit.testing.faults.population import OBSERVATIONS, observation, population

MODULES = ("bodies", "export", "origins", "paging", "tokens", "waiting", "writing")


def test_every_profile_has_its_naive_client() -> None:
    for name in MODULES:
        importlib.import_module(f"tests.unit.testing.faults.test_naive_{name}")
    assert {one.name for one in list_profiles()} == PROVEN


def test_a_sound_server_is_crawled_whole_in_three_ways(hospital: Hospital) -> None:
    for crawl in (naive.crawl, naive.crawl_while_ok, naive.crawl_until_empty):
        found = crawl(hospital.caller, "Observation?_count=2")
        assert sorted(one["id"] for one in found) == OBSERVATIONS
    assert hospital.trap.entries == []
    assert hospital.journal.injected == []


def test_a_sound_server_is_exported_whole(hospital: Hospital) -> None:
    found = naive.export(hospital.caller)
    assert len(found) == len(population())
    assert len(hospital.caller.waited) == 1


def test_a_sound_server_is_written_once(hospital: Hospital) -> None:
    answer = naive.retry_until_ok(lambda: naive.post(hospital.caller, observation("new")))
    assert answer.status_code == 201
    assert len(hospital.stored("Observation")) == 7
