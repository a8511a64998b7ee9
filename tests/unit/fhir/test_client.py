"""What a server says of itself: its types, its version, how many resources it has."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.errors import AuthError, ServerError
from fhir_adapter.testing.server.messages import json_response
from fhir_adapter.testing.server.problems import outcome
from tests.unit.fhir.serving import one_by_one, served


def statement(version: Any = "4.0.1", rest: Any = None) -> dict[str, Any]:
    return {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": rest}


def test_the_types_and_the_servers_clock_are_read() -> None:
    rest = [{"mode": "server", "resource": [{"type": "Patient"}, {"type": "Observation"}, "x"]}, 5]
    answer = json_response(200, statement(rest=rest), [("Date", "Tue, 30 Jun 2026 12:00:00 GMT")])
    with served(one_by_one(answer)) as asked:
        offer = asked.client.offer()
    assert offer.types == {"Patient", "Observation"}
    assert offer.date == "Tue, 30 Jun 2026 12:00:00 GMT"


@pytest.mark.parametrize("version", ["5.0.0", "3.0.2", None, 4])
def test_another_version_than_r4_is_refused(version: Any) -> None:
    with served(one_by_one(json_response(200, statement(version)))) as asked:
        with pytest.raises(ServerError, match="only R4"):
            asked.client.offer()


def test_another_document_is_refused_with_its_codes() -> None:
    with served(one_by_one(json_response(200, outcome("login", "who are you?")))) as asked:
        with pytest.raises(ServerError, match=r"no CapabilityStatement: error login$"):
            asked.client.offer()


@pytest.mark.parametrize(
    ("bundle", "count"),
    [({"total": 7}, 7), ({"total": 0}, 0), ({}, None), ({"total": "7"}, None), ({"total": True}, None)],
)
def test_a_count_is_a_number_or_unknown(bundle: dict[str, Any], count: int | None) -> None:
    with served(one_by_one(json_response(200, {"resourceType": "Bundle", **bundle}))) as asked:
        assert asked.client.count("Patient") == count


def test_a_server_that_does_not_count_is_no_error_but_a_refused_token_is() -> None:
    with served(one_by_one(json_response(400, outcome("not-supported", "_summary")))) as asked:
        assert asked.client.count("Patient") is None
    with served(one_by_one(json_response(401, outcome("login", "token")))) as asked, pytest.raises(AuthError):
        asked.client.count("Patient")
