"""Who looks for a rule of the protocol finds it within seconds, in one file, in the protocol's own words."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from fhir_adapter.definitions import (
    SearchPath,
    find_file,
    list_sites,
    list_trials,
    load_definitions,
    load_trial,
)
from fhir_adapter.definitions.drugs import drug_files
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.inputs import Definitions

REPOSITORY = Path(__file__).resolve().parents[2]
SEARCHED = ("mappings", "fhir_adapter", "profiles")  # golden outputs and manuals may quote the protocol
LINES = ("I1", "I2", "I3", "I4", "I5", "I6", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "D1")
VOCABULARIES = ("words.toml", "answers.toml", "medication.toml")
WORDING = "b97533015426aaf9ed1b17718fa33f7862597a9952a9af77cd070c28111aa160"
"""SHA-256 of the protocol's words, so that they do not stand here a second time."""


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return load_definitions(SearchPath())


@pytest.fixture(scope="module")
def trial(definitions: Definitions) -> Trial:
    return load_trial(SearchPath(), "tacrolimus-ra", definitions)


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    """Every text file a person would search, runs of spaces and line breaks made one space."""
    suffixes = {".toml", ".csv", ".json", ".py", ".md", ".fsh", ".txt"}
    return {
        path: re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
        for folder in SEARCHED
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in suffixes and "_shipped" not in path.parts
    }


@pytest.mark.parametrize("line_id", LINES)
def test_protocol_line_stands_in_exactly_one_file(line_id: str, trial: Trial, texts: dict[Path, str]) -> None:
    (text,) = (line.text for line in trial.lines if line.id == line_id)
    found = [path for path, content in texts.items() if text in content]
    assert found == [REPOSITORY / "mappings" / "trials" / "tacrolimus-ra" / "criteria.toml"]


def test_lines_are_in_protocol_order(trial: Trial) -> None:
    assert tuple(line.id for line in trial.lines) == LINES


def test_wording_is_the_protocols(trial: Trial) -> None:
    wording = "\n".join(line.text for line in trial.lines)
    assert hashlib.sha256(wording.encode()).hexdigest() == WORDING


def test_searching_uln_in_the_trials_shows_the_alt_rule() -> None:
    criteria = (REPOSITORY / "mappings" / "trials").rglob("*.toml")
    hits = [
        line for path in criteria for line in path.read_text(encoding="utf-8").splitlines() if "uln" in line
    ]
    assert any('latest = "alt"' in line and "above = 2" in line for line in hits)


def test_every_trial_loads(definitions: Definitions) -> None:
    for name in list_trials(SearchPath()):
        assert load_trial(SearchPath(), name, definitions).id == name


def test_every_site_loads() -> None:
    for name in list_sites(SearchPath()):
        assert load_definitions(SearchPath(), name).site.id == name


def test_every_shipped_file_is_read(definitions: Definitions) -> None:
    """A file in a folder that nothing reads would look like knowledge and be none."""
    read = {f"inputs/{name}.toml" for name in definitions.inputs}
    read |= {f"valuesets/{name}.csv" for name in definitions.value_sets}
    read |= {f"views/{name}.json" for name in definitions.views}
    read |= {
        f"trials/{name}/{file}"
        for name in list_trials(SearchPath())
        for file in ("trial.toml", "criteria.toml")
    }
    read |= {f"drugs/{Path(shown).name}" for shown in drug_files(SearchPath(), definitions.drugs)}
    read |= {f"sites/{name}/site.toml" for name in list_sites(SearchPath())}
    read |= {
        f"sites/{name}/{file}" for name in list_sites(SearchPath()) for file in ("codes.csv", "units.csv")
    }
    shipped = REPOSITORY / "mappings"
    files = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith(".md")} - set(VOCABULARIES) <= read
    assert all(find_file(SearchPath(), name).is_file() for name in VOCABULARIES)
