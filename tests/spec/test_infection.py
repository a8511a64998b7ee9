"""E1, diagnoses: active infections exclude; chronic, latent, inactive and past ones are a person's."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import ICD_CN, condition, day, icd, negative, snomed, status
from tests.screened import Resource
from tests.spec.cases import Case, case

SPEAKS = condition(icd("M54.5"))
SCREENED = [negative("hbsag"), negative("igra")]
ACTIVE = (
    "A09 A15.0 A16.2 A18.0 A19.9 A41.9 A49.9 B00.9 B02.9 B16.9 B17.1 B34.9 B37.0 B95.6 B99 J00 J06.9 "
    "J18.9 J20.9 J22 J36 J85.1 J86.9 N10 N12 N15.1 N30.0 N39.0 N41.0 N70.0 N73.9 L01.0 L03.1 L08.9 "
    "G00.9 G04.9 G06.0 I30.1 I33.0 I40.0 M00.9 M46.2 M46.5 M86.9 H66.9 K35.8 K61.0 K65.0 K75.0 K81.0 "
    "K83.0 O23.4 O85 O86.0 T81.4 T84.5 T84.7 U07.1 U07.2"
).split()
ACTIVE_SNOMED = ("40733004 87628006 3218000 56717001 154283005 700272008 427099000").split()
COMMON = {"J18.9", "N39.0", "L03.1", "M00.9"}
PNEUMONIA = icd("J18.9")


def _with(*conditions: Resource) -> list[Resource]:
    """Beside screens that are negative and a diagnosis that lets silence speak."""
    return [*conditions, SPEAKS, *SCREENED]


def _over(ended: str | None, state: str = "resolved", **more: object) -> Resource:
    told = {"clinicalStatus": status(state), "abatementDateTime": ended}
    return condition(PNEUMONIA, **{**told, **more})


CASES = [
    # active: TRUE, whatever the screens say
    *(
        case(
            f"E1-icd-{code}-true",
            condition(icd(code)),
            "true",
            cell="true.infection 15.common" if code in COMMON else "true.infection",
        )
        for code in ACTIVE
    ),
    *(
        case(f"E1-snomed-{code}-true", condition(snomed(code)), "true", cell="true.infection")
        for code in ACTIVE_SNOMED
    ),
    case("E1-hepatitis-b-active-true", _with(condition(snomed("66071002"))), "true", cell="15.hepatitis-b"),
    *(
        case(
            f"E1-hepatitis-b-beside-{code}",
            _with(condition({"coding": [*snomed("66071002")["coding"], *icd(code)["coding"]]})),
            "NEEDS_JUDGEMENT",
            cell="15.hepatitis-b-chronic",
        )
        for code in ("B18.1", "Z22.5")
    ),
    *(
        case(f"E1-{state}-true", _with(condition(PNEUMONIA, clinicalStatus=status(state))), "true")
        for state in ("recurrence", "relapse")
    ),
    case("E1-tuberculosis-true", _with(condition(icd("A15.0"), day(2000))), "true", cell="true.tuberculosis"),
    case("E1-chinese-dagger-true", condition(icd("A18.002+M01.1*", ICD_CN)), "true"),
    case("E1-text-true", _with(condition({"text": "肺炎"})), "true"),
    case("E1-active-beside-silence-true", _with(condition(PNEUMONIA)), "true", review=False),
    # active with an end in the past: the status wins
    case(
        "E1-active-with-abatement-true",
        _with(condition(PNEUMONIA, abatementDateTime=day(10))),
        "true",
        cell="13.active-wins",
    ),
    # acute and active for longer than a year
    case(
        "E1-active-for-365-days-true", _with(condition(PNEUMONIA, day(365), onsetDateTime=day(365))), "true"
    ),
    case(
        "E1-active-for-366-days",
        _with(condition(PNEUMONIA, day(366), onsetDateTime=day(400))),
        "STALE_STATUS",
        evidence=("Condition/1",),
        cell="unknown.stale",
    ),
    case(
        "E1-active-recorded-lately-true", _with(condition(PNEUMONIA, day(3), onsetDateTime=day(500))), "true"
    ),
    case(
        "E1-active-begun-lately-true", _with(condition(PNEUMONIA, day(500), onsetDateTime=day(365))), "true"
    ),
    case(
        "E1-active-for-years-beside-a-new-one-true",
        _with(condition(PNEUMONIA, day(800)), condition(icd("N39.0"))),
        "true",
    ),
    # over
    case("E1-resolved-false", _with(_over(day(200))), "false", cell="false.resolved"),
    case("E1-remission-false", _with(_over(day(200), "remission")), "false", cell="false.resolved"),
    case(
        "E1-no-status-but-ended-false",
        _with(_over(day(95), clinicalStatus=None)),
        "false",
        cell="false.resolved",
    ),
    case("E1-inactive", _with(_over(None, "inactive")), "NEEDS_JUDGEMENT", cell="unknown.inactive"),
    # what stands without a status
    case("E1-no-status-day-90-true", _with(condition(PNEUMONIA, day(90), clinicalStatus=None)), "true"),
    case(
        "E1-no-status-day-91",
        _with(condition(PNEUMONIA, day(91), clinicalStatus=None)),
        "NO_STATUS",
        evidence=("Condition/1",),
        cell="14.acute",
    ),
    case(
        "E1-no-status-childhood-measles",
        _with(condition(icd("B05.9"), day(900), clinicalStatus=None, onsetDateTime="1985")),
        "NO_STATUS",
        cell="14.acute",
    ),
    case(
        "E1-no-status-no-date",
        _with(condition(PNEUMONIA, None, clinicalStatus=None)),
        "unknown",
        cell="14.acute",
    ),
    case(
        "E1-no-status-onset-lately-true",
        _with(condition(PNEUMONIA, day(200), clinicalStatus=None, onsetDateTime=day(20))),
        "true",
    ),
    case(
        "E1-no-status-tuberculosis",
        _with(condition(icd("A15.0"), day(91), clinicalStatus=None)),
        "NO_STATUS",
        cell="14.tuberculosis",
    ),
    case(
        "E1-no-status-chronic",
        _with(condition(icd("B18.1"), day(900), clinicalStatus=None)),
        "NEEDS_JUDGEMENT",
        cell="14.chronic",
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
