"""E5, who cannot be pregnant or nursing: men, age, hysterectomy, menopause; and gender that does not say."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    ICD_CM,
    condition,
    day,
    icd,
    negative,
    observation,
    patient,
    positive,
    said,
    said_code,
    snomed,
    status,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
MAN = patient("1990-05-05", gender="male")
PREGNANT = said_code("77386006")
NEGATIVE = negative("hcg", day(14))


def _woman(*records: Resource, born: str = "1990-05-05") -> list[Resource]:
    """A woman in a record that speaks, silent about nursing."""
    return [patient(born, gender="female"), SPEAKS, *records]


def _man(*records: Resource) -> list[Resource]:
    return [MAN, SPEAKS, *records]


def _pregnant(ago: int, code: str = "O26.9", **more: object) -> Resource:
    """An active pregnancy that began so long ago."""
    return condition(icd(code), day(1), **{"onsetDateTime": day(ago), **more})


def _procedure(code: Resource, state: str = "completed", **more: object) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": state,
        "code": code,
        "performedDateTime": day(3000),
        **more,
    }


CASES = [
    case("E5-man-false", _man(), "false", cell="false.male"),
    case("E5-man-with-an-empty-record-false", MAN, "false", cell="false.male"),
    case("E5-man-negative-false", _man(negative("hcg")), "false"),
    case("E5-man-positive-test", _man(positive("hcg")), "CONFLICTING_VALUES", cell="unknown.conflict-male"),
    case(
        "E5-man-pregnant-status",
        _man(observation("pregnancy-status", PREGNANT)),
        "CONFLICTING_VALUES",
        cell="unknown.conflict-male",
    ),
    case("E5-man-pregnancy", _man(_pregnant(100)), "CONFLICTING_VALUES", cell="unknown.conflict-male"),
    case(
        "E5-man-lactation", _man(condition(icd("O92.7"))), "CONFLICTING_VALUES", cell="unknown.conflict-male"
    ),
    case("E5-man-positive-day-15-false", _man(positive("hcg", day(15))), "false", cell="false.male"),
    case("E5-woman-55-today-false", _woman(born="1971-06-30"), "false", cell="false.of-55"),
    case("E5-woman-55-tomorrow", _woman(born="1971-07-01"), "unknown"),
    case("E5-woman-of-1971", _woman(born="1971"), "unknown"),
    case("E5-woman-of-1970-false", _woman(born="1970"), "false", cell="false.of-55"),
    case(
        "E5-woman-55-positive-true",
        _woman(positive("hcg"), born="1960-01-01"),
        "true",
        review=True,
        cell="review.positive-at-55",
    ),
    case("E5-woman-without-birth-date", [patient(None, gender="female"), SPEAKS], "unknown"),
    # hysterectomy, menopause
    *(
        case(
            f"E5-hysterectomy-{code}-false",
            _woman(condition(icd(code, ICD_CM))),
            "false",
            cell="false.hysterectomy",
        )
        for code in ("Z90.710", "Z90.711")
    ),
    case("E5-only-the-cervix-removed", _woman(condition(icd("Z90.712", ICD_CM))), "unknown"),
    case(
        "E5-hysterectomy-snomed-false",
        _woman(condition(snomed("161800001"))),
        "false",
        cell="false.hysterectomy",
    ),
    case(
        "E5-hysterectomy-procedure-false",
        _woman(_procedure(snomed("236886002"))),
        "false",
        cell="false.hysterectomy",
    ),
    case(
        "E5-hysterectomy-procedure-text-false",
        _woman(_procedure({"text": "全子宫切除术"})),
        "false",
        cell="false.hysterectomy",
    ),
    case(
        "E5-hysterectomy-english-false", _woman(_procedure({"text": "Total abdominal hysterectomy"})), "false"
    ),
    *(
        case(f"E5-hysterectomy-{state}", _woman(_procedure(snomed("236886002"), state)), "unknown")
        for state in ("not-done", "preparation", "entered-in-error")
    ),
    case(
        "E5-hysterectomy-provisional",
        _woman(condition(snomed("161800001"), verificationStatus=status("provisional"))),
        "unknown",
    ),
    *(
        case(f"E5-menopause-{code}-false", _woman(condition(icd(code))), "false", cell="false.menopause")
        for code in ("N95.0", "N95.2", "N95.3")
    ),
    *(
        case(f"E5-menopause-{code}-is-no-proof", _woman(condition(icd(code))), "unknown")
        for code in ("N95.1", "N95.8", "N95.9")
    ),
    case("E5-menopause-cm-false", _woman(condition(icd("Z78.0", ICD_CM))), "false", cell="false.menopause"),
    case(
        "E5-menopause-snomed-false", _woman(condition(snomed("289903006"))), "false", cell="false.menopause"
    ),
    case(
        "E5-menopause-observed-false",
        _woman(observation("menopause", said("阳性"))),
        "false",
        cell="false.menopause",
    ),
    case("E5-menopause-observed-not", _woman(observation("menopause", said("阴性"))), "unknown"),
    case(
        "E5-menopause-provisional",
        _woman(condition(icd("N95.0"), verificationStatus=status("provisional"))),
        "unknown",
    ),
    # gender that does not say
    *(
        case(
            f"E5-gender-{gender}",
            [patient("1990-05-05", gender=gender), SPEAKS, NEGATIVE],
            "unknown",
            cell="unknown.gender",
        )
        for gender in ("other", "unknown")
    ),
    case("E5-gender-missing", [patient("1990-05-05"), SPEAKS, NEGATIVE], "unknown", cell="unknown.gender"),
    case("E5-gender-missing-old", [patient("1950-05-05"), SPEAKS], "unknown", cell="unknown.gender"),
    case("E5-gender-missing-positive-true", [patient("1990-05-05"), SPEAKS, positive("hcg")], "true"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
