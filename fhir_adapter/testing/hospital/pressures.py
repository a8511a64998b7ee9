"""Owns the pen of E7: blood pressures as panels and alone, HbA1c in both units, LVEF, NYHA."""

from __future__ import annotations

from fhir_adapter.testing.hospital.analytes import Form, Resource, Test, quantity
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.clock import When
from fhir_adapter.testing.hospital.systems import LOINC, SNOMED

_MMHG = (Form("mmHg", "mm[Hg]", digits=0), Form("mmHg", digits=0))


def _test(
    local: str, text: str, loinc: str, forms: tuple[Form, ...] = (), category: str = "vital-signs"
) -> Test:
    return Test(local, ((LOINC, loinc, text),), text, category, forms)


PRESSURE = _test("BP", "血压", "85354-9")
SYSTOLIC = _test("SBP", "收缩压", "8480-6", _MMHG)
DIASTOLIC = _test("DBP", "舒张压", "8462-4", _MMHG)
HBA1C = _test(
    "HBA1C", "糖化血红蛋白", "4548-4", (Form("%", "%", digits=1), Form("%", digits=1)), "laboratory"
)
LVEF = _test("LVEF", "左室射血分数", "10230-1", (Form("%", "%", digits=0),), "exam")
NYHA = _test("NYHA", "NYHA心功能分级", "88020-3", (), "exam")
TESTS = (SYSTOLIC, DIASTOLIC, HBA1C, LVEF)


def pressure(chart: Chart, when: When, systolic: int, diastolic: int) -> None:
    """One reading: a panel, or two Observations of one instant."""
    values = ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))
    if chart.rng.random() < 0.25:
        for test, value in values:
            form = test.form(chart.rng)
            chart.observe(test, when, {"valueQuantity": quantity(value, form.unit, form.code)})
        return
    components = [_component(test, value) for test, value in values]
    code: Resource = {"coding": [{"system": LOINC, "code": "85354-9", "display": "血压"}], "text": "血压"}
    chart.observe(PRESSURE, when, {"component": components}, code=code)


def _component(test: Test, value: int) -> Resource:
    coding = {"system": LOINC, "code": test.codes[0][1], "display": test.text}
    return {
        "code": {"coding": [coding], "text": test.text},
        "valueQuantity": quantity(value, "mmHg", "mm[Hg]"),
    }


def two_pressures(chart: Chart, newest: tuple[int, int], before: tuple[int, int]) -> None:
    """The last two readings, after an older one of any height that no longer counts."""
    days = chart.rng.randint(1, 40)
    pressure(chart, chart.clock.at(days, 8, 10), *newest)
    pressure(chart, chart.clock.at(days + chart.rng.randint(1, 45), 8, 20), *before)
    pressure(chart, chart.clock.at(chart.rng.randint(91, 200), 8), chart.rng.randint(110, 190), 88)


def normal_pressures(chart: Chart) -> None:
    """Far below every limit."""
    readings = [(chart.rng.randint(100, 152), chart.rng.randint(58, 94)) for _ in range(2)]
    two_pressures(chart, readings[0], readings[1])


def hba1c(chart: Chart, when: When, percent: str) -> None:
    """In %, as NGSP prints it."""
    form = HBA1C.form(chart.rng)
    chart.observe(HBA1C, when, {"valueQuantity": quantity(percent, form.unit, form.code)})


def hba1c_ifcc(chart: Chart, when: When, mmol: str) -> None:
    """In mmol/mol: 64 are 8.0 %, 63 are 7.9."""
    code: Resource = {"coding": [{"system": LOINC, "code": "59261-8"}], "text": "糖化血红蛋白(IFCC)"}
    chart.observe(HBA1C, when, {"valueQuantity": quantity(mmol, "mmol/mol", "mmol/mol")}, code=code)


def lvef(chart: Chart, when: When, percent: int) -> None:
    """Of the echocardiography."""
    chart.observe(LVEF, when, {"valueQuantity": quantity(percent, "%", "%")})


def nyha(chart: Chart, when: When, severe: bool) -> None:
    """Class III or IV, or I or II."""
    code, text = chart.rng.choice(
        (("420913000", "NYHA III级"), ("422293003", "NYHA IV级"))
        if severe
        else (("420300004", "NYHA I级"), ("421704003", "NYHA II级"))
    )
    chart.observe(
        NYHA,
        when,
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": code}], "text": text}},
        code={"coding": [{"system": LOINC, "code": "88020-3"}], "text": "NYHA心功能分级"},
    )
