"""E6: malignancy that is active, or that ended less than 5 calendar years ago."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import ICD_CN, condition, day, icd, snomed, status
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
BREAST = icd("C50.9")
IN_SITU = icd("D05.1")
FIVE_YEARS, A_DAY_LESS = "2021-06-30", "2021-07-01"
CODES = (
    "C00.9 C16.9 C34.9 C43.9 C44.3 C50.9 C61 C73 C81.9 C83.3 C90.0 C92.0 C97 D45 D46.9 D47.0 D47.1 "
    "D47.3 D47.7"
).split()
UNCERTAIN = ("D37.0", "D38.1", "D39.1", "D40.0", "D41.0", "D42.0", "D43.2", "D44.0", "D47.2", "D48.9")


def _ended(on: str | None, code: Resource = BREAST, state: str = "resolved", **more: object) -> Resource:
    told = {"clinicalStatus": status(state), "abatementDateTime": on}
    return condition(code, "2015-01-01", **{**told, **more})


def _text(text: str, recorded: str = day(100), **more: object) -> Resource:
    return condition({"text": text}, recorded, **more)


TEXTS = (
    *("胃癌", "恶性肿瘤", "骨肉瘤", "弥漫大B细胞淋巴瘤", "急性白血病", "多发性骨髓瘤"),
    *("Breast cancer", "basal cell carcinoma", "lymphoma", "leukaemia"),
)


CASES = [
    # active
    *(
        case(f"E6-icd-{code}-true", condition(icd(code)), "true", review=True, cell="true.active review.any")
        for code in CODES
    ),
    case("E6-snomed-true", condition(snomed("363346000")), "true", cell="true.active"),
    case("E6-chinese-extension-true", condition(icd("C50.900x001", ICD_CN)), "true"),
    case("E6-active-for-decades-true", condition(BREAST, "1999-01-01"), "true", cell="true.active"),
    case("E6-relapse-true", condition(BREAST, clinicalStatus=status("relapse")), "true"),
    case("E6-no-status-true", condition(BREAST, clinicalStatus=None), "true"),
    case(
        "E6-active-with-abatement-true",
        condition(BREAST, abatementDateTime="2010-01-01"),
        "true",
        cell="13.active-wins",
    ),
    # 5 calendar years to the day
    case(
        "E6-ended-5-years-ago-today-false",
        [_ended(FIVE_YEARS), SPEAKS],
        "false",
        review=True,
        cell="false.ended-long-ago review.any",
    ),
    case(
        "E6-ended-a-day-less-true",
        _ended(A_DAY_LESS),
        "true",
        valid_until="2026-07-01",
        cell="true.ended-recently",
    ),
    case("E6-ended-last-year-true", _ended("2025"), "true", cell="true.ended-recently"),
    case("E6-ended-in-2020-false", [_ended("2020"), SPEAKS], "false", cell="false.ended-long-ago"),
    case("E6-ended-in-2021", _ended("2021"), "unknown", cell="unknown.end-straddles"),
    case("E6-ended-in-june-2021-false", [_ended("2021-06"), SPEAKS], "false"),
    case("E6-ended-in-july-2021-true", _ended("2021-07"), "true"),
    case(
        "E6-ended-by-period-false",
        [_ended(None, abatementPeriod={"start": "2018-01-01", "end": FIVE_YEARS}), SPEAKS],
        "false",
    ),
    case(
        "E6-ended-long-ago-in-an-old-record-false", _ended("2015-06-01"), "false", cell="false.ended-long-ago"
    ),
    case(
        "E6-remission-6-years-false",
        [_ended("2020-01-01", state="remission"), SPEAKS],
        "false",
        review=True,
        cell="16.remission",
    ),
    case(
        "E6-remission-4-years-true",
        _ended("2022-01-01", state="remission"),
        "true",
        review=True,
        cell="16.remission",
    ),
    case(
        "E6-remission-without-an-end", _ended(None, state="remission"), "unknown", cell="unknown.end-unknown"
    ),
    case("E6-resolved-without-an-end", _ended(None), "unknown", review=True, cell="unknown.end-unknown"),
    case("E6-inactive-without-an-end", _ended(None, state="inactive"), "unknown", cell="unknown.end-unknown"),
    case("E6-end-unreadable", _ended("2018-1-1"), "unknown", cell="unknown.end-unknown"),
    case("E6-no-status-ended-long-ago-false", [_ended("2015-06-01", clinicalStatus=None), SPEAKS], "false"),
    case(
        "E6-one-ended-long-ago-one-lately-true",
        [_ended("2015-06-01"), _ended("2024-06-01", icd("C73"))],
        "true",
    ),
    case("E6-one-ended-long-ago-one-unknown", [_ended("2015-06-01"), _ended(None, icd("C73"))], "unknown"),
    case(
        "E6-both-ended-long-ago-false",
        [_ended("2015-06-01"), _ended("2019-06-01", icd("C73")), SPEAKS],
        "false",
    ),
    # history
    *(
        case(
            f"E6-history-{n}-5-years-ago-false",
            [condition(code, FIVE_YEARS), SPEAKS],
            "false",
            review=True,
            cell="false.history-long-ago",
        )
        for n, code in enumerate((icd("Z85.3"), icd("Z08.9"), snomed("266987004")))
    ),
    *(
        case(
            f"E6-history-{n}-a-day-less",
            [condition(code, A_DAY_LESS), SPEAKS],
            "unknown",
            review=True,
            cell="unknown.history-recent",
        )
        for n, code in enumerate((icd("Z85.3"), icd("Z08.9"), snomed("266987004")))
    ),
    case(
        "E6-history-undated",
        [condition(icd("Z85.3"), None), SPEAKS],
        "unknown",
        cell="unknown.history-recent",
    ),
    case(
        "E6-history-old-onset-recorded-lately",
        [condition(icd("Z85.3"), day(30), onsetDateTime="2010-01-01"), SPEAKS],
        "unknown",
        cell="16.history-old-onset",
    ),
    case("E6-history-text", [_text("乳腺癌病史"), SPEAKS], "unknown", review=True, cell="18.history-e6"),
    case(
        "E6-history-text-5-years-ago-false",
        [_text("既往乳腺癌", FIVE_YEARS), SPEAKS],
        "false",
        review=True,
        cell="18.history-e6",
    ),
    case("E6-history-english", [_text("History of breast cancer"), SPEAKS], "unknown", cell="18.history-e6"),
    # a person's
    *(
        case(
            f"E6-treatment-{code}",
            [condition(icd(code)), SPEAKS],
            "NEEDS_JUDGEMENT",
            cell="unknown.treatment",
        )
        for code in ("Z51.0", "Z51.1")
    ),
    *(
        case(
            f"E6-uncertain-{code}",
            [condition(icd(code)), SPEAKS],
            "NEEDS_JUDGEMENT",
            review=True,
            cell="unknown.uncertain-behaviour",
        )
        for code in UNCERTAIN
    ),
    *(
        case(f"E6-in-situ-{code}", [condition(icd(code)), SPEAKS], "NEEDS_JUDGEMENT", cell="unknown.in-situ")
        for code in ("D00.0", "D03.9", "D05.1", "D06.9", "D09.0")
    ),
    case(
        "E6-in-situ-5-years-ago-false",
        [condition(IN_SITU, FIVE_YEARS), SPEAKS],
        "false",
        review=True,
        cell="review.in-situ-long-ago",
    ),
    case(
        "E6-in-situ-a-day-less",
        [condition(IN_SITU, A_DAY_LESS), SPEAKS],
        "NEEDS_JUDGEMENT",
        cell="unknown.in-situ",
    ),
    case(
        "E6-in-situ-resolved-lately",
        [condition(IN_SITU, day(300), clinicalStatus=status("resolved")), SPEAKS],
        "NEEDS_JUDGEMENT",
        cell="unknown.in-situ",
    ),
    case("E6-active-beside-in-situ-true", [condition(IN_SITU), condition(BREAST)], "true"),
    # texts
    *(
        case(f"E6-text-{n}-true", _text(text), "true", cell="18.malignancy-text")
        for n, text in enumerate(TEXTS)
    ),
    case("E6-text-in-situ", [_text("宫颈原位癌"), SPEAKS], "NEEDS_JUDGEMENT", cell="18.in-situ-text"),
    case(
        "E6-text-in-situ-5-years-ago-false",
        [_text("宫颈原位癌", FIVE_YEARS), SPEAKS],
        "false",
        cell="18.in-situ-text",
    ),
    case("E6-family-text-false", [_text("母亲乳腺癌"), SPEAKS], "false", review=False, cell="18.family"),
    case(
        "E6-negated-text",
        [_text("否认恶性肿瘤"), SPEAKS],
        "UNMAPPED_CODE",
        cell="18.negation unknown.silence",
    ),
    case(
        "E6-hedge-beside-a-code",
        [condition({**BREAST, "text": "乳腺癌待排"}), SPEAKS],
        "PROVISIONAL_ONLY",
        cell="18.hedge",
    ),
    # doubt, silence
    *(
        case(f"E6-{doubt}", [condition(BREAST, verificationStatus=status(doubt)), SPEAKS], "PROVISIONAL_ONLY")
        for doubt in ("provisional", "differential", "unconfirmed")
    ),
    case("E6-refuted-false", [condition(BREAST, verificationStatus=status("refuted")), SPEAKS], "false"),
    case("E6-of-tomorrow-false", [condition(BREAST, day(-1)), SPEAKS], "false", cell="2.tomorrow"),
    *(
        case(f"E6-benign-{code}-false", condition(icd(code)), "false", review=False)
        for code in ("D10.0", "D25.9", "D36.9", "D50.9", "Z12.3")
    ),
    case("E6-silence-false", SPEAKS, "false", review=False, evidence=("Condition/1",), cell="false.silence"),
    case("E6-nothing-recorded", [], "NO_RECORD", cell="unknown.silence"),
    case("E6-unmapped", [_text("不明"), SPEAKS], "UNMAPPED_CODE", cell="unknown.silence"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
