"""Owns nested elements as DuckDB hands them over: as the raw readings that model/ takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_adapter.model.readings import Coding, RawAmount, RawAnswer, RawRange


def codings_of(code: dict[str, Any] | None) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept."""
    items = (code or {}).get("coding") or []
    return tuple(Coding(c.get("system"), c.get("code"), c.get("display")) for c in items if c is not None)


def texts_of(concepts: Iterable[dict[str, Any] | None]) -> tuple[str, ...]:
    """The texts of CodeableConcepts."""
    return tuple(concept["text"] for concept in concepts if concept is not None and concept.get("text"))


def raw_amount(item: dict[str, Any] | None) -> RawAmount:
    """A Quantity."""
    given = item or {}
    return RawAmount(given.get("value"), given.get("unit"), given.get("system"), given.get("code"))


def raw_answer(key: dict[str, Any]) -> RawAnswer:
    """Everything that a coded result says (values.ANSWER_KEY)."""
    concept, quantity, said = key["c"], key["q"], key["t"] or []
    number = raw_amount(quantity) if quantity is not None else None
    if number is None and key["n"] is not None:
        number = RawAmount(key["n"])
    return RawAnswer(
        codings=codings_of(concept),
        text=(concept or {}).get("text"),
        string=key["s"],
        boolean=None if key["b"] is None else str(key["b"]).lower(),
        number=number,
        comparator=(quantity or {}).get("comparator"),
        interpretation=tuple(coding for item in said for coding in codings_of(item)),
        interpretation_texts=texts_of(said),
        ranges=tuple(raw_range(item) for item in key["r"] or [] if item is not None),
        other=key["m"],
        absent_reason=key["a"],
    )


def raw_range(item: dict[str, Any]) -> RawRange:
    """One Observation.referenceRange."""
    low, high, age = item["low"] or {}, item["high"] or {}, item["age"] or {}
    types = (item["type"] or {}).get("coding") or []
    applies = [a for a in item["appliesTo"] or [] if a is not None]
    return RawRange(
        low=low.get("value"),
        low_unit=_unit(low),
        high=high.get("value"),
        high_unit=_unit(high),
        type_codes=tuple(c["code"] for c in types if c is not None and c.get("code")),
        applies_to=tuple(
            Coding(c.get("system"), c.get("code"), c.get("display"))
            for a in applies
            for c in a.get("coding") or []
            if c is not None
        ),
        applies_text=tuple(a["text"] for a in applies if a.get("text")),
        age_low=(age.get("low") or {}).get("value"),
        age_low_unit=_unit(age.get("low")),
        age_high=(age.get("high") or {}).get("value"),
        age_high_unit=_unit(age.get("high")),
        text=item["text"],
    )


def _unit(quantity: dict[str, Any] | None) -> str | None:
    """The printed unit; where there is none, its code."""
    given = quantity or {}
    return given["unit"] if given.get("unit") is not None else given.get("code")
