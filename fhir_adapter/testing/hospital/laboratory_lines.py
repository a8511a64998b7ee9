"""Owns the tables of E2 (platelets, leukocytes), E3 (ALT, AST), E4 (creatinine): the common ones per test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fhir_adapter.testing.hospital.analytes import ALT, AST, CREA, PLT, WBC, Test
from fhir_adapter.testing.hospital.blood import BLOOD
from fhir_adapter.testing.hospital.chart import CLEAR, Answer, Archetype, Chart
from fhir_adapter.testing.hospital.clock import When
from fhir_adapter.testing.hospital.kidney import KIDNEY
from fhir_adapter.testing.hospital.laboratory_status import STATES
from fhir_adapter.testing.hospital.laboratory_time import DATES
from fhir_adapter.testing.hospital.laboratory_values import VALUES
from fhir_adapter.testing.hospital.liver import LIVER

Awkward = Callable[[Chart, Test], Answer]


def ordinary(chart: Chart, test: Test) -> None:
    """A fine result of the last weeks after older ones of any kind, as most patients have them."""
    chart.fine(test, _recently(chart))
    _history(chart, test)


def all_fine(chart: Chart, tests: tuple[Test, ...]) -> Answer:
    """Every test of the line is there and fine."""
    for test in tests:
        ordinary(chart, test)
    return CLEAR


def one_bad(chart: Chart, tests: tuple[Test, ...], test: Test) -> Answer:
    """One test of the line is clearly bad, the others fine."""
    for other in tests:
        if other is not test:
            ordinary(chart, other)
    _history(chart, test)
    return chart.bad(test, _recently(chart))


def one_awkward(chart: Chart, tests: tuple[Test, ...], test: Test, build: Awkward) -> Answer:
    """One test is awkward; the others are fine and so leave the line's answer to it."""
    for other in tests:
        if other is not test:
            ordinary(chart, other)
    return build(chart, test)


def _recently(chart: Chart) -> When:
    days, hour, minute = chart.rng.randint(1, 27), chart.rng.randint(6, 17), chart.rng.randint(0, 59)
    clock = chart.clock
    return chart.rng.choice((clock.at(days, hour, minute), clock.in_utc(days, hour, minute), clock.on(days)))


def _history(chart: Chart, test: Test) -> None:
    for visit in range(chart.rng.randint(1, 3)):
        chart.either(test, chart.clock.at(60 + 90 * visit + chart.rng.randint(0, 40), 8))


def _line(tests: tuple[Test, ...], special: tuple[Archetype, ...]) -> tuple[Archetype, ...]:
    clear = Archetype("all_fine", partial(all_fine, tests=tests), 8, fits=True)
    bad = tuple(Archetype(f"{test.local}-bad", partial(one_bad, tests=tests, test=test), 2) for test in tests)
    common = tuple(
        Archetype(f"{test.local}-{build.__name__}", partial(one_awkward, tests=tests, test=test, build=build))
        for test in tests
        for build in (*DATES, *VALUES, *STATES)
    )
    return (clear, *bad, *common, *special)


E2 = _line((PLT, WBC), BLOOD)
E3 = _line((ALT, AST), LIVER)
E4 = _line((CREA,), KIDNEY)
