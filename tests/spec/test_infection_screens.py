"""E1, screens: hepatitis B and tuberculosis, and how qualitative answers are read."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    LOINC,
    condition,
    day,
    enzyme,
    icd,
    negative,
    observation,
    positive,
    quantity,
    said,
    said_code,
    snomed,
    upper_limit,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
HBSAG, IGRA = negative("hbsag"), negative("igra")
LIMIT = upper_limit(40)
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
NEGATIVE = (
    "阴性",
    "(-)",
    "阴性(-)",
    "negative",
    "Negative",
    "non-reactive",
    "not detected",
    "未检出",
    "NEG",
    "ND",
)
POSITIVE = ("阳性", "(+)", "阳性(+)", "positive", "reactive", "detected", "POS", "DET", "RR")
NEITHER = ("弱阳性", "±", "可疑", "不确定", "indeterminate", "grey zone", "weak positive")


def _hbsag(value: Resource, when: str = day(5), **more: object) -> list[Resource]:
    """HBsAg in these words beside everything else negative."""
    return [SPEAKS, IGRA, observation("hbsag", value, when, **more)]


def _dna(value: Resource, when: str = day(5), **more: object) -> Resource:
    return observation("hbv-dna", value, when, **more)


def _alt(value: float, when: str = day(5)) -> Resource:
    return enzyme("alt", value, LIMIT, when=when)


def _interpreted(code: str) -> Resource:
    return {"interpretation": [{"coding": [{"system": INTERPRETATION, "code": code}]}]}


DNA = _dna(quantity(2000, "[IU]/mL"))
BELOW = _dna(quantity(20, "[IU]/mL", comparator="<"))
CARRIER = [SPEAKS, IGRA, positive("hbsag")]


UNDETECTED = _dna(said("未检出"))


def _loinc(code: str) -> Resource:
    return {"coding": [{"system": LOINC, "code": code}]}


CASES = [
    # hepatitis B
    case(
        "E1-hbsag-and-dna-true",
        [*CARRIER, DNA],
        "true",
        evidence=("Observation/2", "Observation/3"),
        cell="true.hbv-dna",
    ),
    case(
        "E1-hbsag-and-dna-day-365-true",
        [SPEAKS, IGRA, positive("hbsag", day(365)), _dna(quantity(2000, "[IU]/mL"), day(365))],
        "true",
        cell="true.hbv-dna",
    ),
    case("E1-dna-day-366", [*CARRIER, _dna(quantity(2000, "[IU]/mL"), day(366))], "NEEDS_JUDGEMENT"),
    case("E1-dna-detected-in-words-true", [*CARRIER, positive("hbv-dna")], "true"),
    case("E1-hbsag-alone", CARRIER, "NEEDS_JUDGEMENT", cell="unknown.hbsag-otherwise"),
    case(
        "E1-hbsag-dna-not-detected", [*CARRIER, UNDETECTED], "NEEDS_JUDGEMENT", cell="unknown.hbsag-otherwise"
    ),
    case("E1-hbsag-dna-below-limit", [*CARRIER, BELOW], "NEEDS_JUDGEMENT", cell="11.below-limit"),
    case(
        "E1-hbsag-dna-below-limit-as-text",
        [*CARRIER, _dna({"valueString": "<20 IU/mL"})],
        "NEEDS_JUDGEMENT",
        cell="11.below-limit",
    ),
    case("E1-hbsag-and-alt-above-true", [*CARRIER, _alt(40.1)], "true", cell="true.alt"),
    case(
        "E1-hbsag-and-alt-at-its-limit",
        [*CARRIER, _alt(40)],
        "NEEDS_JUDGEMENT",
        cell="unknown.hbsag-otherwise",
    ),
    case("E1-hbsag-and-alt-day-28-true", [*CARRIER, _alt(90, day(28))], "true", cell="true.alt"),
    case("E1-hbsag-and-alt-day-29", [*CARRIER, _alt(90, day(29))], "NEEDS_JUDGEMENT"),
    case(
        "E1-alt-above-dna-not-detected",
        [*CARRIER, _alt(90), UNDETECTED],
        "NEEDS_JUDGEMENT",
        cell="unknown.alt-with-dna-undetectable",
    ),
    case(
        "E1-alt-above-dna-below-limit",
        [*CARRIER, _alt(90), BELOW],
        "NEEDS_JUDGEMENT",
        cell="unknown.alt-with-dna-undetectable",
    ),
    case("E1-alt-above-dna-of-long-ago-true", [*CARRIER, _alt(90), _dna(said("未检出"), day(366))], "true"),
    case("E1-alt-above-hbsag-negative-false", [SPEAKS, IGRA, HBSAG, _alt(90)], "false"),
    case("E1-dna-without-hbsag", [SPEAKS, IGRA, HBSAG, DNA], "NEEDS_JUDGEMENT", cell="unknown.dna-alone"),
    case("E1-hbsag-negative-dna-below-limit-false", [SPEAKS, IGRA, HBSAG, BELOW], "false"),
    case(
        "E1-hbsag-once-positive",
        [SPEAKS, IGRA, HBSAG, positive("hbsag", day(900))],
        "NEEDS_JUDGEMENT",
        cell="unknown.hbsag-ever",
    ),
    case(
        "E1-hbsag-positive-since-true",
        [SPEAKS, IGRA, negative("hbsag", day(60)), positive("hbsag", day(9)), DNA],
        "true",
    ),
    case("E1-hbsag-missing", [SPEAKS, IGRA], "NO_RECORD", cell="unknown.screen-missing"),
    case(
        "E1-hbsag-day-365-false",
        [SPEAKS, IGRA, negative("hbsag", day(365))],
        "false",
        cell="false.all-negative",
    ),
    case(
        "E1-hbsag-day-366",
        [SPEAKS, IGRA, negative("hbsag", day(366))],
        "TOO_OLD",
        cell="unknown.screen-too-old",
    ),
    # tuberculosis
    case(
        "E1-igra-positive",
        [SPEAKS, HBSAG, positive("igra")],
        "NEEDS_JUDGEMENT",
        cell="unknown.tb-screen-positive",
    ),
    case(
        "E1-igra-indeterminate",
        [SPEAKS, HBSAG, observation("igra", said("不确定"))],
        "NEEDS_JUDGEMENT",
        cell="unknown.tb-screen-indeterminate",
    ),
    case(
        "E1-igra-once-positive",
        [SPEAKS, HBSAG, IGRA, positive("igra", day(900))],
        "NEEDS_JUDGEMENT",
        cell="unknown.tb-screen-ever",
    ),
    case(
        "E1-igra-positive-beside-tuberculosis-true",
        [condition(icd("A15.0")), HBSAG, positive("igra")],
        "true",
    ),
    case("E1-igra-missing", [SPEAKS, HBSAG], "NO_RECORD", cell="unknown.screen-missing"),
    case("E1-igra-day-365-false", [SPEAKS, HBSAG, negative("igra", day(365))], "false"),
    case(
        "E1-igra-day-366",
        [SPEAKS, HBSAG, negative("igra", day(366))],
        "TOO_OLD",
        cell="unknown.screen-too-old",
    ),
    case(
        "E1-mitogen-control-is-no-screen",
        [SPEAKS, HBSAG, observation(_loinc("71774-4"), said("阴性"))],
        "NO_RECORD",
    ),
    case(
        "E1-igra-in-its-panel-false",
        [
            SPEAKS,
            HBSAG,
            observation(_loinc("71775-1"), {}, component=[{"code": _loinc("71773-6"), **said("阴性")}]),
        ],
        "false",
    ),
    case(
        "E1-igra-concentration-alone",
        [SPEAKS, HBSAG, observation(_loinc("46217-6"), quantity(0.1, "[IU]/mL"))],
        "UNREADABLE_VALUE",
    ),
    case("E1-igra-preliminary", [SPEAKS, HBSAG, negative("igra", status="preliminary")], "PRELIMINARY"),
    # how answers are read: negative
    *(
        case(f"E1-negative-{n}-false", _hbsag(said(text)), "false", cell="12.negative")
        for n, text in enumerate(NEGATIVE)
    ),
    *(
        case(f"E1-negative-string-{n}-false", _hbsag({"valueString": text}), "false", cell="12.negative")
        for n, text in enumerate(NEGATIVE)
    ),
    *(
        case(f"E1-negative-{code}-false", _hbsag(said_code(code)), "false", cell="12.negative")
        for code in ("260385009", "260415000")
    ),
    case("E1-negative-answer-code-false", _hbsag(said_code("LA6577-6", LOINC)), "false", cell="12.negative"),
    *(
        case(
            f"E1-number-interpreted-{code}-false",
            _hbsag(quantity(0.1, "COI"), **_interpreted(code)),
            "false",
            cell="12.negative",
        )
        for code in ("NEG", "ND")
    ),
    # positive
    *(
        case(f"E1-positive-{n}-true", [*_hbsag(said(text)), DNA], "true", cell="12.positive")
        for n, text in enumerate(POSITIVE)
    ),
    *(
        case(f"E1-positive-{code}-true", [*_hbsag(said_code(code)), DNA], "true", cell="12.positive")
        for code in ("10828004", "260373001")
    ),
    case(
        "E1-positive-answer-code-true",
        [*_hbsag(said_code("LA6576-8", LOINC)), DNA],
        "true",
        cell="12.positive",
    ),
    *(
        case(
            f"E1-number-interpreted-{code}-true",
            [*_hbsag(quantity(3.2, "COI"), **_interpreted(code)), DNA],
            "true",
            cell="12.positive",
        )
        for code in ("POS", "DET", "RR")
    ),
    # neither, unreadable, contradicting
    *(
        case(f"E1-neither-{n}", _hbsag(said(text)), "NEEDS_JUDGEMENT", cell="12.neither")
        for n, text in enumerate(NEITHER)
    ),
    *(
        case(f"E1-other-text-{n}", _hbsag(said(text)), "UNREADABLE_VALUE", cell="12.other-text")
        for n, text in enumerate(("见报告", "标本溶血", "正常"))
    ),
    case(
        "E1-code-and-text-disagree",
        _hbsag({"valueCodeableConcept": {**said_code("260385009")["valueCodeableConcept"], "text": "阳性"}}),
        "UNREADABLE_VALUE",
        cell="12.disagree",
    ),
    case("E1-number-alone", _hbsag(quantity(0.02, "[IU]/mL")), "UNREADABLE_VALUE", cell="12.number"),
    case("E1-number-in-words", _hbsag({"valueString": "0.02 IU/mL"}), "UNREADABLE_VALUE", cell="12.number"),
    case(
        "E1-data-absent-is-skipped-false",
        [*_hbsag({"dataAbsentReason": {"text": "溶血"}}, day(1)), negative("hbsag", day(9))],
        "false",
    ),
    case(
        "E1-unreadable-is-not-masked",
        [*_hbsag(said("见报告"), day(1)), negative("hbsag", day(9))],
        "UNREADABLE_VALUE",
    ),
    case("E1-two-of-one-time-differ", [SPEAKS, IGRA, HBSAG, positive("hbsag")], "unknown"),
    case(
        "E1-active-tuberculosis-decides-first-true",
        [condition(snomed("427099000")), *_hbsag(said("见报告"))],
        "true",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
