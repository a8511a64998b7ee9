"""Owns the answer of `age` (docs/semantics.md, 6.4): completed years from both bounds of the birth date."""

from __future__ import annotations

import operator

from fhir_adapter.engines.duckdb.ranges import YEARS
from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Comparison, Condition
from fhir_adapter.model.truth import Reason

_OPERATORS = {"below": "<", "at_least": ">=", "above": ">", "at_most": "<=", "equals": "="}
_COMPARE = {
    "below": operator.lt,
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "equals": operator.eq,
}


def answer_age(run: Run, number: int, condition: Condition) -> None:
    """Add the rows of one `age` condition to `answer`; no birth date is F, which needs no row."""
    today = f"DATE '{run.today.isoformat()}'"
    youngest, oldest = (YEARS.format(day=today, birth=f"birth_{end}") for end in ("high", "low"))
    yes = {years: _sql(condition.comparisons, years) for years in ("youngest", "oldest")}
    valid = f"least({_changes(condition, 'birth_low', 'oldest', today)}, {_changes(condition, 'birth_high', 'youngest', today)})"
    run.run(
        f"""INSERT INTO answer SELECT {number}, sid,
            CASE WHEN lost OR unread OR {yes["youngest"]} <> {yes["oldest"]} THEN {UNKNOWN}
                WHEN {yes["youngest"]} THEN {TRUE} ELSE {FALSE} END,
            CASE WHEN lost THEN {code_of(Reason.INCOMPLETE_DATA)} WHEN unread THEN {code_of(Reason.UNREADABLE_VALUE)}
                WHEN {yes["youngest"]} <> {yes["oldest"]} THEN {code_of(Reason.PARTIAL_DATE)} END,
            CASE WHEN NOT lost THEN [evidence] END,
            CASE WHEN youngest = oldest AND NOT unread AND NOT lost THEN youngest::DOUBLE END,
            CASE WHEN NOT unread AND NOT lost THEN {valid} END, 0, 0, NULL, NULL
        FROM (SELECT *, {youngest} AS youngest, {oldest} AS oldest,
            birth_low IS NULL OR birth_low > {today} AS unread,
            sid IN (SELECT sid FROM incomplete WHERE kind = 'Patient') AS lost FROM subject)
        WHERE has_birth OR lost"""
    )


def _sql(comparisons: tuple[Comparison, ...], years: str) -> str:
    checks = [f"{years} {_OPERATORS[c.operator]} {c.threshold!r}::DOUBLE" for c in comparisons]
    return f"coalesce({' AND '.join(checks) or 'true'}, false)"


def _holds(comparisons: tuple[Comparison, ...], years: int) -> bool:
    number = float(years)
    return all(_COMPARE[c.operator](number, c.threshold) for c in comparisons)


def _changes(condition: Condition, birth: str, years: str, today: str) -> str:
    """SQL: the first birthday after today on which this bound of the birth date answers otherwise."""
    last = max((int(c.threshold) + 1 for c in condition.comparisons), default=0)
    turning = [
        n
        for n in range(1, last + 1)
        if _holds(condition.comparisons, n) != _holds(condition.comparisons, n - 1)
    ]
    if not turning:
        return "NULL::DATE"
    # the answer flips at each turning age: the next one not yet reached is the first change
    cases = " ".join(f"WHEN {years} < {n} THEN {_birthday(birth, n)}" for n in turning)
    return f"(CASE {cases} END)"


def _birthday(birth: str, years: int) -> str:
    year = f"year({birth}) + {years}"
    leap = f"(({year}) % 4 = 0 AND (({year}) % 100 <> 0 OR ({year}) % 400 = 0))"
    return f"""(CASE WHEN {year} > 9999 THEN NULL WHEN month({birth}) = 2 AND day({birth}) = 29 AND NOT {leap}
        THEN make_date({year}, 3, 1) ELSE make_date({year}, month({birth}), day({birth})) END)"""
