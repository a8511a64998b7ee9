"""I4: DAS28 of 3.2 or more, recomputed from the components of the latest visit, unrounded."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import day, observation, quantity, visit
from tests.spec.cases import Case, case

HIGH = {"tender": 9, "swollen": 9, "esr": 44, "ptga": 60}  # esr4: 6.01
LOW = {"tender": 0, "swollen": 0, "esr": 2, "ptga": 10}  # esr4: 0.63


CASES = [
    # the threshold: crp4 with 16, 0, 0 and 0 is 2.24 + 0.96 = 3.20
    case(
        "I4-crp4-3.20-exactly-true",
        visit(tender=16, swollen=0, crp=0, ptga=0),
        "true",
        review=True,
        value=3.2,
    ),
    case("I4-crp4-just-below-false", visit(tender=15, swollen=0, crp=0, ptga=0), "false", review=True),
    case("I4-recorded-3.2-true", visit(das28=3.2), "true", value=3.2),
    case("I4-recorded-3.19-false", visit(das28=3.19), "false", review=True),
    case(
        "I4-esr1-rational-3.192-false",
        visit(tender=16, swollen=4, esr=1, ptga=28),
        "false",
        value=3.192,
        review=True,
    ),
    # the four variants, with the vectors of CLINICAL 1.6
    case("I4-esr4-true", visit(tender=4, swollen=5, esr=44, ptga=12), "true", review=False),
    case("I4-esr4-false", visit(tender=0, swollen=0, esr=10, ptga=10), "false", review=False),
    case("I4-crp4-true", visit(tender=4, swollen=5, crp=7, ptga=50), "true", review=False),
    case(
        "I4-esr3-true",
        visit(tender=4, swollen=4, esr=25),
        "true",
        review=True,
        note="DAS28 without the patient global",
    ),
    case("I4-crp3-true", visit(tender=4, swollen=4, crp=9), "true", review=True),
    case("I4-esr4-before-crp4", visit(tender=4, swollen=5, esr=44, crp=1, ptga=12), "true"),
    case(
        "I4-crp4-in-2.9-to-3.2-review",
        visit(tender=9, swollen=0, crp=0, ptga=30),
        "false",
        review=True,
        value=3.06,
    ),
    case(
        "I4-esr-unusable-crp-used",
        [*visit(tender=9, swollen=9, crp=44, ptga=60), *visit(esr=quantity(20, "mm/2h"))],
        "true",
        rules=(26,),
    ),
    case(
        "I4-crp-unusable-esr-used", [*visit(**HIGH), *visit(crp=quantity(44, "nmol/L"))], "true", rules=(26,)
    ),
    case(
        "I4-crp-molar-alone-unusable",
        [*visit(tender=9, swollen=9, ptga=60), observation("crp-molar", quantity(40, "nmol/L"))],
        "UNIT_NOT_CONVERTIBLE",
        rules=(26,),
    ),
    # three variables: the margin
    case("I4-esr3-within-margin-above", visit(tender=4, swollen=5, esr=7), "COMPONENT_MISSING", rules=(26,)),
    case("I4-esr3-within-margin-below", visit(tender=4, swollen=1, esr=6), "COMPONENT_MISSING", rules=(26,)),
    case("I4-esr3-clearly-below-false", visit(tender=1, swollen=1, esr=2), "false", review=True, rules=(26,)),
    case(
        "I4-global-of-another-day-is-no-global",
        [*visit(tender=4, swollen=5, esr=7), *visit(day(6), ptga=90)],
        "COMPONENT_MISSING",
        rules=(26,),
    ),
    case(
        "I4-global-unusable-three-variables",
        [*visit(tender=4, swollen=5, esr=7), *visit(ptga=quantity(120, "mm"))],
        "COMPONENT_MISSING",
        rules=(26,),
    ),
    # the components
    case(
        "I4-esr-0-counts-as-1-false",
        visit(tender=16, swollen=4, esr=0, ptga=28),
        "false",
        value=3.192,
        rules=(27,),
    ),
    case(
        "I4-esr-half-counts-as-1-false",
        visit(tender=16, swollen=4, esr=0.5, ptga=28),
        "false",
        value=3.192,
        rules=(27,),
    ),
    case(
        "I4-global-in-cm-is-times-10",
        visit(tender=4, swollen=5, esr=7, ptga=quantity(5, "cm")),
        "true",
        rules=(27,),
    ),
    case(
        "I4-global-score-of-10-is-times-10",
        visit(tender=4, swollen=5, esr=7, ptga=quantity(5, "{score}")),
        "true",
        rules=(27,),
    ),
    case(
        "I4-global-score-above-10-unusable",
        visit(tender=4, swollen=5, esr=7, ptga=quantity(50, "{score}")),
        "COMPONENT_MISSING",
        rules=(27,),
    ),
    case(
        "I4-global-without-unit-decides-alike-true",
        visit(tender=9, swollen=9, esr=44, ptga=quantity(5, None)),
        "true",
        rules=(27,),
    ),
    case(
        "I4-global-without-unit-decides-differently",
        visit(tender=4, swollen=2, esr=7, ptga=quantity(5, None)),
        "UNIT_NOT_CONVERTIBLE",
        rules=(27,),
    ),
    case(
        "I4-global-without-unit-above-10-unusable",
        visit(tender=4, swollen=5, esr=7, ptga=quantity(50, None)),
        "COMPONENT_MISSING",
        rules=(27,),
    ),
    case(
        "I4-joint-count-without-unit-true",
        visit(tender=quantity(9, None), swollen={"valueInteger": 9}, esr=44, ptga=60),
        "true",
        rules=(9,),
    ),
    case(
        "I4-29-joints-is-no-das28-count",
        visit(tender=29, swollen=9, esr=44, ptga=60),
        "UNREADABLE_VALUE",
        rules=(25,),
    ),
    case(
        "I4-crp-censored-straddles",
        visit(tender=9, swollen=1, crp={"valueString": "<8 mg/L"}, ptga=14),
        "CENSORED_VALUE",
    ),
    case(
        "I4-crp-censored-decides-alike-true",
        visit(tender=9, swollen=9, crp={"valueString": "<5 mg/L"}, ptga=60),
        "true",
    ),
    case(
        "I4-two-counts-of-one-day-conflict",
        [*visit(tender=0, swollen=0, esr=20, ptga=0), *visit(tender=28, swollen=28)],
        "CONFLICTING_VALUES",
    ),
    case("I4-two-counts-of-one-day-agree-true", [*visit(**HIGH), *visit(tender=10)], "true"),
    # which ESR belongs to the visit
    case(
        "I4-esr-7-days-before-true",
        [*visit(tender=9, swollen=9, ptga=60), *visit(day(12), esr=44)],
        "true",
        rules=(26,),
    ),
    case(
        "I4-esr-8-days-before",
        [*visit(tender=9, swollen=9, ptga=60), *visit(day(13), esr=44)],
        "COMPONENT_MISSING",
        rules=(25, 26),
    ),
    case(
        "I4-nearest-esr-false",
        [*visit(tender=4, swollen=1, ptga=20), *visit(day(6), esr=2), *visit(day(9), esr=100)],
        "false",
        rules=(26,),
    ),
    case(
        "I4-esr-tie-takes-the-newer-true",
        [*visit(tender=4, swollen=1, ptga=20), *visit(day(3), esr=100), *visit(day(7), esr=2)],
        "true",
        rules=(26,),
    ),
    case(
        "I4-esr-of-a-month-only",
        [*visit(tender=9, swollen=9, ptga=60), *visit("2026-06", esr=44)],
        "PARTIAL_DATE",
    ),
    # visits
    case("I4-latest-visit-false", [*visit(day(20), **HIGH), *visit(day(4), **LOW)], "false", rules=(25,)),
    case(
        "I4-visit-without-acute-phase-skipped-true",
        [*visit(day(20), **HIGH), *visit(day(4), tender=0, swollen=0)],
        "true",
        rules=(25,),
    ),
    case(
        "I4-visit-without-swollen-skipped-false",
        [*visit(day(20), **LOW), *visit(day(4), tender=20, esr=90)],
        "false",
        rules=(25,),
    ),
    case(
        "I4-visit-unusable-not-skipped",
        [*visit(day(20), **HIGH), *visit(day(4), tender=40, swollen=9, esr=44)],
        "UNREADABLE_VALUE",
        rules=(25,),
    ),
    case("I4-only-a-skipped-visit", visit(tender=9, swollen=9), "COMPONENT_MISSING", rules=(25,)),
    case("I4-nothing-recorded", [], "NO_RECORD"),
    case("I4-esr-alone-is-no-visit", visit(esr=44), "NO_RECORD"),
    case("I4-day-28-true", visit(day(28), **HIGH), "true", valid_until="2026-07-01"),
    case("I4-day-29-too-old", visit(day(29), **HIGH), "TOO_OLD"),
    case(
        "I4-joint-count-of-a-month-may-be-newer",
        [*visit(day(20), **HIGH), *visit("2026-06", tender=0)],
        "PARTIAL_DATE",
    ),
    case(
        "I4-preliminary-count-is-no-visit-true",
        [*visit(day(20), **HIGH), observation("tender", quantity(0, "{#}"), day(4), status="preliminary")],
        "true",
    ),
    # recorded totals
    case(
        "I4-recorded-newer-than-the-visit-false",
        [*visit(day(20), **HIGH), *visit(day(4), das28=2.4)],
        "false",
        rules=(25,),
    ),
    case(
        "I4-recorded-older-than-the-visit-true",
        [*visit(day(20), das28=2.4), *visit(day(4), **HIGH)],
        "true",
        rules=(25,),
    ),
    case(
        "I4-recorded-of-the-day-differs-review",
        [*visit(**HIGH), *visit(das28=2.4)],
        "true",
        review=True,
        note="recorded DAS28 differs by more than 0.1",
    ),
    case("I4-recorded-of-the-year-may-be-newer", [*visit(**HIGH), *visit("2026", das28=2.4)], "PARTIAL_DATE"),
    case("I4-recorded-of-the-year-agrees-true", [*visit(**HIGH), *visit("2026", das28=5.1)], "true"),
    case("I4-recorded-day-29-too-old", visit(day(29), das28=5.1), "TOO_OLD"),
    case("I4-recorded-above-10-unreadable", visit(das28=44), "UNREADABLE_VALUE"),
    case("I4-recorded-two-differ", [*visit(das28=2.4), *visit(das28=5.4)], "CONFLICTING_VALUES"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
