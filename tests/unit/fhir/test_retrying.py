"""Waits follow the server's word up to the cap, budgets end, and nothing sleeps."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from fhir_adapter.errors import RetriableError
from fhir_adapter.fhir.retrying import PER_OPERATION, PER_RUN, Retries, Timing, retry_after

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


def retries(waits: list[float], cap: float = 60) -> Retries:
    return Retries(Timing(waits.append, lambda: NOW, random.Random(1)), cap)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Tue, 30 Jun 2026 12:01:00 GMT", 60.0),
        ("Tue, 30 Jun 2026 12:01:00", 60.0),
        ("Tue, 30 Jun 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
    ],
)
def test_retry_after_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_wait_of_hours_is_cut_to_the_cap() -> None:
    waits: list[float] = []
    retries(waits).operation().again(RetriableError("busy", wait_s=18_000))
    assert waits == [60]


def test_without_a_word_the_wait_grows_with_jitter_and_stays_bounded() -> None:
    waits: list[float] = []
    operation = retries(waits).operation()
    for _ in range(PER_OPERATION):
        operation.again(RetriableError("busy"))
    assert waits[0] <= 1.0 < waits[4] < waits[6]
    assert max(waits) <= 30.0
    assert len(set(waits)) == PER_OPERATION
    with pytest.raises(RetriableError):
        operation.again(RetriableError("busy"))
    assert len(waits) == PER_OPERATION


def test_an_error_may_be_worth_fewer_tries() -> None:
    operation = retries([]).operation()
    operation.again(RetriableError("500", most=1))
    with pytest.raises(RetriableError):
        operation.again(RetriableError("500", most=1))


def test_the_budget_of_a_run_is_shared_by_its_operations() -> None:
    waits: list[float] = []
    run = retries(waits)
    for _ in range(PER_RUN):
        run.operation().again(RetriableError("busy"))
    with pytest.raises(RetriableError):
        run.operation().again(RetriableError("busy"))
    assert len(waits) == PER_RUN


def test_an_impossible_date_is_no_date() -> None:
    assert retry_after("Fri, 31 Dec 2099 23:59:59 +99999999999999999999", NOW) is None
