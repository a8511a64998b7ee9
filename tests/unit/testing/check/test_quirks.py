"""Owns that the check names each quirk of a server: a row per quirk, with the finding that must speak of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.testing.check import Level, Report
from fhir_adapter.testing.server.messages import Request, Response, json_response
from tests.unit.testing.check.populated import Hospital

Check = Callable[..., Report]
Make = Callable[..., Hospital]

TROUBLE, DIFFERS, OK = Level.TROUBLE, Level.DIFFERS, Level.OK
# quirks -> the finding's type, its name, how its observation begins, its level
NAMED: list[tuple[dict[str, Any], str, str, str, Level]] = [
    ({"ignored_parameters": ("_lastUpdated",)}, "Observation", "_lastUpdated", "ignored", TROUBLE),
    ({"ignored_parameters": ("code",)}, "Observation", "code", "ignored", TROUBLE),
    ({"ignored_parameters": ("patient",)}, "Observation", "patient", "ignored", TROUBLE),
    ({"ignored_parameters": ("identifier",)}, "Patient", "identifier", "ignored", TROUBLE),
    ({"ignored_parameters": ("date",)}, "Observation", "date", "ignored", TROUBLE),
    ({"ignored_parameters": ("status",)}, "Observation", "status", "ignored", TROUBLE),
    ({"ignored_parameters": ("_id",)}, "Patient", "_id", "ignored", TROUBLE),
    ({"ignored_parameters": ("_id",)}, "Observation", "POST _search", "form ignored", TROUBLE),
    ({"ignored_parameters": ("_tag",)}, "Patient", "_tag", "ignored", TROUBLE),
    ({"ignored_parameters": ("_has",)}, "Patient", "_has", "ignored", TROUBLE),
    ({"ignored_parameters": ("_count",)}, "Observation", "_count", "ignored", TROUBLE),
    ({"ignored_parameters": ("_sort",)}, "Observation", "_sort", "ignored", TROUBLE),
    ({"ignored_parameters": ("_elements",)}, "Observation", "_elements", "ignored", DIFFERS),
    ({"ignored_parameters": ("_summary",)}, "Observation", "_summary=count", "brings resources", DIFFERS),
    ({"ignored_parameters": ("_include",)}, "", "_include", "brings nothing", TROUBLE),
    ({"ignored_parameters": ("_revinclude",)}, "", "_revinclude", "brings nothing", TROUBLE),
    ({"strict": False}, "Observation", "unknown parameter", "ignored", DIFFERS),
    ({"max_count": 3}, "Observation", "duplicates", "none", OK),
    ({"etag": "none"}, "Observation", "ETag", "none", TROUBLE),
    ({"etag": "strong"}, "Observation", "ETag", "strong", DIFFERS),
    ({"export_retry_after": "120"}, "", "Retry-After", "seconds, up to 120 s", DIFFERS),
    ({"export_retry_after": "soon"}, "", "Retry-After", "unreadable", DIFFERS),
    ({"requires_token": "true"}, "", "requiresAccessToken", "a file needs none", DIFFERS),
    ({"transaction_time": "end", "export_polls": 9}, "", "transactionTime", "9 s after", TROUBLE),
    ({"export_polls": 50, "export_retry_after": "60"}, "", "end", "not within", Level.UNKNOWN),
    ({"conditional_create": "ignored"}, "Basic", "conditional create", "ignored", TROUBLE),
    ({"conditional_create": "refused"}, "Basic", "conditional create", "refused 400", DIFFERS),
    ({"conditional_update": False}, "Basic", "conditional update", "refused 400", DIFFERS),
    ({"update_create": False}, "Basic", "PUT creates", "refused 405", DIFFERS),
    ({"guards": False}, "Basic", "stale If-Match", "ignored", TROUBLE),
    ({"guard_status": 409}, "Basic", "stale If-Match", "409", DIFFERS),
    ({"transactions": False}, "Basic", "transaction", "refused 400", DIFFERS),
    ({"keep_versions": False}, "Basic", "versions in references", "stripped", DIFFERS),
    ({"referential": True}, "Basic", "reference to nothing", "refused 400", OK),
    ({"late_visible_s": 3}, "Basic", "found by _tag", "after 3.5 s", TROUBLE),
    ({"late_visible_s": 3}, "Basic", "conditional create", "honoured only", TROUBLE),
    ({"late_visible_s": 60}, "Basic", "found by _tag", "not within", TROUBLE),
    ({"clock_skew_s": 30}, "Basic", "stamp", "30 s ahead", TROUBLE),
    ({"ignored_parameters": ("_tag",)}, "Basic", "found by _tag", "ignored", TROUBLE),
]


@pytest.mark.parametrize(
    ("quirks", "kind", "name", "observed", "level"),
    NAMED,
    ids=[f"{quirks}-{name}" for quirks, _, name, _, _ in NAMED],
)
def test_quirk_is_named(
    check: Check,
    hospital_with: Make,
    quirks: dict[str, Any],
    kind: str,
    name: str,
    observed: str,
    level: Level,
) -> None:
    server = hospital_with(**quirks)
    report = check(server.handle, server.clock, write=True)
    (found,) = [one for one in report.named(name, kind) if one.group != "paging"] or report.named(name, kind)
    assert found.observed.startswith(observed)
    assert found.level is level
    assert found.advice or level not in (TROUBLE, DIFFERS)
    assert server.left == [], "the check left something behind"
    assert report.left_behind == []


def test_textbook_server_has_no_trouble(check: Check, server: Hospital) -> None:
    report = check(server.handle, server.clock, write=True)
    assert [found for found in report.findings if found.level is TROUBLE] == []
    assert report.trouble == 0
    assert server.left == []


def test_racing_creates_are_counted(check: Check, hospital_with: Make) -> None:
    server = hospital_with(conditional_create="racy")
    server.let_creates_race(4)
    report = check(server.handle, server.clock, write=True)
    (found,) = report.named("4 creates at once")
    assert (found.observed, found.level) == ("4 made", TROUBLE)
    assert server.left == []


def test_reading_only_sends_nothing_but_reads(check: Check, server: Hospital) -> None:
    report = check(server.handle, server.clock)
    others = [(asked.method, asked.parts) for asked in server.asked if asked.method != "GET"]
    searches = [parts for method, parts in others if method == "POST" and parts[-1] == "_search"]
    jobs = [parts for method, parts in others if method == "DELETE" and parts[0] == "$export-status"]
    assert len(others) == len(searches) + len(jobs)
    assert len(jobs) == 1
    assert report.of("writes") == []


def test_claims_stand_beside_what_was_seen(check: Check, hospital_with: Make) -> None:
    search = [{"name": "code", "type": "token"}, {"name": "recorded", "type": "date"}]
    resources = [
        {
            "type": "Observation",
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "searchParam": search,
        },
        {
            "type": "Basic",
            "interaction": [{"code": "create"}],
            "updateCreate": True,
            "conditionalCreate": True,
        },
    ]
    claims = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": "4.0.1",
        "rest": [{"mode": "server", "resource": resources}],
    }
    server = hospital_with(update_create=False, conditional_create="ignored")

    def claiming(request: Request) -> Response:
        return json_response(200, claims) if request.path == "metadata" else server.handle(request)

    report = check(claiming, server.clock, write=True)
    found = {(one.type, one.name): (one.claimed, one.level) for one in report.findings}
    assert found["Observation", "code"] == ("yes", OK)
    assert found["Observation", "date"] == ("no", DIFFERS), (
        "it filters although the statement does not list it"
    )
    assert found["Basic", "PUT creates"] == ("yes", TROUBLE), "it is refused although it is claimed"
    assert found["Basic", "conditional create"] == ("yes", TROUBLE)
