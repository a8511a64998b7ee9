"""Screens a table of cases once for each engine: one run costs the same for one patient and for a hundred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from fhir_adapter.engines.base import Engine
from tests.screened import Screened, screened, write_folder
from tests.spec.cases import Case, everything


@pytest.fixture(scope="module")
def table(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Screened:
    """All rows of the module's CASES, screened together."""
    cases: list[Case] = request.module.CASES
    assert [name for name, count in Counter(one.id for one in cases).items() if count > 1] == []
    folder = tmp_path_factory.mktemp("spec")
    return screened(engine, write_folder(folder / "in", everything(cases)), folder / "work")


@pytest.fixture
def check(table: Screened) -> Callable[[Case], None]:
    """Compares a row with the answer."""
    return lambda one: one.check(table.verdicts.get((one.id, one.line)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per row, named by it."""
    if "row" in metafunc.fixturenames:
        cases = metafunc.module.CASES
        metafunc.parametrize("row", cases, ids=[one.id for one in cases])
