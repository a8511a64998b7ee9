"""Bulk Data export: https://hl7.org/fhir/uv/bulkdata/STU2/export.html."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime

import pytest
import requests

from tests.interop.making import bundle, entry, marked, observation, patient
from tests.interop.target import Params, Resource, Target, refused

ASYNC = {"Prefer": "respond-async", "Cache-Control": "no-cache"}
"""no-cache: HAPI answers a repeated export with the files of the first."""
PATIENTS = 6
MEMBERS = 2


@pytest.fixture(scope="module")
def ward(server: Target, shared_tag: str) -> str:
    """Six patients with two observations each, two of them in a group."""
    tag = shared_tag
    rows = []
    for number in range(PATIENTS):
        rows.append({**patient(tag), "id": f"{tag}-{number}"})
        for half in "ab":
            rows.append({**observation(tag, f"Patient/{tag}-{number}"), "id": f"{tag}-{number}{half}"})
    members = [{"entity": {"reference": f"Patient/{tag}-{number}"}} for number in range(MEMBERS)]
    group = marked(tag, "Group", type="person", actual=True, member=members)
    rows.append({**group, "id": f"{tag}-g"})
    content = bundle(
        "transaction", *(entry("PUT", f"{row['resourceType']}/{row['id']}", row) for row in rows)
    )
    assert server.post("", content).status_code == 200
    return tag


def kick_off(server: Target, path: str, params: Params = None) -> str:
    """Start an export; the address of its status."""
    response = server.send("GET", path, params=params, headers=ASYNC)
    assert response.status_code == 202, response.text
    return response.headers["Content-Location"]


def finished(server: Target, status: str) -> requests.Response:
    """Ask until the job is done. Retry-After is not obeyed: HAPI asks for two minutes and is done in two seconds."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        response = server.send("GET", status, headers={"Accept": "application/json"})
        if response.status_code != 202:
            assert response.status_code == 200, response.text
            return response
        if server.poll_s:
            time.sleep(server.poll_s)
    raise AssertionError("the export did not end within a minute")


def exported(server: Target, path: str, params: Params = None) -> list[Resource]:
    """The resources in all files of an export; every line must be of its file's type."""
    rows: list[Resource] = []
    for file in finished(server, kick_off(server, path, params)).json()["output"]:
        found = lines(server, file["url"])
        assert {row["resourceType"] for row in found} == {file["type"]}
        rows += found
    return rows


def lines(server: Target, url: str) -> list[Resource]:
    """The resources of one file."""
    response = server.send("GET", url, headers={"Accept": "application/fhir+ndjson"})
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.content.decode("utf-8").split("\n") if line.strip()]


def of(tag: str, rows: list[Resource]) -> Counter[str]:
    """How many resources of each type a test finds again."""
    return Counter(row["resourceType"] for row in rows if row["id"].startswith(f"{tag}-"))


def test_kick_off_answers_where_to_ask(server: Target, ward: str) -> None:
    """Kick-off response: 202 with Content-Location, an absolute address."""
    status = kick_off(server, "$export", {"_type": "Group"})
    assert status.startswith(server.url)
    assert finished(server, status).headers["Content-Type"].startswith("application/json")


def test_manifest(server: Target, ward: str) -> None:
    """Complete status: transactionTime, request, requiresAccessToken, output, error."""
    status = kick_off(server, "$export", {"_type": "Patient"})
    manifest = finished(server, status).json()
    assert datetime.fromisoformat(manifest["transactionTime"]).tzinfo is not None
    assert "$export" in manifest["request"]
    assert isinstance(manifest["requiresAccessToken"], bool)
    assert manifest["requiresAccessToken"] is server.says("requires-access-token", False)
    assert {row["type"] for row in manifest["output"]} == {"Patient"}
    assert manifest["error"] == []


def test_files_are_ndjson(server: Target, ward: str) -> None:
    """File request: application/fhir+ndjson, one resource a line."""
    manifest = finished(server, kick_off(server, "$export", {"_type": "Group"})).json()
    url = manifest["output"][0]["url"]
    response = server.send("GET", url, headers={"Accept": "application/fhir+ndjson"})
    assert response.headers["Content-Type"].split(";")[0] == "application/fhir+ndjson"
    assert any(row["id"] == f"{ward}-g" for row in lines(server, url))


def test_system_export_holds_everything(server: Target, ward: str) -> None:
    """System level: all types."""
    found = of(ward, exported(server, "$export"))
    assert found == {"Patient": PATIENTS, "Observation": 2 * PATIENTS, "Group": 1}


def test_system_export_of_types(server: Target, ward: str) -> None:
    """_type: only those."""
    rows = exported(server, "$export", {"_type": "Patient,Group"})
    assert {row["resourceType"] for row in rows} == {"Patient", "Group"}
    assert of(ward, rows) == {"Patient": PATIENTS, "Group": 1}


def test_patient_export_holds_the_compartments(server: Target, ward: str) -> None:
    """Patient level: patients and what belongs to them."""
    rows = exported(server, "Patient/$export", {"_type": "Patient,Observation"})
    assert of(ward, rows) == {"Patient": PATIENTS, "Observation": 2 * PATIENTS}


def test_patient_export_leaves_out_what_belongs_to_nobody(server: Target, ward: str, tag: str) -> None:
    """Patient level: an observation without a patient is in no compartment."""
    server.update({**observation(tag), "id": f"{tag}-loose"}, 201)
    rows = exported(server, "Patient/$export", {"_type": "Observation"})
    assert (of(tag, rows) != {}) is server.says("export-patient-loose", False)


def test_group_export_holds_the_members(server: Target, ward: str) -> None:
    """Group level: the members' compartments only."""
    rows = exported(server, f"Group/{ward}-g/$export", {"_type": "Patient,Observation"})
    patients = {row["id"] for row in rows if row["resourceType"] == "Patient"}
    assert patients == {f"{ward}-{number}" for number in range(MEMBERS)}
    assert of(ward, rows) == {"Patient": MEMBERS, "Observation": 2 * MEMBERS}


def test_group_export_of_an_unknown_group(server: Target, tag: str) -> None:
    """Group level: refused at once, or by the job; never an empty success."""
    response = server.send("GET", f"Group/{tag}/$export", headers=ASYNC)
    assert response.status_code in (400, 404, 202)
    if response.status_code == 202:
        end = time.monotonic() + 60
        status = response.headers["Content-Location"]
        while (answer := server.send("GET", status)).status_code == 202 and time.monotonic() < end:
            time.sleep(server.poll_s)
        assert answer.status_code >= 400


def test_since(server: Target, tag: str) -> None:
    """_since: only what has been written from then on."""
    server.update({**patient(tag), "id": f"{tag}-old"}, 201)
    new = server.update({**patient(tag), "id": f"{tag}-new"}, 201)
    rows = exported(server, "$export", {"_type": "Patient", "_since": new["meta"]["lastUpdated"]})
    assert [row["id"] for row in rows if row["id"].startswith(tag)] == [f"{tag}-new"]


def test_since_shows_changes_once_and_current(server: Target, tag: str) -> None:
    """An export holds the current version, however often a resource changed."""
    first = server.update({**patient(tag), "id": f"{tag}-p"}, 201)
    server.update({**first, "gender": "male"})
    server.update({**first, "gender": "female"})
    rows = exported(server, "$export", {"_type": "Patient", "_since": first["meta"]["lastUpdated"]})
    mine = [row for row in rows if row["id"] == f"{tag}-p"]
    assert [(row["gender"], row["meta"]["versionId"]) for row in mine] == [("female", "3")]


def test_deleted(server: Target, tag: str) -> None:
    """Complete status: with _since, `deleted` names what was deleted; the rest of the export does not hold it."""
    stored = server.update({**patient(tag), "id": f"{tag}-gone"}, 201)
    server.delete(f"Patient/{tag}-gone")
    params = {"_type": "Patient", "_since": stored["meta"]["lastUpdated"]}
    manifest = finished(server, kick_off(server, "$export", params)).json()
    kept = [row["id"] for file in manifest["output"] for row in lines(server, file["url"])]
    assert f"{tag}-gone" not in kept
    gone = [
        row["request"]["url"]
        for file in manifest.get("deleted", ())
        for content in lines(server, file["url"])
        for row in content["entry"]
    ]
    assert (f"Patient/{tag}-gone" in gone) is server.says("export-deleted", True)


def test_type_filter(server: Target, ward: str, tag: str) -> None:
    """_typeFilter: a search narrows one type."""
    server.update({**patient(tag, gender="female"), "id": f"{tag}-f"}, 201)
    server.update({**patient(tag, gender="male"), "id": f"{tag}-m"}, 201)
    rows = exported(server, "$export", {"_type": "Patient", "_typeFilter": "Patient?gender=female"})
    assert [row["id"] for row in rows if row["id"].startswith(tag)] == [f"{tag}-f"]
    assert {row.get("gender") for row in rows} == {"female"}


def test_type_filter_leaves_other_types_alone(server: Target, ward: str) -> None:
    """_typeFilter: types without a filter come whole."""
    params = {"_type": "Patient,Group", "_typeFilter": f"Patient?_id={ward}-0"}
    rows = exported(server, "$export", params)
    assert of(ward, rows) == {"Patient": 1, "Group": 1}


def test_two_type_filters_of_a_type_mean_or(server: Target, ward: str) -> None:
    """_typeFilter: several filters of the same type widen the answer."""
    filters = [("_typeFilter", f"Patient?_id={ward}-{number}") for number in (0, 3)]
    rows = exported(server, "$export", [("_type", "Patient"), *filters])
    assert sorted(row["id"] for row in rows) == [f"{ward}-0", f"{ward}-3"]


def test_delete_ends_a_job(server: Target, ward: str) -> None:
    """Delete request: 202, and afterwards the job is unknown."""
    status = kick_off(server, "$export", {"_type": "Group"})
    assert server.delete(status).status_code == 202
    refused(server.send("GET", status), 404)


def test_delete_after_the_end(server: Target, ward: str) -> None:
    """Delete request: a client that has its files says so."""
    status = kick_off(server, "$export", {"_type": "Group"})
    finished(server, status)
    assert server.delete(status).status_code == server.says("export-delete-after-end", 202)


def test_status_of_an_unknown_job_is_404(server: Target) -> None:
    """Status request: as Bulk Data says of a deleted job."""
    status = kick_off(server, "$export", {"_type": "Group"})
    finished(server, status)
    unknown = status[:-8] + "00000000"
    refused(server.send("GET", unknown), 404)


KICK_OFFS = [
    ({"_type": "Group"}, {}, "no Prefer: respond-async"),
    ({"_type": "Pationt"}, ASYNC, "a type that does not exist"),
    ({"_type": "Group", "_since": "yesterday"}, ASYNC, "a moment that is none"),
    ({"_type": "Group", "_outputFormat": "text/csv"}, ASYNC, "a format that is not offered"),
    ({"_type": "Patient", "_typeFilter": "Patient?no-such-parameter=x"}, ASYNC, "a filter of no meaning"),
]


@pytest.mark.parametrize(("params", "headers", "reason"), KICK_OFFS, ids=[row[2] for row in KICK_OFFS])
def test_bad_kick_offs_are_refused(
    server: Target, params: dict[str, str], headers: dict[str, str], reason: str
) -> None:
    """Kick-off response: an OperationOutcome, at once."""
    response = server.send("GET", "$export", params=params, headers=headers)
    status = server.says(f"kick-off-{reason.replace(' ', '-')}", 400)
    assert response.status_code == status
    if status == 400:
        refused(response, 400)


@pytest.mark.parametrize("form", ["application/fhir+ndjson", "application/ndjson", "ndjson"])
def test_output_formats(server: Target, ward: str, form: str) -> None:
    """_outputFormat: the three names of NDJSON."""
    status = kick_off(server, "$export", {"_type": "Group", "_outputFormat": form})
    url = finished(server, status).json()["output"][0]["url"]
    content = server.send("GET", url, headers={"Accept": "application/fhir+ndjson"}).text
    short = form != "application/fhir+ndjson"
    assert content.startswith("{") is (server.says("export-short-format", True) if short else True)
