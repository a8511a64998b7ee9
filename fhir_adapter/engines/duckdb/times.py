"""Owns reading FHIR dates in bulk: the two usual spellings in SQL, every other distinct text by model.dates."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.dates import parse_datetime

_YEAR = r"([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_FULL = (
    _YEAR + r"-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
)
_DAY = _YEAR + r"-[0-9]{2}-[0-9]{2}"

_BRACED = {"{": "{{", "}": "}}"}


def _for_format(pattern: str) -> str:
    return text_literal("".join(_BRACED.get(letter, letter) for letter in pattern))


FULL = (
    f"(CASE WHEN length({{t}}) > 19 AND regexp_full_match({{t}}, {_for_format(_FULL)}) "
    "THEN epoch_us(try_cast({t} AS TIMESTAMPTZ)) END)"
)
"""SQL template: the instant of a full dateTime with zone, else NULL."""

DAY = (
    f"(CASE WHEN length({{t}}) = 10 AND regexp_full_match({{t}}, {_for_format(_DAY)}) "
    "THEN try_cast({t} AS DATE) END)"
)
"""SQL template: the day that a date names, else NULL."""

ALL_OF_DAY = "epoch_us((day + 1)::TIMESTAMP AT TIME ZONE {zone}) - 1"
"""SQL template: the last instant of `day`."""


def define_macros(run: Run) -> None:
    """`quick_low(text)`, `quick_high(text)`: instants of the usual spellings; `day_of(instant)`; `unique_of(list)`."""
    zone = run.zone_sql
    for name, shift in (("quick_low", 0), ("quick_high", 1)):
        run.run(
            f"""CREATE OR REPLACE MACRO {name}(t) AS coalesce({FULL.format(t="t")},
            epoch_us(({DAY.format(t="t")} + {shift})::TIMESTAMP AT TIME ZONE {zone}) - {shift})"""
        )
    run.run(f"CREATE OR REPLACE MACRO day_of(us) AS CAST(make_timestamptz(us) AT TIME ZONE {zone} AS DATE)")
    run.run(
        """CREATE OR REPLACE MACRO years_later(d, n) AS CASE
            WHEN month(d) = 2 AND day(d) = 29 AND NOT ((year(d) + n) % 4 = 0 AND ((year(d) + n) % 100 <> 0 OR (year(d) + n) % 400 = 0))
            THEN make_date(year(d) + n, 3, 1)
            -- 29 February less so many years is 1 March: what began then is left behind a day earlier
            WHEN month(d) = 3 AND day(d) = 1 AND (year(d) + n) % 4 = 0 AND ((year(d) + n) % 100 <> 0 OR (year(d) + n) % 400 = 0)
                AND NOT (year(d) % 4 = 0 AND (year(d) % 100 <> 0 OR year(d) % 400 = 0)) THEN make_date(year(d) + n, 2, 29)
            WHEN year(d) + n <= 9999 THEN make_date(year(d) + n, month(d), day(d)) END"""
    )
    run.run("CREATE OR REPLACE MACRO unique_of(l) AS list_filter(l, lambda x, i: list_position(l, x) = i)")
    run.table("spelled_time", "text VARCHAR, low BIGINT, high BIGINT, flags BIGINT", [])


def learn_times(run: Run, table: str, columns: Iterable[str]) -> None:
    """Read every text of `columns` that the macros do not know into `spelled_time` (unreadable ones have no row)."""
    with run.lock:  # a text must be learnt once, or joins would double rows
        distinct = " UNION ".join(
            f"SELECT {column} AS t FROM {table} WHERE {column} IS NOT NULL AND quick_low({column}) IS NULL"
            for column in columns
        )
        texts = run.rows(
            f"SELECT DISTINCT t FROM ({distinct}) WHERE t NOT IN (SELECT text FROM spelled_time)"
        )
        known = [(text, parse_datetime(text, run.zone)) for (text,) in texts]
        rows = [
            (text, found.low, found.high, run.flag_mask(found.flags))
            for text, found in known
            if found is not None
        ]
        if rows:
            run.run(
                "INSERT INTO spelled_time SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), "
                "unnest(?::BIGINT[])",
                [list(column) for column in zip(*rows, strict=True)],
            )


def settle_times(run: Run) -> None:
    """Fill the times of facts whose effective time is spelled otherwise, unreadable or missing (`issued` bounds them)."""
    waiting = "start_low IS NULL"
    if not run.value(f"SELECT count(*) FROM fact WHERE {waiting}"):
        return
    run.run(
        f"CREATE OR REPLACE TABLE untimed AS SELECT rowid AS fid, odd_when, issued_text FROM fact WHERE {waiting}"
    )
    learn_times(run, "untimed", ["odd_when", "issued_text"])
    run.run(
        f"""UPDATE fact SET start_low = x.low, start_high = x.high, day_low = day_of(x.low), day_high = day_of(x.high),
            flags = fact.flags | x.flags
        FROM (SELECT u.fid, w.low, coalesce(w.high, quick_high(u.issued_text), i.high) AS high,
                CASE WHEN w.text IS NOT NULL THEN w.flags
                    ELSE {run.flag_bit("no-effective")} | coalesce(i.flags, 0) END AS flags
            FROM untimed u LEFT JOIN spelled_time w ON u.odd_when = w.text
            LEFT JOIN spelled_time i ON u.issued_text = i.text) x
        WHERE fact.rowid = x.fid"""
    )
    run.run("DROP TABLE untimed")
