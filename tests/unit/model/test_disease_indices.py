"""CDAI, SDAI and Boolean remission (CLINICAL sections 1.2 and 1.7)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.disease_indices import boolean_remission, cdai, index_activity, sdai


def test_published_vectors() -> None:
    assert cdai(4, 5, 5, 6) == 20.0
    assert cdai(1, 0, 1, 0) == 2.0
    assert sdai(4, 5, 5, 6, 70) == 27.0  # 7 mg/dL
    assert sdai(4, 5, 5, 6, 7) == 20.7  # 7 mg/L


def test_sums_are_exact() -> None:
    assert cdai(1, 1, 0.1, 0.2) == 2.3
    assert cdai(2, 0, 0.7, 0.1) == 2.8
    assert index_activity(cdai(2, 0, 0.7, 0.1), "cdai") == "remission"
    assert sdai(1, 1, 0.1, 0.2, 10) == 3.3


@pytest.mark.parametrize(
    ("score", "index", "category"),
    [
        (0, "cdai", "remission"),
        (2.8, "cdai", "remission"),
        (2.9, "cdai", "low"),
        (10, "cdai", "low"),
        (10.1, "cdai", "moderate"),
        (22, "cdai", "moderate"),
        (22.1, "cdai", "high"),
        (3.3, "sdai", "remission"),
        (3.4, "sdai", "low"),
        (11, "sdai", "low"),
        (11.1, "sdai", "moderate"),
        (26, "sdai", "moderate"),
        (26.1, "sdai", "high"),
    ],
)
def test_categories(score: float, index: str, category: str) -> None:
    assert index_activity(score, index) == category


@pytest.mark.parametrize(
    ("tender", "swollen", "crp", "ptga", "version", "remission"),
    [
        (1, 1, 10, 1, "1.0", True),
        (0, 0, 0, 0, "1.0", True),
        (2, 1, 10, 1, "1.0", False),
        (1, 2, 10, 1, "1.0", False),
        (1, 1, 10.1, 1, "1.0", False),
        (1, 1, 10, 1.1, "1.0", False),
        (1, 1, 10, 1.1, "2.0", True),
        (1, 1, 10, 2, "2.0", True),
        (1, 1, 10, 2.1, "2.0", False),
        (1, 2, 10, 2, "2.0", False),
    ],
)
def test_boolean_remission(
    tender: float, swollen: float, crp: float, ptga: float, version: str, remission: bool
) -> None:
    assert boolean_remission(tender, swollen, crp, ptga, version) is remission


def test_what_is_refused() -> None:
    for components in ((29, 0, 0, 0), (0, -1, 0, 0), (0, 0, 10.1, 0), (0, 0, 0, 11), (0, 0, math.nan, 0)):
        with pytest.raises(ValueError, match="is not within"):
            cdai(*components)
    with pytest.raises(ValueError, match="CRP"):
        sdai(0, 0, 0, 0, -1)
    with pytest.raises(ValueError, match="CRP"):
        boolean_remission(0, 0, math.inf, 0, "1.0")
    with pytest.raises(ValueError, match="global"):
        boolean_remission(0, 0, 0, 50, "2.0")  # millimetres
    with pytest.raises(ValueError, match=r"3\.0"):
        boolean_remission(0, 0, 0, 0, "3.0")
    with pytest.raises(ValueError, match="das28"):
        index_activity(1, "das28")
    with pytest.raises(ValueError, match="cdai"):
        index_activity(-1, "cdai")


@given(st.integers(0, 28), st.integers(0, 28), st.floats(0, 10), st.floats(0, 10), st.floats(0, 100))
def test_sdai_is_never_below_cdai(t: int, s: int, p: float, e: float, crp: float) -> None:
    assert cdai(t, s, p, e) <= sdai(t, s, p, e, crp)
