"""How the records are handed over changes no byte of the answers: order, files, packing, Bundles, repetition."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.testing.hospital import SITE, Subject, population, write_bundles, write_ndjson
from tests.functional.screening import run, site_folder

SUBJECTS = 100
ENGINES = ("duckdb", "reference")
ABOUT_THE_RUN = {"run.json", "timings.json", "quarantine.ndjson"}  # they name files and count versions


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return list(population(SUBJECTS, seed=5))


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_folder(tmp_path_factory.mktemp("definitions"))


def _said(folder: Path, out: Path, engine: str, definitions: Path) -> dict[str, bytes]:
    """Every file of answers: verdicts, subjects, scores, and what else an engine writes of the records."""
    run(folder, out, engine=engine, site=SITE.id, definitions=(definitions,))
    return {
        path.name: path.read_bytes()
        for path in sorted(out.iterdir())
        if path.is_file() and path.name not in ABOUT_THE_RUN
    }


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plain(
    subjects: list[Subject], definitions: Path, engine: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """One file per type, in the order of writing."""
    folder = tmp_path_factory.mktemp("plain")
    write_ndjson(folder / "in", subjects)
    return _said(folder / "in", folder / "out", engine, definitions)


def _lines(folder: Path, subjects: list[Subject]) -> list[str]:
    """Every line of a plain export; types without a resource keep their empty file."""
    write_ndjson(folder, subjects)
    found: list[str] = []
    for path in sorted(folder.iterdir()):
        own = path.read_text(encoding="utf-8").split("\n")[:-1]
        if own:
            path.unlink()
        found += own
    return found


def _write(path: Path, texts: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", newline="\n")


def _shuffled(seed: int) -> Callable[[Path, list[Subject]], None]:
    """Lines of all types in one random order, a random number in each of some files with random names."""

    def write(folder: Path, subjects: list[Subject]) -> None:
        rng = random.Random(seed)
        texts = _lines(folder, subjects)
        rng.shuffle(texts)
        while texts:
            count = rng.randrange(1, 1 + len(texts))
            _write(folder / f"{rng.randrange(10**6):06d}.ndjson", texts[:count])
            del texts[:count]

    return write


def _types_shuffled(folder: Path, subjects: list[Subject]) -> None:
    rng = random.Random(4)
    write_ndjson(folder, subjects, files_per_type=3)
    for path in sorted(folder.iterdir()):
        texts = path.read_text(encoding="utf-8").split("\n")[:-1]
        rng.shuffle(texts)
        path.unlink()
        _write(folder / f"{rng.randrange(100):02d}" / path.name, texts)


def _packed(folder: Path, subjects: list[Subject]) -> None:
    """Half of the files packed."""
    write_ndjson(folder, subjects, files_per_type=2)
    for path in sorted(folder.glob("*.001.ndjson")):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()


def _bundles_shuffled(folder: Path, subjects: list[Subject]) -> None:
    """Entries of each Bundle in another order."""
    rng = random.Random(6)
    write_bundles(folder, subjects)
    for path in sorted(folder.iterdir()):
        bundle = json.loads(path.read_text(encoding="utf-8"))
        rng.shuffle(bundle["entry"])
        path.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")


def _half_bundles(folder: Path, subjects: list[Subject]) -> None:
    write_ndjson(folder / "lines", subjects[::2])
    write_bundles(folder / "bundles", subjects[1::2])


def _told_twice(folder: Path, subjects: list[Subject]) -> None:
    texts = _lines(folder, subjects)
    _write(folder / "once.ndjson", texts)
    _write(folder / "again.ndjson", texts[::-1])


WAYS: dict[str, Callable[[Path, list[Subject]], None]] = {
    "shuffled-1": _shuffled(1),
    "shuffled-2": _shuffled(2),
    "types-shuffled": _types_shuffled,
    "many-files": lambda folder, subjects: write_ndjson(folder, subjects, files_per_type=7),
    "subjects-backwards": lambda folder, subjects: write_ndjson(folder, subjects[::-1]),
    "gzip": lambda folder, subjects: write_ndjson(folder, subjects, gzip=True),
    "half-packed": _packed,
    "bundles": write_bundles,
    "bundles-shuffled": _bundles_shuffled,
    "half-bundles": _half_bundles,
    "told-twice": _told_twice,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_bytes(
    way: str, engine: str, subjects: list[Subject], definitions: Path, plain: dict[str, bytes], tmp_path: Path
) -> None:
    WAYS[way](tmp_path / "in", subjects)
    said = _said(tmp_path / "in", tmp_path / "out", engine, definitions)
    assert said.keys() == plain.keys() >= {"verdicts.ndjson", "subjects.ndjson", "scores.ndjson"}
    assert [name for name in said if said[name] != plain[name]] == []
