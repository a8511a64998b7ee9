"""Throttled, failed, dropped: what a client that asks again too early, too late, or not at all does to itself."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital
from tests.unit.testing.faults.falls import falls_into
from tests.unit.testing.faults.population import observation

NEW = ("n1", "n2", "n3")


def third(hospital: Hospital) -> requests.Response:
    """The answer to the third of three reads."""
    url = f"{hospital.caller.base}/Patient/p1"
    return [hospital.caller.get(url) for _ in range(3)][-1]


def patiently(hospital: Hospital) -> None:
    """Read three times, waiting as the server says."""
    for _ in range(3):
        naive.retry_when_told(hospital.caller, f"{hospital.caller.base}/Patient/p1")


@falls_into("throttle-seconds", "unavailable-seconds")
def test_who_does_not_look_at_the_status_loses_a_page(hospital: Hospital) -> None:
    found = naive.crawl(hospital.caller, "Observation?_count=2")
    assert len(found) == 4
    assert hospital.acted


@falls_into("throttle-http-date", "unavailable-http-date", "throttle-junk", "unavailable-junk")
def test_who_takes_retry_after_for_a_number_falls_over(hospital: Hospital) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        patiently(hospital)


@falls_into("throttle-past-date", "unavailable-past-date")
def test_who_sleeps_until_a_date_that_is_over_falls_over(hospital: Hospital) -> None:
    until = parsedate_to_datetime(third(hospital).headers["Retry-After"])
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep((until - hospital.clock.now()).total_seconds())


@falls_into("throttle-hours", "unavailable-hours")
def test_who_obeys_blindly_sleeps_for_five_hours(hospital: Hospital) -> None:
    patiently(hospital)
    assert hospital.caller.waited == [18000]


@falls_into("throttle-without-retry-after", "unavailable-without-retry-after")
def test_who_counts_on_retry_after_falls_over(hospital: Hospital) -> None:
    with pytest.raises(KeyError):
        patiently(hospital)


@falls_into("http-500-before-commit")
def test_who_does_not_write_again_loses_a_write(hospital: Hospital) -> None:
    for id_ in NEW:
        naive.post(hospital.caller, observation(id_))
    assert len(hospital.stored("Observation")) == 6 + 2


@falls_into("drop-before-commit")
def test_who_takes_a_lost_connection_for_done_loses_a_write(hospital: Hospital) -> None:
    unknown = 0
    for id_ in NEW:
        try:
            naive.post(hospital.caller, observation(id_))
        except requests.ConnectionError:
            unknown += 1  # "it will have arrived"
    assert unknown == 1
    assert len(hospital.stored("Observation")) == 6 + 2


@falls_into("http-500-after-commit", "http-504-after-commit", "drop-after-commit")
def test_who_posts_again_has_it_twice(hospital: Hospital) -> None:
    for id_ in NEW:
        naive.retry_until_ok(lambda id_=id_: naive.post(hospital.caller, observation(id_)))  # type: ignore[misc]
    assert len(hospital.stored("Observation")) == 6 + 4
    assert hospital.acted


@falls_into("http-502-html-before-commit", "html-200")
def test_who_takes_every_body_for_json_falls_over(hospital: Hospital) -> None:
    with pytest.raises(requests.JSONDecodeError):
        naive.crawl(hospital.caller, "Observation?_count=2")


@falls_into("drop-reads")
def test_who_does_not_read_again_loses_the_run(hospital: Hospital) -> None:
    naive.crawl(hospital.caller, "Observation?_count=2")
    with pytest.raises(requests.ConnectionError):
        naive.crawl(hospital.caller, "Observation?_count=2")


@falls_into("permanent-error-as-500")
def test_who_believes_500_to_pass_asks_for_ever(hospital: Hospital) -> None:
    def send() -> requests.Response:
        url, headers = f"{hospital.caller.base}/Observation", {"Content-Type": "application/fhir+json"}
        return requests.post(url, data=b"not JSON", headers=headers, timeout=10)

    assert send().status_code == 500
    with pytest.raises(naive.Endless):
        naive.retry_until_ok(send)
    assert hospital.journal.count(method="POST") == 7
