"""Shapes in which the engines once differed, each as the smallest example."""

from __future__ import annotations

from dataclasses import replace

from fhir_adapter.model.criteria import (
    Comparison,
    Condition,
    Line,
    LineKind,
    Part,
    ReviewRow,
    Row,
    Trial,
    Verb,
)
from fhir_adapter.model.dates import index_of
from fhir_adapter.model.truth import Truth
from tests.generative.comparing import Question
from tests.generative.hospitals import Hospital
from tests.resources import coded, creatinine, day, observation, patient, quantity, statement, visit
from tests.screened import AS_OF, ZONE, Resource, shipped

MRN = "http://hospital.example/mrn"


def _question(*resources: Resource, trial: Trial | None = None) -> Question:
    definitions, shipped_trial = shipped()
    filled: list[Resource] = (
        [{"id": "p", **patient()}] if not any(r["resourceType"] == "Patient" for r in resources) else []
    )
    for number, one in enumerate(resources):
        owned = {} if one["resourceType"] == "Patient" else {"subject": {"reference": "Patient/p"}}
        filled.append({"id": f"o{number}", **owned, **one})
    return Question(definitions, trial or shipped_trial, ZONE, index_of(AS_OF, ZONE), Hospital(tuple(filled)))


def _trial(when: Condition, review: Condition | None = None) -> Trial:
    notes = () if review is None else (ReviewRow(review, "note"),)
    line = Line("L", LineKind.EXCLUSION, "text", parts=(Part((Row(Truth.FALSE, when),), notes),))
    return Trial("t", "t", "-", "1", "Asia/Shanghai", (line,))


def test_a_link_by_identifier_alone_merges() -> None:
    old = patient(
        id="old", link=[{"other": {"identifier": {"system": MRN, "value": "7"}}, "type": "replaced-by"}]
    )
    new = patient(id="new", identifier=[{"system": MRN, "value": "7"}])
    assert _question(old, new).differences() == []


def test_a_result_of_unknown_age_without_a_window() -> None:
    when = Condition(Verb.LATEST, "creatinine", None, (Comparison("at_least", 176.0),))
    result = creatinine(200, when=None, issued=f"{day(3)}T08:00:00Z")
    assert _question(result, trial=_trial(when)).differences() == []


def test_one_observation_that_is_two_components() -> None:
    both = {"coding": [*coded("swollen")["coding"], *coded("global")["coding"]]}
    count = observation(both, {"valueInteger": 9})
    assert _question(count, *visit(tender=9, esr=44)).differences() == []


def test_a_recorded_total_of_unknown_age_without_a_window() -> None:
    when = Condition(Verb.SCORE, "das28", None, (Comparison("below", 4.2),), variants=("esr4",))
    undated = observation(
        "das28", quantity(20, None), None, issued=f"{day(90)}T08:00:00Z", meta={"lastUpdated": day(80)}
    )
    dated = observation("das28", quantity(3.2, None), day(999), meta={"lastUpdated": day(70)})
    assert _question(undated, dated, trial=_trial(when)).differences() == []


def test_variants_that_disagree_though_only_some_are_asked_for() -> None:
    asked = Condition(Verb.SCORE, "das28", 28, (Comparison("below", 4.2),), variants=("crp4", "esr3"))
    review = Condition(Verb.SCORE, "das28", 28, variants=("crp4", "esr3"), variants_disagree_at=4.2)
    joints = visit(tender=1, swollen=28, crp=0, ptga=100)  # crp4: 4.40, crp3: 3.40
    assert _question(*joints, trial=_trial(asked, review)).differences() == []


def test_a_trial_that_asks_for_age_alone() -> None:
    when = Condition(Verb.AGE, "years", comparisons=(Comparison("below", 18.0),))
    assert _question(*visit(tender=1, esr=3), trial=_trial(when)).differences() == []


def _said(question: Question, *, incomplete: str = "") -> set[tuple[str, str | None]]:
    """Truth and reason of the one verdict, by both engines; `incomplete`: a type of which something is missing."""
    hospital = replace(question.hospital, incomplete=frozenset({(incomplete, "p")} if incomplete else ()))
    return {
        (str(verdict.truth), verdict.reason)
        for screening in replace(question, hospital=hospital).answers()
        for verdict in screening.verdicts
    }


def test_a_negative_test_is_newer_than_no_diagnosis_only_if_all_are_here() -> None:
    when = Condition(Verb.LATEST, "pregnancy-test", 14, answers=("negative",), after=("pregnancy",))
    test = observation(
        {"coding": [{"system": "http://loinc.org", "code": "2106-3"}]}, {"valueString": "阴性"}, day(1)
    )
    question = _question(test, trial=_trial(when))
    assert _said(question) == {("false", None)}
    assert _said(question, incomplete="Condition") == {("unknown", "INCOMPLETE_DATA")}


def test_a_score_during_a_treatment_says_nothing_where_results_may_be_missing() -> None:
    when = Condition(
        Verb.EXPOSED_FOR,
        "listed-agent",
        comparisons=(Comparison("at_least", 2.6),),
        variants=("esr4", "crp4", "esr3", "crp3"),
        days=90,
        gap_days=30,
        ended_within_days=180,
        score="das28",
        score_after_days=28,
    )
    question = _question(statement("6851", day(120)), *visit(das28=5), trial=_trial(when))
    assert _said(question) == {("false", None)}
    assert _said(question, incomplete="Observation") == {("unknown", "INCOMPLETE_DATA")}


def test_an_operation_over_a_period_may_lie_before_the_window() -> None:
    when = Condition(Verb.EVENT, "hysterectomy-procedure", 30)
    operation = {"resourceType": "Procedure", "status": "completed", "code": {"text": "子宫切除术"}}
    late = {**operation, "performedPeriod": {"start": day(9), "end": day(3)}}
    long = {**operation, "performedPeriod": {"start": day(60), "end": day(3)}}
    assert _said(_question(late, trial=_trial(when))) == {("false", None)}
    assert _said(_question(long, trial=_trial(when))) == {("unknown", "PARTIAL_DATE")}
