"""One subject explained after a run: the same facts as in the whole input, from the few lines that can be its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.errors import LandingError, UsageError
from fhir_adapter.model.facts import Fact
from fhir_adapter.screening import SubjectExplanation
from fhir_adapter.testing import hospital
from fhir_adapter.workflows import ScreenRequest, explain_subject, screen

LAB = "http://hospital.example/lab"
MRN = "http://hospital.example/mrn"
TYPES = ("Patient", "Observation", "Condition")
MEDICATIONS = ("Medication", "MedicationStatement", "MedicationRequest", "AllergyIntolerance", "AdverseEvent")
STUDIES = ("ResearchStudy", "ResearchSubject")
Resource = dict[str, Any]


def patient(id_: str, *links: tuple[str, str], mrn: str | None = None) -> Resource:
    identifier = [{"system": MRN, "value": mrn or f"B-{id_}"}]
    link = [{"type": kind, "other": {"reference": other}} for kind, other in links]
    found: Resource = {
        "resourceType": "Patient",
        "id": id_,
        "birthDate": "1980-05-05",
        "identifier": identifier,
    }
    return found | ({"link": link} if link else {})


def platelets(id_: str, subject: str | Resource, value: float = 200, **more: Any) -> Resource:
    of = {"reference": subject} if isinstance(subject, str) else subject
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": LAB, "code": "PLT"}]},
        "subject": of,
        "effectiveDateTime": "2026-06-20",
        "valueQuantity": {"value": value, "unit": "10*9/L"},
        **more,
    }


def by_mrn(value: object) -> Resource:
    return {"identifier": {"system": MRN, "value": value}}


def methotrexate(id_: str, subject: str | None, medication: str = "Medication/m1") -> Resource:
    """An order that says only by reference what was ordered."""
    return {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-01-05",
        "medicationReference": {"reference": medication},
        "dosageInstruction": [
            {"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-05", "end": "2026-06-29"}}}}
        ],
        **({"subject": {"reference": subject}} if subject else {}),
    }


def tablets(id_: str, text: str = "甲氨蝶呤片", **more: Any) -> Resource:
    return {"resourceType": "Medication", "id": id_, "code": {"text": text}, **more}


def write(folder: Path, *resources: Resource, types: Sequence[str] = TYPES) -> Path:
    """One file a type; a type without a resource was pulled, and none is there."""
    folder.mkdir(exist_ok=True)
    for name in types:
        lines = [
            json.dumps(one, ensure_ascii=False) + "\n" for one in resources if one["resourceType"] == name
        ]
        (folder / f"{name}.000.ndjson").write_text("".join(lines), encoding="utf-8")
    return folder


def append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(line + "\n")


def screened(folder: Path, engine: str = "duckdb") -> Path:
    out = folder.with_name("out")
    screen(
        ScreenRequest(
            input=folder,
            trial="tacrolimus-ra",
            out=out,
            site="example-hospital",
            as_of="2026-06-30",
            engine=engine,
        )
    )
    return out


def evidence(facts: Sequence[Fact]) -> list[str]:
    return [fact.evidence for fact in facts]


def unchanged(out: Path, subject: str) -> SubjectExplanation:
    """The explanation, which answers as the run did."""
    found = explain_subject(out, subject)
    assert (found.input_changed, found.answers_changed, found.changed) == (False, False, False)
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []
    return found


def test_explain_subject_quotes_evidence_and_facts_of_one_subject_only(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        patient("p1"),
        patient("p10"),
        platelets("o1", "Patient/p1", 76.5),
        platelets("o2", "Patient/p10"),
    )
    found = unchanged(screened(folder), "Patient/p1")
    assert evidence(found.facts) == ["Observation/o1"]
    assert set(found.quotes) == {"Patient/p1", "Observation/o1"}
    assert '"value": 76.5,' in found.quotes["Observation/o1"]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_explain_subject_of_a_merged_patient_has_the_data_of_both(tmp_path: Path, engine: str) -> None:
    folder = write(
        tmp_path / "in",
        patient("old", ("replaced-by", "Patient/mid")),
        patient("mid"),
        patient("new", ("replaces", "http://hospital.example/fhir/Patient/mid")),
        platelets("o1", "Patient/old"),
        platelets("o2", "http://hospital.example/fhir/Patient/mid/_history/3"),
        platelets("o3", "Patient/new"),
        platelets("o4", by_mrn("B-old")),
    )
    out = screened(folder, engine)
    assert evidence(unchanged(out, "new").facts) == [f"Observation/o{n}" for n in (1, 2, 3, 4)]
    with pytest.raises(UsageError, match="No such patient"):
        explain_subject(out, "old")


def test_explain_subject_leaves_an_unresolved_merge_unresolved(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        patient("a", ("replaced-by", "Patient/b"), ("replaced-by", "Patient/c")),
        patient("b"),
        patient("c"),
        platelets("o1", "Patient/a"),
        platelets("o2", "Patient/b"),
    )
    out = screened(folder)
    assert evidence(unchanged(out, "b").facts) == ["Observation/o2"]
    assert evidence(unchanged(out, "a").facts) == ["Observation/o1"]


def test_explain_subject_follows_urns_of_a_bundle(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("p1", "p2"):
        entries = [
            {"fullUrl": f"urn:uuid:{name}", "resource": patient(name)},
            {"fullUrl": f"urn:uuid:{name}-o", "resource": platelets(f"{name}-o", f"urn:uuid:{name}")},
        ]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (folder / f"{name}.json").write_text(json.dumps(bundle), encoding="utf-8")
    assert evidence(unchanged(screened(folder), "p1").facts) == ["Observation/p1-o"]


@pytest.mark.parametrize("value", ["病历-7", "1", "00123456", 'a"b\\c'])
def test_explain_subject_follows_a_reference_by_identifier_alone(tmp_path: Path, value: str) -> None:
    folder = write(
        tmp_path / "in", patient("p1", mrn=value), patient("p2"), platelets("o1", {"identifier": {}})
    )
    append(folder / "Observation.000.ndjson", json.dumps(platelets("o2", by_mrn(value))))
    assert evidence(unchanged(screened(folder), "p1").facts) == ["Observation/o2"]


def test_explain_subject_does_not_take_an_identifier_that_another_carries_too(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        patient("p1", mrn="0000000"),
        patient("p2", mrn="0000000"),
        platelets("o1", by_mrn("0000000")),
    )
    assert unchanged(screened(folder), "p1").facts == ()


def test_explain_subject_asks_the_newest_version_whose_it_is(tmp_path: Path) -> None:
    first, second = {"meta": {"versionId": "1"}}, {"meta": {"versionId": "2"}}
    folder = write(
        tmp_path / "in",
        patient("p1"),
        patient("p2"),
        platelets("o1", "Patient/p1", **first),
        platelets("o1", "Patient/p2", **second),
        platelets("o2", "Patient/p2", **first),
        platelets("o2", "Patient/p1", **second),
    )
    assert evidence(unchanged(screened(folder), "p1").facts) == ["Observation/o2/_history/2"]


def test_explain_subject_shows_what_no_line_could_use(tmp_path: Path) -> None:
    ra = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "M05.9"}]}
    status = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted"}
        ]
    }
    folder = write(
        tmp_path / "in",
        patient("p1"),
        platelets("cancelled", "Patient/p1", status="cancelled"),
        platelets("draft", "Patient/p1", status="preliminary"),
        platelets("error", "Patient/p1", status="entered-in-error"),
        platelets("hint", "Patient/p1", code={"text": "血小板计数"}),
        platelets("unit", "Patient/p1", valueQuantity={"value": 3, "unit": "卡门单位"}),
        {
            "resourceType": "Condition",
            "id": "refuted",
            "subject": {"reference": "Patient/p1"},
            "code": ra,
            "verificationStatus": status,
        },
    )
    found = unchanged(screened(folder), "p1")
    assert {fact.evidence: fact.problem for fact in found.facts if fact.kind == "quantity"} == {
        "Observation/cancelled": "NOT_A_RESULT",
        "Observation/draft": "PRELIMINARY",
        "Observation/error": "NOT_A_RESULT",
        "Observation/hint": "UNMAPPED_CODE",
        "Observation/unit": "UNIT_NOT_CONVERTIBLE",
    }
    assert {fact.certainty for fact in found.facts if fact.kind == "condition"} == {"refuted"}
    assert {fact.evidence for fact in found.facts} < set(found.quotes)


def test_explain_subject_finds_every_spelling_of_json(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", patient("p1"), platelets("o0", "Patient/p2"))
    for number, spelled in enumerate((r"Patient\/p1", r"\u0050atient/p\u0031", "Patient/p1"), 1):
        line = json.dumps(platelets(f"o{number}", "@")).replace("@", spelled)
        append(folder / "Observation.000.ndjson", line.replace('"reference": ', '"reference" :\t'))
    file = folder / "Observation.000.ndjson"
    (folder / "Observation.001.ndjson.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    facts = unchanged(screened(folder), "p1").facts
    assert evidence(facts) == ["Observation/o1", "Observation/o2", "Observation/o3"]


def test_explain_subject_believes_the_run_about_lines_of_nobody(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", patient("p1"), platelets("o1", "Patient/p1", 200))
    append(folder / "Observation.000.ndjson", '{"resourceType":"Observation","id":"cut"')
    assert evidence(unchanged(screened(folder), "p1").facts) == ["Observation/o1"]


def test_explain_subject_refuses_a_line_that_was_refused_for_the_sake_of_another(tmp_path: Path) -> None:
    """A file is only read line by line, and strictly, if one of its lines cannot be scanned at all."""
    folder = write(tmp_path / "in", patient("p1"), patient("p2"))
    file = folder / "Observation.000.ndjson"
    twice = json.dumps(platelets("o1", "Patient/p1")).replace('"status"', '"status": "final", "status"')
    append(file, json.dumps(platelets("o0", "Patient/p1")))
    append(file, twice)
    append(file, '{"resourceType":"Observation","subject":{"reference":"Patient/p2"}}')
    assert evidence(unchanged(screened(folder), "p1").facts) == ["Observation/o0"]


def test_explain_subject_finds_what_stands_in_the_wrong_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", patient("p1"), platelets("o1", "Patient/p1"))
    old = patient("old", ("replaced-by", "urn:uuid:x"))
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": "urn:uuid:x", "resource": patient("p1")}],
    }
    for resource in (old, bundle, platelets("o2", "Patient/old"), platelets("o3", "urn:uuid:x")):
        append(folder / "Observation.000.ndjson", json.dumps(resource))
    append(folder / "Patient.000.ndjson", json.dumps(platelets("o4", "Patient/old")))
    assert evidence(unchanged(screened(folder), "p1").facts) == [f"Observation/o{n}" for n in (1, 2, 3, 4)]


def verdict_of(out: Path, subject: str, line: str) -> tuple[str, str | None, list[str]]:
    rows = map(json.loads, (out / "verdicts.ndjson").read_text(encoding="utf-8").splitlines())
    (row,) = (row for row in rows if (row["subject"], row["criterion"]) == (subject, line))
    return row["truth"], row["reason"], row["evidence"]


@pytest.mark.parametrize("file", ["Medication", "MedicationRequest", "Patient"])
def test_explain_subject_knows_what_medication_an_order_refers_to(tmp_path: Path, file: str) -> None:
    """Wherever the Medication stands; those of others, contained in their orders, change nothing."""
    other = methotrexate("r2", "Patient/p2", "#in") | {"contained": [tablets("in", "阿司匹林")]}
    folder = write(
        tmp_path / "in",
        *(patient("p1"), patient("p2"), platelets("o1", "Patient/p2")),
        *(methotrexate("r1", "Patient/p1"), other),
        types=(*TYPES, *MEDICATIONS),
    )
    append(folder / f"{file}.000.ndjson", json.dumps(tablets("m1", "泼尼松", meta={"versionId": "1"})))
    append(folder / f"{file}.000.ndjson", json.dumps(tablets("m1", meta={"versionId": "2"})))
    out = screened(folder)
    assert verdict_of(out, "Patient/p1", "I3") == ("unknown", "NO_RECORD", ["MedicationRequest/r1"])
    assert set(unchanged(out, "p1").quotes) >= {"MedicationRequest/r1"}
    assert "MedicationRequest/r1" not in unchanged(out, "p2").quotes


@pytest.mark.parametrize("of", ["Patient/p2", None])
def test_explain_subject_follows_a_suspected_order_of_anybody(tmp_path: Path, of: str | None) -> None:
    suspected: Resource = {
        "resourceType": "AdverseEvent",
        "id": "a1",
        "actuality": "actual",
        "subject": {"reference": "Patient/p1"},
        "date": "2026-03-01",
        "suspectEntity": [{"instance": {"reference": "MedicationRequest/r1"}}],
    }
    folder = write(
        tmp_path / "in",
        *(patient("p1"), patient("p2"), suspected, tablets("m1"), methotrexate("r1", of)),
        types=(*TYPES, *MEDICATIONS),
    )
    out = screened(folder)
    assert verdict_of(out, "Patient/p1", "I3") == ("true", None, ["AdverseEvent/a1"])
    unchanged(out, "p1")
    unchanged(out, "p2")


@pytest.mark.parametrize("file", STUDIES)
def test_explain_subject_knows_who_is_on_the_study(tmp_path: Path, file: str) -> None:
    on_study: Resource = {
        "resourceType": "ResearchSubject",
        "id": "s1",
        "status": "on-study",
        "individual": {"reference": "Patient/p1"},
        "study": {"reference": "ResearchStudy/trial"},
    }
    study = {"resourceType": "ResearchStudy", "id": "trial", "identifier": [{"value": "NCT02837978"}]}
    folder = write(tmp_path / "in", patient("p1"), patient("p2"), on_study, types=(*TYPES, *STUDIES))
    append(folder / f"{file}.000.ndjson", json.dumps(study))
    out = screened(folder)
    rows = [json.loads(line) for line in (out / "verdicts.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [row["subject"] for row in rows if row["criterion"] == "D1"] == ["Patient/p1"]
    unchanged(out, "p1")
    unchanged(out, "p2")


@pytest.mark.parametrize("writer", [hospital.write_ndjson, hospital.write_bundles])
def test_explain_subject_answers_every_patient_of_a_hospital_as_the_run_did(
    tmp_path: Path, writer: Any
) -> None:
    writer(tmp_path / "in", hospital.population(12, seed=7))
    out = screened(tmp_path / "in")
    for row in (out / "subjects.ndjson").read_text(encoding="utf-8").splitlines():
        unchanged(out, json.loads(row)["subject"])


def test_explain_subject_sees_that_the_input_has_changed(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", patient("p1"), patient("p2"), platelets("o1", "Patient/p1"))
    out = screened(folder)
    append(folder / "Observation.000.ndjson", json.dumps(platelets("o2", "Patient/p2")))
    other = explain_subject(out, "p1")
    assert (other.input_changed, other.answers_changed, other.changed) == (True, False, True)
    own = explain_subject(out, "p2")
    assert (own.input_changed, own.answers_changed, own.changed) == (True, True, True)


def test_explain_subject_sees_that_the_answers_are_no_longer_the_same(tmp_path: Path) -> None:
    out = screened(write(tmp_path / "in", patient("p1"), platelets("o1", "Patient/p1", 79)))
    file = out / "verdicts.ndjson"
    file.write_text(file.read_text(encoding="utf-8").replace("79.0", "78.0"), encoding="utf-8")
    found = explain_subject(out, "p1")
    assert (found.input_changed, found.answers_changed) == (False, True)


def test_explain_subject_without_input_or_run_is_a_clear_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", patient("p1"))
    out = screened(folder)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(LandingError):
        explain_subject(out, "p1")
    (out / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="screen again"):
        explain_subject(out, "p1")
