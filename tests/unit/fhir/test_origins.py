"""Only the origins of the site's file are asked; what two parsers could read in two ways is no address."""

from __future__ import annotations

import pytest

from fhir_adapter.errors import ServerError
from fhir_adapter.fhir.origins import AllowList, origin_of, resolved

BASE = "https://hospital.example/fhir"


@pytest.mark.parametrize(
    "url",
    [
        "https://hospital.example:443/fhir/x",
        "https://HOSPITAL.example/fhir",
        "https://hospital.example./fhir",
    ],
)
def test_the_same_origin_in_another_spelling_is_the_base(url: str) -> None:
    assert AllowList(BASE).is_base(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://hospital.example/fhir",
        "https://hospital.example:8443/fhir",
        "https://hospital.example.evil.example/fhir",
        "https://evil.example/https://hospital.example/fhir",
        "https://169.254.169.254/latest",
    ],
)
def test_another_origin_is_refused(url: str) -> None:
    allowed = AllowList(BASE)
    assert not allowed.is_base(url)
    with pytest.raises(ServerError, match="another origin"):
        allowed.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hospital.example:443:443/fhir",
        "https://hospital.example@evil.example/fhir",
        "https://evil.example\\@hospital.example/fhir",
        "https://hospital.example/fhir\n",
        "ftp://hospital.example/fhir",
        "file:///etc/passwd",
        "https:///fhir",
        "Patient/1",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ServerError):
        origin_of(url)


def test_a_listed_origin_may_be_asked_and_is_not_the_base() -> None:
    allowed = AllowList(BASE, ["https://files.example"])
    allowed.check("https://files.example/a.ndjson")
    assert not allowed.is_base("https://files.example/a.ndjson")


def test_relative_links_are_resolved() -> None:
    assert resolved(f"{BASE}/Patient?_count=2", "?page=2") == f"{BASE}/Patient?page=2"
    assert resolved(f"{BASE}/Patient", "/fhir?page=2#x") == f"{BASE}?page=2"
    assert resolved(f"{BASE}/Patient", "//evil.example/x") == "https://evil.example/x"
