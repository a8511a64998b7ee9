"""Owns E5 by pregnancy: tests of 14 days, Conditions of 300, and who cannot be pregnant."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.nursing import NURSING_RECORDS
from fhir_adapter.testing.hospital.screens import HCG, NURSING, negative, positive, status
from fhir_adapter.testing.hospital.standing import NO_RECORD, IfSilent
from fhir_adapter.testing.hospital.systems import LOINC, SNOMED
from fhir_adapter.testing.hospital.women import both_answered, fertile, man, past_55, woman

_SILENT = IfSilent(CLEAR)
_CONFLICT = unknown(Reason.CONFLICTING_VALUES)
_TOO_OLD = unknown(Reason.TOO_OLD)
_ICD_CM = "http://hl7.org/fhir/sid/icd-10-cm"


def a_man(chart: Chart) -> Said:
    """A man without any such record."""
    man(chart)
    return CLEAR


def a_woman_past_55(chart: Chart) -> Said:
    """Certainly 55 years or older; where I2 asks for a younger one, both are answered."""
    return CLEAR if past_55(chart) else both_answered(chart)


def not_pregnant(chart: Chart) -> Said:
    """A negative test of the last days, and nothing of a delivery."""
    if not fertile(chart):
        return both_answered(chart)
    negative(chart, HCG, chart.clock.at(chart.rng.randint(0, 14)))
    return _SILENT


def pregnant_by_test(chart: Chart) -> Said:
    """A positive test, or a status."""
    fertile(chart)
    days = chart.rng.randint(0, 14)
    if chart.rng.random() < 0.6:
        positive(chart, HCG, chart.clock.at(days))
    else:
        status(chart, True, chart.clock.at(days))
    return MET


def pregnant_by_diagnosis(chart: Chart) -> Said:
    """Active, and begun at most 300 days ago."""
    fertile(chart)
    code, words = chart.rng.choice(
        (("Z33.x00", "妊娠状态"), ("Z34.900", "正常妊娠监督"), ("O21.900", "妊娠呕吐"))
    )
    days = chart.rng.choice((5, 120, 300))
    concept = coded(code, words) if chart.rng.random() < 0.7 else coded("77386006", "Pregnant", SNOMED)
    onset = {"onsetDateTime": chart.clock.day(days)}
    chart.diagnose(concept, recorded=min(days, chart.rng.randint(5, 60)), dates=onset)
    return MET


def positive_at_60(chart: Chart) -> Said:
    """TRUE, and for a person to look at."""
    past_55(chart)
    positive(chart, HCG, chart.clock.at(3))
    return MET


def not_pregnant_by_status(chart: Chart) -> Said:
    """The status says it, not the test."""
    if not fertile(chart):
        return both_answered(chart)
    status(chart, False, chart.clock.at(6))
    return _SILENT


def negative_after_positive(chart: Chart) -> Said:
    """The newer one decides."""
    if not fertile(chart):
        return both_answered(chart)
    positive(chart, HCG, chart.clock.at(12))
    negative(chart, HCG, chart.clock.at(4))
    return _SILENT


def no_test(chart: Chart) -> Said:
    """A woman of child-bearing age whom nobody tested."""
    return NO_RECORD if fertile(chart) else both_answered(chart)


def test_of_day_15(chart: Chart) -> Said:
    """A negative test, one day too old; or a positive one."""
    if not fertile(chart):
        return both_answered(chart)
    chart.rng.choice((negative, positive))(chart, HCG, chart.clock.on(15))
    return _TOO_OLD


def quantitative_hcg(chart: Chart) -> Said:
    """hCG in IU/L: its own range says what it means."""
    if not fertile(chart):
        return both_answered(chart)
    value, answer = chart.rng.choice(((1.2, _SILENT), (8650, MET)))
    code: Resource = {"coding": [{"system": LOINC, "code": "19080-1"}], "text": "人绒毛膜促性腺激素"}
    number = {"valueQuantity": {"value": value, "unit": "IU/L"}}
    chart.observe(HCG, chart.clock.at(3), number, code=code, ranges=[{"high": {"value": 5, "unit": "IU/L"}}])
    return answer


def pregnancy_beside_a_newer_negative_test(chart: Chart) -> Said:
    """One of them is wrong, or she lost it."""
    if not fertile(chart):
        return both_answered(chart)
    chart.diagnose(coded("Z33.x00", "妊娠状态"), recorded=100)
    negative(chart, HCG, chart.clock.at(4))
    return _CONFLICT


def pregnancy_never_closed(chart: Chart) -> Said:
    """Still active in the list after more than 300 days."""
    if not fertile(chart):
        return both_answered(chart)
    onset = {"onsetDateTime": chart.clock.day(500)}
    chart.diagnose(coded("Z34.900", "正常妊娠监督"), recorded=480, dates=onset)
    return unknown(Reason.STALE_STATUS)


def man_with_a_pregnancy(chart: Chart) -> Said:
    """A typing error in the sex, or in the diagnosis."""
    man(chart)
    if chart.rng.random() < 0.5:
        chart.diagnose(coded("Z33.x00", "妊娠状态"), recorded=100)
    else:
        positive(chart, HCG, chart.clock.at(4))
    return _CONFLICT


def sex_not_known(chart: Chart) -> Said:
    """Missing, unknown, other: no test, no answer."""
    chart.person.gender = chart.rng.choice((None, "unknown", "other"))
    return NO_RECORD


def hysterectomy(chart: Chart) -> Said:
    """As a finding or as a completed procedure."""
    woman(chart)
    pick = chart.rng.random()
    if pick < 0.4:
        code, system = chart.rng.choice((("Z90.710", _ICD_CM), ("161800001", SNOMED)))
        chart.diagnose(coded(code, "", system), recorded=900)
        return CLEAR
    named = {"text": "经腹全子宫切除术"} if pick < 0.7 else coded("236886002", "Hysterectomy", SNOMED)
    _operation(chart, named, "completed")
    return CLEAR


def hysterectomy_planned(chart: Chart) -> Said:
    """Not done: no proof, and nobody tested her."""
    if not fertile(chart):
        return both_answered(chart)
    _operation(
        chart, {"text": "子宫切除术"}, chart.rng.choice(("preparation", "not-done", "entered-in-error"))
    )
    return NO_RECORD


def _operation(chart: Chart, code: Resource, state: str) -> None:
    body = {
        "status": state,
        "code": code,
        "subject": chart.reference(),
        "performedDateTime": chart.clock.day(2000),
    }
    chart.write("Procedure", body, days=2000)


def menopause(chart: Chart) -> Said:
    """In the set, confirmed."""
    woman(chart)
    concept = chart.rng.choice((coded("289903006", "", SNOMED), coded("N95.200", "绝经后萎缩性阴道炎")))
    chart.diagnose(concept, recorded=800)
    return CLEAR


def menopause_as_an_answer(chart: Chart) -> Said:
    """Asked as an Observation, its value decides: yes; or no, and nobody tested her."""
    if not fertile(chart):
        return both_answered(chart)
    yes = chart.rng.random() < 0.5
    code = coded("161712005", "绝经状态", SNOMED)
    value = {
        "valueCodeableConcept": coded("373066001" if yes else "373067005", "是" if yes else "否", SNOMED)
    }
    chart.observe(NURSING, chart.clock.at(200), value, code=code)
    return CLEAR if yes else NO_RECORD


def symptoms_of_menopause(chart: Chart) -> Said:
    """N95.1 is no proof."""
    if not fertile(chart):
        return both_answered(chart)
    chart.diagnose(coded("N95.100", "绝经期综合征"), recorded=200)
    return NO_RECORD


E5 = (
    Archetype("a_man", a_man, 3, fits=True),
    Archetype("a_woman_past_55", a_woman_past_55, 4, fits=True),
    Archetype("not_pregnant", not_pregnant, 5, fits=True),
    Archetype("pregnant_by_test", pregnant_by_test, 1),
    *NURSING_RECORDS,
    *awkward(
        pregnant_by_diagnosis,
        positive_at_60,
        not_pregnant_by_status,
        negative_after_positive,
        no_test,
        test_of_day_15,
        quantitative_hcg,
        pregnancy_beside_a_newer_negative_test,
        pregnancy_never_closed,
        man_with_a_pregnancy,
        sex_not_known,
        hysterectomy,
        hysterectomy_planned,
        menopause,
        menopause_as_an_answer,
        symptoms_of_menopause,
    ),
)
