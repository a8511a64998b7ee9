"""DAS28: published vectors, categories and exactness (CLINICAL sections 1.1 to 1.6)."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.das28 import CATEGORIES, CUTOFFS, JOINTS, VARIANTS, activity, das28, display

COUNTS = st.integers(0, 28)
GLOBALS = st.floats(0, 100)
ACUTE = st.floats(0, 300)

PUBLISHED = [
    ("esr4", 4, 5, 7, 50, 3.81, 0.005),
    ("esr4", 5, 6, 8, 51, 4.11, 0.005),
    ("crp4", 4, 5, 7, 50, 4.15, 0.005),
    ("crp4", 5, 6, 8, 51, 4.40, 0.005),
    ("esr4", 4, 5, 44, 12, 4.56, 0.005),
    ("crp4", 4, 5, 44, 12, 4.24, 0.005),
    ("esr4", 4, 4, 25, 50, 4.63321307740774, 1e-12),
    ("esr4", 0, 0, 10, 10, 1.751809565095832, 1e-12),
    ("esr4", 16, 9, 64, 80, 7.11121815835177, 1e-12),
    ("crp4", 4, 4, 9, 50, 4.168930633477856, 1e-12),
    # computed only: no published example of the three-variable forms is known
    ("esr3", 4, 5, 7, None, 3.5169, 5e-5),
    ("esr3", 4, 4, 25, None, 4.4079, 5e-5),
    ("esr3", 16, 9, 64, None, 6.6305, 5e-5),
    ("crp3", 4, 5, 7, None, 3.8942, 5e-5),
    ("crp3", 4, 4, 9, None, 3.9098, 5e-5),
    # the ends of the scales
    ("esr4", 0, 0, 1, 0, 0.0, 0.0),
    ("crp4", 0, 0, 0, 0, 0.96, 0.0),
    ("crp3", 0, 0, 0, None, 1.15, 0.0),
    ("esr3", 0, 0, 1, None, 0.16, 0.0),
    ("esr4", 28, 28, 100, 100, 9.07, 0.005),
]


@pytest.mark.parametrize(("variant", "tender", "swollen", "acute", "ptga", "score", "tolerance"), PUBLISHED)
def test_published_vectors(
    variant: str, tender: int, swollen: int, acute: float, ptga: float | None, score: float, tolerance: float
) -> None:
    assert abs(das28(variant, tender, swollen, acute, ptga) - score) <= tolerance


def test_rational_scores_are_the_nearest_double() -> None:
    """Whole roots and no logarithm: nothing may be lost, so that exactly 3.2 is 3.2."""
    roots = range(6)
    for t, s, g in product(roots, roots, range(101)):
        joints = Fraction(56, 100) * t + Fraction(28, 100) * s
        four = joints + Fraction(14, 1000) * g
        expected = {
            "esr4": four,
            "crp4": four + Fraction(96, 100),
            "esr3": joints * Fraction(108, 100) + Fraction(16, 100),
            "crp3": joints * Fraction(110, 100) + Fraction(115, 100),
        }
        for variant, score in expected.items():
            assert das28(variant, t * t, s * s, 0, g) == float(score)


def test_exactly_on_the_threshold() -> None:
    assert das28("crp4", 4, 4, 0, 40) == 3.2
    assert das28("esr4", 4, 4, 0, 1) < das28("esr4", 4, 4, 1.001, 1)


@pytest.mark.parametrize(
    ("variant", "low", "floor"),
    [("esr4", 0.0, 1.0), ("esr3", 0.5, 1.0), ("crp4", -1.0, 0.0), ("crp3", -1.0, 0.0)],
)
def test_acute_phase_has_a_floor(variant: str, low: float, floor: float) -> None:
    assert das28(variant, 1, 1, low, 50) == das28(variant, 1, 1, floor, 50)


def test_a_three_variable_form_does_not_read_the_global() -> None:
    assert das28("esr3", 4, 5, 7, 50) == das28("esr3", 4, 5, 7)


@pytest.mark.parametrize(
    ("variant", "tender", "swollen", "acute", "ptga", "message"),
    [
        ("esr5", 4, 5, 7, 50, "esr5"),
        ("esr4", 29, 5, 7, 50, "tender"),
        ("esr4", -1, 5, 7, 50, "tender"),
        ("crp3", 4, 28.5, 7, None, "swollen"),
        ("crp3", 4, math.nan, 7, None, "swollen"),
        ("esr4", 4, 5, math.inf, 50, "acute"),
        ("esr4", 4, 5, math.nan, 50, "acute"),
        ("esr4", 4, 5, 7, None, "needs the patient global"),
        ("crp4", 4, 5, 7, None, "needs the patient global"),
        ("crp4", 4, 5, 7, 100.5, "global"),
        ("crp4", 4, 5, 7, -0.1, "global"),
    ],
)
def test_what_is_refused(
    variant: str, tender: float, swollen: float, acute: float, ptga: float | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        das28(variant, tender, swollen, acute, ptga)


@given(st.sampled_from(VARIANTS), COUNTS, COUNTS, ACUTE, GLOBALS, COUNTS, COUNTS, ACUTE, GLOBALS)
def test_a_score_never_falls_when_a_component_rises(
    variant: str, t: int, s: int, a: float, g: float, t2: int, s2: int, a2: float, g2: float
) -> None:
    low = das28(variant, min(t, t2), min(s, s2), min(a, a2), min(g, g2))
    high = das28(variant, max(t, t2), max(s, s2), max(a, a2), max(g, g2))
    assert low <= high


@pytest.mark.parametrize(
    ("score", "cutoffs", "category"),
    [
        (0.0, "das28", "remission"),
        (2.59, "das28", "remission"),
        (2.6, "das28", "low"),
        (2.61, "das28", "low"),
        (3.19, "das28", "low"),
        (3.2, "das28", "low"),
        (3.205, "das28", "moderate"),
        (3.21, "das28", "moderate"),
        (5.09, "das28", "moderate"),
        (5.1, "das28", "moderate"),
        (5.11, "das28", "high"),
        (2.39, "das28-crp-alternative", "remission"),
        (2.4, "das28-crp-alternative", "low"),
        (2.9, "das28-crp-alternative", "low"),
        (2.91, "das28-crp-alternative", "moderate"),
        (4.6, "das28-crp-alternative", "moderate"),
        (4.61, "das28-crp-alternative", "high"),
        (das28("esr4", 0, 0, 2, 8), "das28", "remission"),
        (das28("crp4", 0, 0, 2, 8), "das28", "remission"),
    ],
)
def test_categories(score: float, cutoffs: str, category: str) -> None:
    assert activity(score, cutoffs) == category


@pytest.mark.parametrize(("score", "cutoffs"), [(3.0, "das44"), (math.nan, "das28"), (math.inf, "das28")])
def test_no_category(score: float, cutoffs: str) -> None:
    with pytest.raises(ValueError, match=r"das44|score"):
        activity(score, cutoffs)


@given(st.sampled_from(sorted(CUTOFFS)), st.floats(0, 10), st.floats(0, 10))
def test_a_higher_score_is_never_a_lower_category(cutoffs: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert CATEGORIES.index(activity(low, cutoffs)) <= CATEGORIES.index(activity(high, cutoffs))


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (3.2, "3.20"),
        (3.205, "3.21"),
        (3.204999, "3.20"),
        (2.675, "2.68"),
        (0.0, "0.00"),
        (9.995, "10.00"),
        (5, "5.00"),
    ],
)
def test_display_rounds_half_up(score: float, text: str) -> None:
    assert display(score) == text


def test_display_refuses_what_is_no_score() -> None:
    with pytest.raises(ValueError, match="score"):
        display(math.nan)


def test_the_28_joints() -> None:
    assert len(JOINTS) == len(set(JOINTS)) == 28
    assert {"left_shoulder", "right_knee", "left_pip_1", "right_mcp_5", "left_wrist", "right_elbow"} <= set(
        JOINTS
    )
    assert not any(part in joint for joint in JOINTS for part in ("hip", "mtp", "ankle", "dip"))
