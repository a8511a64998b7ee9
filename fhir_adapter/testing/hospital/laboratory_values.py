"""Owns the awkward values and units of a laboratory result, for any test of E2, E3 and E4."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Resource, Test, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, unknown

_UNIT = unknown(Reason.UNIT_NOT_CONVERTIBLE)
_UNREADABLE = unknown(Reason.UNREADABLE_VALUE)
_ABSENT = {"dataAbsentReason": {"text": "标本溶血"}}


def _exactly(
    chart: Chart, test: Test, value: float, unit: str | None, code: str | None = None, day: int = 4
) -> None:
    chart.observe(test, chart.clock.at(day), {"valueQuantity": quantity(round(value, 1), unit, code)})


def _fine_number(chart: Chart, test: Test) -> float:
    return chart.rng.uniform(*test.fine)


def unknown_unit_hides_an_older_one(chart: Chart, test: Test) -> Answer:
    """The newest cannot be read, and an older one must not speak for it."""
    chart.fine(test, chart.clock.at(15))
    _exactly(chart, test, _fine_number(chart, test), test.unknown_unit)
    return _UNIT


def unknown_unit_only(chart: Chart, test: Test) -> Answer:
    """One result, in a unit that no list knows."""
    _exactly(chart, test, _fine_number(chart, test), test.unknown_unit)
    return _UNIT


def unknown_unit_of_an_older_one(chart: Chart, test: Test) -> Answer:
    """The newest can be read."""
    _exactly(chart, test, _fine_number(chart, test), test.unknown_unit, day=12)
    return chart.either(test, chart.clock.at(2))


def no_unit(chart: Chart, test: Test) -> Answer:
    """A number alone is never guessed."""
    _exactly(chart, test, _fine_number(chart, test), None)
    return _UNIT


def negative_number(chart: Chart, test: Test) -> Answer:
    """A typing error: below what the test can be."""
    chart.fine(test, chart.clock.at(15))
    form = test.forms[0]
    _exactly(chart, test, -_fine_number(chart, test), form.unit, form.code)
    return _UNREADABLE


def spaces_in_the_unit(chart: Chart, test: Test) -> Answer:
    """Spaces mean nothing, a full-width one neither."""
    unit = (test.forms[0].unit or "").replace("/", " /\u3000")
    _exactly(chart, test, _fine_number(chart, test), f" {unit} ")
    return CLEAR


def unknown_ucum_code(chart: Chart, test: Test) -> Answer:
    """A UCUM code that is not this test's, though the text beside it is."""
    _exactly(chart, test, _fine_number(chart, test), test.forms[0].unit, "mm/h")
    return _UNIT


def known_code_beside_unknown_text(chart: Chart, test: Test) -> Answer:
    """The code counts when the text is only unknown."""
    form = test.forms[0]
    _exactly(chart, test, _fine_number(chart, test), "见报告", form.code)
    return CLEAR


def unit_text_beside_a_foreign_code_system(chart: Chart, test: Test) -> Answer:
    """A code of another system is no UCUM code: the text counts."""
    value = quantity(round(_fine_number(chart, test), 1), test.forms[0].unit)
    value |= {"system": "http://hospital.example/units", "code": "07"}
    chart.observe(test, chart.clock.at(4), {"valueQuantity": value})
    return CLEAR


def number_in_a_string(chart: Chart, test: Test) -> Answer:
    """valueString with number and unit."""
    number = round(chart.rng.uniform(*test.bad), 1)
    chart.observe(test, chart.clock.at(4), {"valueString": f"{number} {test.forms[0].unit}"})
    return MET


def number_without_unit_in_a_string(chart: Chart, test: Test) -> Answer:
    """valueString with a number alone."""
    chart.observe(test, chart.clock.at(4), {"valueString": f"{_fine_number(chart, test):.1f}"})
    return _UNIT


def words_in_a_string(chart: Chart, test: Test) -> Answer:
    """A quantitative test answered in words hides the older number."""
    chart.fine(test, chart.clock.at(15))
    text = chart.rng.choice(("阴性(-)", "标本溶血，请复查", "见报告单"))
    chart.observe(test, chart.clock.at(4), {"valueString": text})
    return _UNREADABLE


def coded_answer(chart: Chart, test: Test) -> Answer:
    """Another value[x]."""
    chart.observe(test, chart.clock.at(4), {"valueCodeableConcept": {"text": "正常"}})
    return _UNREADABLE


def range_on_one_side(chart: Chart, test: Test) -> Answer:
    """valueRange that lies wholly on the FALSE side."""
    form = test.forms[0]
    low, high = (quantity(value, form.unit, form.code) for value in test.fine)
    chart.observe(test, chart.clock.at(4), {"valueRange": {"low": low, "high": high}})
    return CLEAR


def range_across_the_threshold(chart: Chart, test: Test) -> Answer:
    """valueRange from clearly fine to clearly bad."""
    form = test.forms[0]
    ends = sorted((test.fine[0], test.fine[1], test.bad[0], test.bad[1]))
    low, high = (quantity(value, form.unit, form.code) for value in (ends[0], ends[-1]))
    chart.observe(test, chart.clock.at(4), {"valueRange": {"low": low, "high": high}})
    return unknown(Reason.CENSORED_VALUE)


def absent_reason_lets_an_older_one_speak(chart: Chart, test: Test) -> Answer:
    """No result at all: the next older one is looked at."""
    chart.observe(test, chart.clock.at(1), dict(_ABSENT))
    return chart.either(test, chart.clock.at(8))


def absent_reason_only(chart: Chart, test: Test) -> Answer:
    """Ordered, taken, not measured."""
    chart.observe(test, chart.clock.at(1), dict(_ABSENT))
    return unknown(Reason.NO_RECORD)


def value_beside_an_absent_reason(chart: Chart, test: Test) -> Answer:
    """The resource contradicts itself."""
    value: Resource = chart.measured(test, test.fine) | _ABSENT
    chart.observe(test, chart.clock.at(1), value)
    return _UNREADABLE


VALUES = (
    unknown_unit_hides_an_older_one,
    unknown_unit_only,
    unknown_unit_of_an_older_one,
    no_unit,
    negative_number,
    spaces_in_the_unit,
    unknown_ucum_code,
    known_code_beside_unknown_text,
    unit_text_beside_a_foreign_code_system,
    number_in_a_string,
    number_without_unit_in_a_string,
    words_in_a_string,
    coded_answer,
    range_on_one_side,
    range_across_the_threshold,
    absent_reason_lets_an_older_one_speak,
    absent_reason_only,
    value_beside_an_absent_reason,
)
