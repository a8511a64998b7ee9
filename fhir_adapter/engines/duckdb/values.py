"""Owns reading values in bulk: numbers already in the canonical unit stay in SQL, every other distinct value is read once."""

from __future__ import annotations

from typing import Any

from fhir_adapter.engines.duckdb.run import PROPERTIES, Run, code_of
from fhir_adapter.model.inputs import QuantityInput
from fhir_adapter.model.quantity import read_value
from fhir_adapter.model.readings import RawValue
from fhir_adapter.model.truth import Reason

_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_UNITS = """u.input = r.input AND u.property = r.property AND u.unit = coalesce(r.quantity.unit, '')
    AND u.system = coalesce(r.quantity.system, '') AND u.code = coalesce(r.quantity.code, '')"""
_SLOW = "r.quick IS NULL AND s.key = {'i': r.input, 'p': r.property, 'q': r.quantity, 's': r.string, 'n': r.\"integer\", 'r': r.\"range\", 'o': r.other, 'a': r.absent}"
_KEY = _SLOW.split(" = ", 1)[1]


def read_values(run: Run) -> None:
    """Table `valued`: `result` with low, high, low_open, high_open, unread (a problem), value_flags, unit_used."""
    _read_units(run)
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE quick AS SELECT r.*, u.unit_used,
        CASE WHEN u.plain AND r.quantity.comparator IS NULL AND r.string IS NULL AND r."integer" IS NULL
            AND r."range" IS NULL AND NOT r.other AND NOT r.absent
            AND regexp_full_match(r.quantity."value", '{_NUMBER}')
            AND try_cast(r.quantity."value" AS DOUBLE) BETWEEN u.minimum AND u.maximum
            AND (NOT u.whole OR try_cast(r.quantity."value" AS DOUBLE) = floor(try_cast(r.quantity."value" AS DOUBLE)))
        THEN try_cast(r.quantity."value" AS DOUBLE) END AS quick,
        u.value_flags
        FROM result r LEFT JOIN unit_reading u ON {_UNITS}"""
    )
    run.run("DROP TABLE result")
    _read_others(run)
    run.run(
        f"""CREATE OR REPLACE TEMP TABLE valued AS SELECT
            r.* EXCLUDE (quantity, string, "integer", "range", other, absent, quick, unit_used, value_flags),
            coalesce(r.quick, s.low) AS low, coalesce(r.quick, s.high) AS high,
            coalesce(s.low_open, false) AS low_open, coalesce(s.high_open, false) AS high_open, s.problem AS unread,
            CASE WHEN r.quick IS NULL THEN s.flags ELSE r.value_flags END AS value_flags,
            CASE WHEN r.quick IS NULL THEN s.unit_used ELSE r.unit_used END AS unit_used,
            CASE WHEN s.problem = {code_of(Reason.UNIT_NOT_CONVERTIBLE)} THEN {{'system': coalesce(r.quantity.system, ''),
                'unit': coalesce(r.quantity.unit, r.quantity.code, '')}} END AS sent
        FROM quick r LEFT JOIN slow s ON {_SLOW}"""
    )
    run.run("DROP TABLE quick")


def _read_units(run: Run) -> None:
    """`unit_reading`: which (input, unit as sent) holds plain canonical numbers."""
    rows = []
    for number, prop, unit, system, code in run.rows(
        """SELECT DISTINCT input, property, coalesce(quantity.unit, ''), coalesce(quantity.system, ''),
        coalesce(quantity.code, '') FROM result WHERE quantity."value" IS NOT NULL"""
    ):
        of = run.inputs[number]
        assert isinstance(of, QuantityInput)  # noqa: S101  # only quantity inputs are matched to results
        rows.append(
            (
                number,
                prop,
                unit,
                system,
                code,
                *_plain(run, of, RawValue("1", None, unit, system, code), prop),
            )
        )
    run.table(
        "unit_reading",
        "input SMALLINT, property TINYINT, unit VARCHAR, system VARCHAR, code VARCHAR, plain BOOLEAN, unit_used VARCHAR, "
        "value_flags BIGINT, minimum DOUBLE, maximum DOUBLE, whole BOOLEAN",
        rows,
    )


def _plain(run: Run, of: QuantityInput, probe: RawValue, prop: int) -> tuple[Any, ...]:
    """Whether a number in this unit *is* the canonical value; limits as doubles (a double compares as its decimal)."""
    low = float(of.minimum) if of.minimum is not None else float("-inf")
    high = float(of.maximum) if of.maximum is not None else float("inf")
    reading = read_value(probe, of, run.given.definitions.site, PROPERTIES[prop] or None)
    factor = of.units.get(reading.unit_used or "")
    plain = (
        factor is not None
        and reading.problem != Reason.UNIT_NOT_CONVERTIBLE
        and factor.factor == 1
        and factor.offset == 0
        and factor.maximum is None
    )
    # the probe itself may lie outside the limits, and then carries no flags: such units take the slow way
    plain = plain and reading.problem is None
    return plain, reading.unit_used, run.flag_mask(reading.flags), low, high, of.whole


def _read_others(run: Run) -> None:
    """`slow`: each distinct value that is not a plain canonical number, read by model.quantity."""
    run.run(
        f"CREATE OR REPLACE TEMP TABLE other AS SELECT DISTINCT {_KEY} AS key FROM quick r WHERE quick IS NULL"
    )
    rows = []
    for n, (key,) in enumerate(run.rows("SELECT key FROM other ORDER BY rowid")):
        of = run.inputs[key["i"]]
        assert isinstance(of, QuantityInput)  # noqa: S101
        reading = read_value(_raw(key), of, run.given.definitions.site, PROPERTIES[key["p"]] or None)
        problem = code_of(reading.problem) if reading.problem is not None else None
        flags = run.flag_mask(reading.flags)
        rows.append(
            (
                n,
                reading.low,
                reading.high,
                reading.low_open,
                reading.high_open,
                problem,
                flags,
                reading.unit_used,
            )
        )
    run.table(
        "other_reading",
        "place BIGINT, low DOUBLE, high DOUBLE, low_open BOOLEAN, high_open BOOLEAN, problem SMALLINT, flags BIGINT, "
        "unit_used VARCHAR",
        rows,
    )
    run.run(
        "CREATE OR REPLACE TEMP TABLE slow AS SELECT o.key, x.* EXCLUDE (place) FROM other o JOIN other_reading x "
        "ON o.rowid = x.place"
    )


def _raw(key: dict[str, Any]) -> RawValue:
    quantity, between = key["q"] or {}, key["r"] or {}
    low, high = between.get("low") or {}, between.get("high") or {}
    return RawValue(
        quantity=quantity.get("value"),
        comparator=quantity.get("comparator"),
        unit=quantity.get("unit"),
        system=quantity.get("system"),
        code=quantity.get("code"),
        string=key["s"],
        integer=key["n"],
        range_low=low.get("value"),
        range_high=high.get("value"),
        range_low_unit=low["unit"] if low.get("unit") is not None else low.get("code"),
        range_high_unit=high["unit"] if high.get("unit") is not None else high.get("code"),
        other=key["o"],
        absent_reason=key["a"],
    )
