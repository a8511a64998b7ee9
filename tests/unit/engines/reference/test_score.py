"""docs/semantics.md §5 and §6.2, rule by rule: visits, variants, recorded totals, margins."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.model.criteria import Part
from fhir_adapter.model.das28 import das28

FULL = {"tender": 8, "swollen": 6, "esr": 40, "crp": 20, "patient_global": 60}
ORDER = ("esr4", "crp4", "esr3", "crp3")
HIGH = {"within": 28, "at_least": 3.2, "variants": ORDER}


def refs(*resources: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"Observation/{r['id']}" for r in resources)


def ask(clinic: Any, *resources: dict[str, Any], **keys: Any) -> Any:
    return clinic.answer(clinic.when("score", "das28", **{**HIGH, **keys}), *resources)


def scores(clinic: Any, *resources: dict[str, Any]) -> list[Any]:
    part = Part((clinic.row("true", clinic.when("score", "das28", **HIGH)),))
    return clinic.screen([clinic.line(part)], [clinic.patient(), *resources]).scores


def test_all_variants_of_one_visit(clinic: Any) -> None:
    visit = clinic.visit("2026-06-20", **FULL)
    found = scores(clinic, *visit)
    assert [score.variant for score in found] == ["das28-esr4", "das28-esr3", "das28-crp4", "das28-crp3"]
    assert found[0].value == das28("esr4", 8, 6, 40, 60)
    assert found[0].inputs == (("tender", 8.0), ("swollen", 6.0), ("esr", 40.0), ("global", 60.0))
    tender, swollen, _, crp, patient_global = visit
    assert found[2].evidence == refs(tender, swollen, crp, patient_global)
    assert found[3].inputs[3] == ("global", None)
    assert (found[0].subject, found[0].effective) == ("Patient/p", "2026-06-20")


def test_the_answer_is_the_first_variant_in_the_trials_order(clinic: Any) -> None:
    verdict = ask(clinic, *clinic.visit("2026-06-20", **FULL))
    assert (verdict.truth, verdict.value, verdict.unit) == ("true", das28("esr4", 8, 6, 40, 60), "{score}")
    assert verdict.valid_until == "2026-07-19"
    verdict = ask(clinic, *clinic.visit("2026-06-20", **FULL), variants=("crp3", "esr4"))
    assert verdict.value == das28("crp3", 8, 6, 20)


def test_no_variant_of_the_trial_can_be_computed(clinic: Any) -> None:
    verdict = ask(clinic, *clinic.visit("2026-06-20", tender=8, swollen=6, esr=40), variants=("crp4",))
    assert (verdict.truth, verdict.reason) == ("unknown", "COMPONENT_MISSING")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["2026-06-13"], 40),
        (["2026-06-12"], None),
        (["2026-06-19", "2026-06-22"], 40),  # the nearest
        (["2026-06-18", "2026-06-22"], 41),  # of two as near the newer
        (["2026-06"], "PARTIAL_DATE"),
        (["2026-05"], None),
    ],
)
def test_esr_near_the_visit(clinic: Any, days: list[str], expected: Any) -> None:
    visit = clinic.visit("2026-06-20", tender=8, swollen=6)
    esr = [clinic.visit(day, esr=40 + number)[0] for number, day in enumerate(days)]
    verdict = ask(clinic, *visit, *esr)
    if expected is None:
        assert (verdict.reason, verdict.evidence) == ("COMPONENT_MISSING", refs(*visit))
    elif isinstance(expected, str):
        assert (verdict.reason, verdict.evidence) == (expected, refs(*visit, *esr))
    else:
        assert verdict.value == das28("esr3", 8, 6, expected)


def test_a_skipped_visit_leaves_an_older_one_the_latest(clinic: Any) -> None:
    older = clinic.visit("2026-06-15", **FULL)
    verdict = ask(clinic, *older, *clinic.visit("2026-06-28", tender=0))
    assert (verdict.truth, verdict.valid_until) == ("true", "2026-07-14")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"tender": 29}, "UNREADABLE_VALUE"),
        ({"swollen": {"valueString": "many"}}, "UNREADABLE_VALUE"),
        (
            {
                "esr": {"valueQuantity": {"value": 4, "unit": "x"}},
                "crp": {"valueQuantity": {"value": 4, "unit": "nmol/L"}},
            },
            "UNIT_NOT_CONVERTIBLE",
        ),
    ],
)
def test_an_unusable_visit_is_the_latest(clinic: Any, bad: dict[str, Any], reason: str) -> None:
    older = clinic.visit("2026-06-05", **FULL)
    visit = clinic.visit("2026-06-20", **{**FULL, **bad})
    verdict = ask(clinic, *older, *visit)
    assert (verdict.truth, verdict.reason, verdict.evidence) == ("unknown", reason, refs(*visit))


def test_one_acute_phase_reactant_unusable(clinic: Any) -> None:
    visit = clinic.visit("2026-06-20", **{**FULL, "esr": {"valueQuantity": {"value": 4, "unit": "x"}}})
    found = scores(clinic, *visit)
    assert [(score.variant, score.flags) for score in found] == [
        ("das28-crp4", ("esr-unusable",)),
        ("das28-crp3", ("esr-unusable",)),
    ]


def test_flags_of_the_patient_global_and_the_floor(clinic: Any) -> None:
    visit = clinic.visit("2026-06-20", tender=8, swollen=6, esr=0)
    (score,) = scores(clinic, *visit)
    assert (score.flags, score.value) == (("esr-floor", "global-missing"), das28("esr3", 8, 6, 1))
    unusable = clinic.visit("2026-06-20", tender=8, swollen=6, esr=2, patient_global=101)
    assert scores(clinic, *unusable)[0].flags == ("global-unusable",)


def test_conflicting_counts_widen_the_score(clinic: Any) -> None:
    visit = [*clinic.visit("2026-06-20", **FULL), *clinic.visit("2026-06-20", tender=1)]
    (score, *_) = scores(clinic, *visit)
    assert (score.low, score.high) == (das28("esr4", 1, 6, 40, 60), das28("esr4", 8, 6, 40, 60))
    assert (score.value, score.flags, score.inputs[0]) == (None, ("conflicting",), ("tender", None))
    verdict = ask(clinic, *visit, at_least=score.high - 0.01)
    assert (verdict.reason, verdict.value) == ("CONFLICTING_VALUES", None)
    assert ask(clinic, *visit, at_least=score.low).truth == "true"


def test_a_guessed_unit_that_decides(clinic: Any) -> None:
    visit = clinic.visit("2026-06-20", **{**FULL, "patient_global": {"valueQuantity": {"value": 6}}})
    low, high = das28("esr4", 8, 6, 40, 6), das28("esr4", 8, 6, 40, 60)
    assert ask(clinic, *visit, at_least=(low + high) / 2).reason == "UNIT_NOT_CONVERTIBLE"
    assert ask(clinic, *visit).truth == "true"


def test_an_unbounded_component_leaves_the_score_unbounded(clinic: Any) -> None:
    more = {"valueQuantity": {"value": 40, "comparator": ">", "unit": "mm/h"}}
    visit = clinic.visit("2026-06-20", tender=8, swollen=6, esr=more)
    assert [(s.low, s.high) for s in scores(clinic, *visit)] == [(das28("esr3", 8, 6, 40), None)]
    assert ask(clinic, *visit).truth == "true"
    assert ask(clinic, *visit, at_least=9).reason == "CENSORED_VALUE"


@pytest.mark.parametrize(
    ("offset", "truth", "reason"),
    [
        (0.5, "true", None),  # score - m >= t
        (0.49, "unknown", "COMPONENT_MISSING"),
        (-0.5, "unknown", "COMPONENT_MISSING"),
        (-0.51, "unknown", "NO_RECORD"),  # FALSE: score + m < t
    ],
)
def test_three_variable_margin(clinic: Any, offset: float, truth: str, reason: str | None) -> None:
    visit = clinic.visit("2026-06-20", tender=4, swollen=4, esr=40)
    score = das28("esr3", 4, 4, 40)
    threshold = score - offset if abs(offset) != 0.5 else (score - 0.5 if offset > 0 else score + 0.5)
    verdict = ask(clinic, *visit, at_least=threshold, three_variable_margin=0.5)
    assert (verdict.truth, verdict.reason) == (truth, reason)


def test_no_margin_with_four_variables(clinic: Any) -> None:
    visit = clinic.visit("2026-06-20", **FULL)
    assert ask(clinic, *visit, three_variable_margin=9).truth == "true"
    assert ask(clinic, *visit, three_variable_margin=9, variants=("esr3",)).reason == "COMPONENT_MISSING"


class TestRecordedTotals:
    """§6.2.3"""

    def test_newer_than_any_visit(self, clinic: Any) -> None:
        visit, total = clinic.visit("2026-06-10", **FULL), clinic.visit("2026-06-11", recorded=2.0)
        verdict = ask(clinic, *visit, *total)
        assert verdict.reason == "NO_RECORD"  # FALSE
        verdict = ask(clinic, *visit, *clinic.visit("2026-06-11", recorded=4.0))
        assert (verdict.truth, verdict.value, verdict.unit, verdict.valid_until) == (
            "true",
            4.0,
            "{score}",
            "2026-07-10",
        )

    def test_of_the_same_day_it_is_not_asked(self, clinic: Any) -> None:
        verdict = ask(clinic, *clinic.visit("2026-06-10", **FULL, recorded=2.0))
        assert verdict.truth == "true"

    def test_alone(self, clinic: Any) -> None:
        assert ask(clinic, *clinic.visit("2026-06-10", recorded=4.0)).truth == "true"
        too_old = ask(clinic, *clinic.visit("2026-01-10", recorded=4.0))
        assert too_old.reason == "TOO_OLD"

    def test_maybe_newer(self, clinic: Any) -> None:
        visit, total = clinic.visit("2026-06-10", **FULL), clinic.visit("2026-06", recorded=2.0)
        verdict = ask(clinic, *visit, *total)
        assert verdict.reason == "PARTIAL_DATE"
        assert set(verdict.evidence) == set(refs(visit[0], visit[1], visit[2], visit[4], *total))
        assert ask(clinic, *visit, *clinic.visit("2026-06", recorded=5.0)).truth == "true"

    def test_differs(self, clinic: Any) -> None:
        value = das28("esr4", *(FULL[name] for name in ("tender", "swollen", "esr", "patient_global")))
        for recorded, flagged in ((value + 0.2, True), (value + 0.05, False)):
            labs = clinic.visit("2026-06-10", **FULL, recorded=recorded)
            condition = clinic.when("score", "das28", 28, variants=ORDER, recorded_differs_by=0.1)
            rows = [clinic.row("false", clinic.when("score", "das28", **HIGH))]
            assert clinic.verdict(rows, labs, review=[(condition, "differs")]).review is flagged


@pytest.mark.parametrize(
    ("keys", "flagged"),
    [
        ({"near": 0.0, "near_closer_than": 0.05}, True),
        ({"near": 0.06, "near_closer_than": 0.05}, False),
        ({"flag": "global-missing"}, True),
        ({"flag": "esr-floor"}, False),
        ({"three_variables": True}, True),
        ({"variant_in": ("crp4", "crp3")}, False),
        ({"variant_in": ("crp4", "esr3")}, True),
        ({"variants_disagree_at": -0.001}, True),
        ({"variants_disagree_at": 9.0}, False),
    ],
)
def test_review_operators(clinic: Any, keys: dict[str, Any], flagged: bool) -> None:
    esr3, crp3 = das28("esr3", 4, 4, 40), das28("crp3", 4, 4, 20)
    if "near" in keys:
        keys = {**keys, "near": esr3 + keys["near"]}
    if keys.get("variants_disagree_at", 9.0) < 0:
        keys = {"variants_disagree_at": (esr3 + crp3) / 2}
    labs = clinic.visit("2026-06-10", tender=4, swollen=4, esr=40, crp=20)
    rows = [clinic.row("false", clinic.when("score", "das28", **HIGH))]
    condition = clinic.when("score", "das28", 28, variants=ORDER, **keys)
    assert clinic.verdict(rows, labs, review=[(condition, "look")]).review is flagged


class TestVagueVisits:
    """§5, last but one point; §6.2.2"""

    def test_alone(self, clinic: Any) -> None:
        labs = clinic.visit("2026-06", **FULL)
        verdict = ask(clinic, *labs)
        assert (verdict.reason, set(verdict.evidence)) == ("PARTIAL_DATE", set(refs(*labs[:2])))

    def test_maybe_newer(self, clinic: Any) -> None:
        visit, vague = clinic.visit("2026-06-10", **FULL), clinic.visit("2026-06", tender=8)
        assert ask(clinic, *visit, *vague).reason == "PARTIAL_DATE"

    def test_certainly_older(self, clinic: Any) -> None:
        visit = clinic.visit("2026-06-10", **FULL)
        assert ask(clinic, *visit, *clinic.visit("2026-05", tender=8)).truth == "true"


def test_trail_of_older_visits(clinic: Any) -> None:
    oldest, old = clinic.visit("2026-01-10", **FULL), clinic.visit("2026-02-10", **FULL)
    verdict = ask(clinic, *oldest, *old)
    assert (verdict.reason, verdict.evidence) == ("TOO_OLD", refs(*old))
    skipped = clinic.visit("2026-06-10", tender=3)
    verdict = ask(clinic, *oldest, *skipped)
    assert (verdict.reason, verdict.evidence) == ("COMPONENT_MISSING", refs(*skipped))


def test_incomplete(clinic: Any) -> None:
    condition = clinic.when("score", "das28", **HIGH)
    verdict = clinic.answer(condition, change=lambda landing: landing.types.pop("Observation"))
    assert verdict.reason == "INCOMPLETE_DATA"
