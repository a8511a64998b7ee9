"""docs/semantics.md §4, §6.3 and §6.4, rule by rule: diagnoses, silence, age."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Span
from fhir_adapter.model.inputs import Site


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def refs(*resources: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(f"Condition/{r['id']}" for r in resources))


@pytest.mark.parametrize(
    ("more", "truth", "reason", "notes"),
    [
        ({}, "true", None, ()),
        ({"verificationStatus": None}, "true", None, ("no-verification",)),
        ({"verificationStatus": status("provisional")}, "unknown", "PROVISIONAL_ONLY", ()),
        ({"verificationStatus": status("perhaps")}, "unknown", "PROVISIONAL_ONLY", ()),
        ({"verificationStatus": status("refuted")}, "unknown", "NO_RECORD", ()),
        ({"verificationStatus": status("entered-in-error")}, "unknown", "NO_RECORD", ()),
        ({"clinicalStatus": status("remission")}, "true", None, ("not-active",)),
        ({"clinicalStatus": None}, "true", None, ()),
        ({"clinicalStatus": None, "abatementDateTime": "2026-01"}, "true", None, ("not-active",)),
        ({"clinicalStatus": None, "abatementDateTime": "2027"}, "true", None, ()),
        ({"clinicalStatus": None, "abatementString": "last year"}, "true", None, ("not-active",)),
        ({"clinicalStatus": None, "abatementPeriod": {"start": "2027"}}, "true", None, ()),
        ({"recordedDate": "2026-07-01"}, "unknown", "NO_RECORD", ()),
        ({"recordedDate": "2026"}, "true", None, ()),
        ({"recordedDate": None, "onsetDateTime": "2026-08"}, "unknown", "NO_RECORD", ()),
        ({"recordedDate": None, "onsetPeriod": {"start": "2020"}}, "true", None, ()),
        ({"code": {"text": "疑似类风湿关节炎"}}, "unknown", "PROVISIONAL_ONLY", ()),
    ],
)
def test_present(
    clinic: Any, more: dict[str, Any], truth: str, reason: str | None, notes: tuple[str, ...]
) -> None:
    condition = clinic.diagnosis(**more)
    verdict = clinic.answer(clinic.when("present", "ra"), condition)
    assert (verdict.truth, verdict.reason, verdict.notes) == (truth, reason, notes)
    assert verdict.review is bool(notes)
    assert verdict.evidence == (() if reason == "NO_RECORD" else refs(condition))


def test_present_names_confirmed_members_only(clinic: Any) -> None:
    sure = clinic.diagnosis()
    verdict = clinic.answer(
        clinic.when("present", "ra"), sure, clinic.diagnosis(verificationStatus=status("unconfirmed"))
    )
    assert verdict.evidence == refs(sure)


def test_activity(clinic: Any) -> None:
    resolved = clinic.diagnosis("A15.0", clinicalStatus=status("resolved"))
    relapse = clinic.diagnosis("A15.0", clinicalStatus=status("relapse"))
    active = clinic.when("present", "infection", activity="active")
    assert clinic.answer(active, resolved).reason == "NO_RECORD"
    assert clinic.answer(active, resolved, relapse).evidence == refs(relapse)


def test_present_needs_conditions_only_when_it_finds_none(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete.add(("Condition", "p"))

    present = clinic.when("present", "ra")
    assert clinic.answer(present, change=change).reason == "INCOMPLETE_DATA"
    assert clinic.answer(present, clinic.diagnosis(), change=change).truth == "true"


@pytest.mark.parametrize(
    ("silence", "truth", "reason"),
    [
        ("unknown", "unknown", "NO_RECORD"),
        ("false", "true", None),
        ("false_if_recorded", "unknown", "NO_RECORD"),
    ],
)
def test_silence_of_an_empty_record(clinic: Any, silence: str, truth: str, reason: str | None) -> None:
    verdict = clinic.answer(clinic.when("absent", "infection", silence=silence))
    assert (verdict.truth, verdict.reason) == (truth, reason)


class TestFalseIfRecorded:
    """§6.3, last point"""

    @pytest.fixture
    def absent(self, clinic: Any) -> Any:
        return clinic.when("absent", "infection", silence="false_if_recorded")

    def test_a_record_that_speaks(self, clinic: Any, absent: Any) -> None:
        older, newest = clinic.diagnosis(), clinic.diagnosis(recordedDate="2026-02-01")
        verdict = clinic.answer(absent, older, newest)
        assert (verdict.truth, verdict.evidence) == ("true", refs(newest))
        assert (verdict.value, verdict.unit, verdict.valid_until) == (2.0, "Condition", "2028-02-02")

    def test_the_infection_itself(self, clinic: Any, absent: Any) -> None:
        assert clinic.answer(absent, clinic.diagnosis("A15.3")).reason == "NO_RECORD"  # FALSE, no row left
        doubt = clinic.diagnosis("A15.3", verificationStatus=status("differential"))
        verdict = clinic.answer(absent, doubt, clinic.diagnosis())
        assert (verdict.reason, verdict.evidence) == ("PROVISIONAL_ONLY", refs(doubt))

    def test_an_unmapped_condition(self, clinic: Any, absent: Any) -> None:
        unmapped = [clinic.diagnosis(code={"text": "不明"}), clinic.diagnosis(code={"text": "?"})]
        verdict = clinic.answer(absent, clinic.diagnosis(), *unmapped)
        assert (verdict.reason, verdict.evidence) == ("UNMAPPED_CODE", refs(*unmapped))
        refuted = clinic.diagnosis(code={"text": "不明"}, verificationStatus=status("refuted"))
        assert clinic.answer(absent, clinic.diagnosis(), refuted).truth == "true"

    @pytest.mark.parametrize(
        ("more", "truth"),
        [
            ({"recordedDate": "2024-06-30"}, "true"),  # 730 days ago
            ({"recordedDate": "2024-06-29"}, "unknown"),
            ({"recordedDate": "2024"}, "unknown"),
            ({"recordedDate": None}, "unknown"),
            ({"recordedDate": "soon"}, "unknown"),
            ({"verificationStatus": status("provisional")}, "unknown"),
            ({"verificationStatus": None}, "true"),
        ],
    )
    def test_recorded_in_the_last_two_years(self, clinic: Any, absent: Any, more: Any, truth: str) -> None:
        verdict = clinic.answer(absent, clinic.diagnosis(**more))
        assert (verdict.truth, verdict.reason) == (truth, None if truth == "true" else "NO_RECORD")

    def test_not_pulled_and_absent_types(self, clinic: Any, absent: Any) -> None:
        def drop(landing: Any) -> None:
            landing.types.pop("Condition")

        assert clinic.answer(absent, change=drop).reason == "INCOMPLETE_DATA"
        site = Site(absent_types=frozenset({"Condition"}))
        assert clinic.answer(absent, change=drop, site=site).reason == "NO_RECORD"


@pytest.mark.parametrize(
    ("birth", "truth", "reason", "value", "valid_until"),
    [
        ("2008-06-30", "true", None, 18.0, None),  # the birthday itself counts
        ("2008-07-01", "unknown", "NO_RECORD", None, "2026-07-01"),
        ("2008", "unknown", "PARTIAL_DATE", None, "2026-12-31"),
        ("2007", "true", None, None, None),
        ("2007-05", "true", None, 19.0, None),
        ("2008-02-29", "true", None, 18.0, None),
        (None, "unknown", "NO_RECORD", None, None),
        ("02/03/2008", "unknown", "UNREADABLE_VALUE", None, None),
        ("2026-07-01", "unknown", "UNREADABLE_VALUE", None, None),
        ("2026", "unknown", "NO_RECORD", None, "2044-01-01"),
    ],
)
def test_age(
    clinic: Any,
    birth: str | None,
    truth: str,
    reason: str | None,
    value: float | None,
    valid_until: str | None,
) -> None:
    verdict = clinic.answer(clinic.when("age", at_least=18), clinic.patient(birthDate=birth))
    assert (verdict.truth, verdict.reason, verdict.valid_until) == (truth, reason, valid_until)
    assert verdict.value == value
    assert verdict.evidence == (() if reason == "NO_RECORD" else ("Patient/p",))


def test_born_on_a_leap_day(clinic: Any) -> None:
    patient = clinic.patient(birthDate="2008-02-29", meta={"versionId": "7"})
    age = clinic.when("age", at_least=18)
    verdict = clinic.answer(age, patient, index="2026-02-28")
    assert (verdict.reason, verdict.valid_until) == ("NO_RECORD", "2026-03-01")
    verdict = clinic.answer(age, patient, index="2026-03-01")
    assert (verdict.truth, verdict.evidence) == ("true", ("Patient/p/_history/7",))


ENDED = {"clinicalStatus": status("resolved"), "abatementDateTime": "2026-06-10"}
BARE = {"clinicalStatus": None}


@pytest.mark.parametrize(
    ("keys", "more", "truth", "reason"),
    [
        ({"activity": "unresolved"}, {"clinicalStatus": status("inactive")}, "true", None),
        ({"activity": "unresolved"}, {"clinicalStatus": status("remission")}, "unknown", "NO_RECORD"),
        ({"activity": "ended"}, {"clinicalStatus": status("inactive")}, "true", None),
        ({"activity": "active"}, {"clinicalStatus": status("??")}, "true", None),
        ({"since": Span(300)}, {"onsetDateTime": "2026-01-01"}, "true", None),
        ({"since": Span(300)}, {"onsetDateTime": "2020-01-01"}, "unknown", "NO_RECORD"),
        ({"since": Span(300)}, {"onsetDateTime": "2025"}, "unknown", "PARTIAL_DATE"),
        ({"since": Span(300)}, {}, "true", None),  # no onset: recorded
        ({"recorded_within": Span(300)}, {"recordedDate": None}, "unknown", "PARTIAL_DATE"),
        ({"ended_within": Span(90)}, ENDED, "true", None),
        ({"ended_within": Span(90)}, {**ENDED, "abatementDateTime": "2020"}, "unknown", "NO_RECORD"),
        ({"ended_within": Span(90)}, {**ENDED, "abatementDateTime": None}, "unknown", "PARTIAL_DATE"),
        (
            {"ended_within": Span(90)},
            {**ENDED, "abatementDateTime": None, "abatementPeriod": {"start": "2020", "end": "2026-06-10"}},
            "true",
            None,
        ),
        (
            {"ended_within": Span(5, "y")},
            {**ENDED, "abatementDateTime": "2021-06-30"},
            "unknown",
            "NO_RECORD",
        ),
        ({"ended_within": Span(5, "y")}, {**ENDED, "abatementDateTime": "2021-07-01"}, "true", None),
        ({"stale_after_days": 365}, {"recordedDate": "2025-06-30"}, "true", None),
        ({"stale_after_days": 365}, {"recordedDate": "2025-06-29"}, "unknown", "STALE_STATUS"),
        ({"stale_after_days": 365}, {"recordedDate": None}, "true", None),
        ({"no_status_after_days": 90}, {**BARE, "recordedDate": "2026-04-01"}, "true", None),
        ({"no_status_after_days": 90}, {**BARE, "recordedDate": "2026-03-31"}, "unknown", "NO_STATUS"),
        ({"no_status_after_days": 90}, {**BARE, "recordedDate": None}, "unknown", "NO_STATUS"),
    ],
)
def test_dates_and_statuses_of_members(
    clinic: Any, keys: dict[str, Any], more: dict[str, Any], truth: str, reason: str | None
) -> None:
    verdict = clinic.answer(clinic.when("present", "ra", **keys), clinic.diagnosis(**more))
    assert (verdict.truth, verdict.reason) == (truth, reason)


def test_unless(clinic: Any) -> None:
    infected = clinic.diagnosis("A15.0")
    asked = clinic.when("present", "infection", unless="ra")
    assert clinic.answer(asked, infected).truth == "true"
    both = clinic.diagnosis("A15.0")
    both["code"]["coding"].append({"system": "http://hl7.org/fhir/sid/icd-10", "code": "M05.9"})
    assert clinic.answer(asked, both).reason == "NO_RECORD"


@pytest.mark.parametrize(
    ("keys", "more", "until"),
    [
        ({"since": Span(300)}, {"onsetDateTime": "2026-01-01"}, "2026-10-29"),
        ({"ended_within": Span(5, "y")}, {**ENDED, "abatementDateTime": "2022-06-10"}, "2027-06-10"),
        ({"ended_within": Span(5, "y")}, {**ENDED, "abatementDateTime": "2024-02-29"}, "2029-03-01"),
        ({"stale_after_days": 365}, {"recordedDate": "2026-01-01"}, "2027-01-02"),
    ],
)
def test_day_on_which_a_member_leaves(
    clinic: Any, keys: dict[str, Any], more: dict[str, Any], until: str
) -> None:
    verdict = clinic.answer(clinic.when("present", "ra", **keys), clinic.diagnosis(**more))
    assert verdict.valid_until == until
