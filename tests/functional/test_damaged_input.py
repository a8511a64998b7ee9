"""An input that lost something: nobody becomes eligible by the loss, and the run says what is missing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.testing.hospital import SITE, population, write_ndjson
from tests.functional.screening import lines, run, site_folder, verdicts

ENGINES = ("duckdb", "reference")
# The lines whose rows ask for records of a type: no other line may change.
ASKS: dict[str, tuple[str, ...]] = {
    "Condition": ("I1", "I5", "E1", "E5", "E6", "E7", "E8"),
    "Observation": ("I3", "I4", "E1", "E2", "E3", "E4", "E5", "E7"),
    "MedicationStatement": ("I3", "I6", "E8"),
    "MedicationRequest": ("I3", "I6", "E8"),
    "AllergyIntolerance": ("I3", "E8"),
    "Immunization": ("E8",),
}
# Of those, the ones that nothing but records of the type can answer: nobody has an answer any more.
NEEDS: dict[str, tuple[str, ...]] = {"Observation": ("I4", "E2", "E3", "E4")}
# Of those, the ones where one record that is there says enough in favour, whatever else is missing.
SAID_BY_ONE = {
    ("Condition", "I1"),
    ("Observation", "I3"),
    ("MedicationStatement", "I3"),
    ("MedicationRequest", "I3"),
    ("AllergyIntolerance", "I3"),
}
TOWARDS = {"I": "true", "E": "false"}  # the truth that brings a subject nearer to the trial


def _drop(folder: Path, kind: str) -> None:
    for path in folder.glob(f"{kind}.*"):
        path.unlink()


def _truncate(folder: Path, kind: str) -> None:
    plain = folder / f"{kind}.000.ndjson"
    packed = gzip.compress(plain.read_bytes(), mtime=0)
    plain.unlink()
    (folder / f"{kind}.000.ndjson.gz").write_bytes(packed[: len(packed) * 2 // 3])


def _miscount(folder: Path, kind: str) -> None:
    output = []
    for path in sorted(folder.glob("*.ndjson")):
        name = path.name.split(".")[0]
        count = len(path.read_bytes().splitlines()) + (name == kind)
        output.append({"type": name, "url": f"https://h.example/{path.name}", "count": count})
    manifest = {
        "transactionTime": "2026-06-30T00:00:00Z",
        "request": "x",
        "requiresAccessToken": False,
        "output": output,
        "error": [],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _garbage(folder: Path, kind: str) -> None:
    path = folder / f"{kind}.000.ndjson"
    rows = path.read_bytes().splitlines(keepends=True)
    rows.insert(3, b'{"resourceType":"' + kind.encode() + b'","id":"x","code":{"text":"\xff\n')
    path.write_bytes(b"".join(rows))


DAMAGE: dict[str, Callable[[Path, str], None]] = {
    "dropped": _drop,
    "truncated": _truncate,
    "miscounted": _miscount,
    "garbage": _garbage,
}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_folder(tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="module")
def whole(
    definitions: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], dict[str, Any]]:
    """The verdicts over the undamaged input."""
    folder = tmp_path_factory.mktemp("whole")
    write_ndjson(folder / "in", population(60, seed=5))
    run(folder / "in", folder / "out", site=SITE.id, definitions=(definitions,))
    return verdicts(folder / "out")


# The landing treats a damaged file alike whatever its type: each damage to two types, one damage to each of the others.
CASES = [
    (damage, kind)
    for damage in DAMAGE
    for kind in ASKS
    if kind in ("Condition", "Observation") or damage == "miscounted"
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("damage", "kind"), CASES, ids=["-".join(case) for case in CASES])
def test_nobody_comes_nearer_to_the_trial(
    damage: str,
    kind: str,
    engine: str,
    whole: dict[tuple[str, str], dict[str, Any]],
    definitions: Path,
    tmp_path: Path,
) -> None:
    write_ndjson(tmp_path / "in", population(60, seed=5))
    DAMAGE[damage](tmp_path / "in", kind)
    summary = run(tmp_path / "in", tmp_path / "out", engine=engine, site=SITE.id, definitions=(definitions,))
    said = verdicts(tmp_path / "out")
    assert said.keys() == whole.keys()
    for (subject, line), row in said.items():
        before = whole[subject, line]
        if line not in ASKS[kind]:
            assert row == before
        elif line in NEEDS.get(kind, ()):
            assert (row["truth"], row["reason"]) == ("unknown", "INCOMPLETE_DATA")
        elif row["truth"] == "unknown":
            assert row["reason"] in ("INCOMPLETE_DATA", before["reason"]), (subject, line)
        else:  # positive evidence
            assert row["truth"] == before["truth"], (subject, line)
            assert row["evidence"]
            assert row["truth"] != TOWARDS.get(line[0]) or (kind, line) in SAID_BY_ONE, (subject, line)
    incomplete = {line for (_, line), row in said.items() if row["reason"] == "INCOMPLETE_DATA"}
    assert incomplete == set(ASKS[kind])
    assert summary.eligible == 0
    written = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert written["types"][kind]
    assert [name for name, problem in written["types"].items() if problem] == [kind]
    assert any(kind in sentence for sentence in summary.problems)


def test_a_refused_line_is_named(definitions: Path, tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", population(10, seed=5))
    _garbage(tmp_path / "in", "Condition")
    run(tmp_path / "in", tmp_path / "out", site=SITE.id, definitions=(definitions,))
    (refused,) = lines(tmp_path / "out" / "quarantine.ndjson")
    assert (refused["file"], refused["line"], refused["resource_type"]) == (
        "Condition.000.ndjson",
        4,
        "Condition",
    )
    assert refused["reason"] == "not valid UTF-8"
    written = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert written["counts"]["Condition"]["quarantined"] == 1


def test_a_refused_file_is_named(definitions: Path, tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", population(10, seed=5))
    _truncate(tmp_path / "in", "Observation")
    run(tmp_path / "in", tmp_path / "out", site=SITE.id, definitions=(definitions,))
    (refused,) = lines(tmp_path / "out" / "quarantine.ndjson")
    assert (refused["file"], refused["line"]) == ("Observation.000.ndjson.gz", None)
