"""Owns reading values in bulk: numbers already in the canonical unit stay in SQL, every other distinct value is read once."""

from __future__ import annotations

import json
from typing import Any

from fhir_adapter.engines.duckdb.raw_results import raw_answer
from fhir_adapter.engines.duckdb.run import PROPERTIES, Run, code_of
from fhir_adapter.model.answers import ANSWERS, AnswerReader
from fhir_adapter.model.inputs import AnswerInput, QuantityInput
from fhir_adapter.model.quantity import read_value
from fhir_adapter.model.readings import AnswerReading, RawValue, ValueReading
from fhir_adapter.model.truth import Reason

# Up to 11 digits, so that digits x numerator and 10^places x denominator are whole doubles: their quotient is then
# the double nearest to the exact product (IEEE division is correctly rounded), and no exact arithmetic is needed.
_SHORT = r"-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,4})?"
_LONG = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_LIMIT = 10_000
_TEXT = 'quantity."value"'
_DIGITS = f"CAST(replace({_TEXT}, '.', '') AS BIGINT)"
_PLACES = f"CASE WHEN contains({_TEXT}, '.') THEN length({_TEXT}) - strpos({_TEXT}, '.') ELSE 0 END"
_TENS = f"([1, 10, 100, 1000, 10000])[{_PLACES} + 1]"

NUMBER = f"""(CASE WHEN NOT plain OR quantity.comparator IS NOT NULL OR string IS NOT NULL OR "integer" IS NOT NULL
        OR "range" IS NOT NULL OR other OR absent THEN NULL
    WHEN numerator = 1 AND denominator = 1 AND regexp_full_match({_TEXT}, '{_LONG}') THEN try_cast({_TEXT} AS DOUBLE)
    WHEN regexp_full_match({_TEXT}, '{_SHORT}')
    THEN ({_DIGITS} * numerator)::DOUBLE / ({_TENS} * denominator)::DOUBLE END)"""
"""SQL: the canonical value of a number in a unit with a plain factor; NULL where it must be read."""

IS_POSSIBLE = (
    "isfinite(number) AND number BETWEEN minimum AND maximum AND (NOT whole OR number = floor(number))"
)
"""SQL: whether the input's limits allow `number`; those that they do not are read, for the reason."""

SLOW_KEY = """to_json({'i': input, 'p': property, 'q': quantity, 's': string, 'n': "integer", 'r': "range", 'o': other,
    'a': absent})::VARCHAR"""
"""SQL: everything that reading a value needs, as text: a nested column costs every row, few rows have one."""


ANSWER_KEY = """to_json({'i': input, 'q': quantity, 's': string, 'n': "integer", 'c': concept, 'b': "boolean",
    't': interpretation, 'r': reference_range, 'm': mute, 'a': absent})::VARCHAR"""
"""SQL: everything that reading a coded answer needs, as text."""

NO_UNIT = (False, None, 0, float("-inf"), float("inf"), False, 1, 1)
"""What `plain_unit` says of an answer: nothing of it is read in SQL."""


def plain_unit(run: Run, of: QuantityInput, sent: tuple[str, str, str], prop: int) -> tuple[Any, ...]:
    """How SQL may read numbers in the unit sent: plain or not, unit, flags, limits as doubles, whole, the factor."""
    unit, system, code = sent
    low = float(of.minimum) if of.minimum is not None else float("-inf")
    high = float(of.maximum) if of.maximum is not None else float("inf")
    reading = read_value(
        RawValue("1", None, unit, system, code), of, run.given.definitions.site, PROPERTIES[prop] or None
    )
    factor = of.units.get(reading.unit_used or "")
    # a probe beyond the limits of the input carries no flags: such units take the slow way
    plain = (
        reading.problem is None
        and factor is not None
        and factor.offset == 0
        and factor.maximum is None
        and 0 < factor.factor.numerator <= _LIMIT
        and factor.factor.denominator <= _LIMIT
    )
    ratio = (factor.factor.numerator, factor.factor.denominator) if plain and factor is not None else (1, 1)
    return plain, reading.unit_used, run.flag_mask(reading.flags), low, high, of.whole, *ratio


def settle_values(run: Run) -> None:
    """Read each distinct value that is not a plain canonical number, and fill the facts that wait for it."""
    run.run("CREATE OR REPLACE TABLE other AS SELECT DISTINCT key FROM fact WHERE key IS NOT NULL")
    rows: list[tuple[Any, ...]] = []
    answers = AnswerReader(run.given.definitions)
    for place, (text,) in enumerate(run.rows("SELECT key FROM other ORDER BY rowid")):
        key = json.loads(text)
        of = run.inputs[key["i"]]
        if isinstance(of, AnswerInput):
            rows.append((place, *_answer(answers.read(raw_answer(key), of))))
            continue
        assert isinstance(of, QuantityInput)  # noqa: S101  # only these two are matched to results
        reading = read_value(_raw(key), of, run.given.definitions.site, PROPERTIES[key["p"]] or None)
        rows.append((place, *_number(run, reading)))
    if not rows:
        return
    run.table(
        "other_reading",
        "place BIGINT, low DOUBLE, high DOUBLE, low_open BOOLEAN, high_open BOOLEAN, problem SMALLINT, flags BIGINT, "
        "unit_used VARCHAR",
        rows,
    )
    run.run(
        """UPDATE fact SET low = x.low, high = x.high, low_open = x.low_open, high_open = x.high_open,
            unread = x.problem, flags = fact.flags | x.flags, unit_used = x.unit_used
        FROM (SELECT w.fid, r.* EXCLUDE (place) FROM (SELECT rowid AS fid, key FROM fact WHERE key IS NOT NULL) w
            JOIN other o ON w.key = o.key JOIN other_reading r ON o.rowid = r.place) x
        WHERE fact.rowid = x.fid"""
    )


def _number(run: Run, reading: ValueReading) -> tuple[Any, ...]:
    problem = code_of(reading.problem) if reading.problem is not None else None
    ends = reading.low, reading.high, reading.low_open, reading.high_open
    return *ends, problem, run.flag_mask(reading.flags), reading.unit_used


def _answer(reading: AnswerReading) -> tuple[Any, ...]:
    """An answer as a number, its place in ANSWERS: so that it is compared like one."""
    number = float(ANSWERS.index(reading.answer)) if reading.answer is not None else None
    problem = code_of(reading.problem) if reading.problem is not None else None
    return number, number, False, False, problem, 0, None


def unread_units(run: Run) -> list[tuple[int, str, str, int]]:
    """(input, system, unit as sent, how many) of results of a known input whose unit could not be read."""
    rows = run.rows(
        f"""SELECT input, key, count(*) FROM fact WHERE problem = {code_of(Reason.UNIT_NOT_CONVERTIBLE)}
        GROUP BY ALL"""
    )
    found = []
    for number, text, how_many in rows:
        quantity = json.loads(text)["q"] or {}
        unit = quantity.get("unit")
        found.append(
            (
                number,
                quantity.get("system") or "",
                unit if unit is not None else quantity.get("code") or "",
                how_many,
            )
        )
    return found


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
