"""The search of conditional interactions: it never silently matches everything."""

from __future__ import annotations

import pytest

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.search.matching import find
from tests.unit.testing.server.search.population import BASE


def found(context: Context, type_: str, *pairs: tuple[str, str]) -> list[str]:
    return [one.id for one in context.store.by_seq(find(context, type_, pairs, BASE))]


def test_find_gives_the_shown_versions_in_order(context: Context) -> None:
    assert found(context, "Observation", ("code", "1742-6")) == ["b1", "b5", "b7"]
    assert found(context, "Patient", ("identifier", "urn:mrn|QL1"), ("_format", "json")) == ["p1"]
    assert found(context, "AdverseEvent", ("_tag", "urn:tag|none")) == []
    with context.store.transaction():
        context.store.put({"resourceType": "Patient", "id": "p1", "gender": "other"}, now=context.now())
    assert find(context, "Patient", [("gender", "other")]) == [len_all(context)]
    assert found(context, "Patient", ("identifier", "urn:mrn|QL1")) == []


def len_all(context: Context) -> int:
    newest: int = context.store.query("SELECT max(seq) FROM version")[0][0]
    return newest


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("_format", "json")],
        [("favourite", "blue")],
        [("identifier", "")],
        [("identifier", "QL1"), ("favourite", "blue")],
        [("_count", "1")],
        [("_sort", "_id")],
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_find_refuses_what_it_would_not_look_at(
    context: Context, pairs: list[tuple[str, str]], strict: bool
) -> None:
    context.quirks = Quirks(strict=strict)
    with pytest.raises(Problem) as refusal:
        find(context, "Patient", pairs)
    assert refusal.value.status == 400


def test_find_refuses_an_ignored_parameter(context: Context) -> None:
    context.quirks = Quirks(ignored_parameters=("identifier",))
    with pytest.raises(Problem):
        find(context, "Patient", [("identifier", "QL1")])
