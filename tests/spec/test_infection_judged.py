"""E1, diagnoses that a person must judge: chronic, latent, wide, past and doubtful ones; silence; what is shown."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import ICD_CM, condition, day, icd, negative, positive, snomed, statement, status
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
SCREENED = [negative("hbsag"), negative("igra")]
CHRONIC = ("B18.1", "B18.2", "B19.9", "B20", "B24", "Z21", "Z22.5", "Z22.7", "R76.1", "U09.9")
CHRONIC_SNOMED = ("61977001", "11999007", "86406008")
PNEUMONIA = icd("J18.9")


def _with(*conditions: Resource) -> list[Resource]:
    """Beside screens that are negative and a diagnosis that lets silence speak."""
    return [*conditions, SPEAKS, *SCREENED]


def _over(ended: str | None, state: str = "resolved", **more: object) -> Resource:
    told = {"clinicalStatus": status(state), "abatementDateTime": ended}
    return condition(PNEUMONIA, **{**told, **more})


OPEN = [SPEAKS, negative("igra")]  # HBsAg is missing: UNKNOWN, and nothing to show

CASES = [
    # chronic, carrier, latent
    *(
        case(
            f"E1-chronic-{code}",
            _with(condition(icd(code))),
            "NEEDS_JUDGEMENT",
            cell="unknown.chronic 15.hiv" if code == "B20" else "unknown.chronic",
        )
        for code in CHRONIC
    ),
    *(
        case(f"E1-chronic-{code}", _with(condition(snomed(code))), "NEEDS_JUDGEMENT", cell="unknown.chronic")
        for code in CHRONIC_SNOMED
    ),
    *(
        case(
            f"E1-chronic-cm-{code}",
            _with(condition(icd(code, ICD_CM))),
            "NEEDS_JUDGEMENT",
            cell="unknown.chronic",
        )
        for code in ("R76.11", "R76.12", "Z22.7", "B18.1")
    ),
    case("E1-chronic-for-years", _with(condition(icd("B18.1"), day(4000))), "NEEDS_JUDGEMENT"),
    # the wide set
    *(
        case(f"E1-wide-{code}", _with(condition(icd(code))), "NEEDS_JUDGEMENT", cell="unknown.wide")
        for code in ("K12.2", "I38", "K57.2")
    ),
    case(
        "E1-wide-resolved-false", _with(condition(icd("K12.2"), clinicalStatus=status("resolved"))), "false"
    ),
    # past ones
    *(
        case(f"E1-past-{code}", _with(condition(icd(code))), "NEEDS_JUDGEMENT", cell="unknown.history")
        for code in ("B90.9", "Z86.1")
    ),
    *(
        case(
            f"E1-past-text-{n}",
            _with(condition({"text": text})),
            "NEEDS_JUDGEMENT",
            cell="unknown.history 18.history-judged",
        )
        for n, text in enumerate(("肺结核病史", "既往乙型肝炎", "history of tuberculosis"))
    ),
    # doubt, words, time
    *(
        case(f"E1-{doubt}", _with(condition(PNEUMONIA, verificationStatus=status(doubt))), "PROVISIONAL_ONLY")
        for doubt in ("provisional", "differential", "unconfirmed")
    ),
    case("E1-refuted-false", _with(condition(PNEUMONIA, verificationStatus=status("refuted"))), "false"),
    case(
        "E1-hedge-beside-a-code",
        _with(condition({**PNEUMONIA, "text": "肺炎待排"})),
        "PROVISIONAL_ONLY",
        cell="18.hedge",
    ),
    case(
        "E1-negated-text",
        _with(condition({"text": "否认肺结核"})),
        "UNMAPPED_CODE",
        cell="18.negation unknown.silence",
    ),
    case("E1-family-text-false", _with(condition({"text": "母亲肺结核"})), "false", cell="18.family"),
    case(
        "E1-of-tomorrow-does-not-exist-false",
        _with(condition(PNEUMONIA, day(-1))),
        "false",
        cell="2.tomorrow",
    ),
    # silence
    case("E1-all-negative-false", _with(), "false", review=True, cell="false.all-negative review.false"),
    case("E1-no-condition", SCREENED, "NO_RECORD", cell="unknown.silence"),
    case("E1-unmapped", _with(condition({"text": "不明"})), "UNMAPPED_CODE", cell="unknown.silence"),
    # shown, on an answer that is not shown by itself
    case("E1-nothing-to-show", OPEN, "NO_RECORD", review=False),
    case("E1-resolved-90-days-ago", [_over(day(90)), *OPEN], "unknown", review=True, cell="review.resolved"),
    case("E1-resolved-91-days-ago", [_over(day(91)), *OPEN], "unknown", review=False),
    case("E1-anti-hbc", [*OPEN, positive("anti-hbc")], "unknown", review=True, cell="review.anti-hbc"),
    case("E1-anti-hbc-negative", [*OPEN, negative("anti-hbc")], "unknown", review=False),
    *(
        case(
            f"E1-prophylaxis-{n}",
            [*OPEN, statement(name, day(20))],
            "unknown",
            review=True,
            cell="review.prophylaxis",
        )
        for n, name in enumerate(
            (
                "恩替卡韦分散片",
                "富马酸替诺福韦二吡呋酯片",
                "异烟肼片",
                "利福平胶囊",
                "利福喷丁胶囊",
                "isoniazid",
            )
        )
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
