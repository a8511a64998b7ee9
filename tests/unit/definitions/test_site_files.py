"""A hospital's knowledge is read from its folder, and every mistake in it is named by file and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, list_sites, load_definitions
from fhir_adapter.model.inputs import Site

Write = Callable[[str, str], None]
Complaints = Callable[..., list[str]]

CODES = "source_system,source_code,source_display,target_system,target_code,equivalence,note\n"
UNITS = "local_unit,accepted_unit,note\n"


@pytest.fixture
def site(write: Write) -> None:
    write("sites/ours/site.toml", 'title = "Ours"\n')


def test_no_site_is_the_default_site() -> None:
    assert load_definitions(SearchPath()).site == Site()


def test_site_is_read_whole(write: Write, folder: Path) -> None:
    write(
        "sites/ours/site.toml",
        """
title = "我院"
time_zone = "Asia/Urumqi"
base_urls = ["https://fhir.ours.example/r4"]
absent_types = ["Procedure"]
[systems]
"urn:ours:icd" = "icd-10-cn"
"urn:ours:atc" = "atc"
[studies]
tacrolimus-ra = ["ResearchStudy/123"]
""",
    )
    write(
        "sites/ours/codes.csv",
        CODES
        + "urn:ours,1,血小板,http://loinc.org,777-3,equivalent,\n"
        + "urn:ours,1,血小板,http://loinc.org,26515-7,equal,two targets\n"
        + "urn:ours,1,血小板,http://loinc.org,777-3,equal,the same again\n"
        + "urn:ours,2,血小板?,http://loinc.org,777-3,wider,\n"
        + "urn:ours,3,其他,,,unmatched,\n",
    )
    write("sites/ours/units.csv", UNITS + "毫米每小时,mm/h,\nｍｍ／小时,mm/hr.,\n")
    site = load_definitions(SearchPath([folder]), "ours").site
    assert (site.id, site.title, site.time_zone) == ("ours", "我院", "Asia/Urumqi")
    assert site.base_urls == ("https://fhir.ours.example/r4",)
    assert site.absent_types == {"Procedure"}
    assert site.systems == {"urn:ours:icd": "icd-10-cn", "urn:ours:atc": "atc"}
    assert site.studies == {"tacrolimus-ra": ("ResearchStudy/123",)}
    assert site.code_maps == {
        ("urn:ours", "1"): (("http://loinc.org", "777-3"), ("http://loinc.org", "26515-7")),
    }
    assert site.unit_maps == {"毫米每小时": "mm/h", "mm/小时": "mm/hr"}


def test_site_that_does_not_exist_is_told_with_those_that_do(complaints: Complaints) -> None:
    assert complaints(site="nowhere") == [
        "sites/nowhere/site.toml: -: expected a site: one of example-hospital",
    ]


def test_sites_are_listed_from_all_folders(site: None, folder: Path) -> None:
    assert list_sites(SearchPath([folder])) == ("example-hospital", "ours")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "title: missing, expected the hospital's name"),
        ('title = "x"\nurl = "x"', "url: unknown key, expected one of absent_types, base_urls"),
        ('title = "x"\ntime_zone = "Asia/Peking"', "time_zone: expected an IANA time zone"),
        ('title = "x"\ntime_zone = "../x"', "time_zone: expected an IANA time zone"),
        ('title = "x"\ntime_zone = "Asia"', "time_zone: expected an IANA time zone"),
        ('title = "x"\nabsent_types = ["Conditions"]', "absent_types[0]: expected one of AdverseEvent"),
        ('title = "x"\nsystems = { "urn:x" = "icd10" }', "systems.urn:x: expected one of atc, cvx, icd-10"),
        ('title = "x"\nbase_urls = ["ours"]', "base_urls[0]: expected a URL"),
        (
            'title = "x"\nstudies = { tacrolimus = ["ResearchStudy/1"] }',
            "studies.tacrolimus: expected a trial: one of tacrolimus-ra",
        ),
        (
            'title = "x"\nstudies = { tacrolimus-ra = ["1"] }',
            "studies.tacrolimus-ra[0]: expected a reference such as ResearchStudy/123",
        ),
        (
            'title = "x"\nstudies = { tacrolimus-ra = "ResearchStudy/1" }',
            "studies.tacrolimus-ra: expected a list of studies",
        ),
    ],
)
def test_site_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("sites/ours/site.toml", text)
    found = complaints(site="ours")
    assert any(one.startswith(f"sites/ours/site.toml: {line}") for one in found), found


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("urn:ours,,x,http://loinc.org,777-3,equal,", "line 2.source_code: expected the hospital's code"),
        ("urn:ours,1,x,http://loinc.org,777-3,same,", "line 2.equivalence: expected one of disjoint"),
        ("urn:ours,1,x,loinc,777-3,equal,", "line 2.target_system: expected the URI of a code system"),
        ("urn:ours,1,x,http://loinc.org,,equal,", "line 2.target_code: missing"),
        ("urn:ours,1,x,,,wider,", "line 2.target_system: missing"),
        ("urn:ours,1,x", "line 2: expected 7 columns, found 3"),
    ],
)
def test_code_mistake_is_named(site: None, write: Write, complaints: Complaints, row: str, line: str) -> None:
    write("sites/ours/codes.csv", CODES + row + "\n")
    found = complaints(site="ours")
    assert any(one.startswith(f"sites/ours/codes.csv: {line}") for one in found), found


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ("毫米,mm/2h,", "line 2.accepted_unit: expected a unit of an input, found mm/2h"),
        (",mm/h,", "line 2.local_unit: expected the unit as the hospital writes it"),
        ("毫,mm/h,\n毫,mg/L,", "line 3.local_unit: expected one target for 毫, found another"),
    ],
)
def test_unit_mistake_is_named(
    site: None, write: Write, complaints: Complaints, rows: str, line: str
) -> None:
    write("sites/ours/units.csv", UNITS + rows + "\n")
    assert complaints(site="ours") == [f"sites/ours/units.csv: {line}"]
