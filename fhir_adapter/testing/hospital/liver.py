"""Owns what only E3 has: ALT or AST > 2 x ULN of the result's own range."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import ALT, AST, Resource, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, awkward, unknown

_NO_RANGE = unknown(Reason.NO_REFERENCE_RANGE)


def _alt(chart: Chart, value: str, ranges: list[Resource], unit: str = "U/L", comparator: str = "") -> None:
    """An ALT as given, after a fine AST."""
    chart.fine(AST, chart.clock.at(chart.rng.randint(1, 27)))
    number = quantity(value, unit)
    if comparator:
        number["comparator"] = comparator
    chart.observe(ALT, chart.clock.at(chart.rng.randint(1, 27)), {"valueQuantity": number}, ranges=ranges)


def _up_to(high: int | float, low: int | None = 9, **more: object) -> Resource:
    bounds: Resource = {"high": quantity(high, "U/L", "U/L")}
    if low is not None:
        bounds["low"] = quantity(low, "U/L", "U/L")
    return bounds | more


def _meaning(code: str) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
    return {"coding": [{"system": system, "code": code}]}


def exactly_twice(chart: Chart) -> Answer:
    """Two times the ULN is not above it."""
    _alt(chart, "100", [_up_to(50)])
    return CLEAR


def just_above_twice(chart: Chart) -> Answer:
    """A tenth above two times the ULN."""
    _alt(chart, "100.1", [_up_to(50)])
    return MET


def exactly_twice_in_microkatal(chart: Chart) -> Answer:
    """1.5 ukat/L are 90 U/L, two times 45."""
    _alt(chart, "1.5", [_up_to(45)], unit="ukat/L")
    return CLEAR


def no_range(chart: Chart) -> Answer:
    """No ULN, and no number stands in for it."""
    _alt(chart, "23", [])
    return _NO_RANGE


def no_range_hides_an_older_one(chart: Chart) -> Answer:
    """The newest result has no range; the older one's range is not borrowed."""
    chart.fine(ALT, chart.clock.at(28, 1))
    _alt(chart, "130", [])
    return _NO_RANGE


def range_as_text(chart: Chart) -> Answer:
    """The ULN stands only in the text: 50, 40, 40 or 50."""
    text = chart.rng.choice(("9~50 U/L", "0-40", "<40", "9～50"))
    value, answer = chart.rng.choice((("36", CLEAR), ("150", MET)))
    _alt(chart, value, [{"text": text}])
    return answer


def unreadable_range_text(chart: Chart) -> Answer:
    """A text without any bound."""
    _alt(chart, "36", [{"text": "见说明"}])
    return _NO_RANGE


def range_without_unit(chart: Chart) -> Answer:
    """A bound without unit has its value's: 0.8 ukat/L is not above 2 x 0.67."""
    _alt(chart, "0.8", [{"low": {"value": 0.15}, "high": {"value": 0.67}}], unit="ukat/L")
    return CLEAR


def range_in_another_unit(chart: Chart) -> Answer:
    """ULN 0.75 ukat/L = 45 U/L: 95 U/L is above two times that."""
    _alt(chart, "95", [{"high": quantity("0.75", "ukat/L", "ukat/L")}])
    return MET


def lower_limit_only(chart: Chart) -> Answer:
    """A range without an upper bound."""
    _alt(chart, "36", [{"low": quantity(9, "U/L", "U/L")}])
    return _NO_RANGE


def ranges_of_both_sexes(chart: Chart) -> Answer:
    """Women 40, men 60: at 100 the patient's own range decides."""
    words = chart.rng.choice((("女", "男"), ("female", "male")))
    ranges = [_up_to(high, appliesTo=[{"text": word}]) for high, word in zip((40, 60), words, strict=True)]
    sex = chart.person.gender
    _alt(chart, "100" if sex in ("female", "male") else "20", ranges)
    return MET if sex == "female" else CLEAR


def ranges_of_ages(chart: Chart) -> Answer:
    """A child's range beside an adult's; where the age is not certain, a value that either range answers."""
    years = {"unit": "岁", "system": "http://unitsofmeasure.org", "code": "a"}
    child = _up_to(70, age={"low": {"value": 0, **years}, "high": {"value": 17, **years}})
    adult = _up_to(40, age={"low": {"value": 18, **years}})
    _alt(chart, "100" if chart.person.adult else "20", [child, adult])
    return MET if chart.person.adult else CLEAR


def two_ranges_decide_differently(chart: Chart) -> Answer:
    """Nothing says which of two applies."""
    _alt(chart, "100", [_up_to(40), _up_to(60)])
    return unknown(Reason.CONFLICTING_VALUES)


def two_ranges_decide_alike(chart: Chart) -> Answer:
    """Whichever applies, the answer is the same."""
    _alt(chart, "30", [_up_to(40), _up_to(60)])
    return CLEAR


def critical_range_beside_the_normal_one(chart: Chart) -> Answer:
    """Only the normal range gives the ULN."""
    _alt(chart, "150", [_up_to(1000, None, type=_meaning("treatment")), _up_to(50, type=_meaning("normal"))])
    return MET


def treatment_range_only(chart: Chart) -> Answer:
    """A range that is not the normal one gives no ULN."""
    _alt(chart, "36", [_up_to(50, type=_meaning("treatment"))])
    return _NO_RANGE


def below_detection(chart: Chart) -> Answer:
    """`<5` is below any ULN."""
    _alt(chart, "5", [_up_to(50)], comparator="<")
    return CLEAR


def above_the_measuring_range(chart: Chart) -> Answer:
    """`>1000` is above."""
    _alt(chart, "1000", [_up_to(50)], comparator=">")
    return MET


def bound_across_the_threshold(chart: Chart) -> Answer:
    """`>60` may be above 100 or not."""
    _alt(chart, "60", [_up_to(50)], comparator=">")
    return unknown(Reason.CENSORED_VALUE)


def alt_bad_without_ast(chart: Chart) -> Answer:
    """One TRUE part is enough."""
    return chart.bad(ALT, chart.clock.at(3))


def neither_enzyme(chart: Chart) -> Answer:
    """No liver test at all."""
    return unknown(Reason.NO_RECORD)


LIVER = awkward(
    exactly_twice,
    just_above_twice,
    exactly_twice_in_microkatal,
    no_range,
    no_range_hides_an_older_one,
    range_as_text,
    unreadable_range_text,
    range_without_unit,
    range_in_another_unit,
    lower_limit_only,
    ranges_of_both_sexes,
    ranges_of_ages,
    two_ranges_decide_differently,
    two_ranges_decide_alike,
    critical_range_beside_the_normal_one,
    treatment_range_only,
    below_detection,
    above_the_measuring_range,
    bound_across_the_threshold,
    alt_bad_without_ast,
    neither_enzyme,
)
