"""Owns dosages as DuckDB hands them over: as the raw dosages that model/ takes (medications._DOSAGE)."""

from __future__ import annotations

from typing import Any

from fhir_adapter.engines.duckdb.raw_results import codings_of, raw_amount
from fhir_adapter.model.readings import RawAmount, RawDosage

_RATES = ("rateQuantity", "rateRange", "rateRatio")


def raw_dosages(items: list[dict[str, Any]] | None) -> tuple[RawDosage, ...]:
    """Every Dosage of a MedicationStatement or MedicationRequest."""
    return tuple(_dosage(item) for item in items or [])


def _dosage(d: dict[str, Any]) -> RawDosage:
    amounts, other = _amounts(d["d"] or [])
    timing, route = d["k"] or {}, d["r"] or {}
    return RawDosage(
        as_needed=bool(d["a"]) or d["c"],
        frequency=d["f"],
        frequency_max=d["fm"],
        period=d["p"],
        period_max=d["pm"],
        period_unit=d["u"],
        days_of_week=tuple(day for day in d["w"] or [] if day is not None),
        times_of_day=(d["t"] or 0) + (d["h"] or 0),
        timing_codes=codings_of(timing),
        timing_text=timing.get("text"),
        events=bool(d["e"]),
        route=codings_of(route),
        route_text=route.get("text"),
        amounts=amounts,
        other_amount=other,
        bounds=d["b"],
    )


def _amounts(rates: list[dict[str, Any] | None]) -> tuple[tuple[RawAmount, ...], bool]:
    given = [rate for rate in rates if rate is not None]
    quantities = [rate["doseQuantity"] for rate in given if rate.get("doseQuantity") is not None]
    plain = [raw_amount(quantity) for quantity in quantities if not quantity.get("comparator")]
    other = (
        len(plain) < len(quantities)
        or any(rate.get("doseRange") is not None for rate in given)
        or any(rate.get(name) is not None for rate in given for name in _RATES)
    )
    return tuple(plain), other


def raw_administered(dosage: dict[str, Any] | None) -> RawDosage:
    """MedicationAdministration.dosage: what was given at one time."""
    given = dosage or {}
    route, dose = given.get("route") or {}, given.get("dose")
    exact = dose is not None and not dose.get("comparator")
    return RawDosage(
        route=codings_of(route),
        route_text=route.get("text"),
        amounts=(raw_amount(dose),) if exact else (),
        other_amount=(dose is not None and not exact)
        or any(given.get(name) is not None for name in ("rateQuantity", "rateRatio")),
    )
