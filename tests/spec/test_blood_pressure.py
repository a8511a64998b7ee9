"""E7, hypertension: the mean of the last two readings of 90 days, and what is coded."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import (
    ICD_CM,
    ICD_CN,
    condition,
    day,
    icd,
    observation,
    pressure,
    quantity,
    snomed,
    status,
)
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
HYPERTENSION = condition(icd("I10"))
GRADE_3 = icd("I10.x00x032", ICD_CN)
FINE = [pressure(130, 80, day(5)), pressure(130, 80, day(20))]


def _two(first: tuple[float, float], second: tuple[float, float], *more: Resource) -> list[Resource]:
    """The newest reading, the one before, in a record that speaks and knows of no hypertension."""
    return [SPEAKS, pressure(*first, day(3)), pressure(*second, day(30)), *more]


def _apart(kind: str, value: float, unit: str = "mm[Hg]") -> list[Resource]:
    """The same on two days, outside a panel."""
    return [observation(kind, quantity(value, unit), when) for when in (day(3), day(9))]


CASES = [
    # the mean of the last two
    case("E7-180-exactly-true", _two((180, 90), (180, 90)), "true", value=180.0, cell="true.systolic"),
    case(
        "E7-mean-180-true",
        _two((170, 90), (190, 90)),
        "true",
        value=180.0,
        evidence=("Observation/1", "Observation/2"),
        cell="true.systolic",
    ),
    case("E7-mean-179.5", _two((179, 90), (180, 90)), "NEEDS_JUDGEMENT", review=True, cell="unknown.mean"),
    case("E7-diastolic-110-exactly-true", _two((150, 110), (150, 110)), "true", cell="true.diastolic"),
    case(
        "E7-diastolic-mean-110-true", _two((150, 100), (150, 120)), "true", value=110.0, cell="true.diastolic"
    ),
    case("E7-diastolic-109.5", _two((150, 109), (150, 110)), "NEEDS_JUDGEMENT", cell="unknown.mean"),
    case("E7-160-exactly", _two((160, 90), (160, 90)), "NEEDS_JUDGEMENT", cell="unknown.mean"),
    case("E7-mean-160", _two((150, 90), (170, 90)), "NEEDS_JUDGEMENT", cell="unknown.mean"),
    case("E7-diastolic-100-exactly", _two((150, 100), (150, 100)), "NEEDS_JUDGEMENT", cell="unknown.mean"),
    case("E7-159-99-false", _two((159, 99), (159, 99)), "false", cell="false.measured"),
    case("E7-newest-of-two-160", _two((160, 90), (140, 90)), "NEEDS_JUDGEMENT", cell="unknown.one-of-two"),
    case("E7-older-of-two-160", _two((140, 90), (160, 90)), "NEEDS_JUDGEMENT", cell="unknown.one-of-two"),
    case(
        "E7-one-of-two-diastolic-100",
        _two((140, 100), (140, 80)),
        "NEEDS_JUDGEMENT",
        cell="unknown.one-of-two",
    ),
    case(
        "E7-the-third-does-not-count-false",
        [*_two((130, 80), (130, 80)), pressure(220, 130, day(40))],
        "false",
        cell="false.measured",
    ),
    case(
        "E7-the-third-does-not-help-true", [*_two((200, 90), (200, 90)), pressure(100, 60, day(40))], "true"
    ),
    case(
        "E7-unit-as-text-true",
        [SPEAKS, *_apart("systolic", 190, "mmHg"), *_apart("diastolic", 80, "mmHg")],
        "true",
    ),
    # 90 days
    case(
        "E7-day-90-false",
        [SPEAKS, HYPERTENSION, pressure(130, 80, day(3)), pressure(130, 80, day(90))],
        "false",
    ),
    case(
        "E7-day-91-is-no-second-reading",
        [SPEAKS, HYPERTENSION, pressure(130, 80, day(3)), pressure(130, 80, day(91))],
        "NEEDS_JUDGEMENT",
        cell="unknown.only-with-hypertension",
    ),
    case("E7-high-on-day-90-true", [SPEAKS, pressure(190, 90, day(90)), pressure(190, 90, day(89))], "true"),
    case(
        "E7-high-on-day-91-false",
        [SPEAKS, pressure(190, 90, day(91)), pressure(190, 90, day(92))],
        "false",
        cell="false.pressure-silent",
    ),
    # one instant is one reading
    case(
        "E7-apart-true",
        [SPEAKS, *_apart("systolic", 185), *_apart("diastolic", 90)],
        "true",
        cell="17.one-instant",
    ),
    case(
        "E7-apart-false",
        [HYPERTENSION, *_apart("systolic", 130), *_apart("diastolic", 80)],
        "false",
        cell="17.one-instant",
    ),
    case(
        "E7-one-instant-told-twice",
        [
            SPEAKS,
            HYPERTENSION,
            pressure(130, 80, f"{day(3)}T08:00:00+08:00"),
            pressure(130, 80, f"{day(3)}T00:00:00Z"),
        ],
        "NEEDS_JUDGEMENT",
        cell="17.one-instant",
    ),
    case(
        "E7-two-instants-of-one-day-true",
        [
            SPEAKS,
            pressure(190, 90, f"{day(3)}T08:00:00+08:00"),
            pressure(190, 90, f"{day(3)}T09:00:00+08:00"),
        ],
        "true",
    ),
    case(
        "E7-no-zone-is-site-time",
        [
            SPEAKS,
            HYPERTENSION,
            pressure(130, 80, f"{day(3)}T08:00:00+08:00"),
            pressure(130, 80, f"{day(3)}T08:00:00"),
        ],
        "NEEDS_JUDGEMENT",
        cell="8.site-time",
    ),
    # one reading
    case("E7-only-reading-160", [SPEAKS, pressure(160, 80)], "NEEDS_JUDGEMENT", cell="unknown.only-high"),
    case(
        "E7-only-reading-diastolic-100",
        [SPEAKS, pressure(130, 100)],
        "NEEDS_JUDGEMENT",
        cell="unknown.only-high",
    ),
    case("E7-only-reading-159-false", [SPEAKS, pressure(159, 99)], "false", cell="false.pressure-silent"),
    case(
        "E7-only-reading-with-hypertension",
        [SPEAKS, HYPERTENSION, pressure(130, 80)],
        "NEEDS_JUDGEMENT",
        cell="unknown.only-with-hypertension",
    ),
    # measured beats silent
    case(
        "E7-hypertension-measured-false",
        [HYPERTENSION, *FINE],
        "false",
        review=True,
        cell="false.measured review.any",
    ),
    case(
        "E7-hypertension-without-a-reading",
        HYPERTENSION,
        "NO_RECORD",
        review=True,
        cell="unknown.no-measurement",
    ),
    case(
        "E7-hypertension-with-old-readings",
        [HYPERTENSION, pressure(130, 80, day(100)), pressure(130, 80, day(120))],
        "TOO_OLD",
        cell="unknown.old-measurement",
    ),
    case(
        "E7-hypertension-snomed-without-a-reading",
        condition(snomed("59621000")),
        "NO_RECORD",
        cell="unknown.no-measurement",
    ),
    case(
        "E7-hypertension-resolved-false",
        condition(icd("I10"), clinicalStatus=status("resolved")),
        "false",
        cell="17.resolved",
    ),
    case(
        "E7-hypertension-text-history",
        [SPEAKS, condition({"text": "高血压病史10年"})],
        "NO_RECORD",
        cell="18.history-e7",
    ),
    case(
        "E7-hypertension-family-text-false",
        [SPEAKS, condition({"text": "父亲高血压"})],
        "false",
        cell="18.family",
    ),
    case(
        "E7-hypertension-negated-text",
        [SPEAKS, condition({"text": "否认高血压"})],
        "UNMAPPED_CODE",
        cell="18.negation unknown.silence",
    ),
    case(
        "E7-hypertension-provisional",
        [SPEAKS, condition(icd("I10"), verificationStatus=status("provisional"))],
        "unknown",
    ),
    # grade 3, crisis
    case("E7-grade-3-true", condition(GRADE_3), "true", cell="true.grade-3"),
    case("E7-grade-3-well-measured-true", [condition(GRADE_3), *FINE], "true", cell="true.grade-3"),
    case(
        "E7-grade-3-resolved-false",
        condition(GRADE_3, clinicalStatus=status("resolved")),
        "false",
        cell="17.resolved",
    ),
    *(
        case(f"E7-{code}-is-not-grade-3-false", [condition(icd(code, ICD_CN)), *FINE], "false")
        for code in ("I10.x00", "I10.x00x023", "I10.x00x024", "I10.x00x027")
    ),
    case("E7-crisis", [condition(icd("I16.9", ICD_CM)), *FINE], "NEEDS_JUDGEMENT", cell="unknown.crisis"),
    case(
        "E7-crisis-resolved-false",
        [condition(icd("I16.9", ICD_CM), clinicalStatus=status("resolved")), *FINE],
        "false",
    ),
    # records
    case(
        "E7-unreadable-reading",
        [
            SPEAKS,
            HYPERTENSION,
            pressure(130, 80, day(30)),
            observation("systolic", quantity(130, "单位"), day(2)),
        ],
        "unknown",
    ),
    case(
        "E7-preliminary-is-no-reading",
        [HYPERTENSION, pressure(130, 80, day(3), status="preliminary"), pressure(130, 80, day(9))],
        "unknown",
    ),
    case(
        "E7-preliminary-says-otherwise",
        [
            SPEAKS,
            pressure(200, 120, day(1), status="preliminary"),
            pressure(130, 80, day(3)),
            pressure(130, 80, day(9)),
        ],
        "PRELIMINARY",
        evidence=("Observation/2", "Observation/3", "Observation/1"),
    ),
    case(
        "E7-preliminary-says-the-same-false",
        [
            SPEAKS,
            pressure(140, 80, day(1), status="preliminary"),
            pressure(130, 80, day(3)),
            pressure(130, 80, day(9)),
        ],
        "false",
        review=True,
        note="preliminary",
    ),
    case(
        "E7-cancelled-is-no-reading-true",
        [
            SPEAKS,
            pressure(100, 60, day(1), status="cancelled"),
            pressure(190, 90, day(3)),
            pressure(190, 90, day(9)),
        ],
        "true",
    ),
    case(
        "E7-silence-false",
        SPEAKS,
        "false",
        cell="false.pressure-silent false.diabetes-silent false.heart-silent",
    ),
    case("E7-nothing-recorded", [], "NO_RECORD", cell="unknown.silence"),
    case("E7-unmapped", [SPEAKS, condition({"text": "不明"})], "UNMAPPED_CODE", cell="unknown.silence"),
    case("E7-high-in-a-silent-record-true", [pressure(190, 90, day(3)), pressure(190, 90, day(9))], "true"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
