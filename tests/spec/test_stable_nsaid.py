"""I6, NSAIDs: each one that is taken on a schedule has the same dose on every day of the last 30 days and today."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import SNOMED, day, dose, statement
from tests.screened import Resource
from tests.spec.cases import Case, case

OTHER = statement("氨氯地平片", day(60))  # keeps the list, is in no line
NAMES = (
    "M01AB01 M01AB02 M01AB05 M01AB08 M01AB11 M01AB15 M01AB16 M01AC01 M01AC02 M01AC05 M01AC06 M01AE01 "
    "M01AE02 M01AE03 M01AE09 M01AE12 M01AE14 M01AE17 M01AG01 M01AH01 M01AH04 M01AH05 M01AH07 M01AX01 "
    "M01AX17 140587 3355 双氯芬酸钠缓释片 塞来昔布胶囊 依托考昔片 美洛昔康 布洛芬缓释胶囊 "
    "洛索洛芬钠片 艾瑞昔布片 吲哚美辛 醋氯芬酸 尼美舒利 celecoxib Ibuprofen"
).split()
NOT_NSAIDS = ("M01AX05", "M01AX21", "M01AX25", "M01AX26", "硫酸氨基葡萄糖", "双醋瑞因")


def _taken(
    milligrams: float,
    start: str | None = day(100),
    end: str | None = None,
    name: str = "140587",
    **more: object,
) -> Resource:
    """Celecoxib, so much a day."""
    return statement(name, start, end, dose(milligrams, **more))


CASES = [
    case("I6-nsaid-stable-true", _taken(200), "true", review=False, cell="true.nsaids"),
    case(
        "I6-nsaid-stable-beside-prednisone-true",
        [_taken(200), statement("8640", day(90), None, dose(5))],
        "true",
        value=5.0,
    ),
    case("I6-two-nsaids-stable-true", [_taken(200), _taken(75, name="3355")], "true", cell="true.nsaids"),
    *(
        case(f"I6-nsaid-{n}-started-false", statement(name, day(29)), "false", cell="false.start")
        for n, name in enumerate(NAMES)
    ),
    *(
        case(f"I6-no-nsaid-{n}-started-true", statement(name, day(29)), "true")
        for n, name in enumerate(NOT_NSAIDS)
    ),
    case("I6-nsaid-start-on-day-30-true", _taken(200, day(30)), "true"),
    case(
        "I6-nsaid-start-on-day-29-false",
        _taken(200, day(29)),
        "false",
        valid_until="2026-07-01",
        cell="false.start",
    ),
    case("I6-nsaid-stop-on-day-30-true", _taken(200, day(99), day(31)), "true"),
    case(
        "I6-nsaid-stop-on-day-29-false",
        _taken(200, day(99), day(30)),
        "false",
        valid_until="2026-07-01",
        cell="false.stop",
    ),
    case(
        "I6-nsaid-change-on-day-29-false",
        [_taken(200, day(99), day(30)), _taken(400, day(29))],
        "false",
        valid_until="2026-07-01",
        cell="false.change",
    ),
    case(
        "I6-nsaid-switched-for-another-false",
        [_taken(200, day(99), day(16)), _taken(75, day(15), name="3355")],
        "false",
    ),
    case(
        "I6-nsaid-name-changes-the-drug-does-not-true",
        [_taken(200, day(99), day(16)), _taken(200, day(15), name="塞来昔布胶囊")],
        "true",
    ),
    case(
        "I6-nsaid-changed-prednisone-stable-false",
        [_taken(200, day(29)), statement("8640", day(90), None, dose(5))],
        "false",
    ),
    case(
        "I6-nsaid-dose-as-text",
        statement("140587", day(99), None, {"text": "200mg bid"}),
        "DOSE_NOT_CODED",
        cell="unknown.dose-as-text",
    ),
    case("I6-nsaid-dates-missing", _taken(200, None), "unknown", cell="unknown.dates-missing"),
    case(
        "I6-nsaid-beside-an-unmapped-drug",
        [_taken(200), statement("复方某某丸", day(20))],
        "UNMAPPED_CODE",
        cell="unknown.unmapped-drug",
    ),
    case(
        "I6-both-stable-beside-an-unmapped-drug",
        [_taken(200), statement("8640", day(90), None, dose(5)), statement("复方某某丸", day(20))],
        "UNMAPPED_CODE",
        evidence=("MedicationStatement/3",),
        cell="unknown.unmapped-drug",
    ),
    # as needed
    case(
        "I6-nsaid-as-needed", _taken(200, asNeededBoolean=True), "NEEDS_JUDGEMENT", cell="unknown.as-needed"
    ),
    case(
        "I6-nsaid-as-needed-for-pain",
        _taken(200, asNeededCodeableConcept={"text": "疼痛时"}),
        "NEEDS_JUDGEMENT",
        cell="unknown.as-needed",
    ),
    case(
        "I6-nsaid-as-needed-on-day-30",
        _taken(200, day(60), day(30), asNeededBoolean=True),
        "NEEDS_JUDGEMENT",
        cell="unknown.as-needed",
    ),
    case("I6-nsaid-as-needed-until-day-31-true", _taken(200, day(60), day(31), asNeededBoolean=True), "true"),
    case("I6-nsaid-not-as-needed-true", _taken(200, asNeededBoolean=False), "true"),
    # aspirin
    *(
        case(f"I6-aspirin-{milligrams}-true", [_taken(milligrams, name="阿司匹林肠溶片"), OTHER], "true")
        for milligrams in (75, 100)
    ),
    case("I6-aspirin-100-started-true", [_taken(100, day(20), name="阿司匹林肠溶片"), OTHER], "true"),
    *(
        case(
            f"I6-aspirin-{milligrams}-needs-judgement",
            [_taken(milligrams, name="阿司匹林肠溶片"), OTHER],
            "NEEDS_JUDGEMENT",
            cell="unknown.aspirin",
        )
        for milligrams in (101, 300)
    ),
    case("I6-aspirin-of-unknown-dose", [statement("阿司匹林肠溶片", day(99)), OTHER], "unknown"),
    case(
        "I6-aspirin-300-until-day-31-true",
        [_taken(300, day(99), day(31), name="阿司匹林肠溶片"), OTHER],
        "true",
    ),
    # not systemic
    *(
        case(
            f"I6-nsaid-not-systemic-{n}-true",
            [statement(name, day(10)), OTHER],
            "true",
            cell="24.not-systemic",
        )
        for n, name in enumerate(
            ("双氯芬酸二乙胺乳胶剂", "布洛芬凝胶", "洛索洛芬钠贴膏", "双氯芬酸钠滴眼液", "diclofenac gel")
        )
    ),
    case(
        "I6-nsaid-topical-route-true",
        [_taken(200, day(10), route={"coding": [{"system": SNOMED, "code": "6064005"}]}), OTHER],
        "true",
        cell="24.not-systemic",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
