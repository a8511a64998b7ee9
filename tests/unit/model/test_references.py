"""How references are written in the field, and how evidence names a resource."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.references import ParsedReference, ReferenceKind, evidence, parse_reference

RELATIVE, ABSOLUTE, URN = ReferenceKind.RELATIVE, ReferenceKind.ABSOLUTE, ReferenceKind.URN
UUID = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/1", (RELATIVE, None, "Patient", "1")),
        ("Patient/1/_history/2", (RELATIVE, None, "Patient", "1")),
        ("Patient/a_b.c-D", (RELATIVE, None, "Patient", "a_b.c-D")),
        ("Patient/a%2Fb", (RELATIVE, None, "Patient", "a%2Fb")),
        ("Patient/患者1", (RELATIVE, None, "Patient", "患者1")),
        ("Patient/" + "9" * 80, (RELATIVE, None, "Patient", "9" * 80)),
        ("http://h/fhir/Patient/1", (ABSOLUTE, "http://h/fhir", "Patient", "1")),
        ("https://h:8443/fhir/R4/Patient/1/_history/3", (ABSOLUTE, "https://h:8443/fhir/R4", "Patient", "1")),
        ("HTTP://h/Patient/1", (ABSOLUTE, "HTTP://h", "Patient", "1")),
        ("http://h/fhir//Patient/1", (ABSOLUTE, "http://h/fhir", "Patient", "1")),
        ("http://h/Patient/Observation/1", (ABSOLUTE, "http://h/Patient", "Observation", "1")),
        ("http://h/fhir/Patient/Ab/_history/Cd", (ABSOLUTE, "http://h/fhir", "Patient", "Ab")),
        (UUID, (URN, None, None, UUID)),
        ("urn:oid:1.2.3", (URN, None, None, "urn:oid:1.2.3")),
        ("#p1", (ReferenceKind.CONTAINED, None, None, "p1")),
        ("#", (ReferenceKind.CONTAINED, None, None, "")),
    ],
)
def test_literal_references(
    text: str, expected: tuple[ReferenceKind, str | None, str | None, str | None]
) -> None:
    assert parse_reference(text) == ParsedReference(*expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "Patient",
        "Patient/",
        "/Patient/1",
        "patient/1",
        "Patient/1/",
        "Patient/1/2",
        "Patient/1 ",
        " Patient/1",
        "Patient/1\n",
        "Patient/1 2",
        "Patient/_history",
        "Patient/_history/1",
        "Patient/1/_history/",
        "Patient/1#x",
        "Patient?identifier=http://h|1",
        "http://Patient/1",
        "http:///Patient/1",
        "http://h/fhir?x=1/Patient/1",
        "http://h/fhir/patient/1",
        "ftp://h/Patient/1",
        "urn:isbn:1",
        "urn:uuid:",
        "张三",
    ],
)
def test_junk_is_other(text: str) -> None:
    assert parse_reference(text) == ParsedReference(ReferenceKind.OTHER)


@given(st.text())
def test_parsing_never_raises(text: str) -> None:
    parse_reference(text)
    parse_reference("Patient/" + text)
    parse_reference("http://h/" + text)


def test_kinds_are_plain_words() -> None:
    assert parse_reference("Patient/1").kind == "relative"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2", "Observation/1/_history/2"), (None, "Observation/1"), ("", "Observation/1")],
)
def test_evidence(version: str | None, expected: str) -> None:
    assert evidence("Observation", "1", version) == expected
