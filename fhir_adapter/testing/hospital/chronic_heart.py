"""Owns E7 by the heart: failure, cardiomyopathy, NYHA class, ejection fraction (365 d)."""

from __future__ import annotations

from fhir_adapter.testing.hospital.chart import CLEAR, Chart, Said, awkward
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.pressures import hba1c, lvef, normal_pressures, nyha
from fhir_adapter.testing.hospital.standing import JUDGEMENT, IfSilent
from fhir_adapter.testing.hospital.systems import SNOMED

_SILENT = IfSilent(CLEAR)


def _measured(chart: Chart) -> None:
    """Blood pressure and HbA1c are normal, so that the heart alone decides."""
    normal_pressures(chart)
    hba1c(chart, chart.clock.at(20), "5.7")


def heart_failure(chart: Chart) -> Said:
    """Active."""
    _measured(chart)
    concept = chart.rng.choice((coded("I50.900", "心力衰竭"), coded("84114007", "", SNOMED)))
    chart.diagnose(concept, recorded=200)
    return JUDGEMENT


def heart_failure_resolved(chart: Chart) -> Said:
    """It does not count any more."""
    _measured(chart)
    chart.diagnose(coded("I50.900", "心力衰竭"), clinical="resolved", recorded=500)
    return _SILENT


def cardiomyopathy(chart: Chart) -> Said:
    """Active."""
    _measured(chart)
    chart.diagnose(coded("I42.000", "扩张型心肌病"), recorded=200)
    return JUDGEMENT


def class_iii(chart: Chart) -> Said:
    """NYHA III or IV of the last year."""
    _measured(chart)
    nyha(chart, chart.clock.at(300), severe=True)
    return JUDGEMENT


def class_ii(chart: Chart) -> Said:
    """NYHA I or II."""
    _measured(chart)
    nyha(chart, chart.clock.at(300), severe=False)
    return _SILENT


def class_iii_long_ago(chart: Chart) -> Said:
    """More than a year ago."""
    _measured(chart)
    nyha(chart, chart.clock.on(366), severe=True)
    return _SILENT


def ejection_fraction_of_39(chart: Chart) -> Said:
    """Below 40 %."""
    _measured(chart)
    lvef(chart, chart.clock.at(200), 39)
    return JUDGEMENT


def ejection_fraction_of_40(chart: Chart) -> Said:
    """Not below."""
    _measured(chart)
    lvef(chart, chart.clock.at(200), 40)
    return _SILENT


def ischaemic_heart_disease(chart: Chart) -> Said:
    """In no set of this line."""
    _measured(chart)
    chart.diagnose(coded("I25.100", "冠状动脉粥样硬化性心脏病"), recorded=200)
    return _SILENT


HEART = awkward(
    heart_failure,
    heart_failure_resolved,
    cardiomyopathy,
    class_iii,
    class_ii,
    class_iii_long_ago,
    ejection_fraction_of_39,
    ejection_fraction_of_40,
    ischaemic_heart_disease,
)
