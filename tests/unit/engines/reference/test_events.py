"""docs/semantics.md §6.7, §7 and §9: events, gender, the study, joined conditions, trails, review."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Part


def allergy(text: str | None = "mtx", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "code": {"text": text} if text is not None else {},
        "recordedDate": "2026-06-20",
        **more,
    }


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("more", "truth", "reason"),
    [
        ({}, "true", None),
        ({"verificationStatus": status("presumed")}, "true", None),
        ({"verificationStatus": status("unconfirmed")}, "unknown", "PROVISIONAL_ONLY"),
        ({"verificationStatus": status("refuted")}, "unknown", "NO_RECORD"),
        ({"recordedDate": "2026-01-20"}, "unknown", "NO_RECORD"),
        ({"recordedDate": "2026"}, "unknown", "PARTIAL_DATE"),
        ({"recordedDate": None}, "unknown", "PARTIAL_DATE"),
        ({"recordedDate": "2026-07-01"}, "unknown", "NO_RECORD"),
        ({"text": None}, "unknown", "UNMAPPED_CODE"),
        ({"text": "pred"}, "unknown", "NO_RECORD"),
        ({"text": "pred", "reaction": [{"substance": {"text": "lef"}}]}, "true", None),
    ],
)
def test_event(clinic: Any, more: dict[str, Any], truth: str, reason: str | None) -> None:
    verdict = clinic.answer(clinic.when("event", "agent-event", 30), allergy(**more))
    assert (verdict.truth, verdict.reason) == (truth, reason)
    assert verdict.valid_until == ("2026-07-21" if truth == "true" else None)


def test_undated_counts(clinic: Any) -> None:
    asked = clinic.when("event", "agent-event", 30, undated_counts=True)
    assert clinic.answer(asked, allergy(recordedDate=None)).truth == "true"


def test_event_needs_its_types_but_not_those_that_only_help(clinic: Any) -> None:
    asked = clinic.when("event", "agent-event")
    assert clinic.answer(asked).reason == "NO_RECORD"
    incomplete = {("AllergyIntolerance", "p")}
    answer = clinic.answer(asked, change=lambda landing: landing.incomplete.update(incomplete))
    assert answer.reason == "INCOMPLETE_DATA"
    helping = {("AdverseEvent", "p")}
    answer = clinic.answer(asked, change=lambda landing: landing.incomplete.update(helping))
    assert answer.reason == "NO_RECORD"


def adverse_event(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AdverseEvent",
        "id": "e",
        "actuality": "actual",
        "subject": {"reference": "Patient/p"},
        **more,
    }


def test_adverse_event_names_its_suspect_through_a_medication_record(clinic: Any) -> None:
    record = clinic.statement("mtx", "2026-01-01")
    suspect = {"instance": {"reference": f"MedicationStatement/{record['id']}"}}
    happened = adverse_event(event={"text": "rash"}, suspectEntity=[suspect])
    asked = clinic.when("event", "agent-event")
    assert clinic.answer(asked, happened).reason == "NO_RECORD"
    assert clinic.answer(asked, happened, record).truth == "true"
    assert clinic.answer(asked, {**happened, "actuality": "potential"}, record).reason == "NO_RECORD"


def test_severe(clinic: Any) -> None:
    asked = clinic.when("event", "severe")
    assert clinic.answer(asked, adverse_event(seriousness=status("Serious"))).truth == "true"
    assert clinic.answer(asked, adverse_event(severity=status("mild"))).reason == "NO_RECORD"


def test_gender(clinic: Any) -> None:
    female = clinic.when("gender", "female")
    assert clinic.answer(female, clinic.patient(gender="female")).evidence == ("Patient/p",)
    assert clinic.answer(female, clinic.patient(gender="male")).reason == "NO_RECORD"
    assert clinic.answer(female, clinic.patient()).reason == "NO_RECORD"


def on_study(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ResearchSubject",
        "id": "rs",
        "status": "on-study",
        "individual": {"reference": "Patient/p"},
        "study": {"identifier": {"value": "NCT1"}},
        **more,
    }


def test_discontinuation_is_for_those_on_the_study_and_no_part_of_eligibility(clinic: Any) -> None:
    always = clinic.row("unknown", clinic.when("on_study", ""), "NEEDS_JUDGEMENT")
    line = clinic.line(Part((always,)), kind="discontinuation")
    assert clinic.screen([line], [clinic.patient()]).verdicts == []
    study = {"resourceType": "ResearchStudy", "id": "s", "identifier": [{"value": "NCT1"}]}
    by_reference = on_study(study={"reference": "ResearchStudy/s"})
    for resources in ([on_study()], [study, by_reference]):
        screening = clinic.screen([line], [clinic.patient(), *resources])
        assert [v.evidence for v in screening.verdicts] == [("ResearchSubject/rs",)]
        assert screening.subjects[0].eligibility == "eligible"
        assert screening.subjects[0].missing == ()
    for other in (on_study(status="withdrawn"), on_study(study={"identifier": {"value": "NCT2"}})):
        assert clinic.screen([line], [clinic.patient(), other]).verdicts == []


def test_all_and_any(clinic: Any) -> None:
    low = clinic.when("latest", "platelets", 28, below=80)
    adult = clinic.when("age", "years", at_least=18)
    ra = clinic.when("present", "ra")
    both, either = (clinic.when(verb, "", of=(ra, low)) for verb in ("all", "any"))
    result, sick = clinic.platelets(70), clinic.diagnosis()
    verdict = clinic.answer(both, result, sick)
    assert (verdict.truth, verdict.value) == ("true", 70.0)
    assert verdict.evidence == (f"Condition/{sick['id']}", f"Observation/{result['id']}")
    assert verdict.about == ("ra",)
    assert clinic.answer(both, result).truth == "unknown"
    assert clinic.answer(either, result).evidence == (f"Observation/{result['id']}",)
    old = clinic.platelets(70, "2026-01-01")
    assert clinic.answer(clinic.when("all", "", of=(adult, low)), old).reason == "TOO_OLD"
    unreadable = clinic.lab("777-3", {"valueString": "see report"})
    assert clinic.answer(both, unreadable, sick).reason == "UNREADABLE_VALUE"


def test_row_of_no_record_tells_what_an_earlier_row_left(clinic: Any) -> None:
    low = clinic.row("true", clinic.when("latest", "platelets", 28, below=80))
    rest = clinic.row("unknown", clinic.when("age", "years", at_least=0), "NO_RECORD")
    old = clinic.platelets(70, "2026-01-01")
    verdict = clinic.verdict([low, rest], [old])
    assert (verdict.reason, verdict.evidence) == ("TOO_OLD", (f"Observation/{old['id']}",))
    assert clinic.verdict([low, rest], []).evidence == ("Patient/p",)


def test_review_when_false(clinic: Any) -> None:
    row = clinic.row("false", clinic.when("age", "years", at_least=0))
    line = clinic.line(Part((row,)), review_when_false="look at the film")
    verdict = clinic.screen([line], [clinic.patient()]).verdicts[0]
    assert (verdict.truth, verdict.notes, verdict.review) == ("false", ("look at the film",), True)
