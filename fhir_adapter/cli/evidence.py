"""Owns the quotation of evidence: what the raw JSON says, in its own spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

# What can decide a line. Names, addresses and numbers of the patient are not among it.
_ELEMENTS = (
    "status",
    "clinicalStatus",
    "verificationStatus",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "code",
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "abatementDateTime",
    "abatementPeriod",
    "recordedDate",
    "issued",
    "dataAbsentReason",
    "referenceRange",
    "note",
)
_CHOICES = ("value", "onset", "abatement", "effective")
_COMPONENT = re.compile(r"component\[([0-9]+)\]")
_SPECIAL = frozenset(
    {"system", "code", "display", "text", "coding", "value", "unit", "comparator", "start", "end"}
)


def quoted_values(raw: str) -> tuple[str, ...]:
    """The deciding elements of a resource, one `element value` each, numbers as they were sent."""
    return tuple(_quoted(_parsed(raw)))


def value_as_sent(raw: str, element: str) -> str | None:
    """value[x] of a resource, or of its `component[0]`."""
    node = _parsed(raw)
    component = _COMPONENT.fullmatch(element)
    if component:
        node = node["component"][int(component[1])]
    return ", ".join(_text(value) for name, value in node.items() if name.startswith("value")) or None


def status_as_sent(raw: str) -> str:
    """The status of a result, the verification status of a diagnosis; "" where there is none."""
    node = _parsed(raw)
    verified = node.get("verificationStatus")
    codings = _listed(verified.get("coding")) if isinstance(verified, dict) else []
    codes = (coding.get("code") for coding in codings if isinstance(coding, dict))
    status = next((code for code in codes if code), node.get("status"))
    return status if isinstance(status, str) else ""


def _parsed(raw: str) -> dict[str, Any]:
    # parse_float: 3.20 must not become 3.2 in a quotation.
    resource: dict[str, Any] = json.loads(raw, parse_float=str, parse_int=str)
    return resource


def _quoted(node: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    known = [name for name in _ELEMENTS if name in node]
    choices = [name for name in node if name not in known and name.startswith(_CHOICES)]
    # The value stands directly behind the code: that is how a result is read.
    place = known.index("code") + 1 if "code" in known else 0
    for name in (*known[:place], *choices, *known[place:]):
        yield f"{prefix}{name} {_text(node[name])}"
    for number, component in enumerate(node.get("component") or ()):
        if isinstance(component, dict):
            yield from _quoted(component, f"{prefix}component[{number}].")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(filter(None, (_coded(value), _measured(value), _timed(value), _rest(value))))


def _coded(value: Mapping[str, Any]) -> str:
    """A CodeableConcept, or a Coding; the code of a Quantity stands with its unit."""
    codings = [coding for coding in _listed(value.get("coding")) if isinstance(coding, dict)]
    parts = [_coding(coding) for coding in codings]
    if "value" not in value and "code" in value:
        parts.append(_coding(value))
    if value.get("text"):
        parts.append(f"“{value['text']}”")
    return "; ".join(parts)


def _coding(coding: Mapping[str, Any]) -> str:
    code = "|".join(str(coding[key]) for key in ("system", "code") if coding.get(key))
    return " ".join(filter(None, (code, str(coding.get("display") or ""))))


def _measured(value: Mapping[str, Any]) -> str:
    """A Quantity: comparator, number, unit, and its code where that says something else."""
    if "value" not in value:
        return ""
    unit, code = value.get("unit"), value.get("code")
    also = f"[{code}]" if code and code != unit else ""
    return " ".join(str(part) for part in (value.get("comparator"), value["value"], unit, also) if part)


def _timed(value: Mapping[str, Any]) -> str:
    if not ("start" in value or "end" in value):
        return ""
    return f"{value.get('start', '…')} to {value.get('end', '…')}"


def _rest(value: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_text(found)}" for name, found in value.items() if name not in _SPECIAL)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
