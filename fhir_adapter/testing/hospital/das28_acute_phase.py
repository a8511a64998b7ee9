"""Owns I4 visits at the threshold or with an awkward ESR or CRP: bounds, units, missing (score >= 3.2)."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import CRP, ESR, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, awkward, unknown
from fhir_adapter.testing.hospital.visits import raw, record, some_day, visit

COMPONENT = unknown(Reason.COMPONENT_MISSING)
UNIT = unknown(Reason.UNIT_NOT_CONVERTIBLE)
CENSORED = unknown(Reason.CENSORED_VALUE)


def exactly_3_20(chart: Chart) -> Answer:
    """crp4: 0.56 x 4 + 0.96 = 3.20, and 3.20 meets the line."""
    visit(chart, some_day(chart), 16, 0, crp=0, global_mm=0)
    return MET


def just_below_3_2(chart: Chart) -> Answer:
    """esr4: 2.24 + 0.56 + 0 + 0.392 = 3.192; two decimals would make it 3.19, one decimal 3.2."""
    visit(chart, some_day(chart), 16, 4, esr=1, global_mm=28)
    return CLEAR


def just_above_3_2(chart: Chart) -> Answer:
    """esr4: 2.24 + 0.56 + 0 + 0.406 = 3.206."""
    visit(chart, some_day(chart), 16, 4, esr=1, global_mm=29)
    return MET


def esr_of_zero(chart: Chart) -> Answer:
    """An ESR below 1 counts as 1: 3.206."""
    visit(chart, some_day(chart), 16, 4, esr=0, global_mm=29)
    return MET


def esr_above_140(chart: Chart) -> Answer:
    """A lower bound is enough: 0.7 x ln(140) alone is 3.46."""
    when = some_day(chart)
    visit(chart, when, 6, 4, global_mm=40)
    raw(chart, ESR, when, quantity(140, "mm/h", "mm/h") | {"comparator": ">"})
    return MET


def esr_before_crp(chart: Chart) -> Answer:
    """esr4 = 3.09 decides although crp4 = 4.02 of the same visit does not agree."""
    visit(chart, some_day(chart), 4, 4, esr=5, crp=20, global_mm=20)
    return CLEAR


def crp_below_detection_decides(chart: Chart) -> Answer:
    """CRP `<5`: crp4 from 4.2 up, above 3.2 at either end."""
    when = some_day(chart)
    visit(chart, when, 10, 9, global_mm=50)
    raw(chart, CRP, when, quantity(5, "mg/L", "mg/L") | {"comparator": "<"})
    return MET


def crp_below_detection_straddles(chart: Chart) -> Answer:
    """CRP `<5`: crp4 from 2.92 to 3.565."""
    when = some_day(chart)
    visit(chart, when, 4, 9, global_mm=0)
    chart.observe(CRP, when, {"valueString": "<5 mg/L"})
    return CENSORED


def crp_in_mg_dl(chart: Chart) -> Answer:
    """0.3 mg/dL are 3 mg/L: 3.42; read as 0.3 mg/L it would be 3.01."""
    when = some_day(chart)
    visit(chart, when, 4, 4, global_mm=20)
    raw(chart, CRP, when, quantity("0.3", "mg/dL", "mg/dL"))
    return MET


def crp_without_unit(chart: Chart) -> Answer:
    """mg/L or mg/dL: never guessed."""
    when = some_day(chart)
    visit(chart, when, 10, 8, global_mm=50)
    raw(chart, CRP, when, quantity(12, None))
    return UNIT


def crp_molar(chart: Chart) -> Answer:
    """nmol/L cannot be used."""
    when = some_day(chart)
    visit(chart, when, 10, 8, global_mm=50)
    raw(chart, CRP, when, quantity(95, "nmol/L", "nmol/L"))
    return UNIT


def esr_in_two_hours(chart: Chart) -> Answer:
    """mm/2h is no ESR, and there is no CRP."""
    when = some_day(chart)
    visit(chart, when, 10, 8, global_mm=50)
    raw(chart, ESR, when, quantity(40, "mm/2h"))
    return UNIT


def esr_in_two_hours_beside_crp(chart: Chart) -> Answer:
    """An unusable ESR leaves the CRP variants: crp4 = 2.44."""
    when = some_day(chart)
    visit(chart, when, 1, 1, crp=3, global_mm=10)
    raw(chart, ESR, when, quantity(90, "mm/2h"))
    return CLEAR


def crp_unreadable_beside_esr(chart: Chart) -> Answer:
    """An unusable CRP leaves the ESR variants."""
    when = some_day(chart)
    visit(chart, when, 12, 8, esr=50, global_mm=60)
    chart.observe(CRP, when, {"valueString": "见报告单"})
    return MET


def neither_esr_nor_crp(chart: Chart) -> Answer:
    """Joints and global alone are no score."""
    visit(chart, some_day(chart), 10, 8, global_mm=60)
    return COMPONENT


def cancelled_esr(chart: Chart) -> Answer:
    """An ESR that was cancelled was never recorded."""
    when = some_day(chart)
    visit(chart, when, 10, 8, global_mm=60)
    record(chart, ESR, when, 60, status="cancelled")
    return COMPONENT


def preliminary_crp(chart: Chart) -> Answer:
    """A draft is no component."""
    when = some_day(chart)
    visit(chart, when, 10, 8, global_mm=60)
    record(chart, CRP, when, 30, status="preliminary")
    return COMPONENT


ACUTE_PHASE = awkward(
    exactly_3_20,
    just_below_3_2,
    just_above_3_2,
    esr_of_zero,
    esr_above_140,
    esr_before_crp,
    crp_below_detection_decides,
    crp_below_detection_straddles,
    crp_in_mg_dl,
    crp_without_unit,
    crp_molar,
    esr_in_two_hours,
    esr_in_two_hours_beside_crp,
    crp_unreadable_beside_esr,
    neither_esr_nor_crp,
    cancelled_esr,
    preliminary_crp,
)
