"""What a server says of itself: https://hl7.org/fhir/R4/capabilitystatement.html."""

from __future__ import annotations

import pytest

from tests.interop.target import Resource, Target

TYPES = (
    "AdverseEvent",
    "AllergyIntolerance",
    "Condition",
    "Group",
    "Immunization",
    "Medication",
    "MedicationAdministration",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Patient",
    "Procedure",
    "Provenance",
    "ResearchStudy",
    "ResearchSubject",
)
INTERACTIONS = {
    "read",
    "vread",
    "update",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
}
PARAMETERS = [
    ("Patient", {"identifier", "birthdate", "gender", "family", "given", "name", "_id", "_lastUpdated"}),
    (
        "Observation",
        {"code", "date", "patient", "subject", "status", "category", "value-quantity", "identifier"},
    ),
    ("Condition", {"code", "patient", "subject", "clinical-status", "verification-status", "onset-date"}),
    ("MedicationRequest", {"code", "patient", "status", "authoredon", "medication"}),
    ("MedicationStatement", {"code", "patient", "status", "effective", "medication"}),
    ("MedicationAdministration", {"code", "patient", "status", "effective-time", "medication"}),
    ("ResearchSubject", {"patient", "individual", "study", "identifier", "status", "date"}),
    ("AdverseEvent", {"subject", "event", "date", "study", "actuality"}),
    ("Provenance", {"target", "agent", "recorded"}),
]


@pytest.fixture(scope="module")
def statement(server: Target) -> Resource:
    """The CapabilityStatement."""
    response = server.get("metadata")
    assert response.status_code == 200
    found: Resource = response.json()
    return found


def of_type(statement: Resource, kind: str) -> Resource:
    """What it says of one type."""
    (row,) = (row for row in statement["rest"][0]["resource"] if row["type"] == kind)
    found: Resource = row
    return found


def test_it_is_of_a_running_r4_server(statement: Resource) -> None:
    """fhirVersion, kind, mode."""
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["kind"] == "instance"
    assert statement["status"] == "active"
    assert statement["rest"][0]["mode"] == "server"


def test_it_speaks_json(statement: Resource) -> None:
    """format names the media type, or its short form."""
    assert {"json", "application/fhir+json"} & set(statement["format"])


@pytest.mark.parametrize("kind", TYPES)
def test_interactions(statement: Resource, kind: str) -> None:
    """rest.resource.interaction: what a type allows."""
    assert {row["code"] for row in of_type(statement, kind)["interaction"]} >= INTERACTIONS


@pytest.mark.parametrize(("kind", "names"), PARAMETERS, ids=[row[0] for row in PARAMETERS])
def test_search_parameters(statement: Resource, kind: str, names: set[str]) -> None:
    """rest.resource.searchParam: what a type can be searched by."""
    assert {row["name"] for row in of_type(statement, kind)["searchParam"]} >= names


def test_adverse_events_have_no_identifier_to_search_by(statement: Resource) -> None:
    """adverseevent.html#search: not in R4."""
    assert "identifier" not in {row["name"] for row in of_type(statement, "AdverseEvent")["searchParam"]}


def test_conditions_on_writes(statement: Resource) -> None:
    """conditionalCreate, conditionalUpdate, conditionalDelete, versioning."""
    row = of_type(statement, "Patient")
    assert row["conditionalCreate"] is True
    assert row["conditionalUpdate"] is True
    assert row["conditionalDelete"] in ("single", "multiple")
    assert row["versioning"] == "versioned-update"


def test_update_as_create(server: Target, statement: Resource) -> None:
    """updateCreate: whether a client may choose ids."""
    assert of_type(statement, "Patient").get("updateCreate", False) is server.says("update-create", True)


def test_bundles(server: Target, statement: Resource) -> None:
    """rest.interaction: what the base address takes."""
    named = {row["code"] for row in statement["rest"][0]["interaction"]}
    assert "transaction" in named
    assert ("batch" in named) is server.says("batch-named", True)


def test_operations(statement: Resource) -> None:
    """rest.operation or rest.resource.operation: export and everything."""
    rest = statement["rest"][0]
    everywhere = [*rest.get("operation", ()), *of_type(statement, "Patient").get("operation", ())]
    assert {row["name"] for row in everywhere} >= {"export", "everything"}


def test_includes(statement: Resource) -> None:
    """searchInclude, searchRevInclude."""
    row = of_type(statement, "Observation")
    assert {"Observation:subject", "Observation:patient", "*"} & set(row["searchInclude"])
    assert "Provenance:target" in row["searchRevInclude"]
