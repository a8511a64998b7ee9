"""One spelling for the many that laboratories use: every string of CLINICAL section 3.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.units import normalise

SEEN = [
    # the Japanese national SS-MIX2 table
    ("×10^3/μl", "10*3/uL"),
    ("10＾3/μl", "10*3/uL"),
    ("X10*3/μl", "10*3/uL"),
    ("千/μl", "千/uL"),
    ("干/μl", "干/uL"),
    ("×万/μl", "万/uL"),
    ("万/μl", "万/uL"),
    ("/mm^3", "/mm3"),
    ("個/μL", "個/uL"),
    ("IU/L37℃", "IU/L"),
    ("lU/Ｌ", "lU/L"),  # the letter l stays: each input lists it or not
    ("U/L/37℃", "U/L"),
    ("ｍｇ／ｄｌ", "mg/dL"),
    ("㎎/dl", "mg/dL"),
    ("μＭ/l", "uM/L"),
    ("μmol／L", "umol/L"),
    ("MCMOL/L", "MCMOL/L"),
    ("mm/hr.", "mm/hr"),
    ("mm/2h", "mm/2h"),
    ("ml/min/1.73m^2", "mL/min/1.73m2"),
    ("×10^3/", "10*3/"),  # truncated: ambiguous, and no other unit's spelling
    ("x10^3", "10*3"),
    # the trial's text and Chinese laboratories
    ("10^9/L", "10*9/L"),
    ("×10^9/L", "10*9/L"),
    ("x10^9/L", "10*9/L"),
    ("X10*9/L", "10*9/L"),
    ("＊10*9/L", "10*9/L"),
    ("✕10^9/L", "10*9/L"),
    ("10*9/L", "10*9/L"),
    ("10**9/L", "10*9/L"),
    ("10E9/L", "10*9/L"),
    ("10e9/L", "10*9/L"),
    ("10＾9/L", "10*9/L"),
    ("10∧9/L", "10*9/L"),
    ("10⁹/L", "10*9/L"),
    ("10*9/l", "10*9/L"),
    ("× 10^9 / L", "10*9/L"),
    ("10^12/L", "10*12/L"),
    ("10¹²/L", "10*12/L"),
    ("umol/L", "umol/L"),
    ("\u00b5mol/L", "umol/L"),
    ("\u03bcmol/L", "umol/L"),
    ("umol/l", "umol/L"),
    ("mm/h", "mm/h"),
    ("U/L", "U/L"),
    ("U/l", "U/L"),
    ("g/l", "g/L"),
    ("uL", "uL"),
    ("ul", "uL"),
    ("㎕", "uL"),
    ("37°C", "37°C"),
    ("U/L 37°C", "U/L"),
    ("U/L(37ºC)", "U/L"),
    ("/mm³", "/mm3"),
    ("\ufeffmg/L\u200b", "mg/L"),
    ("   ", ""),
    ("", ""),
]

KEPT = ["u/L", "G/L", "K/uL", "Mm", "mm", "mL/min/{1.73_m2}", "[IU]/mL", "mm[Hg]", "{score}", "{#}", "%"]
KEPT += ["mmol/mol", "毫米/小时", "mm/1h", "mm/1H", "MG/DL", "mol", "cell/L"]


@pytest.mark.parametrize(("text", "canonical"), SEEN)
def test_strings_that_were_really_seen(text: str, canonical: str) -> None:
    assert normalise(text) == canonical


@pytest.mark.parametrize("text", KEPT)
def test_nothing_else_is_touched(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize("unit", ["Mm", "mM", "MM", "mm"])
def test_case_is_never_lowered(unit: str) -> None:
    assert normalise(unit) == unit


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet="xX×*^E10９³⁹μµulLmMg/ ./37℃°C()個万", max_size=20))
def test_normalising_twice_changes_nothing_in_unit_like_texts(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
