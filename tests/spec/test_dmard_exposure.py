"""I3, first half: a listed agent for 90 days or more without remission."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import administration, day, period, request, statement, visit
from tests.screened import Resource
from tests.spec.cases import Case, case

OTHER = statement("氨氯地平片", day(60))  # keeps the list, is in no line


def _mtx(start: str | None, end: str | None = None, **more: object) -> Resource:
    return statement("6851", start, end, **more)


def _score(value: float, ago: int = 5) -> list[Resource]:
    return visit(day(ago), das28=value)


ENDED = _mtx(day(200), day(100))  # its 90th day is day(111); 28 d after its end is day(72)
LONG = _mtx(day(200))  # still going on
NAMES = (
    "6851 L04AX03 L01BA01 甲氨蝶呤片 MTX 27169 L04AK01 L04AA13 来氟米特 5521 P01BA02 硫酸羟氯喹片 "
    "艾拉莫德片 9524 A07EC01 柳氮磺吡啶肠溶片 柳氮磺胺吡啶 214555 L04AB01 L04AA11 依那西普 "
    "重组人II型肿瘤坏死因子受体-抗体融合蛋白 益赛普 191831 L04AB02 L04AA12 英夫利西单抗 327361 "
    "L04AB04 L04AA17 阿达木单抗 819300 L04AB06 戈利木单抗 709271 L04AB05 培塞利珠单抗 赛妥珠单抗 "
    "612865 L04AC07 托珠单抗 1357536 L04AF01 L04AA29 托法替布 8640 H02AB07 醋酸泼尼松片 强的松 "
    "雷公藤多苷片 雷公藤总苷片 雷公藤片 正清风痛宁缓释片 盐酸青藤碱"
).split()
POSSIBLY = (
    "8638 H02AB06 泼尼松龙片 6902 H02AB04 甲泼尼龙片 H02AB15 甲泼尼松 阿巴西普 利妥昔单抗 2047232 "
    "L04AF02 巴瑞替尼 乌帕替尼 昆仙胶囊 昆明山海棠片 白芍总苷胶囊"
).split()


CASES = [
    # which agents are listed, by code and by name
    *(
        case(f"I3-agent-{n}-true", [statement(name, day(200)), *_score(3)], "true")
        for n, name in enumerate(NAMES)
    ),
    *(
        case(f"I3-possibly-listed-{n}-is-not-it", [statement(name, day(200)), *_score(5)], "unknown")
        for n, name in enumerate(POSSIBLY)
    ),
    # 90 days, start and end included
    case("I3-90-days-today-true", [_mtx(day(89)), *_score(5)], "true", cell="true.score-today"),
    case(
        "I3-89-days-today-false",
        [_mtx(day(88)), *_score(5)],
        "false",
        valid_until="2026-07-01",
        cell="false.too-short",
    ),
    case("I3-90-days-today-score-below-3.2", [_mtx(day(89)), *_score(3)], "NO_RECORD"),
    case("I3-90-days-ended-true", [_mtx(day(99), day(10)), *_score(3, 10)], "true"),
    case("I3-89-days-ended-false", [_mtx(day(98), day(10)), *_score(3, 10)], "false"),
    # the score of the island: from its 90th day to 28 days after its end
    case("I3-score-2.6-exactly-true", [LONG, *_score(2.6)], "true", value=2.6, cell="true.ongoing"),
    case("I3-score-2.59-remission-false", [LONG, *_score(2.59)], "false", cell="false.remission"),
    case("I3-score-on-the-90th-day-true", [ENDED, *_score(3, 111)], "true", cell="true.ended"),
    case("I3-score-on-the-89th-day", [ENDED, OTHER, *_score(3, 112)], "NO_RECORD", cell="unknown.no-score"),
    case("I3-score-28-days-after-its-end-true", [ENDED, *_score(2.6, 72)], "true"),
    case("I3-score-29-days-after-its-end", [ENDED, OTHER, *_score(3, 71)], "NO_RECORD"),
    case("I3-no-score-at-all", [LONG], "NO_RECORD", cell="unknown.no-score"),
    case("I3-latest-score-decides-false", [ENDED, OTHER, *_score(5, 105), *_score(2.5, 80)], "false"),
    case(
        "I3-latest-score-decides-true",
        [ENDED, *_score(2.5, 105), *_score(5, 80)],
        "true",
        review=True,
        cell="review.earlier-remission",
    ),
    case("I3-score-later-than-its-time-is-nothing-true", [ENDED, *_score(3, 90), *_score(2, 5)], "true"),
    case("I3-score-of-tomorrow-does-not-exist", [LONG, *_score(5, -1)], "NO_RECORD"),
    case(
        "I3-three-variables-within-the-margin",
        [LONG, *visit(day(60), tender=4, swollen=0, esr=5)],
        "COMPONENT_MISSING",
        cell="26.margin",
    ),
    case(
        "I3-three-variables-above-the-margin-true",
        [LONG, *visit(day(60), tender=9, swollen=1, esr=5)],
        "true",
        cell="26.margin",
    ),
    case(
        "I3-three-variables-below-the-margin-false",
        [LONG, *visit(day(60), tender=1, swollen=0, esr=2)],
        "false",
        cell="26.margin",
    ),
    # an end 180 days ago, or longer
    case("I3-ended-180-days-ago-true", [_mtx(day(300), day(180)), *_score(3, 190)], "true"),
    case(
        "I3-ended-181-days-ago",
        [_mtx(day(300), day(181)), OTHER, *_score(3, 190)],
        "TOO_OLD",
        cell="21.too-old",
    ),
    case(
        "I3-short-and-ended-181-days-ago",
        [_mtx(day(200), day(181)), OTHER, *_score(3)],
        "TOO_OLD",
        cell="21.too-old",
    ),
    # islands
    case(
        "I3-gap-of-30-days-true",
        [_mtx(day(89), day(60)), _mtx(day(29)), *_score(5)],
        "true",
        cell="19.gap 19.bridged-days",
    ),
    case(
        "I3-gap-of-31-days-false",
        [_mtx(day(120), day(90)), _mtx(day(58)), *_score(5)],
        "false",
        cell="19.gap",
    ),
    case("I3-overlap-counts-once-true", [_mtx(day(89), day(40)), _mtx(day(60)), *_score(5)], "true"),
    case("I3-overlap-is-no-sum-false", [_mtx(day(59)), _mtx(day(59)), *_score(5)], "false"),
    case(
        "I3-two-agents-do-not-add-up-false",
        [_mtx(day(120), day(61)), statement("27169", day(60)), *_score(5)],
        "false",
    ),
    case(
        "I3-names-and-types-of-one-agent-merge-true",
        [
            statement("甲氨蝶呤", day(120), day(80)),
            request("L04AX03", None, {"timing": {"repeat": {"boundsPeriod": period(day(79), day(40))}}}),
            administration("MTX", day(38)),
            _mtx(day(36)),
            *_score(5),
        ],
        "true",
        review=False,
    ),
    case("I3-starts-tomorrow-is-none", [_mtx(day(-1)), OTHER, *_score(5)], "NO_RECORD"),
    case("I3-start-of-a-month-long-ago-true", [_mtx("2025-06"), *_score(3)], "true"),
    case("I3-start-of-a-month-may-be-too-short", [_mtx("2026-04"), *_score(5)], "unknown"),
    # nothing there
    case("I3-nothing-recorded", [], "NO_RECORD", cell="unknown.no-listed-agent"),
    case("I3-list-kept-without-an-agent", [OTHER, *_score(5)], "NO_RECORD", cell="unknown.no-listed-agent"),
    case("I3-dates-missing", [_mtx(None), *_score(5)], "unknown", cell="unknown.dates-missing"),
    # FALSE needs a list that is kept, and every drug known
    case(
        "I3-short-and-no-list",
        [_mtx(day(150), day(91)), *_score(5)],
        "NO_RECORD",
        cell="unknown.list-not-kept",
    ),
    case("I3-short-touching-90-days-false", [_mtx(day(150), day(90)), *_score(5)], "false"),
    case(
        "I3-unmapped-drug",
        [_mtx(day(60)), statement("复方某某丸", day(10)), *_score(5)],
        "UNMAPPED_CODE",
        evidence=("MedicationStatement/2",),
        cell="unknown.unmapped-drug",
    ),
    case(
        "I3-unmapped-drug-of-long-ago",
        [_mtx(day(60)), statement("复方某某丸", day(3000), day(2990)), *_score(5)],
        "UNMAPPED_CODE",
        cell="unknown.unmapped-drug",
    ),
    case("I3-unmapped-drug-beside-enough-true", [LONG, statement("复方某某丸", day(10)), *_score(3)], "true"),
    case(
        "I3-medication-of-nobody-is-not-mine",
        [{**LONG, "subject": {"reference": "Patient/nobody"}}, *_score(5)],
        "NO_RECORD",
        cell="5.medication-unlinked",
    ),
    # what may be meant, and what is only shown
    *(
        case(
            f"I3-short-beside-possibly-{n}",
            [_mtx(day(60)), statement(name, day(20)), *_score(5)],
            "NEEDS_JUDGEMENT",
            cell="22.possibly-listed",
        )
        for n, name in enumerate(POSSIBLY)
    ),
    case("I3-possibly-listed-beside-enough-true", [LONG, statement("8638", day(20)), *_score(3)], "true"),
    *(
        case(
            f"I3-short-beside-other-csdmard-{n}-false",
            [_mtx(day(60)), statement(name, day(20)), *_score(5)],
            "false",
            review=True,
            cell="22.other-csdmard review.other-csdmard",
        )
        for n, name in enumerate(
            ("1256", "硫唑嘌呤片", "3008", "环孢素软胶囊", "68149", "吗替麦考酚酯", "环磷酰胺")
        )
    ),
    case("I3-short-alone-no-review-false", [_mtx(day(60)), *_score(5)], "false", review=False),
    # routes
    case(
        "I3-eye-drops-are-in-no-line-false",
        [_mtx(day(60)), statement("泼尼松龙滴眼液", day(20)), *_score(5)],
        "false",
        cell="24.not-systemic",
    ),
    case("I3-injected-agent-true", [statement("甲氨蝶呤注射液", day(200)), *_score(3)], "true"),
    case(
        "I3-ointment-is-no-exposure",
        [statement("甲氨蝶呤软膏", day(200)), OTHER, *_score(5)],
        "NO_RECORD",
        cell="24.not-systemic",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
