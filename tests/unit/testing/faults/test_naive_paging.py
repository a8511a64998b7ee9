"""Pages that go in circles, elsewhere, shift, repeat or expire, and parameters nobody looks at."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.unit.testing.faults import naive
from tests.unit.testing.faults.conftest import Hospital
from tests.unit.testing.faults.falls import falls_into
from tests.unit.testing.faults.population import OBSERVATIONS, observation, patient

ALL = "Observation?_count=2"


def ids(resources: list[naive.Resource]) -> list[str]:
    return [resource.get("id", "") for resource in resources]


@falls_into("next-self", "next-cycle-2", "next-cycle-50", "next-growing", "next-after-last-page")
def test_who_follows_every_next_link_never_ends(hospital: Hospital) -> None:
    with pytest.raises(naive.Endless):
        naive.crawl(hospital.caller, ALL, most=120)
    assert hospital.journal.count(method="GET") == 120


@falls_into("next-cycle-50")
def test_who_remembers_the_last_few_addresses_never_ends_either(hospital: Hospital) -> None:
    url, last = f"{hospital.caller.base}/{ALL}", []  # type: ignore[var-annotated]
    for _ in range(120):
        assert url not in last
        last = [*last, url][-10:]
        url = next(one["url"] for one in hospital.caller.get(url).json()["link"] if one["relation"] == "next")


@falls_into("next-double-port")
def test_who_follows_a_doubled_port_falls_over(hospital: Hospital) -> None:
    with pytest.raises(requests.exceptions.InvalidURL):
        naive.crawl(hospital.caller, ALL)


@falls_into("next-relative")
def test_who_does_not_resolve_links_falls_over(hospital: Hospital) -> None:
    with pytest.raises(requests.exceptions.MissingSchema):
        naive.crawl(hospital.caller, ALL)


@falls_into("next-other-scheme")
def test_who_does_not_hold_on_to_the_scheme_falls_over(hospital: Hospital) -> None:
    with pytest.raises(requests.ConnectionError):
        naive.crawl(hospital.caller, ALL)


@falls_into("next-foreign-host")
def test_who_follows_to_another_host_takes_the_token_there(hospital: Hospital) -> None:
    found = naive.crawl(hospital.caller, ALL)
    assert hospital.trap.leaked == ["Authorization", "Epic-Client-ID"]
    assert len(found) == 2


@falls_into("page-expired-410", "page-expired-404")
def test_who_takes_an_error_for_the_end_loses_pages(hospital: Hospital) -> None:
    assert len(naive.crawl_while_ok(hospital.caller, ALL)) == 4
    assert hospital.acted


@falls_into("pages-live-shortly")
def test_who_works_long_on_a_page_loses_the_rest(hospital: Hospital) -> None:
    page = hospital.caller.get(f"{hospital.caller.base}/{ALL}").json()
    hospital.clock.advance(31)  # "store the page"
    following = next(one["url"] for one in page["link"] if one["relation"] == "next")
    assert hospital.caller.get(following).status_code == 410


@falls_into("pages-duplicate-entries")
def test_who_counts_entries_counts_some_twice(hospital: Hospital) -> None:
    found = ids(naive.crawl(hospital.caller, ALL))
    assert len(found) == 8
    assert set(found) == set(OBSERVATIONS)


@falls_into("pages-shift")
def test_who_trusts_one_crawl_misses_rows(hospital: Hospital) -> None:
    assert len(naive.crawl(hospital.caller, ALL)) == 5
    assert hospital.acted


@falls_into("page-empty-midway")
def test_who_stops_at_an_empty_page_loses_the_rest(hospital: Hospital) -> None:
    assert len(naive.crawl_until_empty(hospital.caller, ALL)) == 2
    assert len(naive.crawl(hospital.caller, ALL)) == 6


@falls_into("search-ignores-lastupdated")
def test_who_trusts_the_filter_takes_everything_for_new(hospital: Hospital) -> None:
    changed = naive.crawl(hospital.caller, "Observation?_lastUpdated=gt2050-01-01T00:00:00Z")
    assert len(changed) == 6


@falls_into("search-ignores-count")
def test_who_asks_for_one_gets_more(hospital: Hospital) -> None:
    page = hospital.caller.get(f"{hospital.caller.base}/Observation?_count=1").json()
    assert len(page["entry"]) == 2
    assert "_count" not in next(one["url"] for one in page["link"] if one["relation"] == "self")


@falls_into("search-ignores-sort")
def test_who_takes_the_first_for_the_newest_takes_another(hospital: Hospital) -> None:
    hospital.clock.advance(60)
    naive.put(hospital.caller, observation("o6", 99))
    page = hospital.caller.get(f"{hospital.caller.base}/Observation?_sort=-_lastUpdated&_count=1").json()
    assert page["entry"][0]["resource"]["id"] != "o6"
    assert hospital.acted


@falls_into("search-ignores-identifier")
def test_who_searches_before_creating_never_creates(hospital: Hospital) -> None:
    found = hospital.caller.get(f"{hospital.caller.base}/Patient?identifier=urn:mrn|new").json()
    if not found.get("entry"):  # "it is there already"
        naive.post(hospital.caller, patient("new"))
    assert len(hospital.stored("Patient")) == 6


@falls_into("outcome-200-whole-body")
def test_who_takes_200_for_a_page_loses_pages(hospital: Hospital) -> None:
    assert len(naive.crawl(hospital.caller, ALL)) == 4


@falls_into("outcome-200-incomplete")
def test_who_counts_every_entry_takes_a_warning_for_data(hospital: Hospital) -> None:
    found = naive.crawl(hospital.caller, ALL)
    assert len(found) == 6  # as many as there should be
    assert [resource["resourceType"] for resource in found] == ["Observation", "OperationOutcome"] * 3


@falls_into("commits-visible-late-at-random")
def test_who_remembers_the_newest_row_misses_those_shown_later(hospital: Hospital) -> None:
    newest, seen = "2026-01-01T00:00:00Z", set()
    for number in range(90):
        if number < 20:
            naive.put(hospital.caller, observation(f"late{number}"))
        for resource in naive.crawl(hospital.caller, f"Observation?_lastUpdated=gt{newest}&_count=100"):
            seen.add(resource["id"])
            newest = max(newest, resource["meta"]["lastUpdated"])
        hospital.clock.advance(2)
    assert len(hospital.stored("Observation")) == 26
    assert len(seen) < 26


@falls_into("clock-skew")
def test_who_remembers_a_fast_clocks_stamp_misses_what_follows(hospital: Hospital) -> None:
    hospital.clock.advance(1)
    naive.put(hospital.caller, observation("n1"))
    newest = max(one["meta"]["lastUpdated"] for one in naive.crawl(hospital.caller, "Observation"))
    hospital.faults.clear()  # the next node's clock is right
    hospital.clock.advance(30)
    naive.put(hospital.caller, observation("n2"))
    assert ids(naive.crawl(hospital.caller, f"Observation?_lastUpdated=gt{newest}")) == []


@falls_into("date-header-ahead")
def test_who_remembers_the_date_header_misses_what_follows(hospital: Hospital) -> None:
    answer = hospital.caller.get(f"{hospital.caller.base}/Observation")
    asked_at = parsedate_to_datetime(answer.headers["Date"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    hospital.clock.advance(30)
    naive.put(hospital.caller, observation("n1"))
    assert ids(naive.crawl(hospital.caller, f"Observation?_lastUpdated=gt{asked_at}")) == []
