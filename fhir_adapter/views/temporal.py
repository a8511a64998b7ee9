"""Owns comparison and boundaries of partial dates and times (https://hl7.org/fhirpath/N1/#comparison).

Values of different precision, of which one lies within the other, compare to empty, never to a guess.
"""

from __future__ import annotations

from fhir_adapter.views.refusal import UnsupportedViewError

_ZONED = r"'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'"
_CALENDAR = "'^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'"
_SECONDS = r"'^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?$'"
_MINUTES = r"'^[0-9]{2}:[0-9]{2}$'"


def compare(left: str, operator: str, right: str, kind: str) -> str:
    if kind == "time":
        return (
            f"(CASE WHEN {_both(left, right, _SECONDS)} "
            f"THEN try_cast({left} AS TIME) {operator} try_cast({right} AS TIME) "
            f"WHEN {_both(left, right, _MINUTES)} THEN {left} {operator} {right} END)"
        )
    return _compare_dates(left, operator, right)


def _compare_dates(left: str, operator: str, right: str) -> str:
    common = f"least(length({left}), length({right}))"
    starts = [f"left({side}, {common})" for side in (left, right)]
    return (
        f"(CASE WHEN {_both(left, right, _ZONED)} "
        f"THEN try_cast({left} AS TIMESTAMPTZ) {operator} try_cast({right} AS TIMESTAMPTZ) "
        f"WHEN {_both(left, right, _CALENDAR)} "
        f"AND (length({left}) = length({right}) OR {starts[0]} <> {starts[1]}) "
        f"THEN {starts[0]} {operator} {starts[1]} "
        f"WHEN regexp_matches({left}, {_ZONED}) <> regexp_matches({right}, {_ZONED}) "
        f"THEN {_compare_apart(left, operator, right)} END)"
    )


def _compare_apart(left: str, operator: str, right: str) -> str:
    """A date and a moment: decided only where they lie apart in every time zone."""
    ends = {
        (side, high): f"try_cast({_date_time(side, high)} AS TIMESTAMPTZ)"
        for side in (left, right)
        for high in (False, True)
    }
    before, after = operator in {"<", "<=", "<>"}, operator in {">", ">=", "<>"}
    return (
        f"CASE WHEN {ends[left, True]} < {ends[right, False]} THEN {str(before).lower()} "
        f"WHEN {ends[left, False]} > {ends[right, True]} THEN {str(after).lower()} END"
    )


def _both(left: str, right: str, pattern: str) -> str:
    return f"regexp_matches({left}, {pattern}) AND regexp_matches({right}, {pattern})"


def boundary(value: str, type_name: str, high: bool) -> str:
    """The first or last moment (or number) that a partial value can stand for."""
    if type_name == "decimal":
        return _decimal(value, high)
    if type_name == "time":
        return _time(value, high)
    if type_name == "date":
        return f"strftime({_day(value, high)}, '%Y-%m-%d')"
    if type_name in {"dateTime", "instant"}:
        return _date_time(value, high)
    name = "highBoundary()" if high else "lowBoundary()"
    raise UnsupportedViewError(f"{name} of type {type_name or 'nothing'} is not supported")


def _day(value: str, high: bool) -> str:
    low = f"try_cast(left({value} || '-01-01', 10) AS DATE)"
    last = f"last_day({low})" if high else low
    year = f"try_cast({value} || '-12-31' AS DATE)" if high else low
    return (
        f"(CASE WHEN regexp_matches({value}, {_CALENDAR}) THEN CASE length({value}) "
        f"WHEN 4 THEN {year} WHEN 7 THEN {last} ELSE {low} END END)"
    )


def _date_time(value: str, high: bool) -> str:
    """A missing zone is the earliest or latest one on earth: +14:00 or -12:00."""
    rest = "T23:59:59.999-12:00" if high else "T00:00:00.000+14:00"
    millis = ".999" if high else ".000"
    to_seconds, fraction, zone = (
        f"left({value}, 19)",
        f"regexp_extract({value}, '\\.[0-9]+')",
        f"regexp_extract({value}, '(Z|[+-][0-9]{{2}}:[0-9]{{2}})$')",
    )
    return (
        f"(CASE WHEN regexp_matches({value}, {_ZONED}) "
        f"THEN {to_seconds} || {fraction} || substr('{millis}', length({fraction}) + 1) || {zone} "
        f"ELSE strftime({_day(value, high)}, '%Y-%m-%d') || '{rest}' END)"
    )


def _time(value: str, high: bool) -> str:
    seconds, millis = ("59", ".999") if high else ("00", ".000")
    whole = f"(CASE WHEN regexp_matches({value}, {_MINUTES}) THEN {value} || ':{seconds}' ELSE {value} END)"
    return (
        f"(CASE WHEN regexp_matches({whole}, {_SECONDS}) "
        f"THEN {whole} || substr('{millis}', length({whole}) - 7) END)"
    )


def _decimal(value: str, high: bool) -> str:
    """Half a unit of the last digit away; a JSON number means its shortest decimal, so 5.10 has one digit."""
    written = f"CAST({value} AS VARCHAR)"
    scale = f"(10.0::DOUBLE ^ (length(regexp_extract({written}, '\\.([0-9]+)$', 1)) + 1))"
    half = "+ 5" if high else "- 5"
    plain = f"regexp_matches({written}, '^-?[0-9]+(\\.[0-9]+)?$')"
    return f"(CASE WHEN {plain} THEN (round(CAST({value} AS DOUBLE) * {scale}) {half}) / {scale} END)"
