"""The synthetic hospital is deterministic, complete, well-formed; its truths are checked with the engines."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.testing.hospital import (
    LINES,
    SITE,
    Subject,
    population,
    write_bulk,
    write_bundles,
    write_ndjson,
    write_truth,
)
from fhir_adapter.testing.hospital.people import IDENTITIES
from fhir_adapter.testing.hospital.population import ARCHETYPES
from fhir_adapter.testing.hospital.writers import TYPES

MEDICATION_TYPES = {"MedicationStatement", "MedicationRequest", "MedicationAdministration"}
# R4 elements with minimum cardinality 1, and those without which the resource would mean nothing
REQUIRED = {
    "Patient": {"id", "identifier", "name"},
    "Condition": {"id", "subject", "code"},
    "Observation": {"id", "status", "code", "subject"},
    "MedicationStatement": {"id", "status", "subject"},
    "MedicationRequest": {"id", "status", "intent", "subject"},
    "MedicationAdministration": {"id", "status", "subject", "effectiveDateTime"},
    "Medication": {"id", "code"},
    "AllergyIntolerance": {"id", "patient"},
    "Immunization": {"id", "status", "vaccineCode", "patient"},
    "Procedure": {"id", "status", "subject"},
    "AdverseEvent": {"id", "actuality", "subject"},
    "ResearchSubject": {"id", "status", "study", "individual"},
    "ResearchStudy": {"id", "status"},
}
# what a line can answer: I5 and E8 are a person's, D1 is only proposed
POSSIBLE = {line: set(Truth) for line in LINES} | {
    "I5": {Truth.TRUE, Truth.UNKNOWN},
    "E8": {Truth.FALSE, Truth.UNKNOWN},
    "D1": {Truth.UNKNOWN},
}
OBSERVATION_STATUS = {
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
}


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return list(population(1000))


def everything(subjects: list[Subject]) -> list[dict[str, Any]]:
    return [resource for subject in subjects for resource in subject.resources]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def references(element: Any) -> list[str]:
    if isinstance(element, list):
        return [found for item in element for found in references(item)]
    if not isinstance(element, dict):
        return []
    own = [element["reference"]] if isinstance(element.get("reference"), str) else []
    return own + [found for value in element.values() for found in references(value)]


def test_the_same_seed_gives_the_same_subjects() -> None:
    assert list(population(40)) == list(population(40))
    assert list(population(40, seed=2)) != list(population(40))


def test_a_smaller_population_is_the_beginning_of_a_larger_one() -> None:
    assert list(population(25)) == list(population(60))[:25]


def test_the_index_date_moves_the_whole_record() -> None:
    winter = json.dumps([s.resources for s in population(30, as_of="2027-01-15")])
    assert "2027-01-" in winter
    with pytest.raises(ValueError, match="isoformat"):
        next(population(1, as_of="yesterday"))


def test_every_archetype_appears(subjects: list[Subject]) -> None:
    picked = {name for subject in subjects for name in subject.archetypes}
    wanted = {f"{line}/{archetype.name}" for line, table in ARCHETYPES.items() for archetype in table}
    wanted |= {f"identity/{identity.__name__}" for identity, _ in IDENTITIES}
    assert wanted <= picked
    assert picked - wanted == {"identity/without_data"}


@pytest.mark.parametrize("line", LINES)
def test_archetypes_of_a_line_have_names_of_their_own(line: str) -> None:
    names = [archetype.name for archetype in ARCHETYPES[line]]
    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("line", LINES)
def test_most_picks_of_a_line_are_ordinary(subjects: list[Subject], line: str) -> None:
    ordinary = {f"{line}/{archetype.name}" for archetype in ARCHETYPES[line] if archetype.weight}
    picks = [name for subject in subjects for name in subject.archetypes if name.startswith(f"{line}/")]
    assert 0.65 < sum(name in ordinary for name in picks) / len(picks) < 0.95


@pytest.mark.parametrize("line", LINES)
def test_each_line_has_all_its_answers(subjects: list[Subject], line: str) -> None:
    answers = Counter(subject.truth[line][0] for subject in subjects if line in subject.truth)
    assert set(answers) == POSSIBLE[line]
    assert min(answers.values()) >= 25


def against(subject: Subject) -> list[str]:
    """The lines that leave the subject out."""
    wrong = {"I": Truth.FALSE, "E": Truth.TRUE}
    return [line for line, (truth, _) in subject.truth.items() if truth == wrong.get(line[0])]


def test_about_a_quarter_is_eligible_and_many_nearly_so(subjects: list[Subject]) -> None:
    alive = [s for s in subjects if not s.deceased]
    known = [s for s in alive if not any(t == Truth.UNKNOWN for k, (t, _) in s.truth.items() if k != "D1")]
    eligible = sum(not against(subject) for subject in known)
    assert 0.2 < eligible / len(subjects) < 0.32
    assert sum(len(against(subject)) == 1 for subject in alive) > 0.1 * len(subjects)


def test_unknown_has_a_reason_and_nothing_else_has(subjects: list[Subject]) -> None:
    for subject in subjects:
        assert tuple(subject.truth) in (LINES, LINES[:-1])  # D1 only on study
        for truth, reason in subject.truth.values():
            assert (reason is None) == (Truth(truth) is not Truth.UNKNOWN)
            assert reason is None or Reason(reason)


def test_an_archetype_always_answers_unknown_with_the_same_reason(subjects: list[Subject]) -> None:
    """An archetype may choose between answers by chance, but it stands for one reason of its own.

    What the rest of the record does to it (its silence, its list, its drugs) has reasons beside that.
    """
    of_the_record = {Reason.NO_RECORD, Reason.UNMAPPED_CODE, Reason.NEEDS_JUDGEMENT}
    reasons: dict[str, set[str]] = {}
    for subject in subjects:
        for name in subject.archetypes:
            reason = subject.truth.get(name.split("/")[0], (None, None))[1]
            if reason and reason not in of_the_record:
                reasons.setdefault(name, set()).add(str(reason))
    assert {name: found for name, found in reasons.items() if len(found) > 1} == {}


def test_resources_have_what_r4_requires(subjects: list[Subject]) -> None:
    for resource in everything(subjects):
        kind = resource["resourceType"]
        assert set(resource) >= REQUIRED[kind], resource
        assert re.fullmatch(r"[0-9a-f-]{36}", resource["id"])
        assert not any(value in (None, [], {}, "") for value in resource.values()), resource
        if kind == "Observation":
            assert resource["status"] in OBSERVATION_STATUS
            assert resource["code"].get("coding") or resource["code"].get("text")
            assert len([key for key in resource if re.match(r"value[A-Z]|effective[A-Z]", key)]) <= 2


def test_ids_are_unique_but_for_intended_versions(subjects: list[Subject]) -> None:
    owners: dict[str, str] = {}
    versions = Counter[tuple[str, str, str]]()
    for subject in subjects:
        for resource in subject.resources:
            assert owners.setdefault(resource["id"], subject.id) == subject.id
            versions[resource["resourceType"], resource["id"], resource["meta"]["versionId"]] += 1
    assert max(versions.values()) == 1
    assert len(versions) > len({key[:2] for key in versions})


def test_record_numbers_belong_to_one_patient(subjects: list[Subject]) -> None:
    patients = {
        r["id"]: r["identifier"][0]["value"] for r in everything(subjects) if r["resourceType"] == "Patient"
    }
    assert len(set(patients.values())) == len(patients)


def test_a_record_has_the_size_of_a_real_one(subjects: list[Subject]) -> None:
    resources = everything(subjects)
    assert 45 * len(subjects) < len(resources) < 65 * len(subjects)
    medications = sum(resource["resourceType"] in MEDICATION_TYPES for resource in resources)
    assert 4 * len(subjects) < medications < 9 * len(subjects)
    assert (
        600 < sum(len(json.dumps(r, ensure_ascii=False).encode()) for r in resources) / len(resources) < 1500
    )


def test_replaced_patients_have_no_row(subjects: list[Subject]) -> None:
    rows = {subject.id for subject in subjects}
    replaced = {old for subject in subjects for old in subject.replaced}
    assert replaced
    assert not rows & replaced
    for subject in subjects:
        patients = {r["id"] for r in subject.resources if r["resourceType"] == "Patient"}
        assert patients == {subject.id, *subject.replaced}


def test_the_dead_are_told(subjects: list[Subject]) -> None:
    dead = [s for s in subjects if s.deceased]
    assert 5 < len(dead) < 100
    for subject in dead:
        text = json.dumps(subject.resources)
        assert '"deceasedBoolean": true' in text or "deceasedDateTime" in text


def test_ndjson_folder(tmp_path: Path) -> None:
    subjects = list(population(30))
    write_ndjson(tmp_path / "one", subjects)
    assert list(files(tmp_path / "one")) == [f"{kind}.000.ndjson" for kind in sorted(TYPES)]
    lines = b"".join(files(tmp_path / "one").values()).decode().splitlines()
    assert sorted(json.dumps(json.loads(line)) for line in lines) == sorted(
        map(json.dumps, everything(subjects))
    )


def test_ndjson_in_several_packed_files_holds_the_same(tmp_path: Path) -> None:
    subjects = list(population(30))
    write_ndjson(tmp_path / "one", subjects)
    for again in ("many", "again"):
        write_ndjson(tmp_path / again, iter(subjects), gzip=True, files_per_type=3)
    assert files(tmp_path / "many") == files(tmp_path / "again")
    assert len(files(tmp_path / "many")) == 3 * len(TYPES)
    for kind in TYPES:
        paths = [tmp_path / "many" / f"{kind}.{k:03d}.ndjson.gz" for k in range(3)]
        packed = [gzip.decompress(path.read_bytes()) for path in paths]
        whole = (tmp_path / "one" / f"{kind}.000.ndjson").read_bytes()
        assert sorted(b"".join(packed).splitlines()) == sorted(whole.splitlines())


def test_every_type_has_a_file_even_if_nobody_has_one(tmp_path: Path) -> None:
    write_ndjson(tmp_path, [])
    assert len(files(tmp_path)) == len(TYPES)


def test_references_of_a_bundle_resolve(tmp_path: Path, subjects: list[Subject]) -> None:
    write_bundles(tmp_path, subjects[:300])
    for subject in subjects[:300]:
        bundle = json.loads((tmp_path / f"{subject.id}.json").read_bytes())
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
        urls = {entry["fullUrl"] for entry in bundle["entry"]}
        assert all(url.startswith("urn:uuid:") for url in urls)
        assert all(entry["request"]["method"] == "POST" for entry in bundle["entry"])
        own = {url.removeprefix("urn:uuid:") for url in urls}
        for reference in references(bundle):
            if reference.startswith("urn:uuid:"):
                assert reference in urls
            elif not reference.startswith("#"):  # a stranger's Patient, or nobody's
                assert reference.split("/")[1] not in own


def test_bundles_hold_the_resources_unchanged_but_for_references(tmp_path: Path) -> None:
    (subject,) = population(1)
    write_bundles(tmp_path, [subject])
    bundle = json.loads((tmp_path / f"{subject.id}.json").read_bytes())
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [r["id"] for r in subject.resources]
    assert "urn:uuid:" not in json.dumps(subject.resources)


def test_truth_file(tmp_path: Path) -> None:
    subjects = list(population(20))
    write_truth(tmp_path / "truth.csv", subjects)
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["subject", "line", "truth", "reason"]
    assert len(rows) == sum(len(subject.truth) for subject in subjects)
    assert {row["truth"] for row in rows} == {"true", "false", "unknown"}
    assert rows[0]["subject"] == f"Patient/{subjects[0].id}"


def codings(element: Any) -> list[dict[str, Any]]:
    if isinstance(element, list):
        return [found for item in element for found in codings(item)]
    if not isinstance(element, dict):
        return []
    return element.get("coding", []) + [found for value in element.values() for found in codings(value)]


def test_every_local_code_that_the_site_maps_is_sent(subjects: list[Subject]) -> None:
    sent = {(c.get("system"), c.get("code")) for r in everything(subjects) for c in codings(r)}
    assert len(SITE.code_maps) == 27
    assert set(SITE.code_maps) <= sent


def test_bulk_is_deterministic_and_of_realistic_size(tmp_path: Path) -> None:
    for name in ("one", "again"):
        write_bulk(tmp_path / name, 40, seed=3, files_per_type=2)
    assert files(tmp_path / "one") == files(tmp_path / "again")
    lines = b"".join(files(tmp_path / "one").values()).splitlines()
    assert len(lines) == 40 * 54
    assert 1000 < sum(map(len, lines)) / len(lines) < 1300
    resources = [json.loads(line) for line in lines]
    assert len({r["id"] for r in resources}) == len(resources)
    assert all(set(r) >= REQUIRED[r["resourceType"]] for r in resources)


def test_bulk_in_other_files_is_the_same(tmp_path: Path) -> None:
    write_bulk(tmp_path / "one", 12)
    write_bulk(tmp_path / "three", 12, files_per_type=3)
    one, three = (b"".join(files(tmp_path / name).values()) for name in ("one", "three"))
    assert one == three
