"""Published pairs of DAS28 components and score, collected from three public projects.

Read from DATA/das28/pairs.csv, where each row names its source; nothing of it is kept here.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from fhir_adapter.model.das28 import activity, das28

if "DATA" not in os.environ and "CI" not in os.environ:
    pytest.skip("DATA is not set", allow_module_level=True)

pytestmark = pytest.mark.conformance

PAIRS = Path(os.environ.get("DATA", "")) / "das28" / "pairs.csv"
PAIRS_KNOWN = 15
UNITS = {"ESR": "mm/h", "CRP": "mg/L"}


def _pairs() -> list[dict[str, str]]:
    if not PAIRS.is_file():
        return []  # test_all_pairs_are_there says so; a collection error would not
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _score(pair: dict[str, str]) -> float:
    """The four-variable score of the row; a component that was not sent is not a number."""
    assert (pair["apr_unit"], pair["gh_unit"]) == (UNITS[pair["variant"]], "mm")
    sent = (pair[column] or "nan" for column in ("tjc28", "sjc28", "apr", "global_health"))
    tender, swollen, acute, patient_global = map(float, sent)
    return das28(f"{pair['variant'].lower()}4", tender, swollen, acute, patient_global)


def test_all_pairs_are_there() -> None:
    assert len(_pairs()) == PAIRS_KNOWN


@pytest.mark.parametrize("pair", _pairs(), ids=lambda pair: f"row {pair['n']}")
def test_pair(pair: dict[str, str]) -> None:
    if pair["expected"] == "NA":
        with pytest.raises(ValueError, match="nan is not within"):
            _score(pair)
        return
    score = _score(pair)
    assert round(score, 4) == float(pair["recomputed"])
    if pair["expected"]:
        assert abs(score - float(pair["expected"])) <= float(pair["tolerance"])
    if pair["expected_category"]:
        assert activity(score, "das28") == pair["expected_category"]
