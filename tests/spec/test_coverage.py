"""The tables together: every line has all three answers, every rule for awkward records has a row."""

from __future__ import annotations

import importlib
from pathlib import Path

from fhir_adapter.model.truth import Truth
from tests.screened import shipped
from tests.spec.cases import Case

# CLINICAL 4.3, those that the lines built so far can meet; 6 and 7 are about files: test_incomplete_data.py.
RULES = {*range(1, 11), 13, 18, 25, 26, 27}
OF_FILES = {6, 7}


def _cases() -> list[Case]:
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    modules = [importlib.import_module(f"tests.spec.{name}") for name in names]
    return [one for module in modules for one in getattr(module, "CASES", ())]


def test_every_line_has_a_true_a_false_and_an_unknown_row() -> None:
    built = {line.id for line in shipped()[1].lines if line.built}
    answered = {(one.line, one.truth) for one in _cases()}
    assert answered == {(line, truth) for line in built for truth in Truth}


def test_every_rule_has_a_row() -> None:
    assert {rule for one in _cases() for rule in one.rules} == RULES - OF_FILES


def test_the_rules_about_files_have_their_tests() -> None:
    text = (Path(__file__).parent / "test_incomplete_data.py").read_text(encoding="utf-8")
    assert {rule for rule in RULES if f"§4.3 rule {rule}:" in text} >= OF_FILES


def test_a_row_that_ends_in_its_answer_says_the_truth() -> None:
    """`...-true` and `...-false` in an id are what the row expects."""
    for one in _cases():
        last = one.id.rpartition("-")[2]
        if last in ("true", "false"):
            assert one.says == last, one.id
