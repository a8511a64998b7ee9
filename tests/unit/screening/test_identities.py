"""Names are read from the newest version of each Patient, and only of those who are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fhir_adapter.landing import LandedFile, Landing
from fhir_adapter.model.identities import Identity
from fhir_adapter.screening import identities_of


def _patient(id_: str, name: str, **meta: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "meta": meta, "name": [{"text": name}]}


def _landing(folder: Path, *lines: str) -> Landing:
    path = folder / "Patient.ndjson"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    landing = Landing(root=folder)
    landing.pulled("Patient", LandedFile(path, "Patient", path.name))
    return landing


def _found(folder: Path, *patients: dict[str, Any]) -> dict[str, Identity]:
    return identities_of(_landing(folder, *map(json.dumps, patients)), ["Patient/1"])


def test_newest_version_counts_whatever_the_zone(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        _patient("1", "new", lastUpdated="2026-01-01T00:00:00Z", versionId="1"),
        _patient("1", "old", lastUpdated="2026-01-01T07:00:00+08:00", versionId="9"),
        _patient("2", "other"),
    )
    assert found == {"Patient/1": Identity("new")}


def test_version_is_a_number(tmp_path: Path) -> None:
    found = _found(tmp_path, _patient("1", "ten", versionId="10"), _patient("1", "nine", versionId="9"))
    assert found["Patient/1"].name == "ten"


def test_lines_that_are_no_patient_are_passed_over(tmp_path: Path) -> None:
    landing = _landing(tmp_path, '{"id":"1"', '{"resourceType":"Group","id":"1"}', "[]")
    assert identities_of(landing, ["Patient/1"]) == {}
