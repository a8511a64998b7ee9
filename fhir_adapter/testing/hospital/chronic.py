"""Owns E7: blood pressure (90 d), diabetes (HbA1c, 90 d) and heart, in numbers and diagnoses."""

from __future__ import annotations

from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.chronic_heart import HEART
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.pressures import (
    hba1c,
    hba1c_ifcc,
    normal_pressures,
    pressure,
    two_pressures,
)
from fhir_adapter.testing.hospital.standing import JUDGEMENT, NO_RECORD, IfSilent
from fhir_adapter.testing.hospital.systems import SNOMED

_SILENT = IfSilent(CLEAR)
_TOO_OLD = unknown(Reason.TOO_OLD)
_ICD_CM = "http://hl7.org/fhir/sid/icd-10-cm"


def healthy(chart: Chart) -> Said:
    """Normal blood pressures, no such diagnosis."""
    normal_pressures(chart)
    return _SILENT


def controlled(chart: Chart) -> Said:
    """Hypertension or diabetes or both, measured and in hand."""
    normal_pressures(chart)
    diseases = chart.rng.sample((_hypertension, _diabetes), chart.rng.randint(1, 2))
    for disease in diseases:
        disease(chart)
    hba1c(chart, chart.clock.at(chart.rng.randint(1, 90)), chart.rng.choice(("5.6", "6.8", "7.9")))
    return _SILENT


def _hypertension(chart: Chart, clinical: str = "active") -> None:
    concept = chart.rng.choice((coded("I10.x00", "原发性高血压"), coded("59621000", "", SNOMED)))
    chart.diagnose(concept, clinical=clinical, recorded=chart.rng.randint(5, 2000))


def _diabetes(chart: Chart, clinical: str = "active") -> None:
    concept = chart.rng.choice((coded("E11.900", "2型糖尿病"), coded("44054006", "", SNOMED)))
    chart.diagnose(concept, clinical=clinical, recorded=chart.rng.randint(5, 2000))


def severe_pressure(chart: Chart) -> Said:
    """The mean of two readings, systolic or diastolic."""
    readings = chart.rng.choice((((196, 100), (184, 98)), ((170, 124), (166, 112)), ((200, 90), (160, 90))))
    two_pressures(chart, *readings)
    return MET


def _two(chart: Chart, newest: tuple[int, int], before: tuple[int, int], answer: Said) -> Said:
    two_pressures(chart, newest, before)
    return answer


def never_measured(chart: Chart) -> Said:
    """No blood pressure and no hypertension."""
    return _SILENT


def hypertension_never_measured(chart: Chart) -> Said:
    """The diagnosis without its measurement."""
    _hypertension(chart)
    return NO_RECORD


def history_never_measured(chart: Chart) -> Said:
    """病史 means the disease itself here."""
    words = chart.rng.choice(("高血压病史10年", "既往高血压", "糖尿病病史5年"))
    if words.startswith("糖"):
        normal_pressures(chart)
    chart.diagnose({"text": words}, recorded=100)
    return NO_RECORD


def hypertension_measured_long_ago(chart: Chart) -> Said:
    """The last reading is of day 91."""
    _hypertension(chart)
    pressure(chart, chart.clock.on(91), 130, 80)
    return _TOO_OLD


def hypertension_resolved(chart: Chart) -> Said:
    """It does not count any more."""
    _hypertension(chart, "resolved")
    return _SILENT


def one_normal_reading(chart: Chart) -> Said:
    """One, and no hypertension."""
    pressure(chart, chart.clock.at(20), 128, 76)
    return _SILENT


def one_normal_reading_with_hypertension(chart: Chart) -> Said:
    """One is not two."""
    _hypertension(chart)
    pressure(chart, chart.clock.at(20), 128, 76)
    return JUDGEMENT


def one_high_reading(chart: Chart) -> Said:
    """The only one, high."""
    pressure(chart, chart.clock.at(20), *chart.rng.choice(((172, 90), (150, 104), (205, 120))))
    return JUDGEMENT


def two_of_one_instant(chart: Chart) -> Said:
    """Told twice, it is one reading: the second one is of an hour before."""
    when = chart.clock.at(20, 9)
    pressure(chart, when, 128, 76)
    pressure(chart, when, 128, 76)
    pressure(chart, chart.clock.at(20, 8), 134, 80)
    _hypertension(chart)
    return _SILENT


def grade_3(chart: Chart) -> Said:
    """Coded grade 3, whatever was measured."""
    normal_pressures(chart)
    chart.diagnose(coded("I10.x00x032", "高血压病3级(极高危)"), recorded=chart.rng.randint(5, 600))
    return MET


def grade_3_resolved(chart: Chart) -> Said:
    """Over."""
    normal_pressures(chart)
    chart.diagnose(coded("I10.x00x032", "高血压病3级(极高危)"), clinical="resolved", recorded=400)
    return _SILENT


def crisis(chart: Chart) -> Said:
    """Hypertensive crisis, active."""
    normal_pressures(chart)
    chart.diagnose(coded("I16.9", "", _ICD_CM), recorded=20)
    return JUDGEMENT


def _sugar(chart: Chart, percent: str, answer: Said) -> Said:
    normal_pressures(chart)
    if chart.rng.random() < 0.5:
        _diabetes(chart)
    hba1c(chart, chart.clock.at(30), percent)
    return answer


def _sugar_ifcc(chart: Chart, mmol: str, answer: Said) -> Said:
    normal_pressures(chart)
    hba1c_ifcc(chart, chart.clock.at(30), mmol)
    return answer


def uncontrolled(chart: Chart) -> Said:
    """Coded uncontrolled, whatever the HbA1c."""
    normal_pressures(chart)
    chart.diagnose(coded(chart.rng.choice(("444073006", "443694000")), "", SNOMED), recorded=200)
    hba1c(chart, chart.clock.at(30), "7.1")
    return MET


def ketoacidosis(chart: Chart) -> Said:
    """Coma or ketoacidosis, active."""
    normal_pressures(chart)
    chart.diagnose(coded(chart.rng.choice(("E11.000", "E10.100")), "糖尿病急性并发症"), recorded=20)
    return JUDGEMENT


def diabetes_never_measured(chart: Chart) -> Said:
    """The diagnosis without its measurement."""
    normal_pressures(chart)
    _diabetes(chart)
    return NO_RECORD


def diabetes_measured_long_ago(chart: Chart) -> Said:
    """The last HbA1c is of day 91."""
    normal_pressures(chart)
    _diabetes(chart)
    hba1c(chart, chart.clock.on(91), "6.6")
    return _TOO_OLD


def diabetes_resolved(chart: Chart) -> Said:
    """It does not count any more."""
    normal_pressures(chart)
    _diabetes(chart, "resolved")
    return _SILENT


E7 = (
    Archetype("healthy", healthy, 6, fits=True),
    Archetype("controlled", controlled, 5, fits=True),
    Archetype("severe_pressure", severe_pressure, 1),
    *(
        Archetype(name, partial(_two, newest=newest, before=before, answer=answer))
        for name, newest, before, answer in (
            ("mean_of_180", (190, 90), (170, 90), MET),
            ("mean_below_180", (190, 90), (169, 90), JUDGEMENT),
            ("mean_of_110", (150, 112), (150, 108), MET),
            ("mean_of_160", (165, 80), (155, 80), JUDGEMENT),
            ("mean_of_100", (140, 104), (140, 96), JUDGEMENT),
            ("one_of_two_at_160", (160, 80), (120, 80), JUDGEMENT),
            ("one_of_two_at_100", (130, 70), (130, 100), JUDGEMENT),
            ("both_just_below", (159, 99), (159, 99), _SILENT),
        )
    ),
    *(
        Archetype(name, partial(_sugar, percent=percent, answer=answer))
        for name, percent, answer in (
            ("hba1c_of_8", "8.0", JUDGEMENT),
            ("hba1c_of_7_9", "7.9", _SILENT),
            ("hba1c_of_11", "11.2", JUDGEMENT),
        )
    ),
    *(
        Archetype(name, partial(_sugar_ifcc, mmol=mmol, answer=answer))
        for name, mmol, answer in (("ifcc_of_64", "64", JUDGEMENT), ("ifcc_of_63", "63", _SILENT))
    ),
    *awkward(
        never_measured,
        hypertension_never_measured,
        history_never_measured,
        hypertension_measured_long_ago,
        hypertension_resolved,
        one_normal_reading,
        one_normal_reading_with_hypertension,
        one_high_reading,
        two_of_one_instant,
        grade_3,
        grade_3_resolved,
        crisis,
        uncontrolled,
        ketoacidosis,
        diabetes_never_measured,
        diabetes_measured_long_ago,
        diabetes_resolved,
    ),
    *HEART,
)
