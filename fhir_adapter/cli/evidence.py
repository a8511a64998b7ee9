"""Owns the quotation of evidence: what the raw JSON says, in its own spelling."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fhir_adapter.cli.console import Terminal
from fhir_adapter.errors import LandingError
from fhir_adapter.landing import open_input, quote

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
_SPECIAL = frozenset(
    {"system", "code", "display", "text", "coding", "value", "unit", "comparator", "start", "end"}
)


def read_evidence(folder: Path, references: Iterable[str], terminal: Terminal) -> Mapping[str, str] | None:
    """The raw JSON by reference; None, with a note, where the input has gone."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        return {}
    try:
        with tempfile.TemporaryDirectory(prefix="fhir-adapter-") as work, terminal.progress() as tell:
            return quote(open_input(folder, work=Path(work), progress=tell), wanted)
    except LandingError:
        terminal.note("The input of this run is no longer where it was: the records cannot be quoted.")
        return None


def quoted_values(raw: str) -> tuple[str, ...]:
    """The deciding elements of a resource, one `element value` each, numbers as they were sent."""
    # parse_float: 3.20 must not become 3.2 in a quotation.
    resource = json.loads(raw, parse_float=str, parse_int=str)
    return tuple(_quoted(resource))


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
