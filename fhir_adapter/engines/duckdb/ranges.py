"""Owns reading reference ranges in bulk: each distinct range (with sex and age only where the range asks) once."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.raw_results import raw_range
from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.model.inputs import QuantityInput
from fhir_adapter.model.ranges import read_ranges

_ASKS = """len([x FOR x IN v.reference_range IF x.age IS NOT NULL OR len(x."appliesTo") > 0]) > 0"""

YEARS = """(year({day}) - year({birth}) - CASE WHEN (month({day}), day({day})) < (month({birth}), day({birth}))
    THEN 1 ELSE 0 END)"""
"""Completed years in SQL; born on 29 February, one is a year older on 1 March where there is no 29 February."""


def read_reference_ranges(run: Run) -> None:
    """`range_reading`: the limits of normal of a row of `fact`, by its rowid."""
    wanted = [run.number(i.id) for i in run.quantities() if i.reference_range]
    inputs = ", ".join(str(n) for n in wanted) or "-1"
    today = f"DATE '{run.today.isoformat()}'"
    low_age = YEARS.format(day=today, birth="s.birth_high")
    high_age = YEARS.format(day=today, birth="s.birth_low")
    run.run(
        f"""CREATE OR REPLACE TABLE ranged AS SELECT v.rowid AS rid, {{'i': v.input, 'u': v.unit_used,
            'r': v.reference_range, 'g': CASE WHEN {_ASKS} THEN s.gender END,
            'l': CASE WHEN {_ASKS} AND s.birth_low <= {today} THEN {low_age} END,
            'h': CASE WHEN {_ASKS} AND s.birth_low <= {today} THEN {high_age} END}} AS key
        FROM fact v JOIN subject s USING (sid) WHERE v.input IN ({inputs}) AND len(v.reference_range) > 0"""
    )
    run.run("CREATE OR REPLACE TABLE range_key AS SELECT DISTINCT key FROM ranged")
    rows = []
    for n, (key,) in enumerate(run.rows("SELECT key FROM range_key ORDER BY rowid")):
        of = run.inputs[key["i"]]
        assert isinstance(of, QuantityInput)  # noqa: S101  # only quantity inputs have ranges
        ranges = [raw_range(item) for item in key["r"] if item is not None]
        reading = read_ranges(ranges, of, run.given.definitions.site, key["u"], key["g"], key["l"], key["h"])
        rows.append((n, reading.uln, reading.uln_high, reading.lln))
    run.table("range_value", "place BIGINT, uln DOUBLE, uln_high DOUBLE, lln DOUBLE", rows)
    run.run(
        """CREATE OR REPLACE TABLE range_reading AS SELECT r.rid, x.uln, x.uln_high, x.lln
        FROM ranged r JOIN range_key k ON r.key = k.key JOIN range_value x ON k.rowid = x.place"""
    )
