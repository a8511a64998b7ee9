"""Owns the pen for a DAS28 visit: tender and swollen joints, ESR, CRP, patient global, a recorded total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fhir_adapter.testing.hospital.analytes import (
    CRP,
    ESR,
    GLOBAL,
    SWOLLEN,
    TENDER,
    TOTAL,
    Form,
    Resource,
    Test,
    quantity,
    spelled,
)
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.clock import When


def some_day(chart: Chart) -> When:
    """A day well inside the window, so that ESR and CRP around it are inside too."""
    return chart.clock.at(chart.rng.randint(8, 19), 9)


def record(chart: Chart, test: Test, when: When, value: float, form: Form | None = None, **how: Any) -> None:
    """One component in a readable spelling of its unit."""
    chosen = form or test.form(chart.rng)
    exact = Form(chosen.unit, chosen.code, chosen.per, digits=4)  # a score must not depend on a rounding
    chart.observe(test, when, {"valueQuantity": spelled(value, exact)}, **how)


def raw(chart: Chart, test: Test, when: When, value: Resource, **how: Any) -> None:
    """One component exactly as given."""
    chart.observe(test, when, {"valueQuantity": value}, **how)


def visit(
    chart: Chart,
    when: When,
    tender: int | None,
    swollen: int | None,
    *,
    esr: float | None = None,
    crp: float | None = None,
    global_mm: float | None = None,
    **how: Any,
) -> None:
    """What one visit measured; None was not measured."""
    values = ((TENDER, tender), (SWOLLEN, swollen), (ESR, esr), (CRP, crp), (GLOBAL, global_mm))
    for test, value in values:
        if value is not None:
            record(chart, test, when, value, **how)


def active(chart: Chart, when: When) -> None:
    """A visit of high activity, far above 3.2 in every variant."""
    rng = chart.rng
    visit(
        chart,
        when,
        rng.randint(8, 20),
        rng.randint(6, 14),
        esr=rng.randint(40, 90),
        crp=rng.randint(20, 70),
        global_mm=rng.randint(50, 90),
    )


def quiet(chart: Chart, when: When) -> None:
    """A visit of low activity, far below 3.2 in every variant with four components."""
    rng = chart.rng
    visit(
        chart,
        when,
        rng.randint(0, 1),
        0,
        esr=rng.randint(3, 9),
        crp=rng.randint(1, 4),
        global_mm=rng.randint(2, 14),
    )


def history(chart: Chart) -> None:
    """Visits of months ago, of any activity."""
    for number in range(chart.rng.randint(1, 2)):
        when = chart.clock.at(70 + 95 * number, 9)
        chart.rng.choice((active, quiet))(chart, when)


def total(chart: Chart, when: When, score: str, comparator: str = "", **how: Any) -> None:
    """A recorded DAS28."""
    value = quantity(Decimal(score), "{score}", "{score}")
    if comparator:
        value["comparator"] = comparator
    chart.observe(TOTAL, when, {"valueQuantity": value}, **how)
