"""I6, what stands in the way of a daily glucocorticoid dose: unknown doses, injections, routes, dates, lists."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import SNOMED, administration, day, dose, period, request, statement, supply
from tests.screened import Resource
from tests.spec.cases import Case, case

OTHER = statement("氨氯地平片", day(60))  # keeps the list, is in no line
INTRAVENOUS, INTO_A_JOINT, BY_EYE = "47625008", "12130007", "54485002"


def _taken(
    milligrams: float,
    start: str | None = day(100),
    end: str | None = None,
    name: str = "8640",
    **more: object,
) -> Resource:
    """Prednisone, so much a day."""
    return statement(name, start, end, dose(milligrams), **more)


def _by(route: str) -> Resource:
    return dose(40, route={"coding": [{"system": SNOMED, "code": route}]})


def _injected(name: str, when: str, route: str) -> Resource:
    given = {"dose": {"value": 40, "unit": "mg"}, "route": {"coding": [{"system": SNOMED, "code": route}]}}
    return administration(name, when, dosage=given)


CASES = [
    # the dose is not known
    case(
        "I6-dose-as-text",
        statement("8640", day(99), None, {"text": "5mg qd"}),
        "DOSE_NOT_CODED",
        cell="unknown.dose-as-text",
    ),
    case("I6-no-dose", statement("8640", day(99)), "DOSE_NOT_CODED"),
    case(
        "I6-dose-range",
        statement(
            "8640",
            day(99),
            None,
            {
                "timing": dose(5)["timing"],
                "doseAndRate": [
                    {"doseRange": {"low": {"value": 5, "unit": "mg"}, "high": {"value": 10, "unit": "mg"}}}
                ],
            },
        ),
        "DOSE_NOT_CODED",
    ),
    case(
        "I6-dose-without-timing",
        statement("8640", day(99), None, {"doseAndRate": dose(5)["doseAndRate"]}),
        "DOSE_NOT_CODED",
    ),
    case(
        "I6-tablets-without-strength",
        statement("泼尼松片", day(99), None, dose(1, "片")),
        "DOSE_NOT_CODED",
        cell="24.countable",
    ),
    case(
        "I6-tablets-of-5-mg-true",
        statement("泼尼松片5mg", day(99), None, dose(2, "片")),
        "true",
        value=10.0,
        cell="24.countable",
    ),
    case(
        "I6-start-with-unknown-dose-false", statement("8640", day(10)), "false", cell="24.start-unknown-dose"
    ),
    case("I6-stop-with-unknown-dose-false", statement("8640", day(99), day(10)), "false"),
    # injections
    case(
        "I6-injection-on-day-30",
        [_injected("6902", day(30), INTRAVENOUS), OTHER],
        "NEEDS_JUDGEMENT",
        cell="unknown.injection",
    ),
    case("I6-injection-on-day-31-true", [_injected("6902", day(31), INTRAVENOUS), OTHER], "true"),
    case(
        "I6-injection-into-a-joint",
        [_taken(5), _injected("曲安奈德", day(10), INTO_A_JOINT)],
        "NEEDS_JUDGEMENT",
        cell="unknown.intra-articular",
    ),
    case(
        "I6-injection-by-its-words",
        [_taken(5), request("倍他米松注射液", day(10), **supply(1))],
        "NEEDS_JUDGEMENT",
        cell="unknown.injection",
    ),
    case(
        "I6-injection-beside-a-change-false",
        [_taken(5, day(29)), _injected("6902", day(10), INTRAVENOUS)],
        "false",
    ),
    # not systemic
    *(
        case(
            f"I6-not-systemic-{n}-true",
            [_taken(5), statement(name, day(10))],
            "true",
            value=5.0,
            cell="24.not-systemic",
        )
        for n, name in enumerate(
            ("泼尼松龙滴眼液", "布地奈德吸入气雾剂", "氢化可的松乳膏", "D07AC13", "R01AD09", "S01BA04")
        )
    ),
    case(
        "I6-by-eye-true",
        [_taken(5), statement("泼尼松龙", day(10), None, _by(BY_EYE))],
        "true",
        cell="24.not-systemic",
    ),
    # dates, lists, names
    case("I6-dates-missing", _taken(5, None), "unknown", cell="unknown.dates-missing"),
    case(
        "I6-statement-of-a-day", statement("8640", None, None, dose(5), effectiveDateTime=day(40)), "unknown"
    ),
    case("I6-start-in-june-false", _taken(5, "2026-06"), "false"),
    case("I6-start-in-may-true", _taken(5, "2026-05"), "true"),
    case("I6-start-in-this-year", _taken(5, "2026"), "unknown"),
    case(
        "I6-request-without-duration",
        request("8640", day(99), dose(5)),
        "unknown",
        cell="20.without-duration",
    ),
    case(
        "I6-bounds-across-the-window-true",
        request(
            "8640",
            day(99),
            {
                **dose(5),
                "timing": {
                    "repeat": {
                        "frequency": 1,
                        "period": 1,
                        "periodUnit": "d",
                        "boundsPeriod": period(day(99), day(-9)),
                    }
                },
            },
        ),
        "true",
        review=False,
    ),
    case("I6-none-and-the-list-kept-true", OTHER, "true", cell="true.none"),
    case("I6-list-kept-on-day-90-true", statement("氨氯地平片", day(120), day(90)), "true", cell="true.none"),
    case(
        "I6-list-kept-on-day-91",
        statement("氨氯地平片", day(120), day(91)),
        "NO_RECORD",
        cell="unknown.list-not-kept",
    ),
    case("I6-nothing-recorded", [], "NO_RECORD", cell="unknown.list-not-kept"),
    case(
        "I6-unmapped-drug",
        [OTHER, statement("复方某某丸", day(120), day(90))],
        "UNMAPPED_CODE",
        evidence=("MedicationStatement/2",),
        cell="unknown.unmapped-drug",
    ),
    case("I6-unmapped-drug-of-long-ago-true", [OTHER, statement("复方某某丸", day(120), day(91))], "true"),
    case(
        "I6-unmapped-drug-beside-stable-prednisone",
        [_taken(5), statement("复方某某丸", day(20))],
        "UNMAPPED_CODE",
        cell="unknown.unmapped-drug",
    ),
    case(
        "I6-other-drugs-are-known-true",
        [
            OTHER,
            *(
                statement(name, day(20))
                for name in (
                    "C09CA01",
                    "阿托伐他汀",
                    "美托洛尔",
                    "奥美拉唑",
                    "阿莫西林",
                    "头孢克肟",
                    "维生素D",
                    "叶酸片",
                    "metformin",
                )
            ),
        ],
        "true",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
