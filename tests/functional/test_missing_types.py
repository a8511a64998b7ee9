"""A type that was not pulled: what leaned on its silence is INCOMPLETE_DATA, and nobody is eligible."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.testing.hospital import SITE, population, write_ndjson
from tests.functional.screening import lines, run, site_folder, verdicts

SUBJECTS = 150
ENGINES = ("duckdb", "reference")
# The lines whose answer in favour of the patient (inclusion TRUE, exclusion FALSE) always leans on the silence of a
# type. E5 and I3 are not among them: a woman's age, or an agent that is there, says enough.
LEANS: dict[str, tuple[str, ...]] = {
    "Condition": ("I5", "E1", "E6", "E7", "E8"),
    "Observation": ("I4", "E1", "E2", "E3", "E4", "E7"),
    "MedicationStatement": ("I6", "E8"),
    "MedicationRequest": ("I6", "E8"),
    "AllergyIntolerance": ("E8",),
    "Immunization": ("E8",),
}
# A FALSE of these rests on silence too: it must not be said without the type.
NO_FALSE: dict[str, tuple[str, ...]] = {
    "Condition": ("I1",),
    "MedicationStatement": ("I3",),
    "MedicationRequest": ("I3",),
    "AllergyIntolerance": ("I3",),
}

Verdicts = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Screened:
    """What one screening said."""

    verdicts: Verdicts
    eligible: int

    @classmethod
    def of(cls, folder: Path, out: Path, engine: str, definitions: Path) -> Screened:
        run(folder, out, engine=engine, site=SITE.id, definitions=(definitions,))
        standing = [row["eligibility"] for row in lines(out / "subjects.ndjson")]
        return cls(verdicts(out), standing.count("eligible"))


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hospital")
    write_ndjson(folder / "in", population(SUBJECTS, seed=11))
    site_folder(folder / "definitions")
    return folder


@pytest.fixture(scope="module")
def screened(
    hospital: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str | None], Screened]:
    """What an engine says of the hospital without one type's file, or of all of it; each is asked only once."""

    @cache
    def screen(engine: str, missing: str | None) -> Screened:
        folder = tmp_path_factory.mktemp(f"{engine}-{missing}")
        left_out = shutil.ignore_patterns(f"{missing}.*.ndjson")
        shutil.copytree(hospital / "in", folder / "in", ignore=left_out if missing else None)
        return Screened.of(folder / "in", folder / "out", engine, hospital / "definitions")

    return screen


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def whole(screened: Callable[[str, str | None], Screened], engine: str) -> Screened:
    """With everything there."""
    return screened(engine, None)


@pytest.fixture(params=LEANS)
def without(
    request: pytest.FixtureRequest, screened: Callable[[str, str | None], Screened], engine: str
) -> tuple[str, Screened]:
    """The same hospital without one type's file."""
    return str(request.param), screened(engine, str(request.param))


def _favours(line: str, verdict: dict[str, Any]) -> bool:
    """Whether an answer brings the patient nearer to the trial."""
    return bool(verdict["truth"] == ("true" if line.startswith("I") else "false"))


def test_somebody_is_eligible_with_everything_there(whole: Screened) -> None:
    assert whole.eligible > 0


def test_nobody_is_eligible(without: tuple[str, Screened]) -> None:
    assert without[1].eligible == 0


def test_nothing_new_speaks_for_a_patient(whole: Screened, without: tuple[str, Screened]) -> None:
    """What was not in favour before is not in favour because something is missing, on any line."""
    kind, answers = without
    found = {
        (subject, line): (whole.verdicts[subject, line]["truth"], verdict["truth"])
        for (subject, line), verdict in answers.verdicts.items()
        if line != "D1" and _favours(line, verdict) and not _favours(line, whole.verdicts[subject, line])
    }
    assert found == {}, f"without {kind}"


def test_what_leans_on_silence_is_incomplete(whole: Screened, without: tuple[str, Screened]) -> None:
    kind, answers = without
    leaning = {
        key: verdict["reason"]
        for key, verdict in answers.verdicts.items()
        if key[1] in LEANS[kind] and _favours(key[1], whole.verdicts[key])
    }
    assert {key for key, reason in leaning.items() if reason != "INCOMPLETE_DATA"} == set()
    assert {line for _, line in leaning} == set(LEANS[kind]), "the population has no such patient"


def test_no_false_rests_on_what_was_not_pulled(without: tuple[str, Screened]) -> None:
    kind, answers = without
    found = {
        key
        for key, verdict in answers.verdicts.items()
        if key[1] in NO_FALSE.get(kind, ()) and verdict["truth"] == "false"
    }
    assert found == set(), f"without {kind}"
