"""What single kinds of fault do where no naive client shows it: forms, exceptions, and what they leave alone."""

from __future__ import annotations

import gzip
import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from fhir_adapter.testing.faults.kinds.shapes import r5, stu3
from fhir_adapter.testing.server.messages import Response, Wire
from tests.unit.testing.faults.canned import BASE, TRAP, Canned, Place, asked, ids, link, searchset

NEXT = f"{BASE}?_page=abc&_offset=2"
PAGES: dict[str, Any] = {
    "/Patient": searchset("a", "b", next_url=NEXT),
    "?_page=abc&_offset=2": searchset("c", "d"),
}
NDJSON = Response(
    200, [("Content-Type", "application/fhir+ndjson")], b'{"resourceType":"A"}\n{"resourceType":"B"}\n'
)


def retry_after(**options: Any) -> str | None:
    return Place({}, {"kind": "throttle", **options}).ask("GET", "/Patient").header("Retry-After")


def test_retry_after_has_every_form() -> None:
    now = Place().clock.now()
    assert retry_after(seconds=18000) == "18000"
    assert retry_after(retry_after="absent") is None
    assert retry_after(retry_after="junk") == "in a while"
    for form, seconds in (("http-date", 60), ("past-date", -60)):
        told = parsedate_to_datetime(retry_after(retry_after=form, seconds=60) or "")
        assert (told - now).total_seconds() == seconds


@pytest.mark.parametrize(("commit", "reached"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["error", "drop"])
def test_before_and_after_the_commit(kind: str, commit: str, reached: int) -> None:
    place = Place({}, {"kind": kind, "commit": commit})
    response = place.ask("POST", "/Patient", body={})
    assert len(place.server.requests) == reached
    assert response.wire.drop == (kind == "drop")


def test_an_error_may_have_no_body_or_a_web_page() -> None:
    assert Place({}, {"kind": "error", "body": "empty"}).ask("GET", "/Patient").content() == b""
    assert b"<html>" in Place({}, {"kind": "error", "body": "html"}).ask("GET", "/Patient").content()


def test_status_is_changed_inside_a_batch_too() -> None:
    entries = [{"response": {"status": "412 Precondition Failed"}}, {"response": {"status": "200 OK"}}]
    answer = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
    place = Place({"": answer}, {"kind": "status", "to": 409, "when": {"status": [412]}})
    place.server.answers["/"] = answer
    changed = place.ask("POST", "", body={"type": "batch"}).json()["entry"]
    assert [one["response"]["status"] for one in changed] == ["409", "200 OK"]


def test_a_hit_needs_something_to_change() -> None:
    place = Place(PAGES, {"kind": "next-link", "first": 1})
    assert place.ask("GET", "?_page=abc&_offset=2").status == 200  # has no next link: does not count
    assert link(place.ask("GET", "/Patient")) == "/fhir?_page=abc&_offset=2"
    assert link(place.ask("GET", "/Patient")) == NEXT
    assert place.journal.injected == ["this"]


def test_answers_that_are_errors_are_left_alone() -> None:
    place = Place({}, {"kind": "replace-body"})
    assert place.ask("GET", "/Patient").status == 404
    assert place.journal.injected == []


def test_the_scheme_is_turned_round() -> None:
    secure = searchset("a", next_url=NEXT.replace("http:", "https:"))
    fault = {"kind": "next-link", "to": "other-scheme"}
    assert (link(Place({"/Patient": secure}, fault).ask("GET", "/Patient")) or "").startswith("http://")
    assert (link(Place(PAGES, fault).ask("GET", "/Patient")) or "").startswith("https://")


def test_a_circle_closes_after_its_length_and_asks_the_server_plainly() -> None:
    place = Place(PAGES, {"kind": "next-loop", "length": 3})
    url, seen = "/Patient", []
    for _ in range(4):
        following = link(place.ask("GET", url)) or ""
        seen.append(following)
        url = following.removeprefix(BASE)
        place.server.answers.setdefault("/Patient?_count=2", PAGES["/Patient"])
    assert seen[0] == seen[3]
    assert len(set(seen)) == 3
    assert not any(key == "_hop" for request in place.server.requests for key, _ in request.query)


def test_entries_repeat_and_go_missing() -> None:
    repeated = Place(PAGES, {"kind": "repeat-entry"})
    assert ids(repeated.ask("GET", "/Patient")) == ["a", "b"]
    assert ids(repeated.ask("GET", "?_page=abc&_offset=2")) == ["b", "c", "d"]
    missed = Place(PAGES, {"kind": "miss-entry", "when": {"interaction": ["page"]}})
    assert ids(missed.ask("GET", "/Patient")) == ["a", "b"]
    assert ids(missed.ask("GET", "?_page=abc&_offset=2")) == ["d"]


def test_parameters_are_ignored_in_a_form_and_with_modifiers_too() -> None:
    place = Place(PAGES, {"kind": "ignore-parameter", "name": "code"})
    place.ask("GET", "/Patient?code:not=x&name=y")
    request = asked("POST", "/Patient/_search")
    form = type(request)("POST", request.path, (), (), b"code=x&name=y", BASE)
    place.faults.handle(form)
    assert place.server.requests[0].query == (("name", "y"),)
    assert place.server.requests[1].body == b"name=y"
    place.ask("GET", "/Patient?name=y")
    assert place.journal.injected == ["this", "this"]


def test_guards_are_ignored_in_bundles_too() -> None:
    place = Place({}, {"kind": "ignore-header", "name": "If-None-Exist"})
    entry = {"request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=1"}}
    place.ask("POST", "", body={"type": "transaction", "entry": [entry]})
    place.ask("POST", "/Patient", body={}, If_None_Exist="identifier=1")
    asked_of = place.server.requests
    assert b"ifNoneExist" not in asked_of[0].body
    assert asked_of[1].header("If-None-Exist") is None
    refusing = Place({}, {"kind": "refuse-header", "name": "If-None-Exist"})
    assert refusing.ask("POST", "", body={"type": "transaction", "entry": [entry]}).status == 400
    assert refusing.ask("POST", "", body={"type": "transaction", "entry": []}).status == 404


def test_packing_is_left_alone_where_it_was_not_accepted() -> None:
    place = Place({"/f": NDJSON}, {"kind": "cut-gzip"})
    assert place.ask("GET", "/f").content() == NDJSON.body
    cut = place.ask("GET", "/f", Accept_Encoding="gzip, deflate")
    assert cut.header("Content-Encoding") == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(cut.content())


def test_cut_bodies_are_cut_on_the_wire() -> None:
    size = len(NDJSON.content())
    response = Place({"/f": NDJSON}, {"kind": "cut-body", "fraction": 0.5}).ask("GET", "/f")
    assert response.wire == Wire(cut_at=size // 2, declared=size)
    last = Place({"/f": NDJSON}, {"kind": "cut-body", "fraction": 1.0}).ask("GET", "/f")
    assert last.wire.cut_at == size - 1


def test_a_streamed_file_can_be_damaged() -> None:
    place = Place({}, {"kind": "file-lacks-lines"})
    place.faults._inner = lambda request: Response(200, [], iter([b'{"a":1}\n{"b"', b":2}\n"]))
    assert place.ask("GET", "/$export-file/1/A.ndjson").content() == b'{"a":1}\n'


def test_an_answer_nobody_sees_is_closed() -> None:
    closed: list[str] = []

    class Streamed(list[bytes]):
        def close(self) -> None:
            closed.append("closed")

    for kind in ("error", "drop"):
        place = Place({}, {"kind": kind, "commit": "after"})
        place.faults._inner = lambda request: Response(200, [], Streamed([b"a"]))
        place.ask("GET", "/$export-file/1/A.ndjson")
    assert closed == ["closed", "closed"]
    place = Place()
    place.faults._inner = lambda request: Response(200, [], Streamed([b"a"]))
    place.ask("GET", "/$export-file/1/A.ndjson").body.close()  # type: ignore[union-attr]
    assert len(closed) == 3


def test_expiry_makes_the_server_forget_where_it_can() -> None:
    place = Place(PAGES, {"kind": "expire-token", "at": [2]})
    forgotten: list[str | None] = []
    place.faults._around = type(place.faults._around)(
        place.clock, None, lambda request: forgotten.append(request.header("Authorization"))
    )
    place.ask("GET", "/Patient")  # without a token: nothing to expire
    assert [place.ask("GET", "/Patient", Authorization="Bearer t").status for _ in range(3)] == [
        200,
        401,
        200,
    ]
    assert forgotten == ["Bearer t"]
    assert len(place.server.requests) == 3


def test_a_batchs_failed_entries_stay_in_their_places() -> None:
    place = Place({}, {"kind": "fail-entries", "entry_every": 2})

    def inner(request: Any) -> Response:
        done = [
            {"response": {"status": "200", "location": one["request"]["url"]}}
            for one in request.json()["entry"]
        ]
        return Response(
            200, [], json.dumps({"resourceType": "Bundle", "type": "batch-response", "entry": done}).encode()
        )

    place.faults._inner = inner
    entries = [{"request": {"method": "PUT", "url": f"Patient/{number}"}} for number in range(4)]
    answered = place.ask("POST", "", body={"type": "batch", "entry": entries}).json()["entry"]
    assert [one["response"].get("location", "503") for one in answered] == [
        "Patient/0",
        "503",
        "Patient/2",
        "503",
    ]


def test_the_other_host_keeps_path_and_query() -> None:
    response = Place(PAGES, {"kind": "next-to-trap"}).ask("GET", "/Patient")
    assert link(response) == f"{TRAP}/fhir?_page=abc&_offset=2"
    redirect = Place(PAGES, {"kind": "redirect-to-trap", "status": 307}).ask("GET", "/Patient?name=x")
    assert (redirect.status, redirect.header("Location")) == (307, f"{TRAP}/fhir/Patient?name=x")


def test_references_within_a_resource_or_a_urn_are_told_apart() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/1"},
        "performer": [{"reference": "#own"}, {"reference": "urn:uuid:1"}],
    }
    changed = (
        Place({"/Observation/1": resource}, {"kind": "references-to-trap"})
        .ask("GET", "/Observation/1")
        .json()
    )
    assert changed["subject"]["reference"] == f"{TRAP}/fhir/Patient/1"
    assert changed["performer"] == resource["performer"]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Immunization", "status": "not-done"}, {"status": "completed", "notGiven": True}),
        ({"resourceType": "Procedure", "status": "completed"}, {"notDone": False}),
        ({"resourceType": "Observation", "encounter": {"reference": "e"}}, {"context": {"reference": "e"}}),
        ({"resourceType": "Observation", "note": [{"text": "a"}, {"text": "b"}]}, {"comment": "a; b"}),
        ({"resourceType": "MedicationStatement", "status": "active"}, {"taken": "y"}),
    ],
)
def test_stu3(resource: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expected.items() <= (stu3(resource) or {}).items()


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (
            {"resourceType": "Encounter", "status": "finished", "period": 1},
            {"status": "completed", "actualPeriod": 1},
        ),
        (
            {"resourceType": "ResearchSubject", "status": "on-study", "individual": 1},
            {"status": "active", "subject": 1},
        ),
        ({"resourceType": "AdverseEvent", "event": 1}, {"code": 1, "status": "completed"}),
        ({"resourceType": "MedicationRequest", "medicationReference": 1}, {"medication": {"reference": 1}}),
        (
            {"resourceType": "AllergyIntolerance", "type": "allergy"},
            {"type": {"coding": [{"code": "allergy"}]}},
        ),
    ],
)
def test_r5(resource: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expected.items() <= (r5(resource) or {}).items()


def test_shapes_that_do_not_differ_are_left_alone() -> None:
    resource = {"resourceType": "Patient", "id": "1"}
    assert stu3(resource) is None
    assert r5(resource) is None
    place = Place({"/Patient/1": resource}, {"kind": "shape"})
    place.ask("GET", "/Patient/1")
    assert place.journal.injected == []


def test_plain_ascii_is_left_alone_by_an_encoding() -> None:
    place = Place(PAGES, {"kind": "encode"})
    place.ask("GET", "/Patient")
    assert place.journal.injected == []


def test_an_unknown_file_is_absent_whatever_the_server_says() -> None:
    place = Place({}, {"kind": "manifest-extra-file"})
    place.faults._inner = Canned({"/$export-file/absent/Absent.ndjson": NDJSON})
    assert place.ask("GET", "/$export-file/absent/Absent.ndjson").status == 404
