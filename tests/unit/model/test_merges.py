"""Merged Patients: who survives, and when nobody can say."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.merges import survivors

Links = dict[str, list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("links", "merged", "unresolved"),
    [
        pytest.param({}, {}, "", id="no patients"),
        pytest.param({"a": [], "b": []}, {}, "", id="no links"),
        pytest.param({"a": [("replaced-by", "b")], "b": []}, {"a": "b"}, "", id="replaced-by"),
        pytest.param({"a": [], "b": [("replaces", "a")]}, {"a": "b"}, "", id="replaces alone"),
        pytest.param(
            {"a": [("replaced-by", "b")], "b": [("replaces", "a")]},
            {"a": "b"},
            "",
            id="both sides are one edge",
        ),
        pytest.param(
            {"a": [("replaced-by", "b")], "b": [("replaced-by", "c")], "c": []},
            {"a": "c", "b": "c"},
            "",
            id="chain to its end",
        ),
        pytest.param(
            {"a": [], "b": [], "c": [("replaces", "a"), ("replaces", "b")]},
            {"a": "c", "b": "c"},
            "",
            id="two into one",
        ),
        pytest.param(
            {"a": [("seealso", "b"), ("refer", "c")], "b": []}, {}, "", id="no statement of identity"
        ),
        pytest.param({"a": [("Replaced-By", "b")], "b": []}, {}, "", id="unknown link type"),
        pytest.param({"a": [("replaced-by", "x")], "b": []}, {}, "a", id="dangling"),
        pytest.param({"a": [("replaced-by", "")]}, {}, "a", id="unresolvable"),
        pytest.param({"a": [("replaces", "")]}, {}, "a", id="survivor of an unknown one"),
        pytest.param({"a": [("replaced-by", "a")]}, {}, "a", id="itself"),
        pytest.param({"a": [("replaced-by", "b")], "b": [("replaced-by", "a")]}, {}, "ab", id="cycle of two"),
        pytest.param(
            {"a": [("replaced-by", "b")], "b": [("replaced-by", "c")], "c": [("replaced-by", "b")], "d": []},
            {},
            "abc",
            id="chain into a cycle",
        ),
        pytest.param(
            {"a": [("replaced-by", "b"), ("replaced-by", "c")], "b": [], "c": []},
            {},
            "abc",
            id="two survivors",
        ),
        pytest.param(
            {"a": [("replaced-by", "b"), ("replaced-by", "c")], "b": [("replaced-by", "c")], "c": []},
            {},
            "abc",
            id="replaced by two, though they are one in the end",
        ),
        pytest.param(
            {"a": [("replaced-by", "b")], "b": [("replaced-by", "x")], "c": [("replaced-by", "b")]},
            {},
            "abc",
            id="chain into the unknown",
        ),
        pytest.param(
            {"a": [("replaced-by", "b")], "b": [], "c": [("replaced-by", "c")]},
            {"a": "b"},
            "c",
            id="one bad group spoils no other",
        ),
    ],
)
def test_survivors(links: Links, merged: dict[str, str], unresolved: str) -> None:
    assert survivors(links) == (merged, frozenset(unresolved))


def test_the_answer_is_sorted() -> None:
    links: Links = {"b": [("replaced-by", "z")], "z": [], "a": [("replaced-by", "y")], "y": []}
    assert list(survivors(links)[0].items()) == [("a", "y"), ("b", "z")]


def test_long_chains_end() -> None:
    many = 20_000
    links: Links = {str(n): [("replaced-by", str(n + 1))] for n in range(many)}
    links[str(many)] = []
    merged, unresolved = survivors(links)
    assert unresolved == frozenset()
    assert set(merged.values()) == {str(many)}


_IDS = "abcdef"
_LINKS = st.dictionaries(
    st.sampled_from(_IDS),
    st.lists(
        st.tuples(st.sampled_from(["replaced-by", "replaces", "seealso"]), st.sampled_from([*_IDS, ""])),
        max_size=3,
    ),
)


@given(_LINKS, st.randoms(use_true_random=False))
def test_the_order_of_patients_and_links_does_not_matter(links: Links, order: random.Random) -> None:
    shuffled = [(patient, order.sample(its, len(its))) for patient, its in links.items()]
    order.shuffle(shuffled)
    merged, unresolved = survivors(links)
    again, unresolved_again = survivors(dict(shuffled))
    assert (list(merged.items()), unresolved) == (list(again.items()), unresolved_again)


@given(_LINKS)
def test_every_patient_is_replaced_or_keeps_a_row(links: Links) -> None:
    merged, unresolved = survivors(links)
    assert set(merged) <= set(links)
    assert not set(merged) & (set(merged.values()) | unresolved)
    assert not set(merged.values()) & unresolved
    assert unresolved <= set(links)


@given(_LINKS)
def test_the_other_side_may_say_the_same(links: Links) -> None:
    both = {patient: list(its) for patient, its in links.items()}
    for patient, its in links.items():
        for kind, other in its:
            if other in both and kind != "seealso":
                both[other].append(("replaces" if kind == "replaced-by" else "replaced-by", patient))
    assert survivors(both) == survivors(links)
