"""Owns value[x] and the reference ranges of a result, as text for the readers of model/ (semantics §3)."""

from __future__ import annotations

from fhir_adapter.engines.reference.elements import Node, codings, first_leaf, leaf, number, part, parts
from fhir_adapter.model.readings import RawAmount, RawAnswer, RawRange, RawValue

_OTHER_VALUES = (
    "valueCodeableConcept",
    "valueBoolean",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
)
_NO_ANSWERS = (
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
)


def raw_value(result: Node) -> RawValue:
    """value[x] of a result as it stands in the JSON."""
    quantity, spread = part(result, "valueQuantity"), part(result, "valueRange")
    return RawValue(
        quantity=number(quantity, "value"),
        comparator=leaf(quantity, "comparator"),
        unit=leaf(quantity, "unit"),
        system=leaf(quantity, "system"),
        code=leaf(quantity, "code"),
        string=leaf(result, "valueString"),
        integer=number(result, "valueInteger"),
        range_low=number(spread, "low", "value"),
        range_high=number(spread, "high", "value"),
        range_low_unit=_unit(part(spread, "low")),
        range_high_unit=_unit(part(spread, "high")),
        other=any(result.get(name) is not None for name in _OTHER_VALUES) or _is_empty(result),
        absent_reason=result.get("dataAbsentReason") is not None,
    )


def _is_empty(result: Node) -> bool:
    """Whether a value[x] is there that holds no number, and nothing says that the value is absent."""
    if result.get("dataAbsentReason") is not None:
        return False
    quantity, spread = result.get("valueQuantity"), result.get("valueRange")
    ends = (number(part(result, "valueRange", end), "value") for end in ("low", "high"))
    return (isinstance(quantity, dict) and number(quantity, "value") is None) or (
        isinstance(spread, dict) and all(end is None for end in ends)
    )


def raw_range(one: Node) -> RawRange:
    """One referenceRange as it stands in the JSON."""
    applies = parts(one, "appliesTo")
    return RawRange(
        low=number(one, "low", "value"),
        low_unit=_unit(part(one, "low")),
        high=number(one, "high", "value"),
        high_unit=_unit(part(one, "high")),
        type_codes=tuple(coding.code for coding in codings(part(one, "type")) if coding.code is not None),
        applies_to=tuple(coding for concept in applies for coding in codings(concept)),
        applies_text=tuple(text for concept in applies if (text := leaf(concept, "text")) is not None),
        age_low=number(one, "age", "low", "value"),
        age_low_unit=_unit(part(one, "age", "low")),
        age_high=number(one, "age", "high", "value"),
        age_high_unit=_unit(part(one, "age", "high")),
        text=leaf(one, "text"),
    )


def _unit(quantity: Node) -> str | None:
    return first_leaf(quantity, ("unit",), ("code",))


def raw_answer(result: Node) -> RawAnswer:
    """What a coded result says: its value, its interpretation and its own ranges."""
    concept, interpreted = part(result, "valueCodeableConcept"), parts(result, "interpretation")
    has_quantity = isinstance(result.get("valueQuantity"), dict)
    quantity = raw_amount(part(result, "valueQuantity"))
    integer = number(result, "valueInteger")
    given = quantity if has_quantity else RawAmount(value=integer) if integer is not None else None
    return RawAnswer(
        codings=codings(concept),
        text=leaf(concept, "text"),
        string=leaf(result, "valueString"),
        boolean=leaf(result, "valueBoolean"),
        number=given if given is not None and given.value is not None else None,
        comparator=leaf(result, "valueQuantity", "comparator"),
        interpretation=tuple(coding for one in interpreted for coding in codings(one)),
        interpretation_texts=tuple(text for one in interpreted if (text := leaf(one, "text")) is not None),
        ranges=tuple(raw_range(one) for one in parts(result, "referenceRange")),
        other=any(result.get(name) is not None for name in _NO_ANSWERS) or _is_empty(result),
        absent_reason=result.get("dataAbsentReason") is not None,
    )


def raw_amount(quantity: Node) -> RawAmount:
    """A Quantity as text."""
    return RawAmount(
        value=number(quantity, "value"),
        unit=leaf(quantity, "unit"),
        system=leaf(quantity, "system"),
        code=leaf(quantity, "code"),
    )
