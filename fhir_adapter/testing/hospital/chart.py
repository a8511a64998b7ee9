"""Owns the chart of one invented patient while it is being written: what archetypes write to."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.testing.hospital.analytes import Form, Resource, Test, concept, quantity, spelled
from fhir_adapter.testing.hospital.clock import CONDITION_WINDOW, Clock, When
from fhir_adapter.testing.hospital.standing import CLEAR, MET, Answer, Said, Standing, unknown
from fhir_adapter.testing.hospital.systems import BASE_URL, MRN

__all__ = ["CLEAR", "MET", "Answer", "Archetype", "Chart", "Person", "Said", "awkward", "unknown"]

_AS_USUAL = "as usual"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_OF_AN_ENCOUNTER = ("MedicationRequest", "AllergyIntolerance", "Immunization", "Procedure", "AdverseEvent")
_ENCOUNTER_DIAGNOSIS = {
    "coding": [{"system": f"{_TERMINOLOGY}/condition-category", "code": "encounter-diagnosis"}],
    "text": "门诊诊断",
}


@dataclass
class Person:
    """Who the chart is about; `patients`: (id, record number) of every Patient with this person's data."""

    name: str
    gender: str | None
    birth_date: str | None = None
    earlier_birth_date: str | None = None  # of a superseded version
    adult: bool = False  # certainly, and since years: an age range may rely on it
    any_age: bool = False  # I2 asks for a grown-up, of whatever age
    past_55: bool = False  # certainly
    unreadable_age: bool = False
    patients: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Chart:
    """Writes resources of one person. Nothing here knows a rule of the trial."""

    rng: random.Random
    clock: Clock
    person: Person
    resources: list[Resource] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)
    said: dict[str, Said] = field(default_factory=dict)  # by line, as far as it is written
    picks: dict[str, str] = field(default_factory=dict)  # line -> name of its archetype

    def new_id(self) -> str:
        """A random id of 36 characters."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def reference(self, style: str = "") -> Resource:
        """A reference to the patient in one of the ways that servers write it, mostly relative."""
        patients = self.person.patients
        patient, record_number = patients[0] if len(patients) == 1 else self.rng.choice(patients)
        pick = self.rng.random()
        style = style or (
            "absolute" if pick < 0.06 else "versioned" if pick < 0.11 else "identifier" if pick < 0.15 else ""
        )
        if style == "identifier":
            return {"type": "Patient", "identifier": {"system": MRN, "value": record_number}}
        prefix = f"{BASE_URL}/" if style == "absolute" else ""
        suffix = "/_history/1" if style == "versioned" else ""
        return {"reference": f"{prefix}Patient/{patient}{suffix}", "display": self.person.name}

    def limits(self, test: Test) -> list[Resource]:
        """The reference range that the laboratory prints for this person's sex, if the test has one."""
        if test.limits is None:
            return []
        low, high = test.limits[self.person.gender == "male"]
        form = test.forms[0]
        return [{"low": quantity(low, form.unit, form.code), "high": quantity(high, form.unit, form.code)}]

    def observe(
        self,
        test: Test,
        when: When,
        value: Resource,
        *,
        status: str = "final",
        code: Resource | None = None,
        ranges: list[Resource] | None = None,
        subject: Resource | None = None,
        identifier: str = "",
        version: str = "1",
        issued: str | None = _AS_USUAL,
        updated: str | None = _AS_USUAL,
        note: str = "",
    ) -> str:
        """Write an Observation and answer its id; `value` (value[x], component, ...) is merged in."""
        identifier = identifier or self.new_id()
        if issued == _AS_USUAL:
            issued = self.clock.stamp(when.days, 15)
        if ranges is None:
            ranges = [] if "component" in value else self.limits(test)
        resource = {
            **self._head("Observation", identifier, version, when.days, updated),
            "status": status,
            "category": [_category(test.category)],
            "code": code or concept(test, self.rng),
            "subject": subject or self.reference(),
            **when.elements,
            **({"issued": issued} if issued else {}),
            "performer": [{"display": "检验科" if test.category == "laboratory" else "风湿免疫科"}],
            **value,
            **({"referenceRange": ranges} if ranges else {}),
            **({"note": [{"text": note}]} if note else {}),
        }
        self.resources.append(resource)
        return identifier

    def diagnose(
        self,
        code: Resource,
        *,
        clinical: str | None = "active",
        verification: str | None = "confirmed",
        recorded: int | str | None = 90,
        subject: Resource | None = None,
        dates: Resource | None = None,
        identifier: str = "",
        version: str = "1",
        updated: str | None = _AS_USUAL,
        speaks: bool | None = None,
    ) -> str:
        """Write a Condition and answer its id; `recorded` in days or as text; `dates` are merged in.

        `speaks`: it lets the silence of the record count; by default if it is confirmed, the patient's and recent.
        """
        identifier = identifier or self.new_id()
        if speaks is None:
            recent = isinstance(recorded, int) and 0 <= recorded <= CONDITION_WINDOW
            speaks = recent and verification in (None, "confirmed") and subject is None
        self.standing.speaks |= speaks
        days = recorded if isinstance(recorded, int) else 30
        resource = {
            **self._head("Condition", identifier, version, days, updated),
            **({"clinicalStatus": _state("clinical", clinical)} if clinical else {}),
            **({"verificationStatus": _state("ver-status", verification)} if verification else {}),
            "category": [_ENCOUNTER_DIAGNOSIS],
            "code": code,
            "subject": subject or self.reference(),
            **(dates or {}),
            "recorder": {"display": "风湿免疫科 王医生"},
        }
        if recorded is not None:
            resource["recordedDate"] = self.clock.stamp(recorded) if isinstance(recorded, int) else recorded
        self.resources.append(resource)
        return identifier

    def unplaced(self, code: Resource, **how: Any) -> str:
        """Write a Condition that no reader can place: no silence counts any more."""
        self.standing.unmapped = True
        return self.diagnose(code, **how)

    def write(
        self,
        kind: str,
        body: Resource,
        *,
        days: int,
        identifier: str = "",
        version: str = "1",
        updated: str | None = _AS_USUAL,
    ) -> str:
        """Write a resource of another type as given, and answer its id."""
        identifier = identifier or self.new_id()
        head = self._head(kind, identifier, version, days, updated)
        if kind not in _OF_AN_ENCOUNTER:
            del head["encounter"]
        self.resources.append(head | body)
        return identifier

    def _head(self, kind: str, identifier: str, version: str, days: int, updated: str | None) -> Resource:
        if updated == _AS_USUAL:
            updated = self.clock.stamp(days, 16, 20)
        known = {"lastUpdated": updated} if updated else {}
        number = {"system": "http://hospital.example/document-no", "value": f"{identifier[:8]}-{version}"}
        return {
            "resourceType": kind,
            "id": identifier,
            "meta": {"versionId": version, **known, "source": "urn:hospital:his"},
            "identifier": number if kind == "AdverseEvent" else [number],  # R4: 0..1 there
            "encounter": {
                "identifier": {"system": "http://hospital.example/visit-no", "value": identifier[-8:]}
            },
        }

    def fine(self, test: Test, when: When, **how: Any) -> Answer:
        """A result clearly on the FALSE side."""
        self.observe(test, when, self.measured(test, test.fine), **how)
        return CLEAR

    def bad(self, test: Test, when: When, **how: Any) -> Answer:
        """A result clearly on the TRUE side."""
        self.observe(test, when, self.measured(test, test.bad), **how)
        return MET

    def either(self, test: Test, when: When, **how: Any) -> Answer:
        """A clear result on a side that chance chooses."""
        return (self.bad if self.rng.random() < 0.5 else self.fine)(test, when, **how)

    def measured(self, test: Test, span: tuple[float, float], form: Form | None = None) -> Resource:
        """valueQuantity of a random value in the span, in a random spelling of the unit."""
        value = round(self.rng.uniform(*span), 2)
        return {"valueQuantity": spelled(value, form or test.form(self.rng))}


@dataclass(frozen=True)
class Archetype:
    """One way a record can be for a line, with its answer. `weight` 0 is an awkward one: once per deck.

    `fits` is the record of a patient whom the line leaves in the trial.
    """

    name: str
    build: Callable[[Chart], Said | None]  # None: the line has no row
    weight: int = 0
    fits: bool = False


def awkward(*builders: Callable[[Chart], Said | None]) -> tuple[Archetype, ...]:
    """Archetypes named as their functions."""
    return tuple(Archetype(builder.__name__, builder) for builder in builders)


def _category(code: str) -> Resource:
    return {"coding": [{"system": f"{_TERMINOLOGY}/observation-category", "code": code}]}


def _state(kind: str, code: str) -> Resource:
    return {"coding": [{"system": f"{_TERMINOLOGY}/condition-{kind}", "code": code}]}
