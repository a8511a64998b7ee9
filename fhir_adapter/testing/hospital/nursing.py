"""Owns E5 by nursing: statements and diagnoses of 365 days; she is not pregnant."""

from __future__ import annotations

from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.screens import HCG, negative, says
from fhir_adapter.testing.hospital.standing import JUDGEMENT
from fhir_adapter.testing.hospital.women import both_answered, fertile


def nursing(chart: Chart) -> Said:
    """She says so; the negative test says nothing about it."""
    fertile(chart)
    says(chart, True, chart.clock.at(chart.rng.randint(1, 365)))
    negative(chart, HCG, chart.clock.at(2))
    return MET


def lactation_as_diagnosis(chart: Chart) -> Said:
    """Active, of the last year."""
    fertile(chart)
    code, words = chart.rng.choice((("Z39.100", "哺乳期医疗"), ("O92.700", "其他泌乳疾患")))
    chart.diagnose(coded(code, words), recorded=chart.rng.randint(5, 360))
    negative(chart, HCG, chart.clock.at(2))
    return MET


def weaned(chart: Chart) -> Said:
    """A delivery, then a statement that she does not breastfeed."""
    if not fertile(chart):
        return both_answered(chart)
    _delivered(chart)
    says(chart, False, chart.clock.at(30))
    negative(chart, HCG, chart.clock.at(2))
    return CLEAR


def _delivered(chart: Chart) -> None:
    ended = {"onsetDateTime": chart.clock.day(152), "abatementDateTime": chart.clock.day(150)}
    chart.diagnose(coded("O80.900", "单胎顺产"), clinical="resolved", recorded=150, dates=ended)


def delivered(chart: Chart) -> Said:
    """A delivery, and nobody asked whether she breastfeeds."""
    if not fertile(chart):
        return both_answered(chart)
    _delivered(chart)
    negative(chart, HCG, chart.clock.at(2))
    return JUDGEMENT


def lost(chart: Chart) -> Said:
    """A pregnancy that ended; nothing is said of nursing."""
    if not fertile(chart):
        return both_answered(chart)
    ended = {"onsetDateTime": chart.clock.day(290), "abatementDateTime": chart.clock.day(200)}
    chart.diagnose(coded("O03.900", "自然流产"), clinical="resolved", recorded=210, dates=ended)
    negative(chart, HCG, chart.clock.at(2))
    return JUDGEMENT


def nursing_long_ago(chart: Chart) -> Said:
    """A statement of more than a year ago, and none since: a person asks."""
    if not fertile(chart):
        return both_answered(chart)
    says(chart, True, chart.clock.at(500))
    negative(chart, HCG, chart.clock.at(2))
    return JUDGEMENT


NURSING_RECORDS = (
    Archetype("nursing", nursing, 1),
    *awkward(lactation_as_diagnosis, weaned, delivered, lost, nursing_long_ago),
)
