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


def define_macros(run: Run) -> None:
    """`quick_low(text)`, `quick_high(text)`: instants of a full dateTime with zone or of a local day, else NULL."""
    zone = run.zone_sql
    full = "epoch_us(try_cast(t AS TIMESTAMPTZ))"
    for name, shift, less in (("quick_low", 0, 0), ("quick_high", 1, 1)):
        run.run(
            f"""CREATE OR REPLACE TEMP MACRO {name}(t) AS CASE
            WHEN length(t) = 10 AND regexp_full_match(t, {text_literal(_DAY)})
            THEN epoch_us((try_cast(t AS DATE) + {shift})::TIMESTAMP AT TIME ZONE {zone}) - {less}
            WHEN length(t) > 19 AND regexp_full_match(t, {text_literal(_FULL)}) THEN {full} END"""
        )
    run.run(
        f"CREATE OR REPLACE TEMP MACRO day_of(us) AS CAST(make_timestamptz(us) AT TIME ZONE {zone} AS DATE)"
    )
    run.run(
        "CREATE OR REPLACE TEMP MACRO unique_of(l) AS list_filter(l, lambda x, i: list_position(l, x) = i)"
    )
    run.table("spelled_time", "text VARCHAR, low BIGINT, high BIGINT, flags BIGINT", [])


def learn_times(run: Run, table: str, columns: Iterable[str]) -> None:
    """Read every text of `columns` that the macros do not know into `spelled_time` (unreadable ones have no row)."""
    distinct = " UNION ".join(
        f"SELECT {column} AS t FROM {table} WHERE {column} IS NOT NULL AND quick_low({column}) IS NULL"
        for column in columns
    )
    texts = run.rows(f"SELECT t FROM ({distinct}) WHERE t NOT IN (SELECT text FROM spelled_time)")
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
