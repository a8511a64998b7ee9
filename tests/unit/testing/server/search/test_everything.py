"""`Patient/[id]/$everything`."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.answering import page
from fhir_adapter.testing.server.search.everything import everything
from tests.unit.testing.server.search.population import BASE, ids, link, request

ALL = "p1 ae1 a1 c1 e1 g1 r1 b1 b2 b9 pc1 pv1 s1 o1 d1 m1 o2"


def ask(context: Context, query: str = "", id_: str = "p1", **headers: str) -> dict[str, Any]:
    asked = request(f"Patient/{id_}/$everything?{query}", **headers)
    found: dict[str, Any] = everything(context, "Patient", id_, asked).json()
    return found


def test_everything_is_the_compartment_and_what_it_refers_to(context: Context) -> None:
    bundle = ask(context)
    assert ids(bundle)[0] == "p1"
    assert sorted(ids(bundle)) == sorted(ALL.split())
    assert bundle["total"] == len(ALL.split())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_type=Observation,Medication", "b1 b2 b9 m1"),
        ("_since=2026-06-30T12:00:00.001Z", ""),
        ("_since=2026-06-30T12:00:00Z&_type=Patient", "p1"),
        ("start=2024-03&end=2024-04&_type=Observation,Condition,Patient", "p1 c1 b1 b2"),
        ("start=2024-04&_type=Observation", "b9"),
        ("end=2024-03-05T01:00:00Z&_type=Observation,Procedure", "b2 pc1"),
    ],
)
def test_everything_is_narrowed(context: Context, query: str, expected: str) -> None:
    assert sorted(ids(ask(context, query))) == sorted(expected.split())


def test_everything_pages(context: Context) -> None:
    bundle = ask(context, "_count=10")
    assert unquote(link(bundle, "self") or "") == f"{BASE}/Patient/p1/$everything?_count=10"
    following = page(context, request((link(bundle, "next") or "").removeprefix(BASE))).json()
    assert sorted(ids(bundle) + ids(following)) == sorted(ALL.split())


def test_everything_takes_posted_parameters(context: Context) -> None:
    given = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Group"}]}
    asked = request("Patient/p1/$everything", "POST", json.dumps(given))
    assert ids(everything(context, "Patient", "p1", asked).json()) == ["g1"]
    for bad in ([], [1], {}):
        wrong = request("Patient/p1/$everything", "POST", json.dumps({"parameter": bad or "x"}))
        with pytest.raises(Problem):
            everything(context, "Patient", "p1", wrong)


def test_everything_without_the_patient_is_refused(context: Context) -> None:
    with context.store.transaction():
        context.store.delete("Patient", "p4", now=context.now())
    for id_, status in (("nobody", 404), ("p4", 410)):
        with pytest.raises(Problem) as refusal:
            ask(context, id_=id_)
        assert refusal.value.status == status
    with pytest.raises(Problem):
        everything(context, "Group", "g1", request("Group/g1/$everything"))


@pytest.mark.parametrize("query", ["_since=then", "_type=Nothing", "_count=x", "favourite=blue"])
def test_everything_refuses_bad_parameters(context: Context, query: str) -> None:
    with pytest.raises(Problem) as refusal:
        ask(context, query)
    assert refusal.value.status == 400


def test_everything_lenient_ignores_the_unknown(context: Context) -> None:
    assert len(ids(ask(context, "favourite=blue", Prefer="handling=lenient"))) == len(ALL.split())
