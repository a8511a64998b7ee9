"""I6, glucocorticoids: the daily prednisone equivalent is the same on every day of the last 30 days and today."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import administration, day, dose, request, statement, supply
from tests.screened import Resource
from tests.spec.cases import Case, case


def _taken(
    milligrams: float,
    start: str | None = day(100),
    end: str | None = None,
    name: str = "8640",
    **more: object,
) -> Resource:
    """Prednisone, so much a day."""
    return statement(name, start, end, dose(milligrams), **more)


def _ordered(milligrams: float, authored: str, days: int) -> Resource:
    """Prednisone for so many days."""
    return request("8640", authored, dose(milligrams), **supply(days))


CASES = [
    # constant
    case("I6-prednisone-5-true", _taken(5), "true", value=5.0, review=False, cell="true.glucocorticoids"),
    case("I6-prednisone-from-day-30-true", _taken(5, day(30)), "true", cell="true.glucocorticoids"),
    case("I6-prednisone-changed-on-day-30-true", [_taken(10, day(99), day(31)), _taken(5, day(30))], "true"),
    case("I6-prednisone-stopped-on-day-30-true", _taken(5, day(99), day(31)), "true", cell="true.none"),
    case(
        "I6-twice-a-day-true",
        statement(
            "8640",
            day(99),
            None,
            {**dose(2.5), "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}},
        ),
        "true",
        value=5.0,
    ),
    case("I6-every-other-day-true", statement("8640", day(99), None, dose(10, every=2)), "true", value=5.0),
    case(
        "I6-two-drugs-are-summed-true", [_taken(5), _taken(4, name="6902")], "true", value=10.0, review=True
    ),
    # a change first in force after today-30
    case(
        "I6-start-on-day-29-false", _taken(5, day(29)), "false", valid_until="2026-07-01", cell="false.start"
    ),
    case(
        "I6-stop-on-day-29-false",
        _taken(5, day(99), day(30)),
        "false",
        valid_until="2026-07-01",
        cell="false.stop 19.recorded-end",
    ),
    case(
        "I6-change-on-day-29-false",
        [_taken(10, day(99), day(30)), _taken(5, day(29))],
        "false",
        valid_until="2026-07-01",
        cell="false.change",
    ),
    case(
        "I6-change-today-false",
        [_taken(10, day(99), day(1)), _taken(5, day(0))],
        "false",
        valid_until="2026-07-30",
        cell="false.change",
    ),
    case(
        "I6-two-changes-the-later-counts-false",
        [_taken(10, day(99), day(21)), _taken(5, day(20), day(11)), _taken(4, day(10))],
        "false",
        valid_until="2026-07-20",
    ),
    case("I6-ended-yesterday-false", _taken(5, day(99), day(1)), "false", cell="false.stop"),
    case(
        "I6-second-drug-added-false",
        [_taken(5), _taken(4, day(10), name="6902")],
        "false",
        cell="false.change",
    ),
    case("I6-change-tomorrow-is-nothing-yet-true", [_taken(5, day(99), day(0)), _taken(10, day(-1))], "true"),
    case(
        "I6-change-beside-an-unmapped-drug-false",
        [_taken(5, day(29)), statement("复方某某丸", day(10))],
        "false",
    ),
    # equivalents
    *(
        case(
            f"I6-switch-{n}-at-equal-dose-true",
            [_taken(5, day(99), day(16)), _taken(milligrams, day(15), name=name)],
            "true",
            review=True,
            cell="24.switch review.other-glucocorticoid",
        )
        for n, (name, milligrams) in enumerate(
            (
                ("6902", 4),
                ("8638", 5),
                ("甲泼尼龙片", 4),
                ("泼尼松龙片", 5),
                ("氢化可的松片", 20),
                ("曲安西龙片", 4),
            )
        )
    ),
    case(
        "I6-switch-at-another-dose-false",
        [_taken(5, day(99), day(16)), _taken(8, day(15), name="6902")],
        "false",
        cell="24.switch",
    ),
    case(
        "I6-methylprednisolone-alone-true",
        _taken(4, name="6902"),
        "true",
        value=5.0,
        review=True,
        cell="review.other-glucocorticoid",
    ),
    case(
        "I6-methylprednisolone-before-the-window-true",
        [_taken(5, day(40)), _taken(4, day(90), day(41), name="6902")],
        "true",
        review=False,
    ),
    # one dose told several times
    case(
        "I6-three-records-count-once-true",
        [_taken(5), _ordered(5, day(99), 200), *(administration("8640", day(ago), 5) for ago in range(31))],
        "true",
        value=5.0,
        cell="24.counted-once",
    ),
    case(
        "I6-two-doses-overlap",
        [_taken(5), _ordered(10, day(99), 200)],
        "CONFLICTING_VALUES",
        cell="24.overlapping",
    ),
    case(
        "I6-two-doses-both-change-false",
        [
            _taken(5, day(99), day(16)),
            _taken(10, day(15)),
            _ordered(6, day(99), 84),
            _ordered(12, day(15), 90),
        ],
        "false",
        cell="24.both-change",
    ),
    # supplies
    case(
        "I6-refill-after-7-days-true",
        [_ordered(5, day(90), 60), _ordered(5, day(23), 60)],
        "true",
        cell="19.refill",
    ),
    case(
        "I6-refill-after-8-days",
        [_ordered(5, day(90), 60), _ordered(5, day(22), 60)],
        "SUPPLY_ENDED",
        cell="19.late-refill",
    ),
    case("I6-refill-of-another-dose-false", [_ordered(5, day(90), 71), _ordered(10, day(15), 60)], "false"),
    case(
        "I6-no-refill", _ordered(5, day(90), 80), "SUPPLY_ENDED", cell="19.late-refill unknown.supply-ended"
    ),
    case(
        "I6-supply-ended-30-days-before-the-window",
        _ordered(5, day(80), 21),
        "SUPPLY_ENDED",
        cell="19.late-refill",
    ),
    case(
        "I6-supply-ended-31-days-before-the-window-true", _ordered(5, day(81), 21), "true", cell="19.long-ago"
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
