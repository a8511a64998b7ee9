"""Owns finding the names and record numbers of subjects in the input of a run: no out folder keeps them.

A list is useless without them and a research file must not have them, so they are read where they stand.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.landing import Landing
from fhir_adapter.model.dates import parse_datetime
from fhir_adapter.model.identities import Identity, identity_of
from fhir_adapter.screening.byte_search import lines_with

_UTC = ZoneInfo("UTC")


def identities_of(landing: Landing, subjects: Collection[str]) -> dict[str, Identity]:
    """By `Patient/id`, from the newest version of each; who is not found is not in it.

    Patients that stand among the lines of another type's file are not looked for.
    """
    wanted = {subject.removeprefix("Patient/") for subject in subjects}
    newest: dict[str, tuple[tuple[int, int, str], Identity]] = {}
    for file in landing.files_of("Patient"):
        for _, line in lines_with(file.path, (), wanted):
            patient = _patient(line)
            id_ = patient.get("id")
            if isinstance(id_, str) and id_ in wanted:
                version = _version(patient)
                if id_ not in newest or version > newest[id_][0]:
                    newest[id_] = (version, identity_of(patient))
    return {f"Patient/{id_}": identity for id_, (_, identity) in newest.items()}


def _patient(line: bytes) -> Mapping[str, Any]:
    """A line that may be no JSON at all: nothing has judged it yet."""
    try:
        node = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return node if isinstance(node, dict) and node.get("resourceType") == "Patient" else {}


def _version(patient: Mapping[str, Any]) -> tuple[int, int, str]:
    """What makes a version newer: lastUpdated, then versionId, as a number where it is one."""
    meta = patient.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    updated = parse_datetime(str(meta.get("lastUpdated")), _UTC)
    version = str(meta.get("versionId") or "")
    digits = version.lstrip("0") if version.isascii() and version.isdigit() else ""
    return (updated.high or 0) if updated else 0, len(digits), digits or version
