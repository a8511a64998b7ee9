"""Four hundred synthetic subjects with known truths, and the demo that shows two hundred of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhir_adapter.cli.main import main
from fhir_adapter.testing.hospital import SITE, Subject, population, write_ndjson, write_truth
from tests.functional.screening import answers, lines, run, site_folder, verdicts

SUBJECTS = 400
ENGINES = ("duckdb", "reference")


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return list(population(SUBJECTS, seed=7))


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_folder(tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="module")
def screened_by(
    subjects: list[Subject], definitions: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The out folders of both engines over plain NDJSON."""
    folder = tmp_path_factory.mktemp("plain")
    write_ndjson(folder / "in", subjects)
    for engine in ENGINES:
        run(folder / "in", folder / engine, engine=engine, site=SITE.id, definitions=(definitions,))
    return {engine: folder / engine for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_known_truth(
    engine: str, subjects: list[Subject], screened_by: dict[str, Path], tmp_path: Path
) -> None:
    said = verdicts(screened_by[engine])
    write_truth(tmp_path / "truth.csv", subjects)
    known = [row.split(",") for row in (tmp_path / "truth.csv").read_text(encoding="utf-8").splitlines()[1:]]
    found = [
        [subject, line, said[subject, line]["truth"], said[subject, line]["reason"] or ""]
        for subject, line, _, _ in known
    ]
    assert len(known) == sum(len(subject.truth) for subject in subjects)
    assert [(one, other) for one, other in zip(known, found, strict=True) if one != other] == []


def test_both_engines_write_the_same_bytes(screened_by: dict[str, Path]) -> None:
    duckdb, reference = screened_by.values()
    for name in ("unmapped.csv", "quarantine.ndjson", *answers(duckdb)):
        assert (duckdb / name).read_bytes() == (reference / name).read_bytes(), name


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_input_twice_gives_the_same_bytes(engine: str, definitions: Path, tmp_path: Path) -> None:
    """Every file, run.json among them; only the clock's own file may differ."""
    write_ndjson(tmp_path / "in", population(40, seed=9))
    for name in ("one", "two"):
        run(tmp_path / "in", tmp_path / name, engine=engine, site=SITE.id, definitions=(definitions,))
    one, two = (
        {
            path.name: path.read_bytes()
            for path in sorted((tmp_path / name).iterdir())
            if path.name != "timings.json"
        }
        for name in ("one", "two")
    )
    assert one.keys() == two.keys() >= {"run.json", "verdicts.ndjson", "quarantine.ndjson", "unmapped.csv"}
    assert [name for name in one if one[name] != two[name]] == []
    assert json.loads(one["run.json"])["subjects"]


def test_the_demo_agrees_with_the_known_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the front door, with the example site that ships: every line, of every subject that has it."""
    code = main(["demo", "--patients", "200", "--out", str(tmp_path / "out"), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["truth"]["differences"] == []
    assert code == 0
    assert document["truth"]["agreeing"] == document["truth"]["compared"]
    # Fourteen lines of everybody, and the fifteenth of those who are on the study.
    on_study = {
        row["subject"] for row in lines(tmp_path / "out" / "verdicts.ndjson") if row["criterion"] == "D1"
    }
    assert document["truth"]["compared"] == 14 * 200 + len(on_study)
    assert on_study
