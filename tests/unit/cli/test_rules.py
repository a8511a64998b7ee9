"""Each verb in the words that a coordinator reads."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fhir_adapter.cli.rules import part_rows, review_rows, row_text
from fhir_adapter.model.criteria import Comparison, Condition, Part, ReviewRow, Row, Silence, Span, Verb
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    UnitFactor,
)
from fhir_adapter.model.truth import Reason, Truth

ONE = UnitFactor(Fraction(1))
INPUTS: dict[str, Input] = {
    each.id: each
    for each in (
        AnswerInput("hbsag", "HBsAg (乙肝表面抗原)", "hbsag"),
        QuantityInput("systolic", "Systolic blood pressure (收缩压)", "bp", "mm[Hg]", {"mm[Hg]": ONE}),
        ConditionInput("infection", "Infection (感染)", "infection"),
        ConditionInput("infection-chronic", "Chronic infection", "infection-chronic"),
        ExposureInput("steroids", "Glucocorticoids", ("a", "b"), {"a": Fraction(1), "b": Fraction(2)}),
        ExposureInput("nsaid", "NSAIDs (非甾体抗炎药)", ("c",)),
        EventInput("live-vaccine", "Live vaccines", ("Immunization",), value_set="live"),
        EventInput("intolerance", "Listed agent", ("AllergyIntolerance", "AdverseEvent"), drugs=("a",)),
        EventInput("harm", "Severe adverse event", ("AdverseEvent",), severe=True),
    )
}
POSITIVE = Condition(Verb.LATEST, "hbsag", 365, answers=("positive",))
HIGH = (Comparison("at_least", 180.0),)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (POSITIVE, "the latest HBsAg of the last 365 days is positive"),
        (
            Condition(
                Verb.LATEST, "hbsag", 14, answers=("negative", "below-limit"), after=("infection", "other")
            ),
            "the latest HBsAg of the last 14 days is negative or below its limit of detection and is newer "
            "than every "
            "date of a diagnosis of infection or other",
        ),
        (Condition(Verb.EVER, "hbsag", answers=("positive",)), "any HBsAg ever recorded is positive"),
        (
            Condition(Verb.EVER, "systolic", 90, HIGH),
            "any systolic blood pressure of the last 90 days is at least 180 mm[Hg]",
        ),
        (
            Condition(Verb.MEAN_OF, "systolic", 90, HIGH, how_many=2),
            "the mean of the newest 2 readings of systolic blood pressure of the last 90 days is at least "
            "180 mm[Hg]",
        ),
        (
            Condition(Verb.ANY_OF_LAST, "systolic", 1, HIGH, how_many=1),
            "any of the newest reading of systolic blood pressure of the last day is at least 180 mm[Hg]",
        ),
        (
            Condition(Verb.READINGS, "systolic", 90, how_many=2),
            "at least 2 readable readings of systolic blood pressure of the last 90 days are recorded",
        ),
        (Condition(Verb.PRESENT, "infection"), "a confirmed diagnosis of infection is recorded"),
        (
            Condition(
                Verb.PRESENT,
                "infection",
                activity="active",
                unless="infection-chronic",
                stale_after_days=365,
                no_status_after_days=90,
            ),
            "a confirmed active diagnosis of infection that is not also one of chronic infection is "
            "recorded; one still "
            "active, but begun and recorded more than 365 days ago, is UNKNOWN (STALE_STATUS); one without a "
            "status or a "
            "date in the last 90 days is UNKNOWN (NO_STATUS)",
        ),
        (
            Condition(
                Verb.PRESENT,
                "infection",
                activity="unresolved",
                since=Span(300),
                recorded_within=Span(5, "y"),
            ),
            "a confirmed active or inactive (not resolved) diagnosis of infection that began in the last 300 "
            "days and "
            "was recorded in the last 5 calendar years is recorded",
        ),
        (
            Condition(
                Verb.ABSENT,
                "infection",
                activity="ended",
                ended_within=Span(1, "y"),
                silence=Silence.FALSE,
            ),
            "no ended (inactive or resolved) diagnosis of infection that ended in the last calendar year is "
            "recorded; "
            "silence counts as absence",
        ),
        (
            Condition(Verb.EVENT, "live-vaccine", 30, undated_counts=True),
            "a completed vaccination of the set “live vaccines” is recorded and dated in the last 30 days, "
            "or without a "
            "date",
        ),
        (
            Condition(Verb.EVENT, "intolerance"),
            "an allergy or adverse event of the set “listed agent” is recorded",
        ),
        (
            Condition(Verb.EVENT, "harm", 30),
            "a serious or severe adverse event is recorded and dated in the last 30 days",
        ),
        (Condition(Verb.EXPOSED, "nsaid"), "a drug of the set “NSAIDs” was taken at any time"),
        (
            Condition(Verb.EXPOSED, "nsaid", 30, as_needed=True),
            "a drug of the set “NSAIDs” was taken as needed in the last 30 days",
        ),
        (
            Condition(Verb.EXPOSED, "steroids", 30, possible=True, route="injection", dose_above=100.0),
            "a drug of the set “glucocorticoids” was (or, with dates missing, may have been) taken as an "
            "injection at more "
            "than 100 mg a day in the last 30 days",
        ),
        (
            Condition(Verb.STOPPED_FOR, "nsaid"),
            "a drug of the set “NSAIDs” was stopped because it was not tolerated",
        ),
        (
            Condition(Verb.EXPOSED_FOR, "nsaid", days=90, ongoing=True),
            "one drug of the set “NSAIDs” was taken for at least 90 days (without a gap) and still is",
        ),
        (
            Condition(
                Verb.EXPOSED_FOR,
                "nsaid",
                comparisons=(Comparison("at_least", 2.6),),
                days=90,
                gap_days=30,
                ended_within_days=180,
                score="das28",
                score_after_days=28,
                variants=("esr4", "crp4"),
                three_variable_margin=0.5,
            ),
            "one drug of the set “NSAIDs” was taken for at least 90 days (gaps of up to 30 days bridged), "
            "until today or "
            "until a day of the last 180 days, and the newest das28 (esr4, else crp4) from its day 90 to 28 "
            "days after "
            "its end is at least 2.6; without the patient global it must clear that by 0.5",
        ),
        (
            Condition(Verb.STABLE_DOSE, "steroids", 30),
            "the daily dose of the drugs of the set “glucocorticoids” together, as equivalents, is known and "
            "the same on "
            "every day of the last 30 days",
        ),
        (
            Condition(Verb.CHANGED_DOSE, "nsaid", 30),
            "the daily dose of each drug of the set “NSAIDs” changed (a start or a stop counts) in the last "
            "30 days",
        ),
        (
            Condition(Verb.LIST_KEPT, "", 90),
            "the medication list is kept (any drug taken in the last 90 days is recorded) and no drug ever "
            "is unmapped",
        ),
        (
            Condition(Verb.LIST_KEPT, "", 90, unmapped_within_days=60),
            "the medication list is kept (any drug taken in the last 90 days is recorded) and no drug in the "
            "last 60 days "
            "is unmapped",
        ),
        (Condition(Verb.GENDER, "female"), "the recorded gender is female"),
        (Condition(Verb.ON_STUDY, ""), "the patient is on this study"),
        (
            Condition(Verb.ALL, "", of=(POSITIVE, Condition(Verb.GENDER, "male"))),
            "the latest HBsAg of the last 365 days is positive, and the recorded gender is male",
        ),
        (
            Condition(
                Verb.ANY,
                "",
                of=(Condition(Verb.ABSENT, "infection", silence=Silence.UNKNOWN), POSITIVE),
            ),
            "(a) no diagnosis of infection is recorded; silence is UNKNOWN, or (b) the latest HBsAg of the "
            "last 365 days "
            "is positive",
        ),
    ],
)
def test_condition_in_words(condition: Condition, words: str) -> None:
    assert row_text(Row(Truth.TRUE, condition), INPUTS) == f"TRUE if {words}"


def test_every_verb_has_words() -> None:
    for verb in Verb:
        assert row_text(Row(Truth.FALSE, Condition(verb, "hbsag", of=(POSITIVE, POSITIVE))), INPUTS)


def test_part_tells_reasons_and_what_happens_at_its_end() -> None:
    row = Row(Truth.UNKNOWN, POSITIVE, Reason.NEEDS_JUDGEMENT)
    part = Part((row,), (ReviewRow(Condition(Verb.EXPOSED, "nsaid", 90), "prophylaxis"),))
    assert part_rows(part, INPUTS) == (
        "UNKNOWN (NEEDS_JUDGEMENT) if the latest HBsAg of the last 365 days is positive",
        "UNKNOWN if no row applies",
    )
    assert review_rows(part, INPUTS) == (
        "if a drug of the set “NSAIDs” was taken in the last 90 days: “prophylaxis”",
    )
