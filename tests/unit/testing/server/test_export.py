"""Bulk Data export: what each kind of export holds, how it is asked for, and how it goes on and ends."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.export import BulkExport
from fhir_adapter.testing.server.export.bulk import MAX_KEPT, MAX_RUNNING
from fhir_adapter.testing.server.export.streaming import accepts_gzip
from fhir_adapter.testing.server.messages import Request, Response, request_for
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.index import index_rows
from fhir_adapter.testing.server.smart import SmartAuth
from fhir_adapter.testing.server.smart.scopes import parse
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import ManualClock, instant

BASE = "http://harness.test/fhir"
ASYNC = (("Accept", "application/fhir+json"), ("Prefer", "respond-async"))
LENIENT = (("Prefer", "respond-async, handling=lenient"),)
Resource = dict[str, Any]


def to(type_: str, id_: str) -> Resource:
    return {"reference": f"{type_}/{id_}"}


def observation(id_: str, subject: Resource, status: str = "final", **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "code": {"text": "x"},
        "subject": subject,
        **more,
    }


HOSPITAL: tuple[Resource, ...] = (
    {"resourceType": "Organization", "id": "ward", "name": "Ward"},
    {"resourceType": "Organization", "id": "alone", "name": "Nobody refers to it"},
    {"resourceType": "Practitioner", "id": "doctor"},
    {"resourceType": "Practitioner", "id": "nurse"},
    {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": to("Practitioner", "doctor"),
        "organization": to("Organization", "ward"),
    },
    {"resourceType": "Medication", "id": "mtx", "code": {"text": "methotrexate"}},
    {"resourceType": "Medication", "id": "other", "code": {"text": "other"}},
    {"resourceType": "Device", "id": "pump"},
    {"resourceType": "Patient", "id": "a", "generalPractitioner": [to("PractitionerRole", "role")]},
    {"resourceType": "Patient", "id": "b"},
    {"resourceType": "Patient", "id": "c"},
    observation("a1", to("Patient", "a")),
    observation("a2", {"reference": f"{BASE}/Patient/a"}, "amended"),
    observation("b1", to("Patient", "b"), performer=[to("Practitioner", "nurse")]),
    observation("c1", to("Patient", "c")),
    observation("d1", to("Device", "pump")),
    {
        "resourceType": "MedicationRequest",
        "id": "a1",
        "status": "active",
        "intent": "order",
        "medicationReference": to("Medication", "mtx"),
        "subject": to("Patient", "a"),
    },
    {
        "resourceType": "Group",
        "id": "trial",
        "type": "person",
        "actual": True,
        "member": [
            {"entity": to("Patient", "a")},
            {"entity": to("Patient", "c"), "inactive": True},
            {"entity": to("Practitioner", "doctor")},
        ],
    },
    {"resourceType": "Group", "id": "empty", "type": "person", "actual": True},
)
EVERYTHING = {f"{one['resourceType']}/{one['id']}" for one in HOSPITAL}
OF_A = {"Patient/a", "Observation/a1", "Observation/a2", "MedicationRequest/a1"}
NEAR_A = {"PractitionerRole/role", "Practitioner/doctor", "Organization/ward", "Medication/mtx"}
OF_ALL = OF_A | {"Group/trial", "Patient/b", "Patient/c", "Observation/b1", "Observation/c1"}
NEAR_ALL = NEAR_A | {"Practitioner/nurse"}


class Server:
    """A store with the hospital in it, and its exports."""

    def __init__(self, auth: SmartAuth | None = None) -> None:
        self.clock = ManualClock()
        self.store = Store(indexer=index_rows)
        self.context = Context(self.store, self.clock)
        self.export = BulkExport(self.context, auth)
        self.store.load(HOSPITAL, now=self.context.now())

    def close(self) -> None:
        self.store.close()

    def quirks(self, **changes: Any) -> None:
        self.context.quirks = replace(self.context.quirks, **changes)

    def put(self, resource: Resource) -> None:
        now = self.context.now()
        with self.store.transaction():
            self.store.put(resource, now=now, visible=self.context.visible(now))

    def delete(self, type_: str, id_: str) -> None:
        with self.store.transaction():
            self.store.delete(type_, id_, now=self.context.now())

    def ask(self, url: str, headers: Any = (), method: str = "GET", body: bytes = b"") -> Response:
        response = self.export.handle(request_for(method, url, BASE, tuple(headers), body))
        assert response is not None
        return response

    def start(
        self, path: str = "$export", headers: Any = ASYNC, body: bytes | None = None, **query: Any
    ) -> str:
        """Kick off; the status address."""
        url = f"{BASE}/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        response = self.ask(url, headers, "GET" if body is None else "POST", body or b"")
        assert response.status == 202
        location = response.header("Content-Location")
        assert location is not None
        assert location.startswith(f"{BASE}/$export-status/")
        return location

    def manifest(self, status_url: str) -> dict[str, Any]:
        for _ in range(20):
            response = self.ask(status_url)
            if response.status == 200:
                content: dict[str, Any] = response.json()
                return content
        raise AssertionError("the export never ends")

    def lines(self, manifest: dict[str, Any], section: str = "output") -> list[Resource]:
        found = []
        for entry in manifest[section]:
            response = self.ask(entry["url"])
            assert response.header("Content-Type") == "application/fhir+ndjson"
            assert not isinstance(response.body, bytes)
            content = [json.loads(line) for line in response.content().decode().splitlines()]
            assert len(content) == entry["count"]
            assert {one["resourceType"] for one in content} == {entry["type"]}
            found += content
        return found

    def run(self, path: str = "$export", **more: Any) -> set[str]:
        """A whole export: what it holds."""
        return names(self.lines(self.manifest(self.start(path, **more))))


def names(resources: list[Resource]) -> set[str]:
    found = [f"{one['resourceType']}/{one['id']}" for one in resources]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as server:
        yield server


def parameters(*pairs: tuple[str, str, Any]) -> bytes:
    entries = [{"name": name, f"value{kind}": value} for name, kind, value in pairs]
    return json.dumps({"resourceType": "Parameters", "parameter": entries}).encode()


def patients(*ids: str) -> bytes:
    return parameters(*(("patient", "Reference", to("Patient", id_)) for id_ in ids))


HOLDS: tuple[tuple[str, str, dict[str, Any], set[str]], ...] = (
    ("system", "$export", {}, EVERYTHING),
    ("system-type", "$export", {"_type": "Device"}, {"Device/pump"}),
    ("system-types", "$export", {"_type": "Device,Group"}, {"Device/pump", "Group/trial", "Group/empty"}),
    (
        "system-type-twice",
        "$export",
        {"_type": ["Device", "Medication"]},
        {"Device/pump", "Medication/mtx", "Medication/other"},
    ),
    ("system-type-none-there", "$export", {"_type": "Basic"}, set()),
    (
        "system-filter",
        "$export",
        {"_type": "Observation", "_typeFilter": "Observation?status=amended"},
        {"Observation/a2"},
    ),
    (
        "filter-of-one-of-two-types",
        "$export",
        {"_type": "Observation,Device", "_typeFilter": "Observation?status=amended"},
        {"Observation/a2", "Device/pump"},
    ),
    (
        "filters-are-alternatives",
        "$export",
        {"_type": "Observation", "_typeFilter": "Observation?status=amended,Observation?status=cancelled"},
        {"Observation/a2"},
    ),
    (
        "filters-repeated",
        "$export",
        {
            "_type": "Observation,MedicationRequest",
            "_typeFilter": ["Observation?status=amended", "MedicationRequest?status=active"],
        },
        {"Observation/a2", "MedicationRequest/a1"},
    ),
    (
        "a-comma-inside-a-filter",
        "$export",
        {"_type": "Observation", "_typeFilter": "Observation?status=amended,cancelled"},
        {"Observation/a2"},
    ),
    (
        "filter-without-type",
        "Patient/$export",
        {"_typeFilter": "Observation?status=amended"},
        (OF_ALL | NEAR_ALL) - {"Observation/a1", "Observation/b1", "Observation/c1"},
    ),
    ("patient", "Patient/$export", {}, OF_ALL | NEAR_ALL),
    (
        "patient-type",
        "Patient/$export",
        {"_type": "Observation"},
        {name for name in OF_ALL if name.startswith("Obs")},
    ),
    (
        "patient-outside",
        "Patient/$export",
        {"_type": "Practitioner"},
        {"Practitioner/doctor", "Practitioner/nurse"},
    ),
    (
        "patient-one",
        "Patient/$export",
        {"body": patients("b")},
        {"Patient/b", "Observation/b1", "Practitioner/nurse"},
    ),
    (
        "patient-some",
        "Patient/$export",
        {"body": patients("a", "b")},
        OF_A | NEAR_ALL | {"Patient/b", "Observation/b1", "Group/trial"},
    ),
    (
        "patient-post",
        "Patient/$export",
        {"body": parameters(("_type", "String", "Patient"))},
        {"Patient/a", "Patient/b", "Patient/c"},
    ),
    ("post-empty", "$export", {"body": b""}, EVERYTHING),
    (
        "post-and-query",
        "$export",
        {"body": parameters(("_type", "String", "Device")), "_type": "Group"},
        {"Device/pump", "Group/trial", "Group/empty"},
    ),
    ("group", "Group/trial/$export", {}, OF_A | NEAR_A | {"Group/trial"}),
    ("group-types", "Group/trial/$export", {"_type": "Patient,Medication"}, {"Patient/a", "Medication/mtx"}),
    ("group-empty", "Group/empty/$export", {}, {"Group/empty"}),
    ("group-one", "Group/trial/$export", {"body": patients("a"), "_type": "Patient"}, {"Patient/a"}),
    ("format-short", "$export", {"_type": "Device", "_outputFormat": "ndjson"}, {"Device/pump"}),
    (
        "format-long",
        "$export",
        {"_type": "Device", "_outputFormat": "application/fhir+ndjson"},
        {"Device/pump"},
    ),
    ("lenient-unknown", "$export", {"_type": "Device", "x": "1", "headers": LENIENT}, {"Device/pump"}),
    (
        "lenient-elements",
        "$export",
        {"_type": "Device", "_elements": "id", "headers": LENIENT},
        {"Device/pump"},
    ),
    ("lenient-type", "$export", {"_type": "Device,Nothing", "headers": LENIENT}, {"Device/pump"}),
    (
        "lenient-filter",
        "$export",
        {"_type": "Device", "_typeFilter": "Device?nothing=1", "headers": LENIENT},
        {"Device/pump"},
    ),
    (
        "lenient-stranger",
        "Group/trial/$export",
        {"_type": "Patient", "body": patients("a", "b"), "headers": LENIENT},
        {"Patient/a"},
    ),
)


@pytest.mark.parametrize(
    ("path", "more", "expected"), [case[1:] for case in HOLDS], ids=[case[0] for case in HOLDS]
)
def test_an_export_holds(server: Server, path: str, more: dict[str, Any], expected: set[str]) -> None:
    assert server.run(path, **more) == expected


REFUSED: tuple[tuple[str, str, dict[str, Any], int, str], ...] = (
    ("no-prefer", "$export", {"headers": ()}, 400, "Prefer"),
    ("accept-xml", "$export", {"headers": (("Accept", "application/fhir+xml"), *ASYNC[1:])}, 406, "json"),
    ("format", "$export", {"_outputFormat": "text/csv"}, 400, "_outputFormat"),
    ("format-lenient", "$export", {"_outputFormat": "text/csv", "headers": LENIENT}, 400, "_outputFormat"),
    ("format-plus-as-space", "$export", {"_outputFormat": "application/fhir ndjson"}, 400, "%2B"),
    ("since-date", "$export", {"_since": "2026-06-30"}, 400, "_since"),
    ("since-no-zone", "$export", {"_since": "2026-06-30T12:00:00"}, 400, "_since"),
    ("since-no-such-day", "$export", {"_since": "2026-02-30T12:00:00Z"}, 400, "_since"),
    ("since-plus-as-space", "$export", {"_since": "2026-06-30T12:00:00 08:00"}, 400, "%2B"),
    ("since-twice", "$export", {"_since": ["2026-06-30T12:00:00Z"] * 2}, 400, "_since"),
    ("until", "$export", {"_until": "yesterday"}, 400, "_until"),
    ("type", "$export", {"_type": "Patient,Pateint"}, 400, "Pateint"),
    ("type-empty", "$export", {"_type": ""}, 400, "_type"),
    ("type-none-left", "$export", {"_type": "Pateint", "headers": LENIENT}, 400, "_type"),
    ("filter-form", "$export", {"_typeFilter": "status=final"}, 400, "_typeFilter"),
    (
        "filter-type",
        "$export",
        {"_type": "Patient", "_typeFilter": "Observation?status=final"},
        400,
        "not in _type",
    ),
    ("filter-sort", "$export", {"_typeFilter": "Observation?_sort=date"}, 400, "_sort"),
    ("filter-parameter", "$export", {"_typeFilter": "Observation?nothing=1"}, 400, "nothing"),
    ("elements", "$export", {"_elements": "id"}, 400, "_elements"),
    (
        "associated",
        "$export",
        {"includeAssociatedData": "LatestProvenanceResources"},
        400,
        "includeAssociatedData",
    ),
    ("unknown", "$export", {"x": "1"}, 400, "x"),
    ("patient-by-get", "Patient/$export", {"patient": "Patient/a"}, 400, "patient"),
    ("patient-of-system", "$export", {"body": patients("a")}, 400, "patient"),
    ("patient-not-here", "Patient/$export", {"body": patients("z")}, 400, "Patient/z"),
    ("patient-not-a-member", "Group/trial/$export", {"body": patients("b")}, 400, "Patient/b"),
    ("patient-inactive", "Group/trial/$export", {"body": patients("c")}, 400, "Patient/c"),
    (
        "patient-of-another-type",
        "Patient/$export",
        {"body": parameters(("patient", "Reference", to("Group", "a")))},
        400,
        "Group/a",
    ),
    ("body-not-json", "$export", {"body": b"{"}, 400, "JSON"),
    ("body-other-resource", "$export", {"body": b'{"resourceType": "Patient"}'}, 400, "Parameters"),
    ("body-no-list", "$export", {"body": b'{"resourceType": "Parameters", "parameter": {}}'}, 400, "list"),
    ("body-no-value", "$export", {"body": parameters(("_type", "", None))}, 400, "_type"),
    ("group-unknown", "Group/none/$export", {}, 404, "Group/none"),
)


@pytest.mark.parametrize(
    ("path", "more", "status", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_kick_off_is_refused(
    server: Server, path: str, more: dict[str, Any], status: int, why: str
) -> None:
    with pytest.raises(Problem) as caught:
        server.start(path, **more)
    assert caught.value.status == status
    assert why in caught.value.diagnostics


@pytest.mark.parametrize(
    "path", ["", "Patient", "Observation/$export", "Group/$export", "Patient/a/$export", "$export/x"]
)
def test_other_paths_are_left_to_others(server: Server, path: str) -> None:
    assert server.export.handle(Request("GET", path, (), ASYNC, b"", BASE)) is None


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "$export"), ("POST", "$export-status/1"), ("DELETE", "$export-file/1/a")]
)
def test_other_methods_are_405(server: Server, method: str, path: str) -> None:
    with pytest.raises(Problem) as caught:
        server.ask(path, ASYNC, method)
    assert caught.value.status == 405
    assert dict(caught.value.headers)["Allow"]


def test_what_a_lenient_client_asked_in_vain_is_in_the_error_file(server: Server) -> None:
    manifest = server.manifest(
        server.start(headers=LENIENT, _elements="id", x="1", _typeFilter="Observation?nothing=1")
    )
    found = [one["issue"][0] for one in server.lines(manifest, "error")]
    assert [issue["severity"] for issue in found] == ["warning"] * 3
    assert ["_elements" in found[0]["diagnostics"], "x" in found[1]["diagnostics"]] == [True, True]
    assert "nothing" in found[2]["diagnostics"]


def test_the_manifest(server: Server) -> None:
    server.clock.advance(60)
    kicked_off = instant(server.context.now())
    status_url = server.start(_type="Patient,Device")
    server.clock.advance(60)
    manifest = server.manifest(status_url)
    job = status_url.rsplit("/", 1)[1]
    assert manifest == {
        "transactionTime": kicked_off,
        "request": f"{BASE}/$export?_type=Patient%2CDevice",
        "requiresAccessToken": False,
        "output": [
            {"type": "Device", "url": f"{BASE}/$export-file/{job}/Device-1.ndjson", "count": 1},
            {"type": "Patient", "url": f"{BASE}/$export-file/{job}/Patient-1.ndjson", "count": 3},
        ],
        "deleted": [],
        "error": [],
    }
    response = server.ask(status_url)
    assert response.header("Expires") == "Tue, 30 Jun 2026 13:02:00 GMT"
    assert (response.header("Content-Type") or "").startswith("application/json")
    assert response.json() == manifest


SINCE = "2026-06-30T12:00:10Z"


def changed(server: Server) -> None:
    """At 12:00:10: an observation is changed, one deleted, a patient without and a group member with old data added."""
    server.clock.advance(10)
    server.put(observation("a1", to("Patient", "a"), "corrected"))
    server.delete("Observation", "a2")
    server.delete("Observation", "c1")
    server.delete("Practitioner", "nurse")
    server.put({"resourceType": "Patient", "id": "new"})
    group = next(one for one in HOSPITAL if one["id"] == "trial")
    server.put({**group, "member": [*group["member"], {"entity": to("Patient", "b")}]})


CHANGES: tuple[tuple[str, dict[str, Any], set[str], set[str]], ...] = (
    (
        "$export",
        {"_since": SINCE},
        {"Observation/a1", "Patient/new", "Group/trial"},
        {"Observation/a2", "Observation/c1", "Practitioner/nurse"},
    ),
    ("$export", {"_since": SINCE, "_type": "Patient"}, {"Patient/new"}, set()),
    ("$export", {"_since": "2026-06-30T20:00:10.000+08:00", "_type": "Patient"}, {"Patient/new"}, set()),
    ("$export", {"_since": "2026-06-30T12:00:10.001Z"}, set(), set()),
    (
        "$export",
        {"_until": "2026-06-30T12:00:09Z", "_type": "Patient"},
        {"Patient/a", "Patient/b", "Patient/c"},
        set(),
    ),
    ("$export", {"_since": "2026-06-30T12:00:01Z", "_until": "2026-06-30T12:00:09Z"}, set(), set()),
    (
        "Patient/$export",
        {"_since": SINCE},
        {"Observation/a1", "Patient/new", "Group/trial"},
        {"Observation/a2", "Observation/c1"},
    ),
    (
        "Patient/$export",
        {"body": parameters(("_since", "Instant", SINCE)), "_type": "Patient"},
        {"Patient/new"},
        set(),
    ),
    ("Group/trial/$export", {"_since": SINCE}, {"Observation/a1", "Group/trial"}, {"Observation/a2"}),
)


@pytest.mark.parametrize(("path", "more", "output", "gone"), CHANGES)
def test_an_export_since_an_instant_holds_changes_and_deletes(
    server: Server, path: str, more: dict[str, Any], output: set[str], gone: set[str]
) -> None:
    changed(server)
    manifest = server.manifest(server.start(path, **more))
    assert names(server.lines(manifest)) == output
    bundles = server.lines(manifest, "deleted")
    assert {bundle["type"] for bundle in bundles} <= {"transaction"}
    requests = [entry["request"] for bundle in bundles for entry in bundle["entry"]]
    assert {request["method"] for request in requests} <= {"DELETE"}
    assert {request["url"] for request in requests} == gone


BELONGS: tuple[tuple[str, Resource, bool], ...] = (
    ("a-type-without-search", {"resourceType": "ServiceRequest", "subject": to("Patient", "a")}, True),
    (
        "an-inner-element",
        {"resourceType": "Appointment", "participant": [{"actor": to("Patient", "a")}]},
        True,
    ),
    ("a-version", {"resourceType": "Flag", "subject": {"reference": "Patient/a/_history/1"}}, True),
    ("our-own-address", {"resourceType": "Flag", "subject": {"reference": f"{BASE}/Patient/a"}}, True),
    ("a-patient-that-is-not-there", {"resourceType": "Flag", "subject": to("Patient", "gone")}, False),
    (
        "another-server",
        {"resourceType": "Flag", "subject": {"reference": "http://x.test/fhir/Patient/a"}},
        False,
    ),
    ("another-patient", {"resourceType": "Flag", "subject": to("Patient", "b")}, False),
    ("no-reference", {"resourceType": "Flag", "subject": {"display": "a"}}, False),
    ("an-element-that-is-no-owner", {"resourceType": "Observation", "focus": [to("Patient", "a")]}, False),
    ("other-groups", {"resourceType": "Group", "member": [{"entity": to("Patient", "a")}]}, False),
    ("provenance-of-a-member", {"resourceType": "Provenance", "target": [to("Patient", "a")]}, True),
    (
        "provenance-of-its-resource",
        {"resourceType": "Provenance", "target": [to("MedicationRequest", "a1")]},
        True,
    ),
    ("provenance-of-another", {"resourceType": "Provenance", "target": [to("Observation", "b1")]}, False),
    ("referred-to", {"resourceType": "Basic", "subject": to("Patient", "b")}, False),
)


@pytest.mark.parametrize(
    ("resource", "inside"), [case[1:] for case in BELONGS], ids=[case[0] for case in BELONGS]
)
def test_what_belongs_to_a_member(server: Server, resource: Resource, inside: bool) -> None:
    server.put({**resource, "id": "one"})
    name = f"{resource['resourceType']}/one"
    assert (name in server.run("Group/trial/$export")) is inside
    assert (name in server.run("Group/trial/$export", _type=resource["resourceType"])) is inside
    server.clock.advance(10)
    server.delete(resource["resourceType"], "one")
    bundles = server.lines(server.manifest(server.start("Group/trial/$export", _since=SINCE)), "deleted")
    gone = {entry["request"]["url"] for bundle in bundles for entry in bundle["entry"]}
    assert gone == ({name} if inside else set())


def test_a_change_of_what_unchanged_records_refer_to_is_in_the_next_export(server: Server) -> None:
    server.clock.advance(10)
    server.put({"resourceType": "Medication", "id": "mtx", "status": "inactive"})
    server.put({"resourceType": "Medication", "id": "other", "status": "inactive"})
    assert server.run("Group/trial/$export", _since=SINCE) == {"Medication/mtx"}


def test_deletes_stand_a_hundred_to_a_bundle(server: Server) -> None:
    server.store.load(
        (observation(f"x{n}", to("Patient", "a")) for n in range(250)), now=server.context.now()
    )
    server.clock.advance(10)
    for number in range(250):
        server.delete("Observation", f"x{number}")
    server.quirks(export_file_lines=2)
    manifest = server.manifest(server.start(_since=SINCE))
    assert [(entry["type"], entry["count"]) for entry in manifest["deleted"]] == [
        ("Bundle", 2),
        ("Bundle", 1),
    ]
    assert [len(bundle["entry"]) for bundle in server.lines(manifest, "deleted")] == [100, 100, 50]


def test_what_was_deleted_and_made_again_is_not_deleted(server: Server) -> None:
    server.delete("Device", "pump")
    server.clock.advance(1)
    server.put({"resourceType": "Device", "id": "pump"})
    manifest = server.manifest(server.start(_since="2026-06-30T12:00:00Z", _type="Device"))
    assert names(server.lines(manifest)) == {"Device/pump"}
    assert manifest["deleted"] == []


def test_an_export_is_a_snapshot_of_its_kick_off(server: Server) -> None:
    server.clock.advance(1)
    status_url = server.start(_type="Observation,Device,Patient")
    server.clock.advance(1)
    server.put(observation("a1", to("Patient", "a"), "corrected"))
    server.put(observation("late", to("Patient", "a")))
    server.delete("Device", "pump")
    manifest = server.manifest(status_url)
    found = {f"{one['resourceType']}/{one['id']}": one for one in server.lines(manifest)}
    assert "Device/pump" in found
    assert "Observation/late" not in found
    assert (found["Observation/a1"]["status"], found["Observation/a1"]["meta"]["versionId"]) == ("final", "1")
    again = server.manifest(server.start(_type="Observation,Device", _since=manifest["transactionTime"]))
    assert names(server.lines(again)) == {"Observation/a1", "Observation/late"}
    assert len(server.lines(again, "deleted")) == 1


def test_a_write_at_the_very_instant_of_the_kick_off_is_in_the_next_export(server: Server) -> None:
    manifest = server.manifest(server.start(_type="Device"))
    server.put({"resourceType": "Device", "id": "late"})
    assert "Device/late" in server.run(_type="Device", _since=manifest["transactionTime"])


def test_a_commit_that_shows_late_is_in_the_export_only_then(server: Server) -> None:
    server.quirks(late_visible_s=5)
    server.put({"resourceType": "Device", "id": "slow"})
    assert server.run(_type="Device") == {"Device/pump"}
    server.clock.advance(5)
    assert server.run(_type="Device") == {"Device/pump", "Device/slow"}


def test_the_time_of_the_end_loses_what_came_between(server: Server) -> None:
    server.quirks(transaction_time="end")
    server.clock.advance(1)
    status_url = server.start(_type="Device")
    server.clock.advance(1)
    server.put({"resourceType": "Device", "id": "lost"})
    server.clock.advance(1)
    manifest = server.manifest(status_url)
    assert manifest["transactionTime"] == "2026-06-30T12:00:03.000Z"
    assert names(server.lines(manifest)) == {"Device/pump"}
    assert server.run(_type="Device", _since=manifest["transactionTime"]) == set()
    server.clock.advance(1)
    assert server.manifest(status_url)["transactionTime"] == manifest["transactionTime"]


@pytest.mark.parametrize("ignored", ["_since", "_type", "_typeFilter"])
def test_a_parameter_may_be_ignored_without_a_word(server: Server, ignored: str) -> None:
    server.quirks(ignored_parameters=(ignored,))
    server.clock.advance(10)
    value = {"_since": SINCE, "_type": "Device", "_typeFilter": "Observation?status=amended"}[ignored]
    manifest = server.manifest(server.start(**{ignored: value}))
    assert names(server.lines(manifest)) == EVERYTHING
    assert manifest["error"] == []
    body = parameters((ignored, "String", value))
    assert server.run("$export", body=body) == EVERYTHING


def test_a_server_may_keep_silent_about_deletes(server: Server) -> None:
    changed(server)
    server.quirks(export_deleted=False)
    assert server.manifest(server.start(_since=SINCE))["deleted"] == []


@pytest.mark.parametrize("polls", [0, 1, 4])
def test_an_export_is_under_way_for_so_many_polls(server: Server, polls: int) -> None:
    server.quirks(export_polls=polls, export_retry_after="120")
    status_url = server.start()
    for number in range(polls):
        response = server.ask(status_url)
        assert response.status == 202
        assert response.header("X-Progress") == f"{100 * number // polls}% complete"
        assert response.header("Retry-After") == "120"
        assert response.content() == b""
    assert server.ask(status_url).status == 200


def test_a_server_may_say_nothing_about_the_wait(server: Server) -> None:
    server.quirks(export_retry_after="")
    assert server.ask(server.start()).header("Retry-After") is None


def test_files_are_parted(server: Server) -> None:
    server.quirks(export_file_lines=2)
    manifest = server.manifest(server.start(_type="Observation"))
    assert [entry["count"] for entry in manifest["output"]] == [2, 2, 1]
    assert [entry["url"].rsplit("/", 1)[1] for entry in manifest["output"]] == [
        "Observation-1.ndjson",
        "Observation-2.ndjson",
        "Observation-3.ndjson",
    ]
    assert len(names(server.lines(manifest))) == 5


def status_of(server: Server, url: str, method: str = "GET") -> int:
    try:
        return server.ask(url, (), method).status
    except Problem as problem:
        return problem.status


def test_there_are_no_files_before_the_end(server: Server) -> None:
    status_url = server.start()
    file = f"{status_url.replace('$export-status', '$export-file')}/Patient-1.ndjson"
    assert status_of(server, file) == 404
    server.manifest(status_url)
    assert status_of(server, file) == 200
    assert status_of(server, file.replace("-1", "-2")) == 404


def test_files_expire(server: Server) -> None:
    server.quirks(export_lifetime_s=60)
    status_url = server.start()
    server.clock.advance(59)
    file = server.manifest(status_url)["output"][0]["url"]
    server.clock.advance(59)
    assert (status_of(server, status_url), status_of(server, file)) == (200, 200)
    server.clock.advance(1)
    assert (status_of(server, status_url), status_of(server, file)) == (410, 410)


def test_an_export_nobody_asks_about_expires(server: Server) -> None:
    status_url = server.start()
    server.clock.advance(3600)
    assert status_of(server, status_url) == 410


@pytest.mark.parametrize("finished", [False, True])
def test_an_export_may_be_cancelled(server: Server, finished: bool) -> None:
    status_url = server.start()
    if finished:
        server.manifest(status_url)
    file = f"{status_url.replace('$export-status', '$export-file')}/Patient-1.ndjson"
    assert status_of(server, status_url, "DELETE") == 202
    assert status_of(server, status_url) == 404
    assert status_of(server, status_url, "DELETE") == 404
    assert status_of(server, file) == 404


def test_too_many_exports_at_a_time_are_refused(server: Server) -> None:
    server.quirks(export_retry_after="7")
    started = [server.start(_type="Device") for _ in range(MAX_RUNNING)]
    with pytest.raises(Problem) as caught:
        server.start()
    assert (caught.value.status, caught.value.headers) == (429, (("Retry-After", "7"),))
    server.manifest(started[0])
    server.ask(started[1], (), "DELETE")
    for _ in range(2):
        started.append(server.start())
    with pytest.raises(Problem):
        server.start()
    server.clock.advance(3600)
    server.start()


def test_only_the_newest_finished_exports_are_kept(server: Server) -> None:
    server.quirks(export_polls=0)
    urls = []
    for _ in range(MAX_KEPT + 5):
        urls.append(server.start(_type="Device"))
        server.manifest(urls[-1])
    assert [status_of(server, url) for url in urls] == [404] * 5 + [200] * MAX_KEPT


def test_a_file_comes_gzipped_to_whom_takes_it(server: Server) -> None:
    entry = server.manifest(server.start(_type="Observation"))["output"][0]
    plain = server.ask(entry["url"])
    assert plain.header("Content-Encoding") is None
    packed = server.ask(entry["url"], (("Accept-Encoding", "gzip, deflate"),))
    assert (packed.header("Content-Encoding"), packed.header("Vary")) == ("gzip", "Accept-Encoding")
    assert packed.content() != plain.content()
    assert gzip.decompress(packed.content()) == plain.content()


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP ; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*", True),
        ("identity", False),
        ("*;q=0", False),
    ],
)
def test_gzip_is_used_where_it_is_taken(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken


def test_a_file_is_not_torn_by_writes_while_it_is_read(server: Server) -> None:
    server.store.load(
        (observation(f"x{n}", to("Patient", "a")) for n in range(1200)), now=server.context.now()
    )
    url = server.manifest(server.start(_type="Observation"))["output"][0]["url"]
    before = server.ask(url).content()
    body = server.ask(url).body
    assert not isinstance(body, bytes)
    chunks = iter(body)
    read = next(chunks)
    for number in range(1200):
        server.put(observation(f"x{number}", to("Patient", "a"), "corrected"))
    assert read + b"".join(chunks) == before


def test_a_file_is_read_in_batches(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.store.load(
        (observation(f"x{n}", to("Patient", "a")) for n in range(1200)), now=server.context.now()
    )
    sizes = []
    original = server.store.by_seq

    def by_seq(seqs: Any) -> Any:
        found = original(seqs)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(server.store, "by_seq", by_seq)
    entry = server.manifest(server.start(_type="Observation"))["output"][0]
    sizes.clear()
    assert len(server.ask(entry["url"]).content().splitlines()) == 1205
    assert sizes == [500, 500, 205]


@pytest.mark.parametrize(
    ("said", "protected", "expected"),
    [("auto", False, False), ("auto", True, True), ("true", False, True), ("false", True, False)],
)
def test_the_manifest_may_lie_about_tokens(
    server: Server, said: str, protected: bool, expected: bool
) -> None:
    server.quirks(requires_token=said)
    export = BulkExport(server.context, SmartAuth(clock=server.clock) if protected else None)
    assert export.requires_token is expected


def with_token(auth: SmartAuth, scope: str, headers: Any = ASYNC) -> tuple[tuple[str, str], ...]:
    wanted = [found for found in map(parse, scope.split()) if found]
    return (*headers, ("Authorization", f"Bearer {auth.issue('site', wanted)}"))


SCOPES: tuple[tuple[str, dict[str, Any], Any, set[str] | int], ...] = (
    ("system/*.read", {"_type": "Device"}, ASYNC, {"Device/pump"}),
    ("system/Device.read system/Group.write", {}, ASYNC, {"Device/pump"}),
    ("system/Device.r system/Device.s", {}, ASYNC, {"Device/pump"}),
    ("system/Device.r", {}, ASYNC, set()),
    ("system/Device.read", {"_type": "Device,Group"}, ASYNC, 403),
    ("system/Device.read", {"_type": "Device,Group"}, LENIENT, {"Device/pump"}),
)


@pytest.mark.parametrize(("scope", "query", "headers", "expected"), SCOPES)
def test_an_export_holds_what_the_token_opens(
    scope: str, query: dict[str, Any], headers: Any, expected: set[str] | int
) -> None:
    auth = SmartAuth(clock=ManualClock())
    with closing(Server(auth)) as server:
        asked = with_token(auth, scope, headers)
        if isinstance(expected, int):
            with pytest.raises(Problem) as caught:
                server.start(headers=asked, **query)
            assert caught.value.status == expected
            return
        manifest = server.manifest(server.start(headers=asked, **query))
        assert manifest["requiresAccessToken"] is True
        assert names(server.lines(manifest)) == expected


def test_the_same_seed_gives_the_same_jobs(server: Server) -> None:
    with closing(Server()) as other:
        assert [server.start(), server.start()] == [other.start(), other.start()]
