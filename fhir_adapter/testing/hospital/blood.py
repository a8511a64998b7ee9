"""Owns what only E2 has: PLT < 80 or WBC < 3 x 10^9/L, at the thresholds, with bounds, and together."""

from __future__ import annotations

from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import PLT, WBC, Resource, Test, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Archetype, Chart, awkward, unknown
from fhir_adapter.testing.hospital.systems import LAB, LOINC

_CENSORED = unknown(Reason.CENSORED_VALUE)
# (name, test, number, unit, UCUM code, comparator, answer)
_EXACT: tuple[tuple[str, Test, str, str, str | None, str, Answer], ...] = (
    ("platelets_exactly_80", PLT, "80", "×10^9/L", "10*9/L", "", CLEAR),
    ("platelets_80000_per_ul", PLT, "80000", "/uL", "/uL", "", CLEAR),
    ("platelets_80_per_nl", PLT, "80", "10^3/μL", "10*3/uL", "", CLEAR),
    ("platelets_8_wan", PLT, "8", "万/μl", None, "", CLEAR),
    ("platelets_just_below", PLT, "79.9999999999", "10^9/L", None, "", MET),
    ("platelets_79999_per_ul", PLT, "79999", "/uL", "/uL", "", MET),
    ("platelets_7_9_wan", PLT, "7.9", "万/μl", None, "", MET),
    ("platelets_within_5_percent", PLT, "83", "10*9/L", "10*9/L", "", CLEAR),
    ("leukocytes_exactly_3", WBC, "3", "×10^9/L", "10*9/L", "", CLEAR),
    ("leukocytes_3000_per_ul", WBC, "3000", "/uL", None, "", CLEAR),
    ("leukocytes_3_per_nl", WBC, "3", "K/uL", None, "", CLEAR),
    ("leukocytes_just_below", WBC, "2.99", "10*9/L", "10*9/L", "", MET),
    ("platelets_below_100", PLT, "100", "10*9/L", "10*9/L", "<", _CENSORED),
    ("platelets_below_80", PLT, "80", "10*9/L", "10*9/L", "<", MET),
    ("platelets_at_most_80", PLT, "80", "10*9/L", "10*9/L", "<=", _CENSORED),
    ("platelets_at_least_80", PLT, "80", "10*9/L", "10*9/L", ">=", CLEAR),
    ("platelets_above_60", PLT, "60", "10*9/L", "10*9/L", ">", _CENSORED),
    ("platelets_above_1000", PLT, "1000", "10*9/L", "10*9/L", ">", CLEAR),
    ("leukocytes_below_1", WBC, "1", "10*9/L", "10*9/L", "<", MET),
    ("leukocytes_below_5", WBC, "5", "10*9/L", "10*9/L", "<", _CENSORED),
)


def _fine_except(chart: Chart, test: Test) -> None:
    other = WBC if test is PLT else PLT
    chart.fine(other, chart.clock.at(chart.rng.randint(1, 27)))


def _exact(
    chart: Chart, test: Test, value: str, unit: str, code: str | None, comparator: str, answer: Answer
) -> Answer:
    _fine_except(chart, test)
    number = quantity(value, unit, code)
    if comparator:
        number["comparator"] = comparator
    chart.observe(test, chart.clock.at(chart.rng.randint(1, 27)), {"valueQuantity": number})
    return answer


def bound_in_a_string(chart: Chart) -> Answer:
    """`<100` as text."""
    _fine_except(chart, PLT)
    chart.observe(PLT, chart.clock.at(3), {"valueString": "<100 ×10^9/L"})
    return _CENSORED


def full_width_unit_in_a_string(chart: Chart) -> Answer:
    """A unit typed in full width."""
    _fine_except(chart, PLT)
    chart.observe(PLT, chart.clock.at(3), {"valueString": "45 ×１０＾９／Ｌ"})
    return MET


def code_and_text_of_the_unit_differ(chart: Chart) -> Answer:
    """80 x 10^9/L beside /uL: a factor of a million apart."""
    _fine_except(chart, PLT)
    chart.observe(PLT, chart.clock.at(3), {"valueQuantity": quantity(120, "/uL", "10*9/L")})
    return unknown(Reason.UNIT_NOT_CONVERTIBLE)


def clumping(chart: Chart) -> Answer:
    """A low count with a note of clumping: still low, and for a person to look at."""
    _fine_except(chart, PLT)
    chart.bad(PLT, chart.clock.at(3), note="血小板聚集，疑假性血小板减少")
    return MET


def both_in_one_panel(chart: Chart) -> Answer:
    """One blood count with both as components, beside others."""
    answer, platelets = chart.rng.choice(((CLEAR, PLT.fine), (MET, PLT.bad)))
    components = [
        _component(PLT, chart.measured(PLT, platelets)),
        _component(WBC, chart.measured(WBC, WBC.fine)),
        {"code": {"text": "血红蛋白"}, "valueQuantity": quantity(118, "g/L", "g/L")},
    ]
    code = {"coding": [{"system": LOINC, "code": "58410-2", "display": "CBC panel"}], "text": "血常规"}
    chart.observe(PLT, chart.clock.at(3), {"component": components}, code=code)
    return answer


def one_bad_the_other_missing(chart: Chart) -> Answer:
    """One TRUE part is enough."""
    return chart.bad(chart.rng.choice((PLT, WBC)), chart.clock.at(3))


def one_bad_the_other_unreadable(chart: Chart) -> Answer:
    """One TRUE part is enough, whatever the other hides."""
    chart.observe(PLT, chart.clock.at(3), {"valueQuantity": quantity(150, "×10^3/")})
    return chart.bad(WBC, chart.clock.at(3))


def neither_ever_measured(chart: Chart) -> Answer:
    """No blood count at all."""
    return unknown(Reason.NO_RECORD)


def unreadable_and_too_old(chart: Chart) -> Answer:
    """Both parts UNKNOWN: the reason is that of the first part, the platelets."""
    chart.observe(PLT, chart.clock.at(3), {"valueQuantity": quantity(150, "×10^3/")})
    chart.fine(WBC, chart.clock.at(90))
    return unknown(Reason.UNIT_NOT_CONVERTIBLE)


def _component(test: Test, value: Resource) -> Resource:
    return {"code": {"coding": [{"system": LAB, "code": test.local, "display": test.text}]}, **value}


BLOOD = (
    *(
        Archetype(name, partial(_exact, test=t, value=v, unit=u, code=c, comparator=k, answer=a))
        for name, t, v, u, c, k, a in _EXACT
    ),
    *awkward(
        bound_in_a_string,
        full_width_unit_in_a_string,
        code_and_text_of_the_unit_differ,
        clumping,
        both_in_one_panel,
        one_bad_the_other_missing,
        one_bad_the_other_unreadable,
        neither_ever_measured,
        unreadable_and_too_old,
    ),
)
