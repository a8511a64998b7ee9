"""Both engines against third-party records: Synthea bundles, HL7's and Taiwan's examples, a torn export, broken JSON.

Everything is read from DATA; nothing of it is kept here. Expected numbers come from a plain walk over the JSON.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.engines.duckdb import DuckDBEngine
from fhir_adapter.engines.reference import ReferenceEngine
from fhir_adapter.landing import open_input
from fhir_adapter.landing.quoting import quote
from fhir_adapter.workflows import ENGINES, ScreenRequest, ScreenSummary, screen
from tests.screened import TYPES
from tests.screened import screened as ask

if "DATA" not in os.environ and "CI" not in os.environ:
    pytest.skip("DATA is not set", allow_module_level=True)

pytestmark = pytest.mark.conformance

DATA = Path(os.environ.get("DATA", ""))
BUNDLES = DATA / "ra-bundles"
SUITE = DATA / "json-testsuite" / "test_parsing"
AS_OF = "2026-06-30"
OUTPUTS = (
    *("verdicts.ndjson", "subjects.ndjson", "scores.ndjson", "exposures.ndjson"),
    *("unmapped.csv", "quarantine.ndjson"),
)
LINES = 14  # D1 is asked of nobody here: no record of a study is about this trial
WRAPPERS = {"OperationOutcome", "Parameters"}  # they comment on resources and are no data


@dataclass(frozen=True)
class Screened:
    """An out folder, read."""

    out: Path
    summary: ScreenSummary

    @property
    def run(self) -> dict[str, Any]:
        return json.loads((self.out / "run.json").read_bytes())

    def rows(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / f"{name}.ndjson").read_bytes().splitlines()]

    def verdict(self, criterion: str) -> dict[str, dict[str, Any]]:
        """One line's verdict by the subject's id."""
        rows = self.rows("verdicts")
        return {row["subject"][8:]: row for row in rows if row["criterion"] == criterion}

    def counted(self) -> dict[str, int]:
        """Resources per type: what went where adds up to what was seen."""
        counts = self.run["counts"]
        for name, of in counts.items():
            apart = ("used", "superseded", "unlinked", "not_needed", "replaced")
            assert of.get("seen", 0) == sum(of.get(key, 0) for key in apart), name
        return {name: of.get("seen", 0) + of["quarantined"] for name, of in counts.items()}


def screened(source: Path, out: Path, engine: str, as_of: str = AS_OF) -> Screened:
    request = ScreenRequest(input=source, trial="tacrolimus-ra", out=out, as_of=as_of, engine=engine)
    return Screened(out, screen(request))


def walk(resource: dict[str, Any]) -> Iterator[str]:
    """Types of the resources that a document holds, nested Bundles opened."""
    if resource["resourceType"] == "Bundle":
        for entry in resource.get("entry", []):
            if "resource" in entry:
                yield from walk(entry["resource"])
    elif resource["resourceType"] not in WRAPPERS:
        yield resource["resourceType"]


def expected_counts(folder: Path) -> Counter[str]:
    return Counter(
        name for path in sorted(folder.rglob("*.json")) for name in walk(json.loads(path.read_bytes()))
    )


def truths() -> list[dict[str, str]]:
    """The rows of truth.csv whose Bundle is there to be read."""
    if not (BUNDLES / "truth.csv").is_file():
        return []  # test_all_the_data_is_there says so; a collection error would not
    with (BUNDLES / "truth.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["use"] == "dev"]


def test_all_the_data_is_there() -> None:
    assert len(truths()) == len(list((BUNDLES / "dev").glob("*.json"))) == 3
    assert Counter(path.name[0] for path in SUITE.glob("*.json")) == {"n": 188, "y": 95, "i": 35}


# --- Synthea bundles with rheumatoid arthritis -------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What truth.csv says of one Bundle, and what an engine made of it."""

    truth: dict[str, str]
    source: Path
    screened: Screened
    quoted: dict[str, dict[str, Any]]

    def verdict(self, criterion: str) -> dict[str, Any]:
        (verdict,) = self.screened.verdict(criterion).values()
        return verdict


@pytest.fixture(
    scope="module", params=[(row["file"], engine) for row in truths() for engine in ENGINES], ids=str
)
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Known:
    file, engine = request.param
    (truth,) = (row for row in truths() if row["file"] == file)
    parent = tmp_path_factory.mktemp("bundle")
    folder = parent / "in"
    folder.mkdir()
    shutil.copyfile(BUNDLES / "dev" / file, folder / file)
    done = screened(folder, parent / "out", engine)
    named = [reference for row in done.rows("verdicts") for reference in row["evidence"]]
    quoted = quote(open_input(folder, work=parent / "landing"), named)
    return Known(truth, folder, done, {reference: json.loads(raw) for reference, raw in quoted.items()})


def test_bundle_every_resource_is_accounted_for(known: Known) -> None:
    counted = +Counter(known.screened.counted())
    assert counted == expected_counts(known.source)
    assert counted.total() == int(known.truth["resources"])
    absent = [f"{name}: not pulled: the input holds no {name}" for name in sorted({*TYPES} - counted.keys())]
    assert list(known.screened.summary.problems) == absent
    assert all(known.screened.run["counts"][name]["seen"] == 0 for name in {*TYPES} - counted.keys())


def test_bundle_patient_is_read(known: Known) -> None:
    verdict = known.verdict("I2")
    (patient,) = (known.quoted[reference] for reference in verdict["evidence"])
    assert patient["id"] == known.truth["patient_id"]
    assert (patient["gender"], patient["birthDate"]) == (known.truth["gender"], known.truth["birthDate"])
    born, today = date.fromisoformat(known.truth["birthDate"]), date.fromisoformat(AS_OF)
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert (verdict["truth"], verdict["value"]) == ("true", years)


def test_bundle_death_excludes_from_its_instant_on(known: Known, tmp_path: Path) -> None:
    (result,) = known.screened.rows("subjects")
    assert ("deceased" in result["blocked_by"]) == bool(known.truth["deceased"])
    if known.truth["deceased"]:
        died = datetime.fromisoformat(known.truth["deceased"])
        engine = known.screened.run["engine"]
        for seconds in (0, -1):
            as_of = (died + timedelta(seconds=seconds)).isoformat()
            (row,) = screened(known.source, tmp_path / str(seconds), engine, as_of).rows("subjects")
            assert (row["blocked_by"] == ["deceased"]) == (seconds == 0)


def test_bundle_rheumatoid_arthritis_is_found(known: Known) -> None:
    verdict = known.verdict("I1")
    assert (verdict["truth"], len(verdict["evidence"])) == ("true", int(known.truth["ra_conditions"]))
    found = [known.quoted[reference] for reference in verdict["evidence"]]
    assert [condition.get("onsetDateTime", "") for condition in found] == [known.truth["ra_onset"]]
    assert [condition.get("abatementDateTime", "") for condition in found] == [known.truth["ra_abatement"]]
    assert ("not-active" in verdict["notes"]) == bool(known.truth["ra_abatement"])


def test_bundle_latest_alt_and_ast_are_the_evidence_as_sent(known: Known) -> None:
    told = [known.truth[name] for name in ("alt_last", "ast_last") if known.truth[name]]
    verdict = known.verdict("E3")
    assert (verdict["truth"], verdict["reason"]) == ("unknown", "TOO_OLD" if told else "NO_RECORD")
    results = [known.quoted[reference] for reference in verdict["evidence"]]
    shown = [
        str((result["effectiveDateTime"], result["valueQuantity"]["value"], result["valueQuantity"]["unit"]))
        for result in results
    ]
    assert shown == told


def test_bundle_alt_and_ast_become_facts(known: Known, tmp_path: Path) -> None:
    engine = {"duckdb": DuckDBEngine, "reference": ReferenceEngine}[known.screened.run["engine"]]()
    facts = ask(engine, known.source, tmp_path, site=None, as_of=AS_OF).screening.facts
    for name in ("alt", "ast"):
        rows = sorted((f.start_high, f.low, f.high, f.unit, f.problem) for f in facts if f.input == name)
        assert len(rows) == int(known.truth[f"{name}_n"])
        if rows:
            told = re.fullmatch(r"\('(.+)', (.+), '(.+)'\)", known.truth[f"{name}_last"])
            assert told is not None
            instant = round(datetime.fromisoformat(told[1]).timestamp() * 1_000_000)
            assert rows[-1] == (instant, float(told[2]), float(told[2]), told[3], None)


def test_bundle_methotrexate_orders_are_exposures_of_unknown_end(known: Known) -> None:
    orders = [row for row in known.screened.rows("exposures") if row["drug"] == "methotrexate"]
    assert len(orders) == int(known.truth["mtx_orders"])
    told = known.truth["mtx_status_date"].split("@")[1:]
    assert [row["certain_low"] for row in orders] == [row["certain_high"] for row in orders] == told
    assert {(row["source_type"], row["ends"], row["dose_problem"]) for row in orders} <= {
        ("MedicationRequest", "unknown", "DOSE_NOT_CODED")
    }


# --- folders of examples -----------------------------------------------------------------------------------------

FOLDERS = {
    "hl7-r4-examples": DATA / "hl7-r4-examples",
    "tw-core": DATA / "tw-core" / "example",
    "ra-bundles": BUNDLES / "dev",
    "bulk-export-incomplete": DATA / "bulk-export-incomplete",
}


@pytest.fixture(scope="module", params=FOLDERS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Screened, Screened]:
    out = tmp_path_factory.mktemp("folder")
    fast, obvious = (
        screened(FOLDERS[request.param], out / engine, engine) for engine in ("duckdb", "reference")
    )
    return request.param, fast, obvious


def test_folder_engines_write_the_same_bytes(both: tuple[str, Screened, Screened]) -> None:
    _, fast, obvious = both
    for name in OUTPUTS:
        assert (fast.out / name).read_bytes() == (obvious.out / name).read_bytes(), name
    assert {**fast.run, "engine": ""} == {**obvious.run, "engine": ""}


def test_folder_every_resource_is_accounted_for(both: tuple[str, Screened, Screened]) -> None:
    name, fast, obvious = both
    if name == "bulk-export-incomplete":
        files = FOLDERS[name].glob("*.000.ndjson")
        expected = Counter({path.name.split(".")[0]: path.read_bytes().count(b"\n") for path in files})
    else:
        expected = expected_counts(FOLDERS[name])
    if name == "hl7-r4-examples":
        expected["Patient"] += 1  # a deletion by search criteria: an entry that is refused, not a resource
    for done in (fast, obvious):
        assert +Counter(done.counted()) == expected


def test_folder_every_patient_has_a_row_and_nobody_is_eligible(both: tuple[str, Screened, Screened]) -> None:
    for done in both[1:]:
        patients = done.run["counts"]["Patient"]
        assert done.summary.subjects == patients["used"] == len(done.rows("subjects")) > 0
        assert done.summary.not_built == ()
        assert done.summary.eligible == 0  # nobody here was examined for this trial
        assert len(done.rows("verdicts")) == LINES * patients["used"]


@pytest.mark.parametrize("engine", ENGINES)
def test_torn_export_is_called_incomplete_and_nothing_is_believed(engine: str, tmp_path: Path) -> None:
    done = screened(DATA / "bulk-export-incomplete", tmp_path / "out", engine)
    assert any("export log" in problem for problem in done.summary.problems)
    assert any(problem.startswith("Observation") for problem in done.summary.problems)
    assert all(done.run["types"].values()), "no type is called complete"
    assert done.summary.eligible == 0
    for criterion in ("I4", "E2", "E3", "E4"):
        for verdict in done.verdict(criterion).values():
            assert (verdict["truth"], verdict["reason"]) == ("unknown", "INCOMPLETE_DATA")
    assert {verdict["truth"] for verdict in done.verdict("I1").values()} <= {"true", "unknown"}


# --- broken JSON where it is read --------------------------------------------------------------------------------

GOOD_DAY, BAD_DAY = "2026-06-20", "2026-06-25"
WBC = b'{"coding":[{"system":"http://loinc.org","code":"6690-2"}]}'
PLATELETS = b'{"coding":[{"system":"http://loinc.org","code":"777-3"}]}'


def suite(kind: str) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(SUITE.glob(f"{kind}_*.json"))}


def numbers(kind: str) -> dict[str, bytes]:
    """What stands between the brackets of the suite's numbers, so that it is a number where a number is expected."""
    bare = {name: re.fullmatch(rb"\s*\[(.*)\]\s*", raw, re.DOTALL) for name, raw in suite(kind).items()}
    return {name: found[1] for name, found in bare.items() if found and name.startswith(f"{kind}_number")}


def observation(number: int, kind: str, code: bytes, day: str, value: bytes) -> bytes:
    return (
        b'{"resourceType":"Observation","id":"%s-%d","status":"final","code":%s,"subject":{"reference":"Patient/p%d"},'
        b'"effectiveDateTime":"%s","valueQuantity":{"value":%s,"unit":"10*9/L"}}\n'
        % (kind.encode(), number, code, number, day.encode(), value)
    )


def hospital(folder: Path, contents: list[bytes]) -> list[int]:
    """A folder in which each content is the newest white cell count of its own patient; on which lines they begin.

    Everybody has good counts five days earlier: a content that is silently dropped would leave those to decide.
    """
    folder.mkdir()
    count = len(contents)
    patients = [b'{"resourceType":"Patient","id":"p%d","birthDate":"1970-01-01"}\n' % n for n in range(count)]
    (folder / "Patient.ndjson").write_bytes(b"".join(patients))
    good = [
        observation(n, "good", WBC, GOOD_DAY, b"5") + observation(n, "plt", PLATELETS, GOOD_DAY, b"200")
        for n in range(count)
    ]
    (folder / "Observation.000.ndjson").write_bytes(b"".join(good))
    lines = [observation(n, "new", WBC, BAD_DAY, content.rstrip(b"\n")) for n, content in enumerate(contents)]
    (folder / "Observation.001.ndjson").write_bytes(b"".join(lines))
    begins, line = [], 1
    for raw in lines:
        begins.append(line)
        line += raw.count(b"\n")
    return begins


def refused(done: Screened, file: str) -> set[int]:
    return {row["line"] for row in done.rows("quarantine") if row["file"] == file}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("contents", [suite, numbers])
def test_invalid_value_is_refused_by_line_and_never_decides(
    contents: Any, engine: str, tmp_path: Path
) -> None:
    cases = contents("n")
    assert len(cases) >= 49
    begins = hospital(tmp_path / "in", list(cases.values()))
    done = screened(tmp_path / "in", tmp_path / "out", engine)
    named = refused(done, "Observation.001.ndjson")
    assert {name for name, line in zip(cases, begins, strict=True) if line not in named} == set()
    verdicts = done.verdict("E2")
    assert len(verdicts) == len(cases)
    assert {(row["truth"], row["value"]) for row in verdicts.values()} == {("unknown", None)}


@pytest.mark.parametrize("engine", ENGINES)
def test_valid_number_is_read_exactly(engine: str, tmp_path: Path) -> None:
    cases = numbers("y")
    assert len(cases) == 19
    hospital(tmp_path / "in", list(cases.values()))
    done = screened(tmp_path / "in", tmp_path / "out", engine)
    assert done.rows("quarantine") == []
    verdicts = done.verdict("E2")
    for number, (name, raw) in enumerate(cases.items()):
        verdict = verdicts[f"p{number}"]
        value = float(raw)
        if value < 0:
            assert (verdict["truth"], verdict["reason"]) == ("unknown", "UNREADABLE_VALUE"), name
        else:
            assert verdict["truth"] == ("true" if value < 3 else "false"), name
            assert f"Observation/new-{number}" in verdict["evidence"], name


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("contents", [suite, numbers])
@pytest.mark.parametrize("kind", ["y", "i"])
def test_value_that_may_be_read_never_ends_a_run(
    contents: Any, kind: str, engine: str, tmp_path: Path
) -> None:
    """Mostly lists and texts where a number belongs: refused, unreadable, or a number as Python reads it."""
    cases = contents(kind)
    begins = hospital(tmp_path / "in", list(cases.values()))
    done = screened(tmp_path / "in", tmp_path / "out", engine)
    named = refused(done, "Observation.001.ndjson")
    verdicts = done.verdict("E2")
    assert len(verdicts) == len(cases)
    for number, ((name, raw), line) in enumerate(zip(cases.items(), begins, strict=True)):
        verdict = verdicts[f"p{number}"]
        if line in named or verdict["truth"] == "unknown":
            continue
        assert (verdict["truth"] == "true") == (float(raw) < 3), name


@pytest.mark.parametrize("engine", ENGINES)
def test_suite_as_lines_and_as_files_costs_itself_only(engine: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    hospital(folder, [b"4"])
    everything = {name: raw for kind in "nyi" for name, raw in suite(kind).items()}
    (folder / "Observation.002.ndjson").write_bytes(b"\n".join(everything.values()) + b"\n")
    for name, raw in everything.items():
        (folder / f"{name}.json").write_bytes(raw)
    done = screened(folder, tmp_path / "out", engine)
    assert done.run["counts"]["Observation"]["seen"] == 3
    assert done.run["counts"]["Patient"]["used"] == 1
    empty = {"y_array_empty", "y_structure_whitespace_array"}  # a list of no resources is no fault
    named = {row["file"] for row in done.rows("quarantine")}
    assert named == {"Observation.002.ndjson", *(f"{name}.json" for name in everything.keys() - empty)}
    assert len(refused(done, "Observation.002.ndjson")) > 300
    (verdict,) = done.verdict("E2").values()
    assert (verdict["truth"], verdict["reason"]) == ("unknown", "INCOMPLETE_DATA")
    assert done.summary.problems
