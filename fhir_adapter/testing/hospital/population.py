"""Owns the composition: each subject takes one archetype per line, from decks that leave none out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.ages import I2
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.background import background
from fhir_adapter.testing.hospital.chart import MET, Answer, Archetype, Chart, Person, unknown
from fhir_adapter.testing.hospital.clock import Clock
from fhir_adapter.testing.hospital.conditions import I1
from fhir_adapter.testing.hospital.das28_visits import I4
from fhir_adapter.testing.hospital.laboratory_lines import E2, E3, E4
from fhir_adapter.testing.hospital.names import FAMILY, GIVEN_FEMALE, GIVEN_MALE
from fhir_adapter.testing.hospital.people import IDENTITIES, Identity
from fhir_adapter.testing.hospital.subject import LINES, Subject
from fhir_adapter.testing.hospital.systems import AS_OF

# I2 first: it makes the birth date that the Patient is written with
ARCHETYPES: dict[str, tuple[Archetype, ...]] = {"I2": I2, "I1": I1, "I4": I4, "E2": E2, "E3": E3, "E4": E4}
_T = TypeVar("_T")
_AWKWARD_SHARE = 0.4  # of the picks of a line; the rest are ordinary records


def population(n: int, *, seed: int = 1, as_of: str = AS_OF) -> Iterator[Subject]:
    """`n` subjects; the first of a larger population with the same seed are the same."""
    return islice(_people(seed, Clock(date.fromisoformat(as_of))), n)


def _people(seed: int, clock: Clock) -> Iterator[Subject]:
    decks = {line: _deck(f"{seed}:{line}", archetypes) for line, archetypes in ARCHETYPES.items()}
    identities = _shuffled(f"{seed}:identity", _repeated(IDENTITIES))
    number = 0
    while True:
        picks = {line: deck[number % len(deck)] for line, deck in decks.items()}
        yield from _write(seed, number, clock, picks, identities[number % len(identities)])
        number += 1


def _deck(seed: str, archetypes: Sequence[Archetype]) -> list[Archetype]:
    """Every awkward archetype once, among as many ordinary ones as their share asks for, by weight."""
    awkward = [a for a in archetypes if not a.weight]
    ordinary = _repeated([(a, a.weight) for a in archetypes if a.weight])
    wanted = max(len(ordinary), round(len(awkward) / _AWKWARD_SHARE * (1 - _AWKWARD_SHARE)))
    return _shuffled(seed, awkward + [ordinary[k % len(ordinary)] for k in range(wanted)])


def _repeated(weighted: Sequence[tuple[_T, int]]) -> list[_T]:
    return [item for item, weight in weighted for _ in range(weight)]


def _shuffled(seed: str, items: list[_T]) -> list[_T]:
    random.Random(seed).shuffle(items)
    return items


def _write(
    seed: int, number: int, clock: Clock, picks: dict[str, Archetype], identity: Callable[[Chart], Identity]
) -> Iterator[Subject]:
    chart = _new_chart(seed, number, clock)
    answers: dict[str, Answer] = {"I2": picks["I2"].build(chart)}
    registered = identity(chart)
    for line in LINES:
        if line not in answers:
            answers[line] = picks[line].build(chart)
    background(chart)
    yield Subject(
        id=chart.person.patients[0][0],
        resources=tuple(chart.resources),
        truth=MappingProxyType({line: answers[line] for line in LINES}),
        deceased=registered.deceased,
        replaced=registered.replaced,
        archetypes=(*(f"{line}/{picks[line].name}" for line in LINES), f"identity/{identity.__name__}"),
    )
    for stranger in registered.strangers:
        yield _without_data(stranger)


def _new_chart(seed: int, number: int, clock: Clock) -> Chart:
    rng = random.Random(f"{seed}:{number}")
    gender = "male" if rng.random() < 0.25 else "female"
    name = rng.choice(FAMILY) + rng.choice(GIVEN_MALE if gender == "male" else GIVEN_FEMALE)
    chart = Chart(rng, clock, Person(name, gender))
    chart.person.patients.append((chart.new_id(), f"QL{number:08d}"))
    return chart


def _without_data(patient: Resource) -> Subject:
    """A grown-up of whom nothing but the Patient is known."""
    nothing: Answer = unknown(Reason.NO_RECORD)
    return Subject(
        id=patient["id"],
        resources=(patient,),
        truth=MappingProxyType({line: MET if line == "I2" else nothing for line in LINES}),
        archetypes=("identity/without_data",),
    )
