"""The harness as a whole: filled in one call, asked in process and over its socket, spoilt, signed in to."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fhir_adapter.testing import hospital
from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.folders import FolderError, read_folder
from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.time import ManualClock

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female"}


@pytest.fixture
def harness() -> Iterator[Harness]:
    with Harness(clock=ManualClock()) as started:
        yield started


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url)


def test_socket_and_session_reach_the_same_server(harness: Harness) -> None:
    session = harness.session()
    assert session.put(f"{harness.url}/Patient/p1", json=PATIENT).status_code == 201
    found = get(f"{harness.url}/Patient/p1").json()
    assert found == harness.read("Patient", "p1") == session.get(f"{harness.url}/Patient/p1").json()
    assert found["meta"]["versionId"] == "1"
    assert [entry.method for entry in harness.journal] == ["PUT", "GET", "GET"]


def test_session_needs_no_start_and_no_socket() -> None:
    harness = Harness()
    try:
        assert harness.session().get(f"{harness.url}/metadata").json()["fhirVersion"] == "4.0.1"
    finally:
        harness.close()


def test_counts_tell_what_is_in_the_store(harness: Harness) -> None:
    assert (harness.count(), harness.counts(), harness.read("Patient", "p1")) == (0, {}, None)
    harness.load([PATIENT, {"resourceType": "Patient"}, {"resourceType": "Condition", "id": "c1"}])
    assert harness.counts() == {"Condition": 1, "Patient": 2}
    harness.session().delete(f"{harness.url}/Patient/p1")
    assert (harness.count("Patient"), harness.count(), harness.count("Procedure")) == (1, 2, 0)
    assert harness.read("Patient", "p1") is None


def test_population_is_the_same_for_the_same_seed(harness: Harness) -> None:
    count = harness.population(3, seed=7)
    assert count >= harness.count() > 100
    with Harness(clock=ManualClock()) as other:
        other.population(3, seed=7)
        assert other.counts() == harness.counts()
        (first,) = {entry["resource"]["id"] for entry in _entries(harness, "Patient?_count=1")}
        assert other.read("Patient", first) == harness.read("Patient", first)


def _entries(harness: Harness, query: str) -> list[Any]:
    entries: list[Any] = harness.session().get(f"{harness.url}/{query}").json()["entry"]
    return entries


def test_faults_act_and_are_in_the_journal(harness: Harness) -> None:
    harness.load([PATIENT])
    harness.faults.use("http-504-after-commit")
    statuses = [
        harness.session().put(f"{harness.url}/Patient/p1", json={**PATIENT, "active": active}).status_code
        for active in (True, False, True)
    ]
    assert statuses == [200, 200, 504]
    assert harness.journal.injected == ["http-504-after-commit"]
    assert (harness.read("Patient", "p1") or {})["meta"]["versionId"] == "4"


def test_profiles_to_begin_with_and_what_they_do_to_the_server(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('text = "mine"\n[server]\nguards = false\n', encoding="utf-8")
    with Harness(profiles=["etag-none", own], quirks=Quirks(strict=False)) as harness:
        assert harness.faults.active == ("etag-none", "own")
        harness.load([PATIENT])
        answer = get(f"{harness.url}/Patient/p1")
        assert "ETag" not in answer.headers
        assert get(f"{harness.url}/Patient?colour=red").status_code == 200
        harness.faults.clear()
        assert get(f"{harness.url}/Patient/p1").headers["ETag"] == 'W/"1"'
        assert harness.server.context.quirks == Quirks(strict=False)


def test_trap_records_who_is_led_there(harness: Harness) -> None:
    harness.population(3)
    harness.faults.use("next-foreign-host")
    with requests.Session() as session:
        session.trust_env = False
        bundle = session.get(f"{harness.url}/Observation?_count=1").json()
        (following,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        assert following.startswith(harness.trap.url)
        session.get(following, headers={"Authorization": "Bearer secret"})
    assert harness.trap.leaked == ["Authorization"]


def test_signed_in_client_may_ask_and_nobody_else() -> None:
    clock = ManualClock()
    with Harness(smart=True, clock=clock) as harness:
        url = f"{harness.url}/Patient"
        assert get(url).status_code == 401
        client = harness.client
        assert "BEGIN PRIVATE KEY" in client.private_key
        form = client.signer.token_form(client.token_url, clock.now(), "system/*.read")
        token = harness.session().post(client.token_url, data=form).json()["access_token"]
        session = harness.session()
        session.headers["Authorization"] = f"Bearer {token}"
        assert session.get(url).status_code == 200
        assert session.post(url, json={"resourceType": "Patient"}).status_code == 403
        session.headers["Authorization"] = f"Bearer {harness.token()}"
        assert session.post(url, json={"resourceType": "Patient"}).status_code == 201
        harness.faults.use("token-expired")
        with pytest.raises(ValueError, match="scopes"):
            harness.token("everything")


def test_who_signs_in_where_nobody_must_is_told(harness: Harness) -> None:
    with pytest.raises(RuntimeError, match="smart=True"):
        _ = harness.client
    with pytest.raises(ValueError, match="smart=True"):
        harness.token()


def test_store_in_a_file_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "hospital.sqlite"
    for count in (1, 2):
        with Harness(path=path) as harness:
            harness.load([{"resourceType": "Patient", "id": f"p{count}"}])
            assert harness.count("Patient") == count


def test_r5_is_what_it_says() -> None:
    with Harness(fhir_version="5.0.0") as harness:
        assert get(f"{harness.url}/metadata").json()["fhirVersion"] == "5.0.0"
    with pytest.raises(ValueError, match="fhir_version"):
        Harness(fhir_version="3.0.2")


def test_what_is_wrong_at_the_start_leaves_nothing_open(harness: Harness) -> None:
    with pytest.raises(FaultError, match="nonsense"):
        Harness(profiles=["nonsense"])
    with pytest.raises(OSError, match="in use"):
        Harness(port=int(harness.url.rpartition(":")[2].partition("/")[0]))


def test_folder_of_every_form(tmp_path: Path, harness: Harness) -> None:
    (tmp_path / "Patient.000.ndjson").write_text(f"\ufeff{json.dumps(PATIENT)}\n\n", encoding="utf-8")
    packed = gzip.compress(b'{"resourceType":"Condition","id":"c1"}\n{"resourceType":"Condition","id":"c2"}')
    (tmp_path / "Condition.ndjson.gz").write_bytes(packed)
    (tmp_path / "one.json").write_text('{"resourceType":"Group","id":"g1"}', encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not read", encoding="utf-8")
    assert harness.load(tmp_path) == 4
    assert harness.load(str(tmp_path / "one.json")) == 1
    assert harness.counts() == {"Condition": 2, "Group": 1, "Patient": 1}


def test_bundle_is_taken_apart_and_its_references_are_led_to_its_resources(tmp_path: Path) -> None:
    entries = [
        {"fullUrl": "urn:uuid:0c-1", "resource": {"resourceType": "Patient"}},
        {"fullUrl": "http://x.example/Condition/c1", "resource": {"resourceType": "Condition", "id": "c1"}},
        {
            "fullUrl": "urn:uuid:0c-2",
            "resource": {
                "resourceType": "Encounter",
                "id": "e1",
                "subject": {"reference": "urn:uuid:0c-1"},
                "diagnosis": [{"condition": {"reference": "Condition/c1"}}],
            },
        },
        {"resource": {"resourceType": "Basic"}},
    ]
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
    patient, _, encounter, basic = read_folder(file)
    assert patient == {"resourceType": "Patient", "id": "0c-1"}
    assert encounter["subject"] == {"reference": "Patient/0c-1"}
    assert encounter["diagnosis"] == [{"condition": {"reference": "Condition/c1"}}]
    assert "id" not in basic


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ndjson", b'{"resourceType":"Patient"}\n{"secret', "a.ndjson, line 2: is not JSON"),
        ("a.ndjson", b"[1]", "line 1: is no FHIR resource"),
        ("a.json", b'{"id":"1"}', "is no FHIR resource"),
        ("a.json", b"\xd5\xc5", "is not UTF-8"),
        ("a.json", b'{"resourceType":"Bundle","entry":[{}]}', "an entry of the Bundle has no resource"),
        ("a.ndjson.gz", gzip.compress(b'{"resourceType":"Patient"}\n')[:-4], "cannot be read"),
        ("a.csv", b"", "holds no"),
    ],
)
def test_folder_that_is_none_says_where_and_keeps_nothing(
    tmp_path: Path, harness: Harness, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FolderError, match=said) as error:
        harness.load(tmp_path)
    assert "secret" not in str(error.value)
    assert harness.count() == 0
    with pytest.raises(FolderError, match="is not there"):
        harness.load(tmp_path / "nowhere")


def test_the_newest_version_of_a_synthetic_record_is_the_one_on_the_server() -> None:
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for subject in hospital.population(40):
        for one in subject.resources:
            key = (one["resourceType"], one["id"])
            if key not in newest or int(one["meta"]["versionId"]) > int(newest[key]["meta"]["versionId"]):
                newest[key] = one
    with Harness() as harness:
        harness.population(40)
        for (type_, id_), one in newest.items():
            stored = harness.read(type_, id_)
            assert stored is not None
            assert {**stored, "meta": None} == {**one, "meta": None}
