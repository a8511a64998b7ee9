"""A search is followed to its end, never in circles, never elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.errors import GoneError, ServerError
from fhir_adapter.fhir import Page, pages
from fhir_adapter.fhir.paging import MOST_EMPTY
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import outcome
from tests.unit.fhir.serving import Served, one_by_one, searchset, served


def patient(number: int) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": str(number)}


def read(asked: Served, most: int = 100) -> list[Page]:
    return list(pages(asked.client, asked.client.address("Patient", {"_count": "1"}), most))


def by_page(answer: Callable[[Request, int], Response]) -> Callable[[Request], Response]:
    """Pages by the `page` in the address."""
    return lambda request: answer(request, int((request.values("page") or ["0"])[0]))


@pytest.mark.parametrize(
    "link", ["{base}/Patient?page={n}", "Patient?page={n}", "/fhir/Patient?page={n}", "?page={n}"]
)
def test_absolute_and_relative_links_are_followed(link: str) -> None:
    def answer(request: Request, page: int) -> Response:
        following = link.format(base=request.base, n=page + 1) if page < 3 else None
        return searchset([patient(page)], following)

    with served(by_page(answer)) as asked:
        assert len(read(asked)) == 4


@pytest.mark.parametrize("length", [1, 2, 50])
def test_a_loop_costs_no_extra_request(length: int) -> None:
    def answer(request: Request, page: int) -> Response:
        return searchset([], f"{request.base}/Patient?page={page % length + 1}")

    with served(by_page(answer)) as asked:
        with pytest.raises(ServerError, match="does not end"):
            read(asked)
        assert len(asked.requests) == length + 1


def test_a_page_that_comes_again_under_new_addresses_is_a_loop() -> None:
    with served(
        by_page(lambda request, page: searchset([patient(1)], f"{request.base}/Patient?page={page + 1}"))
    ) as asked:
        with pytest.raises(ServerError, match="comes again"):
            read(asked)
        assert len(asked.requests) == 2


def test_addresses_without_end_meet_the_cap() -> None:
    with served(
        by_page(lambda request, page: searchset([], f"{request.base}/Patient?page={page + 1}"))
    ) as asked:
        with pytest.raises(ServerError, match="more than 7 pages"):
            read(asked, most=7)
        assert len(asked.requests) == 7


def test_empty_pages_without_end_are_a_loop() -> None:
    def answer(request: Request, page: int) -> Response:
        return searchset([], f"{request.base}/Patient?page={page + 1}")

    with served(by_page(answer)) as asked:
        with pytest.raises(ServerError, match="in a row are empty"):
            read(asked, most=10_000)
        assert len(asked.requests) == MOST_EMPTY + 1


@pytest.mark.parametrize(
    "link",
    [
        "{trap}/Patient?page=2",
        "//{host}/Patient",
        "http://169.254.169.254/x",
        "http://x:443:443/",
        "ftp://x/",
    ],
)
def test_a_foreign_link_is_not_followed(link: str) -> None:
    with served(one_by_one(searchset([]))) as trap:
        foreign = link.format(trap=trap.url, host=trap.url.split("/")[2])
        with served(one_by_one(searchset([patient(1)], foreign))) as asked:
            with pytest.raises(ServerError):
                read(asked)
            assert len(asked.requests) == 1
        assert trap.requests == []


def test_an_expired_page_begins_the_search_again_once() -> None:
    gone = [json_response(410, outcome("expired", "too late"))]

    def answer(request: Request, page: int) -> Response:
        if page == 1 and gone:
            return gone.pop()
        return searchset([patient(page)], f"{request.base}/Patient?page={page + 1}" if page < 2 else None)

    with served(by_page(answer)) as asked:
        assert [page.text.count("Patient") > 0 for page in read(asked)] == [True] * 4
        gone.extend([json_response(410, outcome("expired", "too late"))] * 2)
        with pytest.raises(GoneError, match="410: error expired"):
            read(asked)


def test_a_search_that_is_not_there_is_not_begun_again() -> None:
    with served(one_by_one(json_response(404, outcome("not-found", "no such type")))) as asked:
        with pytest.raises(GoneError):
            read(asked)
        assert len(asked.requests) == 1


@pytest.mark.parametrize(
    ("severity", "code", "said"),
    [
        ("error", "exception", True),
        ("warning", "incomplete", True),
        ("information", "suppressed", True),
        ("warning", "informational", False),
    ],
)
def test_an_outcome_among_the_entries_may_say_that_something_is_missing(
    severity: str, code: str, said: bool
) -> None:
    told = outcome(code, "4119", severity)
    for mode in ({"search": {"mode": "outcome"}}, {}):
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": told, **mode}]}
        with served(one_by_one(json_response(200, bundle))) as asked:
            (page,) = read(asked)
            assert (code in (page.problem or "")) is said
            assert "4119" not in (page.problem or "")


@pytest.mark.parametrize(
    "body",
    [
        outcome("incomplete", "not today"),
        {"resourceType": "Bundle", "type": "history"},
        {"resourceType": "Patient"},
        [],
        {},
    ],
)
def test_anything_else_than_a_searchset_is_no_page(body: Any) -> None:
    with served(one_by_one(json_response(200, body))) as asked, pytest.raises(ServerError):
        read(asked)


def test_two_next_links_are_not_chosen_from() -> None:
    links = [{"relation": "next", "url": "?page=1"}, {"relation": "next", "url": "?page=2"}]
    with (
        served(one_by_one(searchset([patient(1)], link=links))) as asked,
        pytest.raises(ServerError, match="next link"),
    ):
        read(asked)
