"""Owns Dosages as text for model/dosage.py (docs/semantics.md §8, *Dose* and *Route*)."""

from __future__ import annotations

from typing import Any

from fhir_adapter.engines.reference.elements import Node, codings, leaf, leaf_text, number, part, parts
from fhir_adapter.engines.reference.values import raw_amount
from fhir_adapter.model.readings import RawAmount, RawDosage

_OTHER_AMOUNTS = ("doseRange", "rateRatio", "rateRange", "rateQuantity")
_QUANTITY = ("comparator", "value", "unit", "system", "code")
_BOUNDS = {
    "boundsPeriod": (("start",), ("end",)),
    "boundsDuration": tuple((name,) for name in _QUANTITY),
    "boundsRange": tuple((end, name) for end in ("low", "high") for name in _QUANTITY),
}


def raw_dosage(dosage: Node) -> RawDosage:
    """One Dosage of a Statement or Request."""
    repeat, code = part(dosage, "timing", "repeat"), part(dosage, "timing", "code")
    rates = parts(dosage, "doseAndRate")
    amounts = [_amount(one, "doseQuantity") for one in rates if one.get("doseQuantity") is not None]
    others = any(one.get(name) is not None for one in rates for name in _OTHER_AMOUNTS)
    return RawDosage(
        as_needed=leaf(dosage, "asNeededBoolean") == "true"
        or isinstance(dosage.get("asNeededCodeableConcept"), dict),
        frequency=number(repeat, "frequency"),
        frequency_max=number(repeat, "frequencyMax"),
        period=number(repeat, "period"),
        period_max=number(repeat, "periodMax"),
        period_unit=leaf(repeat, "periodUnit"),
        days_of_week=tuple(leaf_text(one) or "" for one in _list(repeat, "dayOfWeek")),
        times_of_day=len(_list(repeat, "timeOfDay")) + len(_list(repeat, "when")),
        timing_codes=codings(code),
        timing_text=leaf(code, "text"),
        events=bool(_list(part(dosage, "timing"), "event")) or repeat.get("count") is not None,
        route=codings(part(dosage, "route")),
        route_text=leaf(dosage, "route", "text"),
        amounts=tuple(amount for amount in amounts if amount is not None),
        other_amount=others or None in amounts,
        bounds=bounds_of(dosage),
    )


def raw_administration(dosage: Node) -> RawDosage:
    """The dosage of an Administration: what was given once."""
    amount = _amount(dosage, "dose") if dosage.get("dose") is not None else None
    others = any(dosage.get(name) is not None for name in _OTHER_AMOUNTS)
    return RawDosage(
        route=codings(part(dosage, "route")),
        route_text=leaf(dosage, "route", "text"),
        amounts=(amount,) if amount is not None else (),
        other_amount=others or (amount is None and dosage.get("dose") is not None),
    )


def bounds_of(dosage: Node) -> str:
    """bounds[x] of a Dosage as a text that is equal where the bounds are; "" for none."""
    repeat = part(dosage, "timing", "repeat")
    return ";".join(
        f"{name}={'|'.join(leaf(repeat, name, *path) or '' for path in paths)}"
        for name, paths in _BOUNDS.items()
        if repeat.get(name) is not None
    )


def _amount(node: Node, name: str) -> RawAmount | None:
    """A Quantity that is exactly one number; None: it is unreadable, or `<` or `>` something."""
    amount = raw_amount(part(node, name))
    return amount if amount.value is not None and leaf(node, name, "comparator") is None else None


def _list(node: Node, name: str) -> list[Any]:
    entries = node.get(name)
    return [entry for entry in entries if entry is not None] if isinstance(entries, list) else []
