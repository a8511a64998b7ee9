"""Owns I4 visits whose joint counts or patient global are awkward: units, missing, unusable (>= 3.2)."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import ESR, GLOBAL, SWOLLEN, TENDER, Form, Resource, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, awkward, unknown
from fhir_adapter.testing.hospital.systems import LAB, LOINC
from fhir_adapter.testing.hospital.visits import active, quiet, raw, record, some_day, visit

COMPONENT = unknown(Reason.COMPONENT_MISSING)
UNIT = unknown(Reason.UNIT_NOT_CONVERTIBLE)
UNREADABLE = unknown(Reason.UNREADABLE_VALUE)
MM = Form("mm", "mm")


def _global_decides(chart: Chart, value: Resource, code: Resource | None = None) -> None:
    """2.80 without the global: 28 mm are 3.192, 29 mm are 3.206."""
    when = some_day(chart)
    visit(chart, when, 16, 4, esr=1)
    raw(chart, GLOBAL, when, value, code=code)


def global_in_cm(chart: Chart) -> Answer:
    """2.9 cm are 29 mm."""
    _global_decides(chart, quantity("2.9", "cm", "cm"))
    return MET


def global_as_score(chart: Chart) -> Answer:
    """75894-6 in {score} runs from 0 to 10: 2.8 are 28 mm."""
    code = {"coding": [{"system": LOINC, "code": "75894-6"}], "text": "患者总体评估"}
    _global_decides(chart, quantity("2.8", "{score}", "{score}"), code)
    return CLEAR


def global_without_unit_straddles(chart: Chart) -> Answer:
    """3 may be 3 mm (2.84) or 3 cm (3.22)."""
    _global_decides(chart, quantity(3, None))
    return UNIT


def global_without_unit_decides(chart: Chart) -> Answer:
    """6 may be mm or cm: above 3.2 either way."""
    when = some_day(chart)
    visit(chart, when, 12, 8, esr=40)
    raw(chart, GLOBAL, when, quantity(6, None))
    return MET


def global_score_above_ten(chart: Chart) -> Answer:
    """11 of 10 is unusable: esr3 = 0.16 + 1.08 x 2.80 = 3.18 is too near."""
    _global_decides(chart, quantity(11, "{score}", "{score}"))
    return COMPONENT


def pain_is_not_global(chart: Chart) -> Answer:
    """A pain scale in the global's place leaves three components, too near."""
    code = {
        "coding": [{"system": LOINC, "code": "38214-3"}, {"system": LAB, "code": "PAIN"}],
        "text": "疼痛VAS",
    }
    _global_decides(chart, quantity(80, "mm", "mm"), code)
    return COMPONENT


def preliminary_global(chart: Chart) -> Answer:
    """A draft is no component: three are left, too near."""
    when = some_day(chart)
    visit(chart, when, 16, 4, esr=1)
    record(chart, GLOBAL, when, 80, MM, status="preliminary")
    return COMPONENT


def tender_count_in_words(chart: Chart) -> Answer:
    """A recorded count that cannot be read makes the visit unusable."""
    when = some_day(chart)
    visit(chart, when, None, 8, esr=50, global_mm=60)
    chart.observe(TENDER, when, {"valueString": "多关节压痛"})
    return UNREADABLE


def global_of_another_day(chart: Chart) -> Answer:
    """The global must be of the visit's day."""
    when = some_day(chart)
    visit(chart, when, 16, 4, esr=1)
    record(chart, GLOBAL, chart.clock.at(when.days - 1, 9), 80, MM)
    return COMPONENT


def three_components_high(chart: Chart) -> Answer:
    """esr3 = 5.7 is above 3.2 by more than the margin."""
    visit(chart, some_day(chart), 12, 8, esr=40)
    return MET


def three_components_low(chart: Chart) -> Answer:
    """esr3 = 1.4 is below 3.2 by more than the margin."""
    visit(chart, some_day(chart), 0, 0, esr=5)
    return CLEAR


def three_components_near(chart: Chart) -> Answer:
    """esr3 = 3.06: a global would decide."""
    visit(chart, some_day(chart), 2, 1, esr=10)
    return COMPONENT


def three_components_with_crp(chart: Chart) -> Answer:
    """crp3 = 1.15 + 1.10 x 3.60 = 5.1."""
    visit(chart, some_day(chart), 12, 5, crp=20)
    return MET


def no_swollen_count(chart: Chart) -> Answer:
    """Half of the joint counts is no score."""
    visit(chart, some_day(chart), 10, None, esr=40, global_mm=60)
    return COMPONENT


def count_of_68_joints(chart: Chart) -> Answer:
    """31 tender joints cannot be of 28; an older good visit must not speak for it."""
    active(chart, chart.clock.at(26, 9))
    visit(chart, chart.clock.at(9, 9), 31, 8, esr=40, global_mm=60)
    return UNREADABLE


def half_a_joint(chart: Chart) -> Answer:
    """A count that is not whole."""
    when = some_day(chart)
    visit(chart, when, 6, None, esr=40, global_mm=60)
    raw(chart, SWOLLEN, when, quantity("4.5", "{#}", "{#}"))
    return UNREADABLE


def counts_as_integers(chart: Chart) -> Answer:
    """valueInteger."""
    when = some_day(chart)
    chart.observe(TENDER, when, {"valueInteger": 9})
    chart.observe(SWOLLEN, when, {"valueInteger": 7})
    visit(chart, when, None, None, esr=40, global_mm=60)
    return MET


def all_in_one_panel(chart: Chart) -> Answer:
    """A DAS28 form: every component in one Observation, no total."""
    score, answer = chart.rng.choice((((12, 8, 45, 70), MET), ((0, 0, 5, 10), CLEAR)))
    tests = zip((TENDER, SWOLLEN, ESR, GLOBAL), score, ("{#}", "{#}", "mm/h", "mm"), strict=True)
    components = [
        {
            "code": {"coding": [{"system": LAB, "code": test.local, "display": test.text}]},
            "valueQuantity": quantity(value, unit, unit),
        }
        for test, value, unit in tests
    ]
    code = {"coding": [{"system": LAB, "code": "DAS28-FORM"}], "text": "DAS28评估表"}
    chart.observe(TENDER, some_day(chart), {"component": components}, code=code)
    return answer


def corrected_count(chart: Chart) -> Answer:
    """Two versions of the tender count: 0 was a typing error for 14."""
    when = some_day(chart)
    same = chart.new_id()
    visit(chart, when, None, 6, esr=40, global_mm=60)
    later = chart.clock.stamp(when.days - 1, 8)
    record(chart, TENDER, when, 14, identifier=same, version="2", updated=later, status="corrected")
    record(chart, TENDER, when, 0, identifier=same)
    return MET


def active_then_quiet(chart: Chart) -> Answer:
    """A quiet visit after an active one of the same month."""
    active(chart, chart.clock.at(27, 9))
    quiet(chart, chart.clock.at(6, 9))
    return CLEAR


JOINTS = awkward(
    global_in_cm,
    global_as_score,
    global_without_unit_straddles,
    global_without_unit_decides,
    global_score_above_ten,
    pain_is_not_global,
    preliminary_global,
    tender_count_in_words,
    global_of_another_day,
    three_components_high,
    three_components_low,
    three_components_near,
    three_components_with_crp,
    no_swollen_count,
    count_of_68_joints,
    half_a_joint,
    counts_as_integers,
    all_in_one_panel,
    corrected_count,
    active_then_quiet,
)
