"""Owns the composition: each subject takes one archetype per line, from decks that leave none out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import Generic, TypeVar

from fhir_adapter.testing.hospital.agents import I3
from fhir_adapter.testing.hospital.ages import I2
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.background import background
from fhir_adapter.testing.hospital.chart import Archetype, Chart, Person
from fhir_adapter.testing.hospital.chronic import E7
from fhir_adapter.testing.hospital.clock import Clock
from fhir_adapter.testing.hospital.conditions import I1
from fhir_adapter.testing.hospital.das28_visits import I4
from fhir_adapter.testing.hospital.doses import I6
from fhir_adapter.testing.hospital.immunity import E8
from fhir_adapter.testing.hospital.infections import E1
from fhir_adapter.testing.hospital.laboratory_lines import E2, E3, E4
from fhir_adapter.testing.hospital.malignancy import E6
from fhir_adapter.testing.hospital.names import FAMILY, GIVEN_FEMALE, GIVEN_MALE
from fhir_adapter.testing.hospital.organs import I5
from fhir_adapter.testing.hospital.people import IDENTITIES, Identity
from fhir_adapter.testing.hospital.pregnancy import E5
from fhir_adapter.testing.hospital.standing import CLEAR, MET, NO_RECORD, Answer, settled
from fhir_adapter.testing.hospital.studies import D1
from fhir_adapter.testing.hospital.subject import LINES, Subject
from fhir_adapter.testing.hospital.systems import AS_OF

# In the order of writing: I2 and E5 make the age and sex that the Patient is written with; I3, I6 and E1 look at
# what I4 and E3 wrote before them.
ARCHETYPES: dict[str, tuple[Archetype, ...]] = {
    "I2": I2, "E5": E5, "I1": I1, "I4": I4, "E2": E2, "E3": E3, "E4": E4,
    "I3": I3, "I5": I5, "I6": I6, "E1": E1, "E6": E6, "E7": E7, "E8": E8, "D1": D1,
}  # fmt: skip
_T = TypeVar("_T")
_AWKWARD_SHARE = 0.4  # of the picks of a line; the rest are ordinary records
_PEOPLE = (("candidate", 3), ("near miss", 7), ("anyone", 10))
"""A candidate fits on every line, a near miss on all but one; anyone takes any record on every line."""


def population(n: int, *, seed: int = 1, as_of: str = AS_OF) -> Iterator[Subject]:
    """`n` subjects; the first of a larger population with the same seed are the same."""
    return islice(_people(seed, Clock(date.fromisoformat(as_of))), n)


@dataclass
class _Deck(Generic[_T]):
    """Cards that are dealt in turn, again and again."""

    cards: list[_T]
    dealt: int = 0

    def deal(self) -> _T:
        """The next card."""
        self.dealt += 1
        return self.cards[(self.dealt - 1) % len(self.cards)]


def _people(seed: int, clock: Clock) -> Iterator[Subject]:
    decks = _Decks(seed)
    number = 0
    while True:
        yield from _write(seed, number, clock, decks.picks(), decks.identities.deal())
        number += 1


class _Decks:
    """All decks of a population."""

    def __init__(self, seed: int) -> None:
        lines = ARCHETYPES.items()
        self.any = {line: _Deck(_any_record(f"{seed}:{line}", table)) for line, table in lines}
        self.fitting = {line: _Deck(_fitting(f"{seed}:fits:{line}", table)) for line, table in lines}
        self.missing = {line: _Deck(_missing(f"{seed}:misses:{line}", table)) for line, table in lines}
        self.kinds = _Deck(_shuffled(f"{seed}:kind", _repeated(_PEOPLE)))
        self.missed = _Deck(_shuffled(f"{seed}:line", list(ARCHETYPES)))
        self.identities = _Deck(_shuffled(f"{seed}:identity", _repeated(IDENTITIES)))

    def picks(self) -> dict[str, Archetype]:
        """One archetype per line for the next person."""
        kind = self.kinds.deal()
        if kind == "anyone":
            return {line: deck.deal() for line, deck in self.any.items()}
        picks = {line: deck.deal() for line, deck in self.fitting.items()}
        if kind == "near miss":
            line = self.missed.deal()
            picks[line] = self.missing[line].deal()
        return picks


def _any_record(seed: str, archetypes: Sequence[Archetype]) -> list[Archetype]:
    """Every awkward archetype once, among as many ordinary ones as their share asks for, by weight."""
    awkward = [a for a in archetypes if not a.weight]
    ordinary = _repeated([(a, a.weight) for a in archetypes if a.weight])
    wanted = max(len(ordinary), round(len(awkward) / _AWKWARD_SHARE * (1 - _AWKWARD_SHARE)))
    return _shuffled(seed, awkward + [ordinary[k % len(ordinary)] for k in range(wanted)])


def _fitting(seed: str, archetypes: Sequence[Archetype]) -> list[Archetype]:
    return _shuffled(seed, _repeated([(a, a.weight) for a in archetypes if a.fits]))


def _missing(seed: str, archetypes: Sequence[Archetype]) -> list[Archetype]:
    return _shuffled(seed, [a for a in archetypes if not a.fits])


def _repeated(weighted: Sequence[tuple[_T, int]]) -> list[_T]:
    return [item for item, weight in weighted for _ in range(weight)]


def _shuffled(seed: str, items: list[_T]) -> list[_T]:
    random.Random(seed).shuffle(items)
    return items


def _write(
    seed: int, number: int, clock: Clock, picks: dict[str, Archetype], identity: Callable[[Chart], Identity]
) -> Iterator[Subject]:
    chart = _new_chart(seed, number, clock)
    for line in ("I2", "E5"):
        _pick(chart, line, picks[line])
    registered = identity(chart)
    for line in ARCHETYPES:
        if line not in chart.picks:
            _pick(chart, line, picks[line])
    background(chart)
    yield Subject(
        id=chart.person.patients[0][0],
        resources=tuple(chart.resources),
        truth=MappingProxyType(
            {line: settled(line, chart.said[line], chart.standing) for line in LINES if line in chart.said}
        ),
        deceased=registered.deceased,
        replaced=registered.replaced,
        archetypes=(*(f"{line}/{picks[line].name}" for line in LINES), f"identity/{identity.__name__}"),
    )
    for stranger in registered.strangers:
        yield _without_data(stranger)


def _pick(chart: Chart, line: str, archetype: Archetype) -> None:
    """Let the archetype write its records; a line without a row has no answer."""
    chart.picks[line] = archetype.name
    said = archetype.build(chart)
    if said is not None:
        chart.said[line] = said


def _new_chart(seed: int, number: int, clock: Clock) -> Chart:
    rng = random.Random(f"{seed}:{number}")
    gender = "male" if rng.random() < 0.25 else "female"
    name = rng.choice(FAMILY) + rng.choice(GIVEN_MALE if gender == "male" else GIVEN_FEMALE)
    chart = Chart(rng, clock, Person(name, gender))
    chart.person.patients.append((chart.new_id(), f"QL{number:08d}"))
    return chart


def _without_data(patient: Resource) -> Subject:
    """Somebody of 60 years or more of whom nothing but the Patient is known."""
    answers: dict[str, Answer] = {line: NO_RECORD for line in LINES if line != "D1"}
    answers["I2"] = MET
    if patient.get("gender") in ("female", "male"):
        answers["E5"] = CLEAR
    return Subject(
        id=patient["id"],
        resources=(patient,),
        truth=MappingProxyType(answers),
        archetypes=("identity/without_data",),
    )
