"""Owns the finished subject: its resources and the answer each line must give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fhir_adapter.testing.hospital.analytes import Resource

LINES = (
    *("I1", "I2", "I3", "I4", "I5", "I6"),
    *("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8"),
    "D1",
)


@dataclass(frozen=True)
class Subject:
    """One row of the screening list: all resources of the person, and the (truth, reason) of each line.

    D1 is there only for subjects on study.
    `replaced` are ids of Patients merged into this one (they have no row); their
    resources are here. `archetypes` names the pick of each line, as `E2/PLT-month_only`, and of the identity.
    """

    id: str
    resources: tuple[Resource, ...]
    truth: Mapping[str, tuple[str, str | None]]
    deceased: bool = False
    replaced: tuple[str, ...] = ()
    archetypes: tuple[str, ...] = ()
