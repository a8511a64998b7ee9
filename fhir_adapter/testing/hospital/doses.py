"""Owns I6: prednisone and NSAIDs at one dose for 30 days, together; the steroids' and NSAIDs' own tables beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fhir_adapter.testing.hospital.chart import Answer, Archetype, Chart, Said, awkward
from fhir_adapter.testing.hospital.drugs import NSAIDS
from fhir_adapter.testing.hospital.medications import daily, ordinary_drugs, statement, text
from fhir_adapter.testing.hospital.nsaids import NSAID_RECORDS, stable_nsaid
from fhir_adapter.testing.hospital.standing import Doses
from fhir_adapter.testing.hospital.steroids import STEROID_RECORDS, stable_prednisone


def neither(chart: Chart) -> Said:
    """A list that names neither."""
    ordinary_drugs(chart)
    return Doses()


def both_stable(chart: Chart) -> Said:
    """Prednisone and one NSAID, unchanged for months."""
    return Doses(stable_prednisone(chart), stable_nsaid(chart))


def prednisone_stable(chart: Chart) -> Said:
    """Prednisone alone; the list is kept."""
    ordinary_drugs(chart)
    return Doses(steroid=stable_prednisone(chart))


def nsaid_stable(chart: Chart) -> Said:
    """An NSAID alone; the list is kept."""
    ordinary_drugs(chart)
    return Doses(painkiller=stable_nsaid(chart))


def no_list(chart: Chart) -> Said:
    """No medication record at all: none taken, or none written down."""
    return Doses()


def list_of_old(chart: Chart) -> Said:
    """Nothing touches the last 90 days."""
    statement(chart, NSAIDS[0], 400, 91, dosage=daily(chart, "200"))
    return Doses()


def strange_drug(chart: Chart) -> Said:
    """A text that nobody can place may be either."""
    chart.standing.strange_drug = True
    statement(chart, text(chart.rng.choice(("院内协定2号方", "自备药"))), chart.rng.randint(5, 80))
    ordinary_drugs(chart)
    return Doses()


def _steroid(chart: Chart, build: Callable[[Chart], Answer | None]) -> Said:
    ordinary_drugs(chart)
    return Doses(steroid=build(chart), painkiller=_beside(chart, stable_nsaid))


def _nsaid(chart: Chart, build: Callable[[Chart], Answer | None]) -> Said:
    ordinary_drugs(chart)
    return Doses(steroid=_beside(chart, stable_prednisone), painkiller=build(chart))


def _beside(chart: Chart, build: Callable[[Chart], Answer]) -> Answer | None:
    """The other part: stable, or nothing of it."""
    return build(chart) if chart.rng.random() < 0.3 else None


I6 = (
    Archetype("neither", neither, 3, fits=True),
    Archetype("prednisone_stable", prednisone_stable, 4, fits=True),
    Archetype("nsaid_stable", nsaid_stable, 3, fits=True),
    Archetype("both_stable", both_stable, 3, fits=True),
    *(Archetype(f"steroid-{b.__name__}", partial(_steroid, build=b)) for b in STEROID_RECORDS),
    *(Archetype(f"nsaid-{b.__name__}", partial(_nsaid, build=b)) for b in NSAID_RECORDS),
    *awkward(no_list, list_of_old, strange_drug),
)
