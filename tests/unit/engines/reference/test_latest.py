"""docs/semantics.md §6.1, rule by rule: which result is the latest, and what it answers."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Part

BELOW = {"within": 28, "below": 80}


def refs(*resources: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(f"{r['resourceType']}/{r['id']}" for r in resources))


@pytest.mark.parametrize(
    ("when", "value", "truth", "reason"),
    [
        ("2026-06-20T08:00:00+08:00", 79, "true", None),
        ("2026-06-20T08:00:00+08:00", 80, "unknown", "NO_RECORD"),
        ("2026-06-02", 79, "true", None),  # 28 days ago is inside, from its midnight
        ("2026-06-02T00:00:00+08:00", 79, "true", None),
        ("2026-06-01T23:59:59.999999+08:00", 79, "unknown", "TOO_OLD"),
        ("2026-06", 79, "unknown", "PARTIAL_DATE"),  # may lie before the window
        ("2026-07", 79, "unknown", "NO_RECORD"),  # does not exist yet
        ("2026-06-30", 79, "true", None),  # today, up to the index
        ("nonsense", 79, "unknown", "PARTIAL_DATE"),
    ],
)
def test_time_of_one_result(clinic: Any, when: str, value: float, truth: str, reason: str | None) -> None:
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), clinic.platelets(value, when))
    assert (verdict.truth, verdict.reason) == (truth, reason)


def test_value_unit_and_valid_until(clinic: Any) -> None:
    lab = clinic.platelets(79, "2026-06-20T08:00:00+08:00", meta={"versionId": "3"})
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), lab)
    assert verdict.evidence == (f"Observation/{lab['id']}/_history/3",)
    assert (verdict.value, verdict.unit, verdict.valid_until) == (79.0, "10*9/L", "2026-07-19")


def test_too_old_names_the_newest_older_ones(clinic: Any) -> None:
    old = [clinic.platelets(79, when) for when in ("2026-03-01", "2026-04-01", "2026-04-01")]
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), *old)
    assert (verdict.reason, verdict.evidence) == ("TOO_OLD", refs(*old[1:]))


def test_an_older_result_is_masked_even_by_an_unreadable_one(clinic: Any) -> None:
    old = clinic.platelets(79, "2026-06-10")
    new = clinic.platelets({"valueQuantity": {"value": 79, "unit": "foo"}}, "2026-06-11")
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), old, new)
    assert (verdict.reason, verdict.evidence) == ("UNIT_NOT_CONVERTIBLE", refs(new))
    assert verdict.value is None


@pytest.mark.parametrize(
    ("newer", "reason"),
    [
        ({"status": "cancelled"}, None),
        ({"status": "entered-in-error"}, None),
        ({"dataAbsentReason": {"text": "haemolysed"}}, "UNREADABLE_VALUE"),
        ({"status": "preliminary"}, "PRELIMINARY"),
        ({"status": None}, "PRELIMINARY"),
    ],
)
def test_what_is_no_final_result(clinic: Any, newer: dict[str, Any], reason: str | None) -> None:
    old, new = clinic.platelets(79, "2026-06-10"), clinic.platelets(200, "2026-06-11", **newer)
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), old, new)
    assert verdict.reason == reason
    assert verdict.truth == ("unknown" if reason else "true")


def test_a_draft_that_agrees_is_a_note(clinic: Any) -> None:
    old, draft = clinic.platelets(79, "2026-06-10"), clinic.platelets(70, "2026-06-11", status="preliminary")
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), old, draft)
    assert (verdict.truth, verdict.notes, verdict.review) == ("true", ("preliminary",), True)
    assert verdict.evidence == refs(old)


def test_an_older_draft_is_not_looked_at(clinic: Any) -> None:
    new, draft = clinic.platelets(79, "2026-06-11"), clinic.platelets(200, "2026-06-10", status="preliminary")
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), new, draft)
    assert (verdict.truth, verdict.notes) == ("true", ())


def test_a_draft_alone_against_no_record(clinic: Any) -> None:
    draft = clinic.platelets(79, status="preliminary")
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), draft)
    assert (verdict.reason, verdict.evidence) == ("PRELIMINARY", refs(draft))
    same = clinic.answer(
        clinic.when("latest", "platelets", **BELOW), clinic.platelets(90, status="preliminary")
    )
    assert (same.reason, same.notes) == ("NO_RECORD", ("preliminary",))


def test_a_hint_flags_the_line(clinic: Any) -> None:
    old = clinic.platelets(200, "2026-06-10")
    hint = clinic.platelets(10, "2026-06-11", code={"text": "血小板计数"})
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), old, hint)
    assert (verdict.reason, verdict.notes, verdict.review) == ("NO_RECORD", ("unmapped-result",), True)


@pytest.mark.parametrize(
    ("one", "other", "truth", "reason", "value"),
    [
        ({"value": 70}, {"value": 79}, "true", None, None),
        ({"value": 70}, {"value": 70}, "true", None, 70.0),
        ({"value": 70}, {"value": 90}, "unknown", "CONFLICTING_VALUES", None),
        (
            {"value": 70, "issued": "2026-06-20T09:00:00Z"},
            {"value": 90},
            "unknown",
            "CONFLICTING_VALUES",
            None,
        ),
        (
            {"value": 70, "issued": "2026-06-20T09:00:00Z"},
            {"value": 90, "issued": "2026-06-20T08:00:00Z"},
            "true",
            None,
            70.0,
        ),
        (
            {"value": 90, "meta": {"lastUpdated": "2026-06-20T09:00:00Z"}},
            {"value": 70, "meta": {"lastUpdated": "2026-06-21T09:00:00Z"}},
            "true",
            None,
            70.0,
        ),
    ],
)
def test_ties(
    clinic: Any,
    one: dict[str, Any],
    other: dict[str, Any],
    truth: str,
    reason: str | None,
    value: float | None,
) -> None:
    labs = [
        clinic.platelets(keys["value"], **{k: v for k, v in keys.items() if k != "value"})
        for keys in (one, other)
    ]
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), *labs)
    assert (verdict.truth, verdict.reason, verdict.value) == (truth, reason, value)


def test_a_partial_date_that_may_be_newer_is_a_candidate(clinic: Any) -> None:
    certain, partial = clinic.platelets(79, "2026-06-20T08:00:00+08:00"), clinic.platelets(200, "2026-06")
    verdict = clinic.answer(clinic.when("latest", "platelets", **BELOW), certain, partial)
    assert (verdict.reason, verdict.evidence) == ("PARTIAL_DATE", refs(certain, partial))
    agreeing = clinic.answer(
        clinic.when("latest", "platelets", **BELOW), certain, clinic.platelets(60, "2026-06")
    )
    assert agreeing.truth == "true"


@pytest.mark.parametrize(
    ("comparator", "value", "keys", "truth", "reason"),
    [
        ("<", 80, {"below": 80}, "true", None),
        ("<", 81, {"below": 80}, "unknown", "CENSORED_VALUE"),
        ("<=", 80, {"below": 80}, "unknown", "CENSORED_VALUE"),
        (">", 80, {"above": 80}, "true", None),
        (">=", 80, {"at_least": 80}, "true", None),
        (">", 70, {"below": 80, "at_least": 80}, "unknown", "CENSORED_VALUE"),
        ("ad", 80, {"below": 80}, "unknown", "UNREADABLE_VALUE"),
    ],
)
def test_bounds(
    clinic: Any, comparator: str, value: float, keys: Any, truth: str, reason: str | None
) -> None:
    lab = clinic.platelets({"valueQuantity": {"value": value, "comparator": comparator, "unit": "10*9/L"}})
    verdict = clinic.answer(clinic.when("latest", "platelets", 28, **keys), lab)
    assert (verdict.truth, verdict.reason) == (truth, reason)


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        ([{"high": {"value": 40}}], None),
        ([{"low": {"value": 9}}], "NO_REFERENCE_RANGE"),
        ([], "NO_REFERENCE_RANGE"),
        ([{"high": {"value": 40}}, {"high": {"value": 60}}], "CONFLICTING_VALUES"),
        ([{"high": {"value": 40}}, {"high": {"value": 50}}], None),
        ([{"text": "9~40"}], None),
        ([{"high": {"value": 40}}, {"high": {"value": 60}, "appliesTo": [{"text": "女"}]}], None),
    ],
)
def test_limits_of_normal(clinic: Any, ranges: list[Any], reason: str | None) -> None:
    lab = clinic.lab("1742-6", 101, referenceRange=ranges)
    condition = clinic.when("latest", "alt", 28, above=2, uln=True)
    verdict = clinic.answer(condition, clinic.patient(gender="male"), lab)
    assert (verdict.truth, verdict.reason) == ("unknown" if reason else "true", reason)


def test_incomplete_observations_say_nothing(clinic: Any) -> None:
    condition, lab = clinic.when("latest", "platelets", **BELOW), clinic.platelets(10)
    for change in (
        lambda landing: landing.types.pop("Observation"),
        lambda landing: landing.incomplete.add(("Observation", "p")),
        lambda landing: landing.blame("Observation", "cut short"),
    ):
        verdict = clinic.answer(condition, lab, change=change)
        assert (verdict.truth, verdict.reason, verdict.evidence) == ("unknown", "INCOMPLETE_DATA", ())


def test_incomplete_for_another_patient_or_type_is_no_matter(clinic: Any) -> None:
    def change(landing: Any) -> None:
        landing.incomplete |= {("Observation", "q"), ("Condition", "p")}

    assert (
        clinic.answer(clinic.when("latest", "platelets", **BELOW), clinic.platelets(10), change=change).truth
        == "true"
    )


@pytest.mark.parametrize(
    ("keys", "value", "flagged"),
    [
        ({"near": 80.0, "near_by_fraction": 0.05}, 84, True),
        ({"near": 80.0, "near_by_fraction": 0.05}, 85, False),
        ({"near": 80.0, "near_closer_than": 4.0}, 84, False),
        ({"near": 80.0, "near_closer_than": 4.0}, 77, True),
    ],
)
def test_near(clinic: Any, keys: dict[str, float], value: float, flagged: bool) -> None:
    rows = [clinic.row("false", clinic.when("latest", "platelets", 28, at_least=0))]
    review = [(clinic.when("latest", "platelets", 28, **keys), "close")]
    verdict = clinic.verdict(rows, [clinic.platelets(value)], review=review)
    assert (verdict.truth, verdict.review, verdict.notes) == ("false", flagged, ("close",) if flagged else ())


def test_flag_is_carried_by_one_candidate(clinic: Any) -> None:
    review = [(clinic.when("latest", "platelets", 28, flag="clumping"), "clumping")]
    rows = [clinic.row("true", clinic.when("latest", "platelets", **BELOW))]
    labs = [clinic.platelets(70), clinic.platelets(70, note=[{"text": "血小板聚集"}])]
    assert clinic.verdict(rows, labs, review=review).notes == ("clumping",)
    assert clinic.verdict(rows, labs[:1], review=review).notes == ()


def test_components_are_results(clinic: Any) -> None:
    panel = clinic.platelets({}, component=[None, {**clinic.platelets(70)}], code={"text": "血常规"})
    del panel["component"][1]["id"]
    part = Part((clinic.row("true", clinic.when("latest", "platelets", **BELOW)),))
    result = clinic.screen([clinic.line(part)], [clinic.patient(), panel])
    (fact,) = result.facts
    assert (fact.element, fact.evidence, fact.low) == ("component[1]", f"Observation/{panel['id']}", 70.0)
    assert result.verdicts[0].truth == "true"


def test_an_index_within_the_day(clinic: Any) -> None:
    """A date-only result of today may lie after the index: uncertain, however near."""
    condition, noon = clinic.when("latest", "platelets", **BELOW), "2026-06-30T12:00:00+08:00"
    assert clinic.answer(condition, clinic.platelets(70, "2026-06-30"), index=noon).reason == "PARTIAL_DATE"
    later = clinic.platelets(70, "2026-06-30T12:00:00.000001+08:00")
    assert clinic.answer(condition, later, index=noon).reason == "NO_RECORD"


def test_without_a_window_everything_up_to_the_index_counts(clinic: Any) -> None:
    condition = clinic.when("latest", "platelets", below=80)
    undated = clinic.platelets(70, None, issued="2026-06-20T08:00:00Z")
    verdict = clinic.answer(condition, undated)
    assert (verdict.truth, verdict.valid_until) == ("true", None)
    assert clinic.answer(condition, clinic.platelets(70, "1999")).truth == "true"
