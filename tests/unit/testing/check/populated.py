"""Owns the server that the check is tried on: the harness's own, with a few records that must never be reported."""

from __future__ import annotations

import threading
from typing import Any

from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.server import FhirServer
from fhir_adapter.testing.server.time import ManualClock

Json = dict[str, Any]
THEIRS = "canary"


class Hospital:
    """A populated server; `asked` is every request, `left` what somebody wrote and did not remove."""

    def __init__(self, *, patients: int = 6, readings: int = 5, **quirks: Any) -> None:
        self.clock = ManualClock()
        self.server = FhirServer(clock=self.clock, quirks=Quirks(**quirks))
        self.asked: list[Request] = []
        for number in range(patients):
            self.clock.advance(60)
            self.server.load([_patient(number), *(_reading(number, turn) for turn in range(readings))])
        self.clock.advance(3600)

    def handle(self, request: Request) -> Response:
        """A Handler."""
        self.asked.append(request)
        return self.server.handle(request)

    def load(self, *resources: Json) -> None:
        """More records of theirs."""
        self.server.load(resources)

    def read(self, kind: str, name: str) -> Json:
        """A record as it is kept."""
        kept = self.server.context.store.current(kind, name)
        assert kept is not None
        return kept.resource()

    @property
    def left(self) -> list[str]:
        """What is not theirs and still there."""
        rows = self.server.context.store.select("ORDER BY v.seq")
        current = [self.server.context.store.current(row.type, row.id) for row in rows]
        return sorted(
            {f"{row.type}/{row.id}" for row in current if row and not row.deleted and THEIRS not in row.id}
        )

    @property
    def written(self) -> list[Json]:
        """Every version that is not theirs, deleted or not."""
        rows = self.server.context.store.select("ORDER BY v.seq")
        return [row.resource() for row in rows if not row.deleted and THEIRS not in row.id]

    def let_creates_race(self, clients: int) -> None:
        """Every conditional create of a crowd waits between its search and its write for all the others."""
        barrier = threading.Barrier(clients)

        def meet() -> None:
            if threading.current_thread() is not threading.main_thread():
                barrier.wait(5)

        self.server.context.between_search_and_create = meet

    def close(self) -> None:
        """Close the store."""
        self.server.close()


def _patient(number: int) -> Json:
    return {
        "resourceType": "Patient",
        "id": f"canary-p{number}",
        "identifier": [{"system": "http://hospital.example/mrn", "value": f"CANARY-{number}"}],
        "name": [{"family": "CANARY-NAME"}],
        "birthDate": "1970-01-01",
    }


def _reading(number: int, turn: int) -> Json:
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    return {
        "resourceType": "Observation",
        "id": f"canary-o{number}-{turn}",
        "identifier": [{"system": "http://hospital.example/o", "value": f"CANARY-{number}-{turn}"}],
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": f"{turn}-0"}]},
        "subject": {"reference": f"Patient/canary-p{number}"},
        "effectiveDateTime": f"2026-0{turn + 1}-1{number}T08:00:00Z",
        "valueQuantity": {"value": 5.5, "unit": "mg/L"},
    }
