"""E5, pregnancy: tests, status and Conditions, and what silence is worth."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    ICD_CM,
    LOINC,
    condition,
    day,
    icd,
    negative,
    observation,
    patient,
    positive,
    quantity,
    said,
    said_code,
    snomed,
    status,
    upper_limit,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
WOMAN = patient("1990-05-05", gender="female")
PREGNANT, NOT_PREGNANT = said_code("77386006"), said_code("60001007")
NEGATIVE = negative("hcg", day(14))
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def _woman(*records: Resource, born: str = "1990-05-05") -> list[Resource]:
    """A woman in a record that speaks, silent about nursing."""
    return [patient(born, gender="female"), SPEAKS, *records]


def _pregnant(ago: int, code: str = "O26.9", **more: object) -> Resource:
    """An active pregnancy that began so long ago."""
    return condition(icd(code), day(1), **{"onsetDateTime": day(ago), **more})


def _hcg(value: float, *ranges: Resource, **more: object) -> Resource:
    ranged = {"referenceRange": list(ranges)} if ranges else {}
    return observation("hcg-number", quantity(value, "m[IU]/mL"), **ranged, **more)


def _status(value: Resource, ago: int) -> Resource:
    return observation("pregnancy-status", value, day(ago))


CASES = [
    # tests and status, 14 days
    case("E5-test-day-14-true", _woman(positive("hcg", day(14))), "true", cell="true.test"),
    case("E5-test-day-15", _woman(positive("hcg", day(15))), "unknown"),
    case("E5-status-day-14-true", _woman(_status(PREGNANT, 14)), "true", cell="true.status"),
    case("E5-status-day-15", _woman(_status(PREGNANT, 15)), "unknown"),
    case(
        "E5-negative-day-14-false", _woman(NEGATIVE), "false", cell="false.negative-test false.nursing-silent"
    ),
    case("E5-negative-day-15", _woman(negative("hcg", day(15))), "unknown", cell="unknown.no-test"),
    case(
        "E5-not-pregnant-day-14-false", _woman(_status(NOT_PREGNANT, 14)), "false", cell="false.not-pregnant"
    ),
    case("E5-not-pregnant-day-15", _woman(_status(NOT_PREGNANT, 15)), "unknown"),
    case("E5-no-test", _woman(), "unknown", cell="unknown.no-test"),
    case("E5-pregnancy-uncertain", _woman(_status(said("不确定"), 5)), "unknown"),
    case(
        "E5-status-answer-code-true",
        _woman(_status(said_code("LA15173-0", LOINC), 14)),
        "true",
        cell="true.status",
    ),
    *(
        case(
            f"E5-test-loinc-{code}-true",
            _woman(observation({"coding": [{"system": LOINC, "code": code}]}, said("阳性"))),
            "true",
        )
        for code in ("2106-3", "2118-8", "80384-1", "80385-8")
    ),
    case(
        "E5-newest-negative-false",
        _woman(positive("hcg", day(10)), negative("hcg", day(3))),
        "false",
        review=True,
        cell="review.negative-after-positive",
    ),
    case("E5-newest-positive-true", _woman(negative("hcg", day(10)), positive("hcg", day(3))), "true"),
    case("E5-newest-status-decides-true", _woman(negative("hcg", day(10)), _status(PREGNANT, 3)), "true"),
    case(
        "E5-newest-status-decides-false",
        _woman(positive("hcg", day(10)), _status(NOT_PREGNANT, 3)),
        "false",
        review=True,
    ),
    case("E5-one-time-two-answers", _woman(negative("hcg"), positive("hcg")), "unknown"),
    case(
        "E5-negative-in-error-true",
        _woman(positive("hcg", day(10)), negative("hcg", day(3), status="entered-in-error")),
        "true",
    ),
    # a number is judged by its own range
    case(
        "E5-number-above-its-range-true", _woman(_hcg(900, upper_limit(5))), "true", cell="11.hcg-own-range"
    ),
    case(
        "E5-number-inside-its-range-false",
        _woman(_hcg(0.3, upper_limit(5))),
        "false",
        cell="11.hcg-own-range",
    ),
    case(
        "E5-number-interpreted-true",
        _woman(_hcg(900, interpretation=[{"coding": [{"system": INTERPRETATION, "code": "POS"}]}])),
        "true",
        cell="11.hcg-own-range",
    ),
    case("E5-number-without-a-range", _woman(_hcg(0.3)), "UNREADABLE_VALUE", cell="12.number"),
    case(
        "E5-number-near-its-limit-true",
        _woman(_hcg(5.1, upper_limit(5))),
        "true",
        review=True,
        cell="review.near-cut-off",
    ),
    case(
        "E5-number-just-inside-false",
        _woman(_hcg(4.9, upper_limit(5))),
        "false",
        review=True,
        cell="review.near-cut-off",
    ),
    # Conditions, 300 days
    *(
        case(f"E5-pregnancy-{code}-true", _woman(condition(icd(code))), "true", cell="true.pregnancy")
        for code in ("O00.9", "O09.9", "O26.9", "O99.8", "Z33", "Z34.9", "Z32.1")
    ),
    *(
        case(
            f"E5-pregnancy-cm-{code}-true",
            _woman(condition(icd(code, ICD_CM))),
            "true",
            cell="true.pregnancy",
        )
        for code in ("Z33.1", "Z3A.20")
    ),
    case("E5-pregnancy-snomed-true", _woman(condition(snomed("77386006"))), "true", cell="true.pregnancy"),
    case("E5-negative-test-code-is-no-pregnancy", _woman(condition(icd("Z32.0"))), "unknown"),
    case("E5-pregnancy-day-300-true", _woman(_pregnant(300)), "true", cell="true.pregnancy"),
    case("E5-pregnancy-day-301", _woman(_pregnant(301)), "unknown", cell="unknown.old-pregnancy"),
    case(
        "E5-pregnancy-day-301-beside-negative",
        _woman(_pregnant(301), NEGATIVE),
        "unknown",
        cell="unknown.old-pregnancy",
    ),
    case(
        "E5-pregnancy-recorded-day-300-true",
        _woman(condition(icd("O26.9"), day(300))),
        "true",
        cell="true.pregnancy",
    ),
    case(
        "E5-pregnancy-recorded-day-301",
        _woman(condition(icd("O26.9"), day(301))),
        "unknown",
        cell="unknown.old-pregnancy",
    ),
    case(
        "E5-pregnancy-beside-newer-negative",
        _woman(condition(icd("O26.9"), day(40)), negative("hcg", day(3))),
        "CONFLICTING_VALUES",
        cell="unknown.conflict-test",
    ),
    case(
        "E5-pregnancy-beside-older-negative-true",
        _woman(condition(icd("O26.9"), day(3)), negative("hcg", day(10))),
        "true",
    ),
    case(
        "E5-pregnancy-provisional",
        _woman(condition(icd("O26.9"), verificationStatus=status("provisional")), NEGATIVE),
        "unknown",
    ),
    case(
        "E5-pregnancy-refuted-false",
        _woman(condition(icd("O26.9"), verificationStatus=status("refuted")), NEGATIVE),
        "false",
    ),
    case(
        "E5-pregnancy-of-tomorrow-false",
        _woman(condition(icd("O26.9"), day(-1)), NEGATIVE),
        "false",
        cell="2.tomorrow",
    ),
    # silence
    case("E5-negative-but-no-condition", [WOMAN, NEGATIVE], "unknown"),
    case("E5-negative-but-unmapped", _woman(NEGATIVE, condition({"text": "不明"})), "unknown"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
