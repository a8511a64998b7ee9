"""Kleene's logic: UNKNOWN is an answer, and it spreads only where the other part does not decide."""

from __future__ import annotations

from itertools import permutations

import pytest

from fhir_adapter.model.truth import Truth, all_of, any_of, negate

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

TABLE = [
    # one, other, AND, OR
    (T, T, T, T),
    (T, F, F, T),
    (T, U, U, T),
    (F, F, F, F),
    (F, U, F, U),
    (U, U, U, U),
]


@pytest.mark.parametrize(("one", "other", "both", "either"), TABLE)
def test_and_or(one: Truth, other: Truth, both: Truth, either: Truth) -> None:
    for pair in permutations((one, other)):
        assert all_of(pair) is both
        assert any_of(pair) is either
        assert all_of((*pair, one)) is both  # saying it twice changes nothing
        assert negate(all_of(pair)) is any_of(map(negate, pair))  # De Morgan


def test_not() -> None:
    assert [negate(truth) for truth in (T, F, U)] == [F, T, U]


def test_of_nothing() -> None:
    assert (all_of(()), any_of(())) == (T, F)
