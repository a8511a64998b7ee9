"""Tokens that end too early, and a token endpoint on a bad day."""

from __future__ import annotations

import pytest

from fhir_adapter.testing.faults.profile import read_profile
from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital, ask_token, signed_in, token_form
from tests.unit.testing.faults.falls import falls_into


def test_on_a_sound_server_one_token_does(smart_hospital: Hospital) -> None:
    assert len(naive.crawl(signed_in(smart_hospital), "Observation?_count=1")) == 6


@falls_into("token-expired", fixture="smart_hospital")
def test_who_asks_for_a_token_once_loses_pages(smart_hospital: Hospital) -> None:
    found = naive.crawl(signed_in(smart_hospital), "Observation?_count=1")
    assert len(found) == 4
    assert smart_hospital.acted


@falls_into("token-never-accepted", fixture="smart_hospital")
def test_who_renews_on_every_401_never_ends(smart_hospital: Hospital) -> None:
    for _ in range(10):
        answer = signed_in(smart_hospital).get(f"{smart_hospital.caller.base}/Patient/p1")
        assert answer.status_code == 401  # "the token must be old: a new one will do"
    assert smart_hospital.journal.count(path="auth/token", status=200) == 10


@falls_into("token-endpoint-flaky-400", fixture="smart_hospital")
def test_who_sends_the_same_assertion_again_is_refused_for_good(smart_hospital: Hospital) -> None:
    url, fields = token_form(smart_hospital)
    answers = [ask_token(url, fields).status_code for _ in range(4)]
    assert answers[0] == 400
    assert all(status in (400, 401) for status in answers)
    assert ask_token(*token_form(smart_hospital)).status_code == 200  # a new jti, and it would have passed


@pytest.mark.parametrize("expiring", [[1], [3], [5]])
def test_a_token_can_be_made_to_expire_at_any_request(smart_hospital: Hospital, expiring: list[int]) -> None:
    """The server has forgotten it: only a new one helps."""
    smart_hospital.faults.use(read_profile("here", {"fault": [{"kind": "expire-token", "at": expiring}]}))
    caller, url = signed_in(smart_hospital), f"{smart_hospital.caller.base}/Patient/p1"
    for _ in range(5):
        if caller.get(url).status_code == 401:
            assert caller.get(f"{url}/_history").status_code == 401
            caller = signed_in(smart_hospital)
            break
    assert smart_hospital.journal.injected[:1] == ["here"]
    assert smart_hospital.journal.count(path="auth/token") == 2
    assert caller.get(f"{caller.base}/Patient/p2").status_code == 200
