"""Owns Patients: one person registered, merged, doubled or reported dead; no line's truth changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.systems import MRN


@dataclass(frozen=True)
class Identity:
    """`replaced`: Patients merged into the chart's first; `strangers`: Patients with a row of their own."""

    deceased: bool = False
    replaced: tuple[str, ...] = ()
    strangers: tuple[Resource, ...] = ()


def register(chart: Chart, **more: object) -> Resource:
    """Write the person's own Patient, and an older version where the birth date was corrected."""
    identifier, record_number = chart.person.patients[0]
    if chart.person.earlier_birth_date:
        older = _patient(chart, identifier, record_number, chart.person.earlier_birth_date)
        older["meta"] = {"versionId": "1", "lastUpdated": chart.clock.stamp(900)}
        chart.resources.append(older)
    patient = _patient(chart, identifier, record_number, chart.person.birth_date) | more
    chart.resources.append(patient)
    return patient


def plain(chart: Chart) -> Identity:
    """One person, one Patient."""
    register(chart, **({"deceasedBoolean": False} if chart.rng.random() < 0.3 else {}))
    return Identity()


def reported_dead(chart: Chart) -> Identity:
    """deceasedBoolean counts as before the index."""
    register(chart, deceasedBoolean=True)
    return Identity(deceased=True)


def died(chart: Chart) -> Identity:
    """A date of death before the index, to the second, the day or the year."""
    clock = chart.clock
    when = chart.rng.choice((clock.stamp(12), clock.day(0), clock.year(0), clock.day(400)))
    register(chart, deceasedDateTime=when)
    return Identity(deceased=True)


def dies_after_the_index(chart: Chart) -> Identity:
    """A date of death after the index does not block."""
    register(chart, deceasedDateTime=chart.clock.day(-2))
    return Identity()


def merged_by_the_old_one(chart: Chart) -> Identity:
    """The replaced Patient says by whom; the data lie on both."""
    register(chart)
    return Identity(replaced=(_old(chart, chart.person.patients[0][0]),))


def merged_by_the_survivor(chart: Chart) -> Identity:
    """Only the survivor's `replaces` says it."""
    old = _old(chart, None)
    register(chart, link=[_link("replaces", old)])
    return Identity(replaced=(old,))


def merged_twice(chart: Chart) -> Identity:
    """A chain: the oldest is replaced by the older, and that by this one."""
    register(chart)
    older = _old(chart, chart.person.patients[0][0])
    return Identity(replaced=(older, _old(chart, older)))


def replaced_by_nobody(chart: Chart) -> Identity:
    """A dangling replaced-by merges nothing: the row stays."""
    register(chart, link=[_link("replaced-by", chart.new_id())])
    return Identity()


def replaces_nobody(chart: Chart) -> Identity:
    """A dangling replaces merges nothing."""
    register(chart, link=[_link("replaces", chart.new_id())])
    return Identity()


def see_also(chart: Chart) -> Identity:
    """seealso is no merge: the other Patient has a row."""
    other = _stranger(chart)
    register(chart, link=[_link("seealso", other["id"])])
    return Identity(strangers=(other,))


def merged_in_a_circle(chart: Chart) -> Identity:
    """Each is replaced by the other: neither is."""
    other = _stranger(chart)
    patient = register(chart, link=[_link("replaced-by", other["id"])])
    other["link"] = [_link("replaced-by", patient["id"])]
    return Identity(strangers=(other,))


def replaced_by_two(chart: Chart) -> Identity:
    """Nobody knows by which: all three keep their row."""
    others = (_stranger(chart), _stranger(chart))
    register(chart, link=[_link("replaced-by", other["id"]) for other in others])
    return Identity(strangers=others)


def _old(chart: Chart, survivor: str | None) -> str:
    """A Patient of the same person under an older number: its data will be this person's."""
    identifier, record_number = chart.new_id(), f"{chart.person.patients[0][1]}-{len(chart.person.patients)}"
    patient = _patient(chart, identifier, record_number, "1901-01-01")  # of no account: the survivor's counts
    patient["active"] = False
    if survivor:
        patient["link"] = [_link("replaced-by", survivor)]
    chart.resources.append(patient)
    chart.person.patients.append((identifier, record_number))
    return identifier


def _stranger(chart: Chart) -> Resource:
    """A Patient without any data, grown up."""
    identifier = chart.new_id()
    return _patient(chart, identifier, f"{chart.person.patients[0][1]}-{identifier[:6]}", "1960-05-05")


def _link(kind: str, patient: str) -> Resource:
    return {"other": {"reference": f"Patient/{patient}"}, "type": kind}


def _patient(chart: Chart, identifier: str, record_number: str, birth_date: str | None) -> Resource:
    name = chart.person.name
    patient: Resource = {
        "resourceType": "Patient",
        "id": identifier,
        "meta": {"versionId": "2", "lastUpdated": chart.clock.stamp(30, 2)},
        "identifier": [{"use": "usual", "type": {"text": "病案号"}, "system": MRN, "value": record_number}],
        "active": True,
        "name": [{"use": "official", "text": name, "family": name[0], "given": [name[1:]]}],
        "telecom": [{"system": "phone", "value": f"1{chart.rng.randint(3000000000, 9999999999)}"}],
        "address": [{"text": f"济南市历下区文化西路{chart.rng.randint(1, 200)}号", "country": "CN"}],
    }
    if chart.person.gender is not None:
        patient["gender"] = chart.person.gender
    if birth_date is not None:
        patient["birthDate"] = birth_date
    return patient


IDENTITIES: tuple[tuple[Callable[[Chart], Identity], int], ...] = (
    (plain, 60),
    (reported_dead, 1),
    (died, 1),
    (dies_after_the_index, 1),
    (merged_by_the_old_one, 2),
    (merged_by_the_survivor, 2),
    (merged_twice, 1),
    (replaced_by_nobody, 1),
    (replaces_nobody, 1),
    (see_also, 1),
    (merged_in_a_circle, 1),
    (replaced_by_two, 1),
)
