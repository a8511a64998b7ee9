"""EULAR response: the table of CLINICAL section 1.3 and the published checks of 1.6."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from fhir_adapter.model.eular import eular_response


@pytest.mark.parametrize(
    ("baseline", "reached", "response"),
    [
        ("5.21", "1.8", "good"),
        ("4.2", "3.2", "moderate"),
        ("3.1", "2.9", "none"),
        ("4.3", "3.3", "moderate"),
        ("4.0", "3.3", "moderate"),
        ("4.4", "4.2", "none"),
        ("7.46", "6.19", "moderate"),
        ("7.43", "6.81", "none"),
        ("7.19", "6.70", "none"),
        # each side of each boundary
        ("4.4", "3.2", "moderate"),  # 1.2 exactly; above it in binary floats
        ("4.41", "3.2", "good"),
        ("4.42", "3.21", "moderate"),
        ("3.8", "3.2", "none"),  # 0.6 exactly
        ("3.81", "3.2", "moderate"),
        ("5.71", "5.1", "moderate"),
        ("5.72", "5.11", "none"),
        ("6.31", "5.1", "moderate"),
        ("6.32", "5.11", "moderate"),
        ("6.31", "5.11", "none"),
        ("3.0", "4.0", "none"),  # worse
    ],
)
def test_the_table(baseline: str, reached: str, response: str) -> None:
    assert eular_response(baseline, reached) == response
    assert eular_response(Decimal(baseline), Decimal(reached)) == response


@pytest.mark.parametrize("score", [4.4, 4, None, True])
def test_floats_are_refused_with_the_reason(score: object) -> None:
    with pytest.raises(TypeError, match=r"4\.4 - 3\.2 is above 1\.2"):
        eular_response(score, "3.2")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Decimal or str"):
        eular_response("3.2", score)  # type: ignore[arg-type]


@pytest.mark.parametrize("score", ["", "high", "NaN", "Infinity"])
def test_a_text_that_is_no_number_is_refused(score: str) -> None:
    with pytest.raises(ValueError, match="number"):
        eular_response("4.4", score)


def test_the_callers_decimal_context_cannot_round_the_difference() -> None:
    with localcontext(prec=1):
        assert eular_response("4.44", "3.2") == "good"
