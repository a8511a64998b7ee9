"""Owns the rest of a record: what no line of the trial reads, and names that only look as if it did."""

from __future__ import annotations

from fhir_adapter.testing.hospital.analytes import Form, Test
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.systems import LOINC


def _test(
    local: str, loinc: str, text: str, unit: str, low: float, high: float, kind: str = "laboratory"
) -> Test:
    codes = ((LOINC, loinc, text),)
    return Test(local, codes, text, kind, (Form(unit, unit),), fine=(low, high))


_TESTS = (
    _test("HGB", "718-7", "血红蛋白", "g/L", 88, 160),
    _test("GLU", "14749-6", "葡萄糖", "mmol/L", 3.9, 12),
    _test("K", "2823-3", "钾", "mmol/L", 3.2, 5.4),
    _test("CHOL", "14647-2", "总胆固醇", "mmol/L", 3, 7),
    _test("RF", "11572-5", "类风湿因子", "[IU]/mL", 10, 400),
    _test("CCP", "32218-0", "抗环瓜氨酸肽抗体", "U/mL", 2, 300),
    _test("WT", "29463-7", "体重", "kg", 42, 90, "vital-signs"),
    _test("HR", "8867-4", "心率", "/min", 55, 105, "vital-signs"),
    # their texts contain the names of tests that the trial reads; they are other tests
    _test("MPV", "32623-1", "平均血小板体积", "fL", 7, 13),
    _test("UWBC", "5821-4", "尿白细胞", "/[HPF]", 0, 20),
)


def background(chart: Chart) -> None:
    """Two visits of vital signs and other tests; blood pressure is a matter of E7."""
    for days in (chart.rng.randint(1, 25), chart.rng.randint(60, 200)):
        when = chart.clock.at(days, 7, 40)
        for test in chart.rng.sample(_TESTS, 5):
            chart.observe(test, when, chart.measured(test, test.fine))
