"""When a medication record is an exposure, from when to when. Asked of I3: methotrexate for 90 days makes it TRUE."""

from __future__ import annotations

from collections.abc import Callable

from tests.resources import RXNORM, UCUM, administration, day, period, request, statement, supply, visit
from tests.screened import Resource
from tests.spec.cases import Case, case

ACTIVE = visit(das28=5)  # DAS28 of 3.2 or more: an ongoing island of 90 days is enough
OTHER = statement("氨氯地平片", day(60))  # keeps the list, is in no line
COUNTS, NOTHING, SHORT = "true", "NO_RECORD", "false"


def _bounds(**bounds: object) -> Resource:
    """A dosage that says nothing but for how long."""
    return {"timing": {"repeat": bounds}}


def _days(count: int, unit: str = "d") -> Resource:
    return _bounds(boundsDuration={"value": count, "unit": unit, "system": UCUM, "code": unit})


def _between(start: str | None, end: str | None = None) -> Resource:
    return _bounds(boundsPeriod=period(start, end))


def _validity(start: str | None, end: str | None = None) -> Resource:
    return {"dispenseRequest": {"validityPeriod": period(start, end)}}


CASES: list[Case] = []


def _ask(name: str, records: Resource | list[Resource], says: str, **more: object) -> None:
    """One row; another drug keeps the list, so that too few days read FALSE."""
    own = records if isinstance(records, list) else [records]
    CASES.append(case(f"I3-record-{name}", [*own, OTHER, *ACTIVE], says, **more))


# what is no exposure
for gone in ("entered-in-error", "intended", "not-taken", "draft"):
    _ask(f"statement-{gone}", statement("6851", day(200), status=gone), NOTHING, cell="20.no-exposure")
for gone in ("draft", "cancelled", "entered-in-error"):
    _ask(
        f"request-{gone}",
        request("6851", day(99), **supply(100), status=gone),
        NOTHING,
        cell="20.no-exposure",
    )
_ask(
    "request-do-not-perform",
    request("6851", day(99), **supply(100), doNotPerform=True),
    NOTHING,
    cell="20.no-exposure",
)
for gone in ("not-done", "entered-in-error"):
    _ask(
        f"administration-{gone}",
        administration("6851", day(5), effectiveDateTime=None, effectivePeriod=period(day(99)), status=gone),
        NOTHING,
        cell="20.no-exposure",
    )
for intent in ("proposal", "plan", "option"):
    _ask(
        f"request-{intent}",
        request("6851", day(99), **supply(100), intent=intent),
        NOTHING,
        cell="20.intent",
    )
for intent in ("order", "original-order", "instance-order"):
    _ask(f"request-{intent}", request("6851", day(99), **supply(100), intent=intent), COUNTS)

# no number of repeats may stop a run: the supply lasts as long as the calendar
_ask("request-endless-supply", request("6851", day(99), **supply(90_000, 99_999)), COUNTS)

# statements
_ask("statement-open-period", statement("6851", day(89)), COUNTS)
_ask(
    "statement-status-unknown",
    statement("6851", day(200), status="unknown"),
    "unknown",
    cell="20.status-unknown",
)
_ask(
    "statement-status-missing", statement("6851", day(200), status=None), "unknown", cell="20.status-unknown"
)
_ask(
    "statement-of-a-day-active",
    statement("6851", effectiveDateTime=day(200)),
    "unknown",
    cell="20.statement-day-active",
)
_ask(
    "statement-of-a-day-last-week-active",
    statement("6851", effectiveDateTime=day(5)),
    "unknown",
    cell="20.statement-day-active",
)
_ask(
    "statement-of-a-day-completed",
    statement("6851", effectiveDateTime=day(50), status="completed"),
    SHORT,
    cell="20.statement-day-completed",
)
_ask(
    "statement-on-hold-with-an-end",
    [statement("6851", day(200), day(100), status="on-hold"), *visit(day(100), das28=5)],
    COUNTS,
    cell="20.on-hold",
)
_ask(
    "statement-on-hold-with-an-end-short",
    statement("6851", day(80), day(60), status="on-hold"),
    SHORT,
    cell="20.on-hold",
)
_ask(
    "statement-on-hold-without-an-end",
    statement("6851", day(200), status="on-hold"),
    "unknown",
    cell="20.on-hold-without-end",
)
_ask("statement-completed-short", statement("6851", day(80), day(20)), SHORT)
_ask("statement-end-alone", statement("6851", None, day(5)), "unknown")
_ask("statement-unreadable-date", statement("6851", "2026-1-1"), "unknown")

# requests: for how long
_ask(
    "request-bounds-period-open",
    request("6851", day(10), _between(day(89))),
    "unknown",
    cell="20.without-duration",
)
_ask(
    "request-bounds-period-until-later",
    request("6851", day(10), _between(day(89), day(-30))),
    COUNTS,
    review=True,
    cell="20.bounds-period review.requests-alone",
)
_ask(
    "request-bounds-period-before-supply",
    request("6851", day(100), _between(day(50), day(20)), **supply(200)),
    SHORT,
    cell="20.bounds-period",
)
_ask("request-bounds-duration", request("6851", day(89), _days(90)), COUNTS, cell="20.bounds-duration")
_ask("request-bounds-duration-short", request("6851", day(89), _days(89)), SHORT, cell="20.bounds-duration")
_ask("request-bounds-duration-in-weeks", request("6851", day(89), _days(13, "wk")), COUNTS)
_ask("request-bounds-duration-before-supply", request("6851", day(99), _days(10), **supply(200)), SHORT)
_ask("request-supply", request("6851", day(89), **supply(90)), COUNTS, cell="20.supply")
_ask(
    "request-supply-with-repeats",
    request("6851", day(89), **supply(30, 2)),
    COUNTS,
    review=True,
    cell="20.supply review.requests-alone",
)
_ask("request-supply-one-repeat-less", request("6851", day(89), **supply(30, 1)), SHORT, cell="20.supply")
_ask(
    "request-supply-before-validity",
    request(
        "6851",
        day(99),
        dispenseRequest={**supply(30)["dispenseRequest"], "validityPeriod": period(day(99), day(-99))},
    ),
    SHORT,
    cell="20.supply",
)
_ask("request-validity", request("6851", None, **_validity(day(89), day(0))), COUNTS, cell="20.validity")
_ask("request-validity-short", request("6851", None, **_validity(day(89), day(1))), SHORT, cell="20.validity")
_ask(
    "request-starts-with-its-validity",
    request(
        "6851", day(20), dispenseRequest={**supply(90)["dispenseRequest"], "validityPeriod": period(day(89))}
    ),
    COUNTS,
    cell="20.supply",
)
_ask("request-without-duration", request("6851", day(200)), "unknown", cell="20.without-duration")
for stopped in ("stopped", "on-hold"):
    _ask(
        f"request-{stopped}-without-end",
        request("6851", day(200), status=stopped),
        "unknown",
        cell="20.stopped-without-end",
    )
_ask(
    "request-stopped-with-an-end",
    request("6851", day(80), _between(day(80), day(60)), status="stopped"),
    SHORT,
)
_ask("request-completed", request("6851", day(89), **supply(90), status="completed"), COUNTS)
_ask(
    "request-status-unknown",
    request("6851", day(99), **supply(100), status="unknown"),
    "unknown",
    cell="20.status-unknown",
)

# the evidence: requests alone, or not
_ask(
    "request-beside-a-statement-no-review",
    [request("6851", day(89), **supply(90)), statement("6851", day(89))],
    COUNTS,
    review=False,
)

# codes that need their name
_ask(
    "clinical-drug-by-its-name",
    statement(
        {
            "medicationCodeableConcept": {
                "coding": [{"system": RXNORM, "code": "105585", "display": "methotrexate 2.5 MG Oral Tablet"}]
            }
        },
        day(200),
    ),
    COUNTS,
    cell="23.clinical-drug",
)
_ask(
    "clinical-drug-without-name",
    statement("105585", day(200)),
    "UNMAPPED_CODE",
    cell="23.clinical-drug",
)

# references
_DRUG: Resource = {"resourceType": "Medication", "id": "{me}.drug", "code": {"text": "甲氨蝶呤片"}}
_ask(
    "medication-by-reference",
    [_DRUG, statement({"medicationReference": {"reference": "Medication/{me}.drug"}}, day(200))],
    COUNTS,
)
_ask(
    "medication-contained",
    statement(
        {"medicationReference": {"reference": "#m"}, "contained": [{**_DRUG, "id": "m"}]},
        day(200),
    ),
    COUNTS,
)
_ask(
    "medication-by-display",
    statement(
        {"medicationReference": {"reference": "Medication/nowhere", "display": "甲氨蝶呤片"}}, day(200)
    ),
    COUNTS,
)
_ask(
    "medication-not-found",
    statement({"medicationReference": {"reference": "Medication/nowhere"}}, day(200)),
    "UNMAPPED_CODE",
)


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)
