"""The two engines write the same bytes for many thousands of subjects of the synthetic hospital, all archetypes mixed.

Each folder is another seed, so no subject is there twice. FHIR_ADAPTER_DIFFERENTIAL=n sets the number of subjects.
It needs no DATA, but minutes, and so belongs to conformance.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

from fhir_adapter.testing.hospital import LINES, SITE, Subject, population, write_ndjson
from fhir_adapter.testing.hospital.population import ARCHETYPES
from fhir_adapter.workflows import ENGINES
from tests.functional.screening import lines, run, site_folder

pytestmark = pytest.mark.conformance

SUBJECTS = int(os.environ.get("FHIR_ADAPTER_DIFFERENTIAL", "20000"))
PROCESSES = 2
OF_A_FOLDER = max(1, min(2000, -(-SUBJECTS // PROCESSES)))
FIRST_SEED = 1001
EVERY_ARCHETYPE = 1000  # so many subjects of one seed leave none out
OUTPUTS = ("verdicts.ndjson", "subjects.ndjson", "scores.ndjson", "exposures.ndjson", "unmapped.csv")
SHOWN = 20


@dataclass(frozen=True)
class Share:
    """One folder to be made, screened twice, and forgotten."""

    seed: int
    subjects: int
    folder: Path
    definitions: Path


@dataclass(frozen=True)
class Compared:
    """What became of one folder."""

    subjects: frozenset[str]
    archetypes: frozenset[str]
    lines: Counter[str]  # verdicts by line
    differences: tuple[str, ...]


def _shares(folder: Path, definitions: Path) -> list[Share]:
    sizes = [min(OF_A_FOLDER, SUBJECTS - first) for first in range(0, SUBJECTS, OF_A_FOLDER)]
    return [
        Share(FIRST_SEED + n, size, folder / str(FIRST_SEED + n), definitions) for n, size in enumerate(sizes)
    ]


def _compare(share: Share) -> Compared:
    """Make the folder, let both engines screen it, compare byte for byte."""
    gc.disable()  # millions of small objects without cycles: looking for garbage only costs time
    archetypes: set[str] = set()

    def people() -> Iterator[Subject]:
        for subject in population(share.subjects, seed=share.seed):
            archetypes.update(subject.archetypes)
            yield subject

    write_ndjson(share.folder / "in", people())
    for engine in ENGINES:
        out = share.folder / engine
        run(share.folder / "in", out, engine=engine, site=SITE.id, definitions=(share.definitions,))
    fast, obvious = (share.folder / engine for engine in ENGINES)
    compared = Compared(
        subjects=frozenset(row["subject"] for row in lines(obvious / "subjects.ndjson")),
        archetypes=frozenset(archetypes),
        lines=Counter(row["criterion"] for row in lines(obvious / "verdicts.ndjson")),
        differences=tuple(_differences(share.seed, fast, obvious)),
    )
    if not compared.differences:
        shutil.rmtree(share.folder)  # one that differs is kept: its records are needed to find out why
    gc.collect()
    return compared


def _differences(seed: int, fast: Path, obvious: Path) -> Iterator[str]:
    """Every line that is not the same in both out folders."""
    for name in OUTPUTS:
        one, other = (fast / name).read_bytes(), (obvious / name).read_bytes()
        if one == other:
            continue
        pairs = zip_longest(one.splitlines(), other.splitlines(), fillvalue=b"")
        for number, (duckdb, reference) in enumerate(pairs, start=1):
            if duckdb != reference:
                yield f"seed {seed}, {name}:{number}\n  duckdb    {duckdb!r}\n  reference {reference!r}"
        if one.splitlines() == other.splitlines():
            yield f"seed {seed}, {name}: other line ends"


def _end_with_the_tests() -> None:
    """Tests that are killed must not leave processes behind that wait for ever."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    """All folders; each process takes the next one, so that both cores are busy to the end."""
    folder = tmp_path_factory.mktemp("differential")
    definitions = site_folder(folder / "definitions")
    spawned = multiprocessing.get_context("spawn")  # a forked DuckDB does not answer
    with ProcessPoolExecutor(PROCESSES, spawned, _end_with_the_tests) as pool:
        return list(pool.map(_compare, _shares(folder, definitions)))


def test_the_engines_write_the_same_bytes(compared: list[Compared]) -> None:
    found = [difference for one in compared for difference in one.differences]
    assert not found, f"{len(found)} lines differ:\n" + "\n".join(found[:SHOWN])


def test_every_subject_is_another_one_and_has_an_answer_to_every_line(compared: list[Compared]) -> None:
    people = sum(len(one.subjects) for one in compared)
    assert people >= SUBJECTS
    assert len(frozenset[str]().union(*(one.subjects for one in compared))) == people
    counted = sum((one.lines for one in compared), Counter[str]())
    assert {line for line in LINES if counted[line] != people} == {"D1"}  # of those on study only


@pytest.mark.skipif(OF_A_FOLDER < EVERY_ARCHETYPE, reason="too few subjects to hold every archetype")
def test_every_archetype_is_among_them(compared: list[Compared]) -> None:
    there = frozenset[str]().union(*(one.archetypes for one in compared))
    assert {f"{line}/{a.name}" for line, of in ARCHETYPES.items() for a in of} - there == set()
