"""Histories: newest first, since an instant, in pages that expire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.testing.server.asking import BASE, Asking, asking, condition, issue, patient


@pytest.fixture
def ask() -> Iterator[Asking]:
    """Six versions, a minute apart: Patient/1 created, updated, deleted; a Condition; a posted Patient; Patient/1."""
    with asking(seed=7) as one:
        for method, url, body in (
            ("PUT", "Patient/1", patient("1")),
            ("PUT", "Patient/1", patient("1", active=True)),
            ("DELETE", "Patient/1", None),
            ("PUT", "Condition/1", condition("1")),
            ("POST", "Patient", patient()),
            ("PUT", "Patient/1", patient("1")),
        ):
            assert one(method, url, body).status < 300
            one.clock.advance(60)
        yield one


def listed(bundle: dict[str, Any]) -> list[str]:
    """The entries as `METHOD Type`, with the status."""
    return [
        " ".join((one["request"]["method"], one["fullUrl"].split("/")[-2], one["response"]["status"][:3]))
        for one in bundle.get("entry", [])
    ]


ALL = [
    "PUT Patient 200",
    "POST Patient 201",
    "PUT Condition 201",
    "DELETE Patient 204",
    "PUT Patient 200",
    "PUT Patient 201",
]
ONE = [ALL[n] for n in (0, 3, 4, 5)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("_history", ALL),
        ("Patient/_history", [*ALL[:2], *ALL[3:]]),
        ("Patient/1/_history", ONE),
        ("Condition/1/_history", ["PUT Condition 201"]),
        ("Observation/_history", []),
        ("_history?_since=2026-06-30T12:03:00Z", ALL[:3]),
        ("_history?_since=2026-06-30T12:03:00.001Z", ALL[:2]),
        ("_history?_since=2026-06-30T14:03:00%2B02:00", ALL[:3]),
        ("_history?_since=2026-06-30T14:03:00+02:00", ALL[:3]),
        ("_history?_since=2026-06-30", ALL),
        ("_history?_since=2026-07-01", []),
        ("Patient/1/_history?_since=2026-06-30T12:02:00Z", ONE[:2]),
        ("_history?_count=0", []),
    ],
)
def test_history(ask: Asking, url: str, expected: list[str]) -> None:
    bundle = ask("GET", url).json()
    assert bundle["type"] == "history"
    assert listed(bundle) == expected
    assert bundle["total"] == (6 if "_count=0" in url else len(expected))


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Patient/none/_history", 404),
        ("_history?_since=yesterday", 400),
        ("_history?_count=many", 400),
        ("_history?_count=-1", 400),
        ("_history?_cursor=nonsense", 400),
        ("_history?_cursor=5", 400),
        ("_history?_cursor=5-1", 410),
    ],
)
def test_refused(ask: Asking, url: str, status: int) -> None:
    response = ask("GET", url)
    assert response.status == status
    issue(response)


def test_entries_say_what_was_done(ask: Asking) -> None:
    newest, posted, _, gone, *_ = ask("GET", "_history").json()["entry"]
    assert newest["fullUrl"] == f"{BASE}/Patient/1"
    assert newest["request"] == {"method": "PUT", "url": "Patient/1"}
    assert newest["response"] == {
        "status": "200 OK",
        "etag": 'W/"4"',
        "lastModified": "2026-06-30T12:05:00.000Z",
    }
    assert newest["resource"]["meta"]["versionId"] == "4"
    assert posted["request"] == {"method": "POST", "url": "Patient"}
    assert "resource" not in gone


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7])
def test_pages_give_everything_once(ask: Asking, size: int) -> None:
    url, seen = f"_history?_count={size}&_since=2026-06-30", []
    while url:
        bundle = ask("GET", url).json()
        assert bundle["total"] == 6
        assert len(bundle["entry"]) <= size
        seen += listed(bundle)
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert seen == ALL


def test_what_is_written_between_two_pages_moves_nothing(ask: Asking) -> None:
    first = ask("GET", "_history?_count=3").json()
    ask("PUT", "Patient/2", patient("2"))
    second = ask("GET", first["link"][1]["url"]).json()
    assert listed(first) + listed(second) == ALL


def test_a_page_expires(ask: Asking) -> None:
    following = ask("GET", "_history?_count=3").json()["link"][1]["url"]
    ask.clock.advance(600)
    assert ask("GET", following).status == 200
    ask.clock.advance(1)
    assert ask("GET", following).status == 410


def test_the_server_limits_pages(ask: Asking) -> None:
    ask.quirk(max_count=4, default_count=2)
    assert [len(ask("GET", url).json()["entry"]) for url in ("_history", "_history?_count=99")] == [2, 4]


def test_a_server_that_ignores_parameters(ask: Asking) -> None:
    ask.quirk(ignored_parameters=("_since", "_count"))
    assert listed(ask("GET", "_history?_since=2027-01-01&_count=1").json()) == ALL


def test_what_is_not_shown_yet_is_left_out(ask: Asking) -> None:
    ask.quirk(late_visible_s=10)
    ask("PUT", "Patient/1", patient("1", active=True))
    assert listed(ask("GET", "Patient/1/_history").json()) == ONE
    ask.clock.advance(10)
    assert listed(ask("GET", "Patient/1/_history").json()) == ["PUT Patient 200", *ONE]


@pytest.mark.parametrize("query", ["_at=2024", "_sort=-_lastUpdated", "name=x"])
def test_what_a_history_does_not_look_at_is_refused_unless_the_client_is_lenient(
    ask: Asking, query: str
) -> None:
    assert ask("GET", f"Patient/_history?{query}").status == 400
    assert ask("GET", f"Patient/_history?{query}", Prefer="handling=lenient").status == 200
