"""E7, diabetes and the heart: HbA1c, what is coded, NYHA class and ejection fraction."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    ICD_CM,
    condition,
    day,
    icd,
    observation,
    pressure,
    quantity,
    said,
    said_code,
    snomed,
    status,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
DIABETES = condition(icd("E11.9"))


def _hba1c(value: float, unit: str = "%", when: str = day(5)) -> Resource:
    return observation("hba1c", quantity(value, unit), when)


def _lvef(value: float, when: str = day(5)) -> Resource:
    return observation("lvef", quantity(value, "%"), when)


def _nyha(code: str, when: str = day(5)) -> Resource:
    return observation("nyha", said_code(code), when)


def _resolved(code: Resource) -> Resource:
    return condition(code, clinicalStatus=status("resolved"))


III, IV = "420913000", "422293003"


CASES = [
    # HbA1c, 90 days
    case("E7-hba1c-8-exactly", [DIABETES, _hba1c(8)], "NEEDS_JUDGEMENT", review=True, cell="unknown.hba1c"),
    case("E7-hba1c-7.9-false", [DIABETES, _hba1c(7.9)], "false", review=True, cell="false.hba1c review.any"),
    case("E7-hba1c-12", [DIABETES, _hba1c(12)], "NEEDS_JUDGEMENT", cell="unknown.hba1c"),
    case("E7-hba1c-64-mmol", [DIABETES, _hba1c(64, "mmol/mol")], "NEEDS_JUDGEMENT", cell="unknown.hba1c"),
    case("E7-hba1c-63-mmol-false", [DIABETES, _hba1c(63, "mmol/mol")], "false"),
    case(
        "E7-hba1c-without-diabetes-high",
        [SPEAKS, _hba1c(9)],
        "NEEDS_JUDGEMENT",
        review=True,
        cell="unknown.hba1c review.any",
    ),
    case("E7-hba1c-without-diabetes-fine-false", [SPEAKS, _hba1c(5.6)], "false"),
    case("E7-hba1c-newest-false", [DIABETES, _hba1c(9, when=day(60)), _hba1c(7, when=day(5))], "false"),
    case("E7-hba1c-day-90-false", [DIABETES, _hba1c(7, when=day(90))], "false", cell="false.hba1c"),
    case("E7-hba1c-day-91", [DIABETES, _hba1c(7, when=day(91))], "TOO_OLD", cell="unknown.old-measurement"),
    case(
        "E7-hba1c-high-on-day-91-false",
        [SPEAKS, _hba1c(9, when=day(91))],
        "false",
        cell="false.diabetes-silent",
    ),
    case("E7-hba1c-missing", DIABETES, "NO_RECORD", review=True, cell="unknown.no-measurement"),
    case("E7-hba1c-unknown-unit", [DIABETES, _hba1c(7, "单位")], "UNIT_NOT_CONVERTIBLE"),
    case(
        "E7-hba1c-censored",
        [DIABETES, observation("hba1c", quantity(7, "%", comparator=">"))],
        "CENSORED_VALUE",
    ),
    *(
        case(
            f"E7-diabetes-{code}-without-hba1c",
            condition(icd(code)),
            "NO_RECORD",
            cell="unknown.no-measurement",
        )
        for code in ("E10.9", "E12.9", "E13.9", "E14.9")
    ),
    *(
        case(f"E7-diabetes-{code}-without-hba1c", condition(snomed(code)), "NO_RECORD")
        for code in ("73211009", "46635009", "44054006")
    ),
    case(
        "E7-diabetes-history-text",
        [SPEAKS, condition({"text": "糖尿病病史5年"})],
        "NO_RECORD",
        cell="18.history-e7",
    ),
    case("E7-diabetes-resolved-false", _resolved(icd("E11.9")), "false", cell="17.resolved"),
    # coded uncontrolled
    *(
        case(
            f"E7-uncontrolled-{code}-true",
            [condition(snomed(code)), _hba1c(6)],
            "true",
            cell="true.diabetes-uncontrolled",
        )
        for code in ("444073006", "443694000")
    ),
    case("E7-uncontrolled-resolved-false", _resolved(snomed("444073006")), "false"),
    case(
        "E7-hyperglycaemia-is-not-uncontrolled-false",
        [condition(icd("E11.65", ICD_CM)), _hba1c(7)],
        "false",
        review=True,
    ),
    # coma, ketoacidosis
    *(
        case(
            f"E7-emergency-{code}",
            [condition(icd(code)), _hba1c(7)],
            "NEEDS_JUDGEMENT",
            cell="unknown.emergency",
        )
        for code in ("E10.0", "E10.1", "E11.0", "E12.1", "E13.0", "E14.1")
    ),
    case("E7-emergency-resolved-false", [_resolved(icd("E11.1")), SPEAKS], "false"),
    # the heart
    *(
        case(
            f"E7-heart-failure-{code}",
            condition(icd(code)),
            "NEEDS_JUDGEMENT",
            review=True,
            cell="unknown.heart-failure",
        )
        for code in ("I50.0", "I50.9")
    ),
    *(
        case(
            f"E7-heart-failure-{code}",
            [condition(icd(code)), pressure(130, 80, day(3)), pressure(130, 80, day(9))],
            "NEEDS_JUDGEMENT",
            cell="unknown.heart-failure",
        )
        for code in ("I11.0", "I13.0", "I13.2")
    ),
    *(
        case(
            f"E7-heart-failure-{code}",
            condition(snomed(code)),
            "NEEDS_JUDGEMENT",
            cell="unknown.heart-failure",
        )
        for code in ("84114007", "42343007", "48447003", "703272007")
    ),
    case("E7-heart-failure-resolved-false", _resolved(icd("I50.9")), "false", cell="17.resolved"),
    case(
        "E7-heart-failure-history-text",
        [SPEAKS, condition({"text": "心力衰竭病史"})],
        "NEEDS_JUDGEMENT",
        cell="18.history-e7",
    ),
    *(
        case(f"E7-not-heart-failure-{code}-false", condition(icd(code)), "false")
        for code in ("I25.1", "I49.9", "I51.9")
    ),
    case("E7-cardiomyopathy", condition(icd("I42.0")), "NEEDS_JUDGEMENT", cell="unknown.cardiomyopathy"),
    case("E7-cardiomyopathy-resolved-false", _resolved(icd("I42.0")), "false"),
    case("E7-nyha-3", [SPEAKS, _nyha(III)], "NEEDS_JUDGEMENT", review=True, cell="unknown.nyha review.any"),
    case("E7-nyha-4-day-365", [SPEAKS, _nyha(IV, day(365))], "NEEDS_JUDGEMENT", cell="unknown.nyha"),
    case("E7-nyha-3-day-366-false", [SPEAKS, _nyha(III, day(366))], "false"),
    case(
        "E7-nyha-3-in-words",
        [SPEAKS, observation("nyha", said("III级"))],
        "NEEDS_JUDGEMENT",
        cell="unknown.nyha",
    ),
    case("E7-nyha-2-false", [SPEAKS, _nyha("421704003")], "false"),
    case(
        "E7-lvef-39.9", [SPEAKS, _lvef(39.9)], "NEEDS_JUDGEMENT", review=True, cell="unknown.lvef review.any"
    ),
    case("E7-lvef-40-exactly-false", [SPEAKS, _lvef(40)], "false"),
    case("E7-lvef-day-365", [SPEAKS, _lvef(30, day(365))], "NEEDS_JUDGEMENT", cell="unknown.lvef"),
    case("E7-lvef-day-366-false", [SPEAKS, _lvef(30, day(366))], "false"),
    # any part decides
    case(
        "E7-uncontrolled-beside-heart-failure-true",
        [condition(snomed("444073006")), condition(icd("I50.9"))],
        "true",
    ),
    case(
        "E7-all-fine-false",
        [DIABETES, _hba1c(6.5), _lvef(60)],
        "false",
        cell="false.hba1c false.heart-silent",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
