"""The CapabilityStatement says what the server does, under its quirks, and is valid itself."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.testing.server import schema
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.smart import SmartAuth
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.server.asking import BASE, asking


def statement(**options: Any) -> dict[str, Any]:
    with asking(**options) as ask:
        content: dict[str, Any] = ask("GET", "metadata").json()
    # R4's schema does not know R5's number.
    assert schema.r4().findings(content | {"fhirVersion": "4.0.1"}) == []
    return content


def of_patient(**quirks: Any) -> dict[str, Any]:
    resources = statement(quirks=Quirks(**quirks))["rest"][0]["resource"]
    return next(resource for resource in resources if resource["type"] == "Patient")


@pytest.mark.parametrize(
    ("quirks", "element", "value"),
    [
        ({}, "updateCreate", True),
        ({"update_create": False}, "updateCreate", False),
        ({}, "conditionalCreate", True),
        ({"conditional_create": "racy"}, "conditionalCreate", True),
        ({"conditional_create": "ignored"}, "conditionalCreate", False),
        ({"conditional_create": "refused"}, "conditionalCreate", False),
        ({}, "conditionalUpdate", True),
        ({"conditional_update": False}, "conditionalUpdate", False),
        ({}, "versioning", "versioned-update"),
        ({"guards": False}, "versioning", "versioned"),
        ({"etag": "none"}, "versioning", "versioned"),
        ({}, "conditionalDelete", "single"),
        ({}, "readHistory", True),
    ],
)
def test_a_types_abilities(quirks: dict[str, Any], element: str, value: Any) -> None:
    assert of_patient(**quirks)[element] == value


def test_search_parameters_are_those_that_are_looked_at() -> None:
    found = {parameter["name"]: parameter["type"] for parameter in of_patient()["searchParam"]}
    assert {"identifier", "birthdate", "_id", "_lastUpdated"} <= set(found)
    assert (found["identifier"], found["birthdate"]) == ("token", "date")
    fewer = {
        parameter["name"] for parameter in of_patient(ignored_parameters=("_lastUpdated",))["searchParam"]
    }
    assert set(found) - fewer == {"_lastUpdated"}


@pytest.mark.parametrize(("supported", "listed"), [(True, 1), (False, 0)])
def test_transactions(supported: bool, listed: int) -> None:
    codes = [
        one["code"] for one in statement(quirks=Quirks(transactions=supported))["rest"][0]["interaction"]
    ]
    assert codes.count("transaction") == listed
    assert {"batch", "search-system", "history-system"} <= set(codes)


@pytest.mark.parametrize("version", ["4.0.1", "5.0.0"])
def test_the_version_of_fhir(version: str) -> None:
    assert statement(fhir_version=version)["fhirVersion"] == version


def test_security_is_told_where_tokens_are_asked_for() -> None:
    assert "security" not in statement()["rest"][0]
    security = statement(auth=SmartAuth(clock=ManualClock()))["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    assert security["extension"][0]["extension"][0]["valueUri"] == f"{BASE}/auth/token"


def test_operations() -> None:
    assert {operation["name"] for operation in of_patient()["operation"]} == {"everything", "export"}
