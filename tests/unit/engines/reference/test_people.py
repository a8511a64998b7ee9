"""docs/semantics.md §2: references, merges, versions."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Part

IDENTIFIED = {"identifier": [{"system": "urn:mrn", "value": "7"}]}


def screen(clinic: Any, *resources: dict[str, Any], **more: Any) -> Any:
    part = Part((clinic.row("true", clinic.when("latest", "platelets", 28, below=80)),))
    return clinic.screen([clinic.line(part)], list(resources), **more)


def link(kind: str, other: str) -> dict[str, Any]:
    return {"link": [{"type": kind, "other": {"reference": other}}]}


@pytest.mark.parametrize(
    ("subject", "linked"),
    [
        ({"reference": "Patient/p"}, True),
        ({"reference": "Patient/p/_history/3"}, True),
        ({"reference": "https://any.example/fhir/Patient/p"}, True),
        ({"reference": "urn:uuid:0f"}, True),
        ({"reference": "urn:uuid:10"}, False),
        ({"reference": "Patient/q"}, False),
        ({"reference": "Group/p"}, False),
        ({"reference": "#p"}, False),
        ({"reference": 5}, False),
        ({"identifier": {"system": "urn:mrn", "value": "7"}}, True),
        ({"identifier": {"value": "7"}}, False),
        ({"reference": "Patient/q", "identifier": {"system": "urn:mrn", "value": "7"}}, False),
        (None, False),
        ("Patient/p", False),
    ],
)
def test_references(clinic: Any, subject: Any, linked: bool) -> None:
    def change(landing: Any) -> None:
        landing.full_urls.update({"urn:uuid:0f": "Patient/p", "urn:uuid:10": ""})

    lab = clinic.platelets(70, subject=subject)
    result = screen(clinic, clinic.patient(**IDENTIFIED), lab, change=change)
    assert [fact.subject for fact in result.facts] == (["p"] if linked else [])
    assert result.counts["Observation"]["unlinked"] == (not linked)


def test_an_identifier_that_two_carry_is_no_reference(clinic: Any) -> None:
    lab = clinic.platelets(70, subject={"identifier": {"system": "urn:mrn", "value": "7"}})
    result = screen(clinic, clinic.patient("p", **IDENTIFIED), clinic.patient("q", **IDENTIFIED), lab)
    assert result.facts == []


@pytest.mark.parametrize(
    ("old", "survivor"),
    [(link("replaced-by", "Patient/p"), {}), ({}, link("replaces", "Patient/old"))],
)
def test_merge(clinic: Any, old: dict[str, Any], survivor: dict[str, Any]) -> None:
    lab = clinic.platelets(70, subject={"reference": "Patient/old"})
    result = screen(clinic, clinic.patient("old", **old), clinic.patient("p", **survivor), lab)
    assert [(s.subject, s.flags) for s in result.subjects] == [("Patient/p", ())]
    assert result.verdicts[0].truth == "true"
    assert result.counts["Patient"] == {
        "seen": 2,
        "used": 1,
        "superseded": 0,
        "unlinked": 0,
        "replaced": 1,
        "not_needed": 0,
    }


def test_a_survivor_is_incomplete_with_those_it_replaced(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete.add(("Observation", "old"))

    old = clinic.patient("old", **link("replaced-by", "Patient/p"))
    assert screen(clinic, old, clinic.patient(), change=change).verdicts[0].reason == "INCOMPLETE_DATA"


def test_a_dangling_link_merges_nothing(clinic: Any) -> None:
    result = screen(clinic, clinic.patient(**link("replaced-by", "Patient/gone")))
    assert [(s.subject, s.flags) for s in result.subjects] == [("Patient/p", ("merge-unresolved",))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"lastUpdated": "2026-01-01T00:00:00Z", "versionId": "9"}, {"lastUpdated": "2026-01-02T00:00:00Z"}),
        ({"versionId": "9"}, {"lastUpdated": "2026-01-02T00:00:00Z", "versionId": "1"}),
        ({"versionId": "9"}, {"versionId": "10"}),
        (
            {"lastUpdated": "2026-01-01T08:00:00+08:00", "versionId": "a"},
            {"lastUpdated": "2026-01-01T00:00:00Z", "versionId": "b"},
        ),
        ({}, {}),  # the greater value text wins
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_newest_version(clinic: Any, one: dict[str, Any], other: dict[str, Any], turned: bool) -> None:
    labs = [clinic.platelets(70, id="o", meta=one), clinic.platelets(71, id="o", meta=other)]
    result = screen(clinic, clinic.patient(), *(reversed(labs) if turned else labs))
    assert [fact.low for fact in result.facts] == [71.0]
    assert result.counts["Observation"]["superseded"] == 1


def test_an_entered_in_error_version_removes_the_older_ones(clinic: Any) -> None:
    labs = [
        clinic.platelets(70, id="o", meta={"versionId": "1"}),
        clinic.platelets(70, id="o", meta={"versionId": "2"}, status="entered-in-error"),
    ]
    assert screen(clinic, clinic.patient(), *labs).verdicts[0].reason == "NO_RECORD"


def test_deleted(clinic: Any) -> None:
    lab = clinic.platelets(70)
    result = screen(
        clinic, clinic.patient(), lab, change=lambda landing: landing.deleted.add(f"Observation/{lab['id']}")
    )
    assert (result.facts, result.counts["Observation"]["superseded"]) == ([], 1)
