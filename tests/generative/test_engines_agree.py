"""DuckDB computes what the reference engine says, whatever a hospital sends and a trial asks.

The default profile takes about a minute; FHIR_ADAPTER_GENERATIVE=large makes it a hunt.
"""

from __future__ import annotations

import os
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from fhir_adapter.model.dates import index_of, local_day
from tests.generative.comparing import Question, smallest
from tests.generative.hospitals import hospital
from tests.generative.times import some
from tests.generative.trials import trial, with_absent_types, with_more_diagnoses
from tests.screened import ZONE, shipped

LARGE = os.environ.get("FHIR_ADAPTER_GENERATIVE") == "large"
# One run costs the fast engine as much for one subject as for a hundred.
SHIPPED, ANY = (400, 4000) if LARGE else (8, 14)  # examples
SUBJECTS, SUBJECTS_OF_ANY = 120, 80

# Examples are made small by comparing.smallest, which knows what a resource is.
_profile = settings(
    deadline=None,
    database=None,
    derandomize=not LARGE,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# One seed per example: dozens of subjects are more choices than Hypothesis itself would make (or make small).
_choices = st.randoms(use_true_random=True)
_zones = st.sampled_from(
    (
        "Asia/Shanghai",
        "Asia/Shanghai",
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "UTC",
    )
)
_as_ofs = st.sampled_from(
    (
        "2026-06-30",
        "2026-06-30",
        "2024-02-29",
        "2025-03-01",
        "2026-03-29",
        "2026-11-01T05:30:00Z",
        "2026-06-30T08:00:00+08:00",
    )
)


def _agree(question: Question) -> None:
    if question.differences():
        small = smallest(question)
        note(str(small))
        pytest.fail("the engines differ:\n" + "\n".join(small.differences()) + f"\n\n{small}")


@settings(_profile, max_examples=SHIPPED)
@given(rng=_choices, site=st.sampled_from(("example-hospital", "example-hospital", None)))
def test_the_shipped_trial(rng: Random, site: str | None) -> None:
    definitions, shipped_trial = shipped(site)
    records = hospital(rng, SUBJECTS, date(2026, 6, 30))
    _agree(Question(definitions, shipped_trial, ZONE, index_of("2026-06-30", ZONE), records))


@settings(_profile, max_examples=ANY)
@given(rng=_choices, zone=_zones.map(ZoneInfo), as_of=_as_ofs)
def test_any_trial_in_any_zone(rng: Random, zone: ZoneInfo, as_of: str) -> None:
    definitions = with_more_diagnoses(shipped()[0])
    index = index_of(as_of, zone)
    records = hospital(rng, SUBJECTS_OF_ANY, local_day(index, zone))
    if some(rng, 1, 2):
        definitions = with_absent_types(definitions, records.not_pulled)
    _agree(Question(definitions, trial(rng), zone, index, records))
