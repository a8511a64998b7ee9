"""E2: platelets below 80 or white blood cells below 3; and what is true of every result, shown on platelets."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import LAB, LOINC, UCUM, coded, day, observation, patient, platelets, quantity, wbc
from tests.screened import raw_number
from tests.spec.cases import Case, case

WBC = wbc(6)
FINE, LOW = 200, 40


def _string(text: str, when: str | None = day(5), **more: object) -> dict[str, object]:
    return observation("platelets", {"valueString": text}, when, **more)


def _local(code: str, display: str, value: object, when: str = day(5)) -> dict[str, object]:
    coding = {"system": LAB, "code": code, "display": display}
    return observation({"coding": [coding]}, quantity(value, "10*9/L"), when)


CASES = [
    # the threshold, in every unit
    case("E2-plt-80-exactly-false", [platelets(80), WBC], "false", review=True),
    case("E2-plt-80-as-decimal-false", [platelets(raw_number("80.000")), WBC], "false"),
    case("E2-plt-79.9999999999-true", [platelets(79.9999999999), WBC], "true"),
    case("E2-plt-80-per-nl-false", [platelets(80, "10*3/uL"), WBC], "false"),
    case("E2-plt-80000-per-ul-false", [platelets(80000, "/uL"), WBC], "false", value=80.0),
    case("E2-plt-79999-per-ul-true", [platelets(79999, "/uL"), WBC], "true"),
    case("E2-plt-8-wan-per-ul-false", [platelets(8, "万/μl"), WBC], "false", value=80.0),
    case("E2-plt-full-width-unit-false", [platelets(80, "×１０＾９／Ｌ"), WBC], "false"),
    case("E2-plt-superscript-unit-false", [platelets(80, "10⁹/L"), WBC], "false"),
    case("E2-plt-84-within-5-percent-review", [platelets(84), WBC], "false", review=True),
    case("E2-plt-84.01-no-review", [platelets(84.01), WBC], "false", review=False),
    case("E2-plt-zero-true", [platelets(0), WBC], "true"),
    case("E2-plt-negative-unreadable", [platelets(-1), WBC], "UNREADABLE_VALUE"),
    case("E2-wbc-3-exactly-false", [platelets(FINE), wbc(3)], "false", review=True),
    case("E2-wbc-3000-per-ul-false", [platelets(FINE), wbc(3000, "/uL")], "false"),
    case("E2-wbc-2.9999-true", [platelets(FINE), wbc(2.9999)], "true", value=2.9999),
    # OR of the two parts
    case("E2-plt-low-wbc-missing-true", [platelets(LOW)], "true"),
    case("E2-plt-fine-wbc-missing", [platelets(FINE)], "NO_RECORD"),
    case("E2-plt-missing-wbc-low-true", [wbc(2)], "true"),
    case("E2-nothing-recorded", [], "NO_RECORD", evidence=()),
    # the window: 28 days, both ends included
    case(
        "E2-plt-day-28-false",
        [platelets(FINE, when=day(28)), wbc(6, when=day(28))],
        "false",
        valid_until="2026-07-01",
    ),
    case("E2-plt-day-28-first-second", [platelets(FINE, when=f"{day(28)}T00:00:00+08:00"), WBC], "false"),
    case(
        "E2-plt-day-29-too-old", [platelets(LOW, when=day(29)), WBC], "TOO_OLD", evidence=("Observation/1",)
    ),
    case(
        "E2-plt-last-second-of-day-29",
        [platelets(LOW, when=f"{day(29)}T23:59:59.999999+08:00"), WBC],
        "TOO_OLD",
    ),
    case("E2-plt-utc-evening-is-day-28", [platelets(LOW, when=f"{day(29)}T16:00:00Z"), WBC], "true"),
    case(
        "E2-plt-utc-evening-before-is-day-29", [platelets(LOW, when=f"{day(29)}T15:59:59Z"), WBC], "TOO_OLD"
    ),
    case("E2-plt-of-tomorrow-does-not-exist", [platelets(LOW, when=day(-1)), platelets(FINE), WBC], "false"),
    case("E2-plt-today-counts", [platelets(LOW, when=day(0)), WBC], "true"),
    case("E2-plt-newest-decides", [platelets(LOW, when=day(9)), platelets(FINE, when=day(2)), WBC], "false"),
    case(
        "E2-plt-no-zone-is-site-time", [platelets(LOW, when=f"{day(28)}T00:30:00"), WBC], "true", rules=(8,)
    ),
    case(
        "E2-plt-no-zone-the-night-before",
        [platelets(LOW, when=f"{day(29)}T23:30:00"), WBC],
        "TOO_OLD",
        rules=(8,),
    ),
    # partial dates
    case("E2-plt-this-month-may-be-outside", [platelets(LOW, when="2026-06"), WBC], "PARTIAL_DATE"),
    case("E2-plt-year-low-may-be-in-window", [platelets(LOW, when="2026"), WBC], "PARTIAL_DATE"),
    case("E2-plt-month-before-window", [platelets(LOW, when="2026-05"), WBC], "TOO_OLD"),
    case(
        "E2-plt-month-beside-certain-agrees",
        [platelets(FINE, when="2026-06"), platelets(FINE + 1, when=day(3)), WBC],
        "false",
    ),
    case(
        "E2-plt-month-beside-certain-differs",
        [platelets(LOW, when="2026-06"), platelets(FINE, when=day(3)), WBC],
        "PARTIAL_DATE",
        evidence=("Observation/1", "Observation/2"),
    ),
    case("E2-plt-unreadable-date-no-issued", [platelets(LOW, when="2026-6-1"), WBC], "PARTIAL_DATE"),
    # effective[x] other than a date
    case(
        "E2-period-counts-from-its-end",
        [platelets(LOW, when=None, effectivePeriod={"start": day(40), "end": day(27)}), WBC],
        "true",
        rules=(1,),
    ),
    case(
        "E2-open-period-counts-from-its-start",
        [platelets(LOW, when=None, effectivePeriod={"start": day(40)}), WBC],
        "TOO_OLD",
        rules=(1,),
    ),
    case(
        "E2-instant-counts", [platelets(LOW, when=None, effectiveInstant=f"{day(3)}T08:00:00Z"), WBC], "true"
    ),
    case(
        "E2-no-effective-may-lie-anywhere",
        [platelets(LOW, when=None, issued=f"{day(3)}T08:00:00Z"), WBC],
        "PARTIAL_DATE",
        rules=(1,),
    ),
    case(
        "E2-no-effective-but-agrees",
        [platelets(FINE, when=None, issued=f"{day(1)}T08:00:00Z"), platelets(FINE, when=day(3)), WBC],
        "false",
        rules=(1,),
    ),
    case(
        "E2-no-effective-issued-before-window",
        [platelets(LOW, when=None, issued=f"{day(60)}T08:00:00Z"), WBC],
        "TOO_OLD",
        rules=(1,),
    ),
    case("E2-no-time-at-all", [platelets(LOW, when=None), WBC], "PARTIAL_DATE", rules=(1,)),
    # ties
    case(
        "E2-tie-broken-by-issued",
        [
            platelets(LOW, issued=f"{day(4)}T08:00:00+08:00"),
            platelets(FINE, issued=f"{day(4)}T09:00:00+08:00"),
            WBC,
        ],
        "false",
        evidence=("Observation/2", "Observation/3"),
    ),
    case(
        "E2-tie-broken-by-last-updated",
        [
            platelets(LOW, meta={"lastUpdated": f"{day(3)}T08:00:00Z"}),
            platelets(FINE, meta={"lastUpdated": f"{day(4)}T08:00:00Z"}),
            WBC,
        ],
        "true",
    ),
    case("E2-tie-that-agrees", [platelets(FINE), platelets(FINE + 50), WBC], "false"),
    case("E2-tie-that-differs", [platelets(LOW), platelets(FINE), WBC], "CONFLICTING_VALUES"),
    # status
    case("E2-amended-counts", [platelets(LOW, status="amended"), WBC], "true"),
    case("E2-corrected-counts", [platelets(LOW, status="corrected"), WBC], "true"),
    *(
        case(
            f"E2-{skipped}-is-skipped",
            [platelets(LOW, when=day(1), status=skipped), platelets(FINE, when=day(9)), WBC],
            "false",
            review=False,
        )
        for skipped in ("cancelled", "entered-in-error", "registered")
    ),
    case(
        "E2-preliminary-newer-agrees",
        [platelets(FINE, when=day(1), status="preliminary"), platelets(FINE, when=day(9)), WBC],
        "false",
        review=True,
        note="preliminary",
    ),
    case(
        "E2-preliminary-newer-flips",
        [platelets(LOW, when=day(1), status="preliminary"), platelets(FINE, when=day(9)), WBC],
        "PRELIMINARY",
        evidence=("Observation/1", "Observation/2"),
    ),
    case(
        "E2-preliminary-older-is-nothing",
        [platelets(LOW, when=day(9), status="preliminary"), platelets(FINE, when=day(1)), WBC],
        "false",
        review=False,
    ),
    case("E2-preliminary-only", [platelets(LOW, status="preliminary"), WBC], "PRELIMINARY"),
    case("E2-status-unknown-is-a-draft", [platelets(LOW, status="unknown"), WBC], "PRELIMINARY"),
    # units that nobody knows are never masked by an older result
    case(
        "E2-unknown-unit-newest-not-masked",
        [platelets(90, "单位", day(1)), platelets(FINE, when=day(9)), WBC],
        "UNIT_NOT_CONVERTIBLE",
        evidence=("Observation/1",),
    ),
    case("E2-unknown-unit-older-is-nothing", [platelets(90, "单位", day(9)), platelets(FINE), WBC], "false"),
    case("E2-no-unit", [platelets(200, None), WBC], "UNIT_NOT_CONVERTIBLE", rules=(9,)),
    case("E2-cut-off-unit", [platelets(200, "×10^3/"), WBC], "UNIT_NOT_CONVERTIBLE"),
    case(
        "E2-ucum-code-counts",
        [observation("platelets", quantity(80000, None, system=UCUM, code="/uL")), WBC],
        "false",
        value=80.0,
    ),
    case(
        "E2-ucum-code-beats-unknown-text",
        [observation("platelets", quantity(200, "个", system=UCUM, code="10*9/L")), WBC],
        "false",
    ),
    case(
        "E2-ucum-code-and-text-contradict",
        [observation("platelets", quantity(200, "/uL", system=UCUM, code="10*9/L")), WBC],
        "UNIT_NOT_CONVERTIBLE",
        rules=(10,),
    ),
    # values that are bounds, texts, absent
    case(
        "E2-less-than-80-true",
        [observation("platelets", quantity(80, "10*9/L", comparator="<")), WBC],
        "true",
    ),
    case(
        "E2-at-most-80-censored",
        [observation("platelets", quantity(80, "10*9/L", comparator="<=")), WBC],
        "CENSORED_VALUE",
    ),
    case(
        "E2-less-than-100-censored",
        [observation("platelets", quantity(100, "10*9/L", comparator="<")), WBC],
        "CENSORED_VALUE",
    ),
    case(
        "E2-at-least-80-false",
        [observation("platelets", quantity(80, "10*9/L", comparator=">=")), WBC],
        "false",
    ),
    case(
        "E2-more-than-40-censored",
        [observation("platelets", quantity(40, "10*9/L", comparator=">")), WBC],
        "CENSORED_VALUE",
    ),
    case(
        "E2-comparator-ad-unreadable",
        [observation("platelets", quantity(40, "10*9/L", comparator="ad")), WBC],
        "UNREADABLE_VALUE",
    ),
    case("E2-string-with-unit-true", [_string("45 x10^9/L"), WBC], "true", value=45.0, rules=(9,)),
    case("E2-string-bound-true", [_string("<80 10*9/L"), WBC], "true", rules=(9,)),
    case("E2-string-full-width-false", [_string("２００ ×10^9/L"), WBC], "false", rules=(9,)),
    case("E2-string-without-unit", [_string("45"), WBC], "UNIT_NOT_CONVERTIBLE", rules=(9,)),
    case("E2-string-unknown-unit", [_string("45 foo"), WBC], "UNIT_NOT_CONVERTIBLE", rules=(9,)),
    case("E2-string-words", [_string("溶血"), WBC], "UNREADABLE_VALUE", rules=(9,)),
    case(
        "E2-data-absent-is-skipped",
        [
            observation("platelets", {"dataAbsentReason": {"text": "溶血"}}, day(1)),
            platelets(FINE, when=day(9)),
            WBC,
        ],
        "false",
    ),
    case(
        "E2-value-beside-data-absent",
        [platelets(FINE, when=day(1), dataAbsentReason={"text": "?"}), platelets(FINE, when=day(9)), WBC],
        "UNREADABLE_VALUE",
    ),
    case(
        "E2-coded-value-unreadable",
        [observation("platelets", {"valueCodeableConcept": {"text": "正常"}}), WBC],
        "UNREADABLE_VALUE",
    ),
    case(
        "E2-range-wholly-above-false",
        [
            observation(
                "platelets", {"valueRange": {"low": {"value": 90, "unit": "10*9/L"}, "high": {"value": 110}}}
            ),
            WBC,
        ],
        "false",
    ),
    case(
        "E2-range-across-80",
        [
            observation(
                "platelets", {"valueRange": {"low": {"value": 70, "unit": "10*9/L"}, "high": {"value": 110}}}
            ),
            WBC,
        ],
        "CENSORED_VALUE",
    ),
    # components
    case(
        "E2-components-are-results",
        observation(
            {"coding": [{"system": LOINC, "code": "58410-2"}], "text": "血常规"},
            {},
            component=[
                {"code": coded("platelets"), **quantity(LOW, "10*9/L")},
                {"code": coded("wbc"), **quantity(6, "10*9/L")},
            ],
        ),
        "true",
        evidence=("Observation/1",),
    ),
    case(
        "E2-components-of-a-cancelled-panel",
        [
            observation(
                {"text": "血常规"},
                {},
                day(1),
                status="cancelled",
                component=[{"code": coded("platelets"), **quantity(LOW, "10*9/L")}],
            ),
            platelets(FINE),
            WBC,
        ],
        "false",
    ),
    # codes: the site's own, and those that only the text names
    case("E2-local-code-mapped", [_local("PLT", "血小板计数", LOW), WBC], "true"),
    case(
        "E2-local-code-inexact-does-not-match",
        [_local("PLTBC", "血小板(枸橼酸抗凝)", LOW), WBC],
        "NO_RECORD",
        review=True,
    ),
    case(
        "E2-newer-hint-flags-review",
        [_local("NEW", "血小板计数", LOW, day(1)), platelets(FINE, when=day(9)), WBC],
        "false",
        review=True,
        note="unmapped-result",
    ),
    case(
        "E2-older-hint-is-nothing",
        [_local("NEW", "血小板计数", LOW, day(9)), platelets(FINE, when=day(1)), WBC],
        "false",
        review=False,
    ),
    case(
        "E2-mean-platelet-volume-is-no-hint",
        [_local("MPV", "平均血小板体积", 10, day(1)), platelets(FINE), WBC],
        "false",
        review=False,
    ),
    case(
        "E2-clumping-note-flags-review",
        [platelets(150, note=[{"text": "血小板聚集，建议复查"}]), WBC],
        "false",
        review=True,
    ),
    case("E2-sex-does-not-matter", [patient(gender="male"), platelets(79), WBC], "true"),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
