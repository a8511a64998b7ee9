"""Owns I3 by prescriptions that follow each other or say in their own way how long they hold; I4 makes them TRUE."""

from __future__ import annotations

from fhir_adapter.testing.hospital.agents_events import intolerance
from fhir_adapter.testing.hospital.chart import MET, Archetype, Chart, Said, awkward
from fhir_adapter.testing.hospital.drugs import LISTED
from fhir_adapter.testing.hospital.medications import daily, request
from fhir_adapter.testing.hospital.standing import Agent


def refilled(chart: Chart) -> Said:
    """Prescriptions of 28 days, one after the other, with gaps that are bridged."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    drug = chart.rng.choice(LISTED)
    for month in range(5):
        dosage = daily(chart, drug.mg)
        request(chart, drug, 10 + 30 * month, 28, dosage=dosage, bounds=chart.rng.random() < 0.5)
    return Agent(MET)


def repeats_of_one_prescription(chart: Chart) -> Said:
    """30 days, to be repeated three times: 120 days that reach today."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    request(chart, chart.rng.choice(LISTED), 100, 30, repeats=3)
    return Agent(MET)


def bounded_by_a_duration(chart: Chart) -> Said:
    """boundsDuration: 20 weeks from 18 weeks ago."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    drug = chart.rng.choice(LISTED)
    weeks = {"value": 20, "unit": "周", "system": "http://unitsofmeasure.org", "code": "wk"}
    timing = {"repeat": {"boundsDuration": weeks, "frequency": 1, "period": 1, "periodUnit": "d"}}
    request(chart, drug, 126, dosage=daily(chart, drug.mg, timing=timing))
    chart.standing.list_kept = True
    return Agent(MET)


def valid_for_a_period(chart: Chart) -> Said:
    """validityPeriod, where nothing else says how long."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    valid = {"validityPeriod": {"start": chart.clock.day(120), "end": chart.clock.day(-20)}}
    request(chart, chart.rng.choice(LISTED), 121, dispenseRequest=valid)
    chart.standing.list_kept = True
    return Agent(MET)


PRESCRIPTIONS = (
    Archetype("refilled", refilled, 2, fits=True),
    *awkward(repeats_of_one_prescription, bounded_by_a_duration, valid_for_a_period),
)
