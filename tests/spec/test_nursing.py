"""E5, nursing: judged apart from pregnancy; a negative pregnancy test says nothing about it."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import condition, day, icd, negative, observation, patient, said, snomed, status
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
NOT_PREGNANT = negative("hcg", day(3))


def _woman(*records: Resource) -> list[Resource]:
    """A woman who is not pregnant, in a record that speaks."""
    return [patient("1990-05-05", gender="female"), SPEAKS, NOT_PREGNANT, *records]


def _feeds(answer: str, ago: int) -> Resource:
    return observation("breastfeeding", said(answer), day(ago))


def _ended(code: str, ago: int, **more: object) -> Resource:
    """A pregnancy that is over since then."""
    told = {
        "clinicalStatus": status("resolved"),
        "abatementDateTime": day(ago),
        "onsetDateTime": day(ago + 200),
    }
    return condition(icd(code), day(ago + 150), **{**told, **more})


YES, NO = "是", "否"


def _delivered(ago: int, code: str = "O80.9") -> Resource:
    return condition(icd(code), day(ago), clinicalStatus=status("resolved"))


WOMAN = patient("1990-05-05", gender="female")
CASES = [
    # statements, 365 days, the newest
    case("E5-feeds-day-365-true", _woman(_feeds("阳性", 365)), "true", cell="true.breastfeeding"),
    case("E5-feeds-in-english-true", _woman(_feeds("positive", 30)), "true"),
    case("E5-feeds-day-366", _woman(_feeds("阳性", 366)), "unknown", cell="unknown.yes-of-any-age"),
    case("E5-fed-years-ago", _woman(_feeds("阳性", 2000)), "unknown", cell="unknown.yes-of-any-age"),
    case("E5-feeds-no-false", _woman(_feeds("阴性", 30)), "false", cell="false.not-breastfeeding"),
    case(
        "E5-feeds-no-longer-false",
        _woman(_feeds("阳性", 90), _feeds("阴性", 30)),
        "false",
        cell="false.not-breastfeeding",
    ),
    case(
        "E5-feeds-again-true",
        _woman(_feeds("阴性", 90), _feeds("阳性", 30)),
        "true",
        cell="true.breastfeeding",
    ),
    case("E5-feeds-yes-true", _woman(_feeds(YES, 30)), "true"),
    case("E5-feeds-not-said-false", _woman(_feeds(NO, 30)), "false"),
    case("E5-fed-long-ago-not-now-false", _woman(_feeds("阳性", 500), _feeds("阴性", 30)), "false"),
    case("E5-feeds-unreadable", _woman(_feeds("见病历", 30)), "unknown"),
    # lactation Conditions, 365 days
    *(
        case(
            f"E5-lactation-{code}-true", _woman(condition(icd(code), day(365))), "true", cell="true.lactation"
        )
        for code in ("O91.2", "O92.7", "Z39.1")
    ),
    case("E5-lactation-day-366-false", _woman(condition(icd("O92.7"), day(366))), "false"),
    case(
        "E5-lactation-provisional",
        _woman(condition(icd("O92.7"), verificationStatus=status("provisional"))),
        "unknown",
    ),
    # delivery and ended pregnancy, 365 days: open until somebody says no
    *(
        case(
            f"E5-delivery-{code}",
            _woman(_delivered(100, code)),
            "unknown",
            cell="unknown.delivery unknown.test-says-nothing-about-nursing",
        )
        for code in ("O80.9", "O82.9", "O84.9", "Z37.0", "Z38.0", "Z39.0", "O85", "O90.9")
    ),
    case("E5-delivery-day-365", _woman(_delivered(365)), "unknown", cell="unknown.delivery"),
    case("E5-delivery-day-366-false", _woman(_delivered(366)), "false", cell="false.nursing-silent"),
    case(
        "E5-delivery-then-not-false",
        _woman(_delivered(100), _feeds("阴性", 30)),
        "false",
        cell="false.not-breastfeeding",
    ),
    case(
        "E5-not-then-delivery",
        _woman(_delivered(30), _feeds("阴性", 100)),
        "unknown",
        cell="unknown.delivery",
    ),
    case("E5-ended-day-365", _woman(_ended("O26.9", 365)), "unknown", cell="unknown.ended-pregnancy"),
    case("E5-ended-day-366-false", _woman(_ended("O26.9", 366)), "false"),
    case(
        "E5-ended-then-not-false",
        _woman(_ended("O26.9", 100), _feeds("阴性", 30)),
        "false",
        cell="false.not-breastfeeding",
    ),
    case(
        "E5-ended-nobody-knows-when",
        _woman(condition(icd("O26.9"), day(400), clinicalStatus=status("resolved"))),
        "unknown",
    ),
    case("E5-miscarriage-day-100", _woman(_ended("O03.9", 100)), "unknown", cell="unknown.ended-pregnancy"),
    # pregnancy and nursing are judged apart
    case(
        "E5-nursing-without-a-test-true",
        [WOMAN, SPEAKS, _feeds("阳性", 30)],
        "true",
        cell="true.breastfeeding",
    ),
    case(
        "E5-not-nursing-without-a-test",
        [WOMAN, SPEAKS, _feeds("阴性", 30)],
        "unknown",
        cell="unknown.no-test",
    ),
    case(
        "E5-man-who-nurses",
        [patient("1990-05-05", gender="male"), SPEAKS, _feeds("阳性", 30)],
        "CONFLICTING_VALUES",
        cell="unknown.conflict-male",
    ),
    case(
        "E5-woman-of-60-delivered-false",
        [patient("1960-05-05", gender="female"), SPEAKS, _delivered(100)],
        "false",
        cell="false.of-55",
    ),
    case(
        "E5-breastfeeding-observed-by-snomed-true",
        _woman(observation(snomed("413712001"), said("阳性"), day(30))),
        "true",
        cell="true.breastfeeding",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
