"""I1: rheumatoid arthritis as coded or written; doubt, history, and what silence is worth."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import ICD_CN, condition, day, icd, snomed, status
from tests.spec.cases import Case, case

RA = icd("M05.9")
HYPERTENSION = condition(icd("I10"))
LOCAL = "http://hospital.example/diagnosis"


def _text(text: str) -> dict[str, object]:
    return {"text": text}


def _beside(text: str) -> dict[str, object]:
    return {**RA, "text": text}


CASES = [
    # in the set, by code
    *(
        case(f"I1-icd-{code}-true", condition(icd(code)), "true", review=True)
        for code in ("M05", "M05.3", "M05.9", "M06.0", "M06.8", "M06.9", "M06.90")
    ),
    case("I1-icd-dot-less-is-unmapped", condition(icd("M069")), "UNMAPPED_CODE"),
    case("I1-icd-chinese-extension-true", condition(icd("M06.900x001", ICD_CN)), "true"),
    case(
        "I1-icd-of-the-sites-own-system-true", condition(icd("M06.9", "http://hospital.example/icd")), "true"
    ),
    *(
        case(f"I1-snomed-{code}-true", condition(snomed(code)), "true")
        for code in ("69896004", "239791005", "239792003", "57160007", "193180002")
    ),
    # near it: a person must read the record
    *(
        case(f"I1-icd-{code}-needs-judgement", condition(icd(code)), "NEEDS_JUDGEMENT")
        for code in ("M06", "M06.2", "M06.3", "M06.4")
    ),
    case("I1-history-code-needs-judgement", condition(snomed("161567008")), "NEEDS_JUDGEMENT"),
    case(
        "I1-history-text-needs-judgement",
        condition(_text("类风湿关节炎病史8年")),
        "NEEDS_JUDGEMENT",
        rules=(18,),
    ),
    case(
        "I1-history-english-needs-judgement",
        condition(_text("History of rheumatoid arthritis")),
        "NEEDS_JUDGEMENT",
        rules=(18,),
    ),
    # not it
    case("I1-juvenile-code-false", condition(icd("M08.0")), "false"),
    case("I1-adult-stills-disease-false", condition(icd("M06.1")), "false"),
    case(
        "I1-juvenile-text-is-not-it",
        [condition(_text("幼年类风湿关节炎")), HYPERTENSION],
        "false",
        rules=(18,),
    ),
    # by text
    case("I1-text-chinese-true", condition(_text("类风湿关节炎")), "true"),
    case("I1-text-chinese-long-form-true", condition(_text("类风湿性关节炎")), "true"),
    case("I1-text-english-true", condition(_text("Rheumatoid Arthritis, seropositive")), "true"),
    case(
        "I1-display-of-a-local-code-true",
        condition({"coding": [{"system": LOCAL, "code": "D7", "display": "类风湿关节炎"}]}),
        "true",
        rules=(18,),
    ),
    case(
        "I1-code-decides-not-its-text-false",
        condition({**icd("I10"), "text": "类风湿关节炎"}),
        "false",
        rules=(18,),
    ),
    # hedged, in every wording: never FALSE
    *(
        case(
            f"I1-hedge-{n}-provisional",
            [condition(_text(text)), HYPERTENSION],
            "PROVISIONAL_ONLY",
            rules=(18,),
        )
        for n, text in enumerate(
            (
                "疑似类风湿关节炎",
                "类风湿关节炎待排",
                "类风湿关节炎除外",
                "类风湿关节炎？",
                "r/o rheumatoid arthritis",
                "rule out rheumatoid arthritis",
            )
        )
    ),
    case(
        "I1-hedge-beside-a-code-provisional",
        condition(_beside("疑似类风湿关节炎")),
        "PROVISIONAL_ONLY",
        rules=(18,),
    ),
    case(
        "I1-negation-beside-a-code-provisional",
        condition(_beside("否认类风湿关节炎")),
        "PROVISIONAL_ONLY",
        rules=(18,),
    ),
    case(
        "I1-family-beside-a-code-provisional",
        condition(_beside("母亲类风湿关节炎")),
        "PROVISIONAL_ONLY",
        rules=(18,),
    ),
    # verification
    *(
        case(
            f"I1-{doubt}-provisional",
            condition(RA, verificationStatus=status(doubt)),
            "PROVISIONAL_ONLY",
            evidence=("Condition/1",),
        )
        for doubt in ("provisional", "differential", "unconfirmed")
    ),
    case(
        "I1-provisional-beside-confirmed-true",
        [condition(RA, verificationStatus=status("provisional")), condition(RA)],
        "true",
        evidence=("Condition/2",),
    ),
    *(
        case(
            f"I1-{gone}-is-not-used", [condition(RA, verificationStatus=status(gone)), HYPERTENSION], "false"
        )
        for gone in ("refuted", "entered-in-error")
    ),
    case("I1-refuted-alone-is-silence", condition(RA, verificationStatus=status("refuted")), "NO_RECORD"),
    case(
        "I1-no-verification-true-review",
        condition(RA, verificationStatus=None),
        "true",
        review=True,
        note="no-verification",
    ),
    # clinical status never changes the truth
    *(
        case(f"I1-{state}-true", condition(RA, clinicalStatus=status(state)), "true", note="not-active")
        for state in ("inactive", "remission", "resolved")
    ),
    case("I1-relapse-true", condition(RA, clinicalStatus=status("relapse")), "true", review=True),
    case(
        "I1-no-clinical-status-ended-true",
        condition(RA, clinicalStatus=None, abatementDateTime=day(10)),
        "true",
        note="not-active",
    ),
    case("I1-active-with-abatement-true", condition(RA, abatementDateTime=day(10)), "true", rules=(13,)),
    # time
    case("I1-recorded-tomorrow-does-not-exist", condition(RA, day(-1)), "NO_RECORD", rules=(2,)),
    case(
        "I1-recorded-tomorrow-beside-silence-false",
        [condition(RA, day(-1)), HYPERTENSION],
        "false",
        rules=(2,),
    ),
    case(
        "I1-no-recorded-date-onset-tomorrow",
        condition(RA, None, onsetDateTime=day(-1)),
        "NO_RECORD",
        rules=(2,),
    ),
    case("I1-no-date-at-all-true", condition(RA, None), "true", rules=(2,)),
    case("I1-recorded-long-ago-true", condition(RA, day(4000)), "true"),
    # silence: FALSE only in a record that speaks
    case(
        "I1-silence-other-diagnosis-recorded-false",
        HYPERTENSION,
        "false",
        value=1.0,
        evidence=("Condition/1",),
        valid_until="2028-03-22",
    ),
    case("I1-silence-no-condition", [], "NO_RECORD"),
    case("I1-silence-730-days-old-false", condition(icd("I10"), day(730)), "false"),
    case("I1-silence-731-days-old", condition(icd("I10"), day(731)), "NO_RECORD"),
    case(
        "I1-silence-onset-counts-without-recorded-date",
        condition(icd("I10"), None, onsetDateTime=day(90)),
        "false",
    ),
    case("I1-silence-undated", condition(icd("I10"), None), "NO_RECORD"),
    case("I1-silence-year-may-be-too-old", condition(icd("I10"), "2024"), "NO_RECORD"),
    case(
        "I1-silence-provisional-does-not-speak",
        condition(icd("I10"), verificationStatus=status("provisional")),
        "NO_RECORD",
    ),
    case("I1-silence-no-verification-speaks-false", condition(icd("I10"), verificationStatus=None), "false"),
    case("I1-silence-listed-snomed-false", condition(snomed("239873007")), "false"),
    case(
        "I1-silence-unlisted-snomed",
        [condition(snomed("999999999")), HYPERTENSION],
        "UNMAPPED_CODE",
        evidence=("Condition/1",),
    ),
    case("I1-silence-dot-less-icd", [condition(icd("E119")), HYPERTENSION], "UNMAPPED_CODE"),
    case("I1-silence-icd-that-is-none", [condition(icd("XYZ")), HYPERTENSION], "UNMAPPED_CODE"),
    case(
        "I1-silence-icd-of-unknown-system",
        [condition(icd("I10", "http://elsewhere.example")), HYPERTENSION],
        "UNMAPPED_CODE",
    ),
    case("I1-silence-unknown-text", [condition(_text("不明")), HYPERTENSION], "UNMAPPED_CODE"),
    case(
        "I1-silence-refuted-unmapped-does-not-block",
        [condition(_text("不明"), verificationStatus=status("refuted")), HYPERTENSION],
        "false",
    ),
    case(
        "I1-silence-family-text-alone-false",
        [condition(_text("母亲类风湿关节炎")), HYPERTENSION],
        "false",
        rules=(18,),
    ),
    case(
        "I1-silence-family-text-says-more",
        [condition(_text("家族史：类风湿关节炎；高血压")), HYPERTENSION],
        "UNMAPPED_CODE",
        rules=(18,),
    ),
    case(
        "I1-silence-negated-text",
        [condition(_text("否认类风湿关节炎")), HYPERTENSION],
        "UNMAPPED_CODE",
        rules=(18,),
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
