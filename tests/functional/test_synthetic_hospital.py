"""Four hundred synthetic subjects with known truths, handed over in every way a hospital may choose."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.testing.hospital import SITE, Subject, population, write_bundles, write_ndjson, write_truth
from tests.functional.screening import answers, run, site_folder, verdicts

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


def _shuffled(folder: Path, subjects: list[Subject]) -> None:
    """Lines and files in another order: the names say nothing about what comes first."""
    rng = random.Random(3)
    write_ndjson(folder, subjects, files_per_type=3)
    for path in sorted(folder.iterdir()):
        text = path.read_text(encoding="utf-8").split("\n")[:-1]
        rng.shuffle(text)
        path.with_name(f"{rng.randrange(10**6):06d}.{path.name}").write_text(
            "\n".join(text) + "\n", encoding="utf-8", newline="\n"
        )
        path.unlink()


def _mixed(folder: Path, subjects: list[Subject]) -> None:
    """Some files packed, some not, in folders of their own."""
    write_ndjson(folder / "a", subjects, files_per_type=2)
    for path in sorted((folder / "a").glob("*.001.ndjson")):
        (folder / "b").mkdir(exist_ok=True)
        (folder / "b" / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()


WAYS: dict[str, Callable[[Path, list[Subject]], None]] = {
    "bundles": write_bundles,
    "gzip": lambda folder, subjects: write_ndjson(folder, subjects, gzip=True),
    "several-files": lambda folder, subjects: write_ndjson(folder, subjects, files_per_type=4),
    "shuffled": _shuffled,
    "mixed": _mixed,
}


@pytest.mark.parametrize("way", WAYS)
def test_how_the_records_are_handed_over_changes_no_byte(
    way: str, subjects: list[Subject], definitions: Path, screened_by: dict[str, Path], tmp_path: Path
) -> None:
    WAYS[way](tmp_path / "in", subjects)
    run(tmp_path / "in", tmp_path / "out", site=SITE.id, definitions=(definitions,))
    assert answers(tmp_path / "out") == answers(screened_by["duckdb"])


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
