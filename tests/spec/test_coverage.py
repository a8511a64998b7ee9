"""The tables together: every line has all its answers, every clause and every rule for awkward records has a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhir_adapter.model.truth import Truth
from tests.screened import shipped
from tests.spec import coverage
from tests.spec.cases import NO_ROW
from tests.spec.coverage import cells, rows

RULES = set(range(1, 29))  # of CLINICAL 4.3; 6 and 7 are about files: test_incomplete_data.py
OF_FILES = {6, 7}
# Which answers the decision table leaves to a person: I5 is never FALSE, E8 and D1 are never decided against.
A_PERSONS = {
    ("I5", Truth.FALSE),
    ("E8", Truth.TRUE),
    ("D1", Truth.TRUE),
    ("D1", Truth.FALSE),
}


def test_every_line_has_a_true_a_false_and_an_unknown_row() -> None:
    built = {line.id for line in shipped()[1].lines if line.built}
    answered = {(one.line, one.truth) for one in rows() if one.says != NO_ROW}
    assert answered >= {(line, truth) for line in built for truth in Truth} - A_PERSONS
    assert answered & A_PERSONS == set()


def test_every_cell_has_a_row() -> None:
    assert sorted(set(cells()) - set(coverage.tested())) == []


def test_every_row_names_cells_that_exist() -> None:
    assert sorted(set(coverage.tested()) - set(cells())) == []


@pytest.mark.parametrize("answer", ["true", "false", "unknown", "review"])
def test_a_row_says_what_its_cell_says(answer: str) -> None:
    """A row of `true.` expects TRUE, one of `unknown.` a reason, one of `review.` the flag."""
    for one in rows():
        if any(cell.split(".")[1] == answer for cell in one.cells if not cell[0].isdigit()):
            assert (one.review is True) if answer == "review" else (str(one.truth) == answer), one.id


def test_every_rule_has_a_row() -> None:
    by_cell = {int(cell.split(".")[0]) for cell in coverage.tested() if cell[0].isdigit()}
    assert {rule for one in rows() for rule in one.rules} | by_cell == RULES - OF_FILES


def test_the_rules_about_files_have_their_tests() -> None:
    text = (Path(__file__).parent / "test_incomplete_data.py").read_text(encoding="utf-8")
    assert {rule for rule in RULES if f"§4.3 rule {rule}:" in text} >= OF_FILES


def test_a_row_that_ends_in_its_answer_says_the_truth() -> None:
    """`...-true` and `...-false` in an id are what the row expects."""
    for one in rows():
        last = one.id.rpartition("-")[2]
        if last in ("true", "false"):
            assert one.says == last, one.id
