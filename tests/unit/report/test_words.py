"""The words of the list, for people who never saw a reason's name."""

from __future__ import annotations

from functools import cache

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Eligibility, Score, SubjectResult, Verdict
from fhir_adapter.report.reasons import SENTENCES, SHORT
from fhir_adapter.report.words import (
    Words,
    against,
    components_text,
    confirm,
    dose_text,
    missing,
    score_text,
    shortened,
    variant_text,
    worth_work,
)


@cache
def _words() -> Words:
    definitions = load_definitions(SearchPath())
    return Words(load_trial(SearchPath(), "tacrolimus-ra", definitions), definitions)


def _verdict(line: str, truth: str, reason: Reason | None = None, **more: object) -> Verdict:
    given = {"review": False, "value": None, "unit": None, "evidence": (), "valid_until": None, **more}
    return Verdict("Patient/1", line, Truth(truth), reason, **given)  # type: ignore[arg-type]


def _score(variant: str, value: float | None, **inputs: float) -> Score:
    return Score("Patient/1", variant, value, value, value, "2026-06-01", tuple(inputs.items()), ())


def test_every_reason_has_a_short_form() -> None:
    assert set(SHORT) == set(Reason) == set(SENTENCES)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (
            _verdict("E2", "unknown", Reason.NO_RECORD, about=("platelets",)),
            "E2 Platelets (血小板): nothing recorded; order it",
        ),
        (
            _verdict("I4", "unknown", Reason.TOO_OLD, about=("das28",)),
            "I4 DAS28: the last one is too old; score a new visit",
        ),
        (
            _verdict("I2", "unknown", Reason.NO_RECORD, about=("years",)),
            "I2 Age: nothing recorded; look it up, or ask",
        ),
        (
            _verdict("E4", "unknown", Reason.PARTIAL_DATE),
            "E4 Renal insufficiency: serum Cr ≥ 176 umol / L;: the day is not known; find the day in the chart",
        ),
    ],
)
def test_missing_says_what_and_what_to_do(verdict: Verdict, expected: str) -> None:
    assert str(_words().missing(verdict)) == expected


def test_against_names_the_value_that_decided() -> None:
    verdicts = (
        _verdict("I4", "false", about=("das28",), value=2.104, unit="{score}"),
        _verdict("E2", "true", about=("platelets",), value=64.0, unit="10*9/L"),
        _verdict("I1", "false", about=("rheumatoid-arthritis",), value=3.0, unit="Condition"),
        _verdict("I2", "true"),
    )
    result = SubjectResult("Patient/1", Eligibility.INELIGIBLE, ("deceased", "I1", "I4", "E2"), (), (), False)
    assert against(_words(), result, verdicts) == [
        "has died",
        "I4 not met: DAS28 2.10",
        "E2 excludes: Platelets (血小板) 64 10*9/L",
        "I1 not met: Rheumatoid arthritis (类风湿关节炎)",
    ]


def test_lines_that_nobody_built_are_not_to_do() -> None:
    verdicts = (_verdict("E2", "unknown", Reason.NOT_BUILT), _verdict("E3", "unknown", Reason.TOO_OLD))
    result = SubjectResult("Patient/1", Eligibility.UNDETERMINED, (), ("E2", "E3"), (), False)
    assert [one.line for one in missing(_words(), result, verdicts)] == ["E3"]


def test_confirm_has_the_notes_without_their_names() -> None:
    verdicts = (_verdict("E2", "false", notes=("unmapped-result", "platelets within 5 % of 80")),)
    result = SubjectResult("Patient/1", Eligibility.ELIGIBLE, (), (), ("E2",), False)
    (said,) = confirm(_words(), result, verdicts)
    assert said.startswith("E2 a newer record may be the same analyte")
    assert said.endswith("; platelets within 5 % of 80")


def test_without_definitions_ids_stand_for_themselves() -> None:
    said = str(Words().missing(_verdict("E2", "unknown", Reason.NO_RECORD, about=("platelets",))))
    assert said == "E2 platelets: nothing recorded; look it up, or ask"


def test_score_names_its_variant_and_what_has_only_a_bound() -> None:
    score = _score("das28-crp4", None, tender=10.0, swollen=9.0, **{"global": 50.0})
    assert (variant_text(score), components_text(score)) == (
        "CRP-4",
        "tender 10, swollen 9, CRP ?, global 50",
    )
    assert score_text(score) == "?–?"
    assert components_text(_score("das28-esr3", 3.0, tender=1.0, swollen=0.0, esr=7.5)) == (
        "tender 1, swollen 0, ESR 7.5"
    )


def test_shortened_keeps_whole_what_fits() -> None:
    assert shortened("a  b\nc", 5) == "a b c"
    assert shortened("abcdef", 4) == "abc…"


def test_drugs_have_names_even_without_a_file() -> None:
    assert _words().drug("methotrexate").startswith("Methotrexate")
    assert [_words().drug(name) for name in ("other", "nameless")] == ["Other drugs", "Drug without a name"]
    assert Words().drug("methotrexate") == "methotrexate"


@pytest.mark.parametrize(("dose", "expected"), [(15 / 7, "2.14"), (10.0, "10"), (0.0004, "0.0004")])
def test_dose_has_no_more_digits_than_anybody_reads(dose: float, expected: str) -> None:
    assert dose_text(dose) == expected


def test_nobody_works_on_who_is_out_but_for_a_near_miss() -> None:
    def result(eligibility: Eligibility, near_miss: bool) -> SubjectResult:
        return SubjectResult("Patient/1", eligibility, (), (), (), near_miss)

    assert not worth_work(result(Eligibility.INELIGIBLE, near_miss=False))
    assert worth_work(result(Eligibility.INELIGIBLE, near_miss=True))
    assert worth_work(result(Eligibility.UNDETERMINED, near_miss=False))
