"""Bundles: entries become data, or a reason why something is missing."""

from __future__ import annotations

import json

import pytest

UUID = "0b2e1d1c-8b0a-4f5e-9c3d-111111111111"


def bundle(kind: str, *entries, **more):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)} | more


def searchset(folder, *identities, total=None, **links):
    entries = [
        {"resource": folder.resource("Observation", one, "p"), "search": {"mode": "match"}}
        for one in identities
    ]
    more = {"total": total} if total is not None else {}
    return bundle(
        "searchset", *entries, link=[{"relation": name, "url": url} for name, url in links.items()], **more
    )


def test_the_text_of_a_resource_survives_being_taken_out(folder):
    folder.put(
        "b.json",
        b'{ "resourceType" : "Bundle",\r\n "entry": [\r\n  { "resource": {\r\n'
        b'    "resourceType": "Observation",\n'
        b'\t"id": "o",\n    "valueQuantity": { "value": 5.10, "x": "a\\n  b" }\n  } }\n ] }',
    )
    (file,) = folder.open().files_of("Observation")
    assert file.path.read_bytes() == (
        b'{"resourceType": "Observation","id": "o","valueQuantity": { "value": 5.10, "x": "a\\n  b" }}\n'
    )


def test_an_entry_without_id_is_called_by_its_uuid_and_references_find_it(folder, read):
    patient = {"resourceType": "Patient", "gender": "female"}
    url = "https://example.org/fhir/Observation/7"
    folder.put(
        "b.json",
        bundle(
            "transaction",
            {
                "fullUrl": f"urn:uuid:{UUID}",
                "resource": patient,
                "request": {"method": "POST", "url": "Patient"},
            },
            {"fullUrl": url, "resource": folder.resource("Observation", "7")},
        ),
    )
    landing = folder.open()
    assert read(landing, "Patient") == [{"id": UUID, **patient}]
    assert landing.full_urls == {f"urn:uuid:{UUID}": f"Patient/{UUID}", url: "Observation/7"}


def test_an_entry_with_neither_id_nor_uuid_is_put_aside(folder):
    folder.put("b.json", bundle("collection", {"resource": {"resourceType": "Patient"}}))
    assert [refused.reason for refused in folder.open().quarantined] == ["no id"]


def test_a_full_url_that_names_two_resources_names_none(folder):
    url = f"urn:uuid:{UUID}"
    for name in ("a", "b", "c"):
        folder.put(
            f"{name}.json",
            bundle("collection", {"fullUrl": url, "resource": folder.resource("Patient", name)}),
        )
    assert folder.open().full_urls == {url: ""}


def test_one_bad_entry_costs_itself_and_tells_its_line(folder, read):
    folder.put(
        "b.json",
        b'{"resourceType":"Bundle","type":"collection","entry":[\n{"resource":{"resourceType":"Patient","id":"p"}},\n'
        b'{"resource":{"resourceType":"Condition","id":"c","id":"d","subject":{"reference":"Patient/p"}}},\n'
        b'{"search":{"a":1,"a":1},"resource":{"resourceType":"Goal","id":"g","subject":{"reference":"Patient/p"}}},\n'
        b"17]}",
    )
    landing = folder.open()
    assert read(landing, "Patient") == [{"resourceType": "Patient", "id": "p"}]
    assert [(refused.line, refused.reason, refused.resource_type) for refused in landing.quarantined] == [
        (3, "a key stands twice in one object", "Condition"),
        (4, "a key stands twice in one object", "Goal"),
        (5, "not an object", None),
    ]
    assert landing.incomplete == {("Condition", "p"), ("Goal", "p")}
    assert landing.problem is not None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}}',
        b'{"resourceType":"Bundle","entry":[],"entry":[]}',
        b'{"resourceType":"Bundle","entry":{}}',
        b'[{"resourceType":"Patient","id":"p"},',
        b"",
    ],
)
def test_a_broken_bundle_or_array_is_wholly_refused_and_everything_is_incomplete(folder, raw):
    folder.put("Bundle-1.json", raw)
    folder.put("Goal.ndjson", b"")
    landing = folder.open()
    assert [refused.line for refused in landing.quarantined] == [None]
    assert landing.files_of("Patient") == ()
    assert landing.problem_of("Goal") is not None or raw.startswith(b"[")


def test_nested_bundles_are_opened(folder, read):
    inner = bundle("searchset", {"fullUrl": "urn:uuid:x1", "resource": {"resourceType": "Patient"}}, total=1)
    folder.put("b.json", bundle("batch-response", {"resource": inner, "response": {"status": "200 OK"}}))
    landing = folder.open()
    assert read(landing, "Patient") == [{"id": "x1", "resourceType": "Patient"}]
    assert landing.problem_of("Patient") is None


def test_deletions_are_told_and_are_no_data(folder):
    folder.put(
        "b.json",
        bundle(
            "transaction",
            {
                "request": {"method": "DELETE", "url": "Patient/1"},
                "resource": folder.resource("Patient", "1"),
            },
            {"request": {"method": "DELETE", "url": "https://example.org/fhir/Observation/2/_history/3"}},
        ),
    )
    landing = folder.open()
    assert landing.deleted == {"Patient/1", "Observation/2"}
    assert landing.types == {}


def test_a_deletion_by_search_makes_its_type_incomplete(folder):
    folder.put("b.json", bundle("transaction", {"request": {"method": "DELETE", "url": "Condition?code=1"}}))
    assert "names no resource" in folder.open().problem_of("Condition")


def test_what_a_history_wrote_again_after_a_deletion_is_not_deleted(folder):
    gone = {"request": {"method": "DELETE", "url": "Patient/1"}}
    back = {"resource": folder.resource("Patient", "1"), "request": {"method": "PUT", "url": "Patient/1"}}
    folder.put("a.json", bundle("history", back, gone))
    assert folder.open().deleted == set()
    folder.put("a.json", bundle("history", gone, back))
    assert folder.open().deleted == {"Patient/1"}


@pytest.mark.parametrize(
    ("status", "whole"), [("404 Not Found", True), ("410", True), ("403", False), ("500", False)]
)
def test_a_failed_entry_is_no_data(folder, status, whole):
    entry = {"resource": folder.resource("Patient", "1"), "response": {"status": status}}
    folder.put("b.json", bundle("batch-response", entry))
    landing = folder.open()
    assert landing.files_of("Patient") == ()
    assert (landing.problem is None) == whole


@pytest.mark.parametrize(
    ("issue", "whole"),
    [
        ({"severity": "warning", "code": "not-found"}, True),
        ({"severity": "information", "code": "informational"}, True),
        ({"severity": "error", "code": "processing"}, False),
        ({"severity": "fatal", "code": "exception"}, False),
        ({"severity": "warning", "code": "incomplete"}, False),
        ({"severity": "information", "code": "throttled"}, False),
    ],
)
@pytest.mark.parametrize("name", ["page.json", "Patient.ndjson"])
def test_an_outcome_is_no_data_but_may_say_that_something_is_missing(folder, name, issue, whole):
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    patient = folder.resource("Patient", "p")
    page = bundle(
        "searchset", {"resource": patient}, {"resource": outcome, "search": {"mode": "outcome"}}, total=1
    )
    folder.put(name, page if name == "page.json" else folder.ndjson(outcome, patient))
    landing = folder.open()
    assert (landing.problem is None) == whole
    assert landing.quarantined == []
    assert "OperationOutcome" not in landing.types
    assert landing.counts["Patient"] == 1


def test_pages_that_are_all_there_are_the_whole_answer(folder):
    first = searchset(
        folder, "1", "2", total=3, self="https://e.org/Observation?x", next="https://e.org/page?2"
    )
    last = searchset(
        folder, "3", total=3, self="https://e.org/page?2", previous="https://e.org/Observation?x"
    )
    folder.put("2.json", first)
    folder.put("1.json", last)
    assert folder.open().problem_of("Observation") is None


@pytest.mark.parametrize(
    ("links", "total", "reason"),
    [
        ({"self": "https://e.org/Observation", "next": "https://e.org/page?2"}, None, "its next page is not"),
        ({"self": "https://e.org/a", "next": "https://e.org/a"}, None, "its next page is not"),
        ({"self": "https://e.org/page?2", "previous": "https://e.org/page?1"}, None, "the page before it"),
        ({"self": "https://e.org/Observation"}, 5, "its total is 5, the folder has 1"),
    ],
)
def test_a_page_with_neighbours_or_matches_missing_is_incomplete(folder, links, total, reason):
    folder.put("page.json", searchset(folder, "1", total=total, **links))
    folder.put("Patient.ndjson", b"")
    landing = folder.open()
    assert reason in landing.problem_of("Observation")
    assert landing.problem_of("Patient") is None


def test_an_empty_page_that_should_have_matches_blames_the_type_it_searched(folder):
    folder.put("page.json", searchset(folder, total=2, self="https://e.org/fhir/Goal?patient=1"))
    assert "total" in folder.open().problem_of("Goal")
    folder.put("page.json", searchset(folder, total=2))
    assert "total" in folder.open().problem_of("Patient")


def test_included_resources_do_not_count_as_matches(folder):
    page = searchset(folder, "1", total=2, self="https://e.org/Observation")
    page["entry"].append({"resource": folder.resource("Patient", "p"), "search": {"mode": "include"}})
    folder.put("page.json", page)
    assert "its total is 2, the folder has 1" in folder.open().problem_of("Observation")


def test_a_bundle_as_a_line_tells_the_line(folder):
    bad = bundle("collection", {"resource": {"resourceType": "Patient"}})
    folder.put("any.ndjson", folder.ndjson(folder.resource("Patient", "p"), bad))
    assert [(refused.file, refused.line) for refused in folder.open().quarantined] == [("any.ndjson", 2)]


def test_a_deeply_nested_bundle_is_refused_not_a_crash(folder):
    text = json.dumps(folder.resource("Patient", "p"))
    for _ in range(300):
        text = f'{{"resourceType":"Bundle","entry":[{{"resource":{text}}}]}}'
    folder.put("b.json", text.encode())
    landing = folder.open()
    assert [refused.reason for refused in landing.quarantined] == ["nested deeper than 100"]
    assert landing.problem is not None
