"""I5: extra-articular manifestations: none in a record that speaks, or a person decides."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import ICD_CN, LOINC, condition, day, icd, observation, quantity, snomed, status
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
LUNG = icd("J84.1")
CODES = (
    "J84.0 J84.1 J84.9 J99.0 M05.0 M05.1 M05.2 M05.3 R80 N39.1 D70 D72.8 G58.7 G60.0 G61.0 G62.9 "
    "G63.5 G63.6 G64 J90 R09.1 I30.9 I31.9 H15.0 E85.3 M31.8 I77.6 L95.9"
).split()
SNOMED_CODES = (
    "57160007 193180002 233703007 64667001 51615001 29738008 84828003 302226006 386033004 22722001"
).split()
NOT_LISTED = ("M05.8 M05.9 M06.9 G56.0 H15.1 I31.3 J98.4 N39.3 D72.1 L94.0 R09.2").split()


CASES = [
    *(
        case(
            f"I5-icd-{code}-needs-judgement",
            [condition(icd(code)), SPEAKS],
            "NEEDS_JUDGEMENT",
            review=True,
            evidence=("Condition/1",),
            cell="unknown.active",
        )
        for code in CODES
        if code not in ("M05.0", "M05.2", "M05.3")
    ),
    *(
        case(
            f"I5-icd-{code}-needs-judgement",
            condition(icd(code)),
            "NEEDS_JUDGEMENT",
            cell="unknown.active 17.rheumatoid-organs",
        )
        for code in ("M05.0", "M05.2", "M05.3")
    ),
    *(
        case(
            f"I5-snomed-{code}-needs-judgement",
            condition(snomed(code)),
            "NEEDS_JUDGEMENT",
            cell="unknown.active",
        )
        for code in SNOMED_CODES
    ),
    case("I5-chinese-extension-needs-judgement", condition(icd("J84.100x001", ICD_CN)), "NEEDS_JUDGEMENT"),
    case(
        "I5-dagger-and-asterisk-needs-judgement", condition(icd("M05.101+J99.0*", ICD_CN)), "NEEDS_JUDGEMENT"
    ),
    *(
        case(f"I5-icd-{code}-not-listed-true", condition(icd(code)), "true", review=True)
        for code in NOT_LISTED
    ),
    *(
        case(
            f"I5-{state}-needs-judgement",
            condition(LUNG, clinicalStatus=status(state)),
            "NEEDS_JUDGEMENT",
            cell="unknown.not-active",
        )
        for state in ("inactive", "remission", "resolved")
    ),
    case(
        "I5-over-for-years-needs-judgement",
        condition(LUNG, day(4000), clinicalStatus=status("resolved"), abatementDateTime=day(3900)),
        "NEEDS_JUDGEMENT",
        cell="unknown.not-active",
    ),
    # silence
    case(
        "I5-silence-true",
        SPEAKS,
        "true",
        review=True,
        evidence=("Condition/1",),
        cell="true.silence review.always",
    ),
    case(
        "I5-abnormal-laboratory-true",
        [
            SPEAKS,
            observation({"coding": [{"system": LOINC, "code": "2889-4"}]}, quantity(2.1, "g/(24.h)")),
            observation("wbc", quantity(2.1, "10*9/L")),
        ],
        "true",
        cell="true.laboratory-decides-nothing",
    ),
    case("I5-nothing-recorded", [], "NO_RECORD", review=True, cell="unknown.silence"),
    case("I5-silence-too-old", condition(icd("M54.5"), day(731)), "NO_RECORD", cell="unknown.silence"),
    case("I5-unmapped", [condition({"text": "不明"}), SPEAKS], "UNMAPPED_CODE", cell="unknown.silence"),
    case(
        "I5-provisional",
        [condition(LUNG, verificationStatus=status("provisional")), SPEAKS],
        "PROVISIONAL_ONLY",
    ),
    case("I5-refuted-true", [condition(LUNG, verificationStatus=status("refuted")), SPEAKS], "true"),
    case("I5-of-tomorrow-true", [condition(LUNG, day(-1)), SPEAKS], "true", cell="2.tomorrow"),
    # words
    case(
        "I5-history-needs-judgement",
        [condition({"text": "间质性肺病病史"}), SPEAKS],
        "NEEDS_JUDGEMENT",
        cell="18.history-judged",
    ),
    case("I5-text-needs-judgement", [condition({"text": "肺间质纤维化"}), SPEAKS], "NEEDS_JUDGEMENT"),
    case(
        "I5-hedge-beside-a-code",
        [condition({**LUNG, "text": "肺纤维化待排"}), SPEAKS],
        "PROVISIONAL_ONLY",
        cell="18.hedge",
    ),
    case(
        "I5-negated-text",
        [condition({"text": "否认间质性肺病"}), SPEAKS],
        "UNMAPPED_CODE",
        cell="18.negation",
    ),
    case("I5-family-text-true", [condition({"text": "父亲间质性肺病"}), SPEAKS], "true", cell="18.family"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
