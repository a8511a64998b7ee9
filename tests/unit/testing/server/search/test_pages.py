"""Paging: links, their lifetime, what happens while somebody pages, and includes."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Request, request_for
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.search import snapshots
from fhir_adapter.testing.server.search.answering import page
from fhir_adapter.testing.server.search.snapshots import snapshots_of
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.server.search.population import BASE, Ask, answer, ids, link


def follow(context: Context, bundle: dict[str, Any], relation: str = "next") -> dict[str, Any]:
    found: dict[str, Any] = page(context, asked(link(bundle, relation))).json()
    return found


def asked(url: str | None) -> Request:
    return request_for("GET", url or "", BASE)


def test_pages_follow_to_the_end_and_back(context: Context) -> None:
    bundle = answer(context, "Observation?_count=4").json()
    seen = [ids(bundle)]
    while link(bundle, "next"):
        bundle = follow(context, bundle)
        seen.append(ids(bundle))
        assert bundle["total"] == 10
    assert [len(part) for part in seen] == [4, 4, 2]
    assert [one for part in seen for one in part] == [f"b{number}" for number in range(1, 11)]
    assert ids(follow(context, bundle, "previous")) == seen[1]
    assert ids(follow(context, bundle, "first")) == seen[0]
    assert ids(follow(context, bundle, "self")) == seen[2]


def test_single_page_has_no_next_and_holds_nothing(context: Context) -> None:
    bundle = answer(context, "Observation?_count=10").json()
    assert [one["relation"] for one in bundle["link"]] == ["self"]
    assert len(snapshots_of(context)) == 0


def test_page_sizes_by_quirk(context: Context) -> None:
    context.quirks = Quirks(max_count=3, default_count=2)
    assert len(ids(answer(context, "Observation").json())) == 2
    bundle = answer(context, "Observation?_count=9").json()
    assert len(ids(bundle)) == 3
    larger = (link(bundle, "next") or "").replace("_count=3", "_count=9")
    assert len(ids(page(context, asked(larger)).json())) == 3


def test_link_expires(context: Context, clock: ManualClock) -> None:
    context.quirks = Quirks(page_lifetime_s=60)
    bundle = answer(context, "Observation?_count=4").json()
    clock.advance(60)
    follow(context, bundle)
    clock.advance(0.001)
    with pytest.raises(Problem) as refusal:
        follow(context, bundle)
    assert refusal.value.status == 410


@pytest.mark.parametrize(
    ("query", "status"), [("_page=x", 410), ("_page=", 410), ("{}&_offset=z", 400), ("{}&_offset=99", 400),
                          ("{}&_count=0", 400)]
)  # fmt: skip
def test_bad_link_is_refused(context: Context, query: str, status: int) -> None:
    good = (
        (link(answer(context, "Observation?_count=4").json(), "next") or "")
        .partition("?")[2]
        .partition("&")[0]
    )
    with pytest.raises(Problem) as refusal:
        page(context, asked(f"{BASE}?{query.format(good)}"))
    assert refusal.value.status == status


def test_updates_show_and_deletes_vanish_while_paging(context: Context) -> None:
    bundle = answer(context, "Observation?_count=4").json()
    changed = {"resourceType": "Observation", "id": "b6", "status": "amended", "code": {}}
    with context.store.transaction():
        context.store.put(changed, now=context.now())
        context.store.delete("Observation", "b7", now=context.now())
        context.store.put({**changed, "id": "new"}, now=context.now())
    second = follow(context, bundle)
    assert ids(second) == ["b5", "b6", "b8"]
    assert second["entry"][1]["resource"]["status"] == "amended"
    assert second["total"] == 10
    assert ids(follow(context, second)) == ["b9", "b10"]


def test_held_results_are_bounded(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MOST_SNAPSHOTS", 2)
    bundles = [answer(context, "Observation?_count=4").json() for _ in range(3)]
    assert len(snapshots_of(context)) == 2
    with pytest.raises(Problem):
        follow(context, bundles[0])
    follow(context, bundles[1])
    monkeypatch.setattr(snapshots, "MOST_KEYS", 10)
    last = answer(context, "Observation?_count=4").json()
    assert len(snapshots_of(context)) == 1
    follow(context, last)


def test_tokens_come_from_the_seed_alone(context: Context) -> None:
    before = context.random.getstate()
    first = link(answer(context, "Observation?_count=4").json(), "next")
    assert first != link(answer(context, "Observation?_count=4").json(), "next")
    assert context.random.getstate() == before


INCLUDES = [
    ("Observation?_id=b1,b2&_include=Observation:subject", "p1"),
    ("Observation?_id=b1&_include=Observation:subject&_include=Observation:performer", "p1 d1"),
    ("Observation?_id=b1&_include=Observation:subject:Group", ""),
    ("Observation?_id=b10&_include=Observation:patient", ""),
    ("Observation?_id=b10&_include=Observation:subject:Group", "g1"),
    ("Observation?_id=b1&_include=Observation:*", "p1 d1 e1"),
    ("Observation?_id=b1&_include=*", "p1 d1 e1"),
    ("Observation?_id=b5&_include=Observation:subject", "p3"),
    ("Observation?_id=b9&_include=Observation:subject", "p1"),
    ("Observation?_id=b6,b7,b8&_include=Observation:subject", ""),
    ("Observation?_id=b1,b9&_include=Observation:derived-from", ""),
    ("MedicationRequest?_include=MedicationRequest:medication", "m1"),
    ("Patient?_id=p1&_revinclude=Condition:patient", "c1"),
    ("Patient?_id=p1,p2&_revinclude=Condition:subject&_revinclude=ResearchSubject:individual", "c1 c2 s1"),
    ("Patient?_id=p3&_revinclude=Observation:*", "b5"),
    ("Group?_revinclude=*", "b10"),
    ("Observation?_id=b1&_revinclude=Provenance:target:Observation", "pv1"),
    ("Observation?_id=b1&_revinclude=Provenance:target:Patient", ""),
    ("Observation?_id=nothing&_include=*", ""),
    ("?_id=r1&_include=*", "p1 m1"),
]


@pytest.mark.parametrize(("path", "expected"), INCLUDES)
def test_includes(ask: Ask, path: str, expected: str) -> None:
    assert sorted(ids(ask(path), "include")) == sorted(expected.split())


def test_includes_belong_to_their_page(context: Context) -> None:
    bundle = answer(context, "Observation?_count=2&_include=Observation:subject").json()
    assert (ids(bundle), ids(bundle, "include"), bundle["total"]) == (["b1", "b2"], ["p1"], 10)
    second = follow(context, bundle)
    assert (ids(second), ids(second, "include")) == (["b3", "b4"], ["p2"])


def test_deleted_target_is_not_included(context: Context) -> None:
    with context.store.transaction():
        context.store.delete("Patient", "p1", now=context.now())
    assert ids(answer(context, "Observation?_id=b1&_include=Observation:subject").json(), "include") == []
    assert ids(answer(context, "Observation?patient.gender=male").json()) == []
