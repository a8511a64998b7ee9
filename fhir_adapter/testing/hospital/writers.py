"""Owns the two ways a hospital hands over its records (Bulk Data NDJSON, Bundles), and the file of truths."""

from __future__ import annotations

import csv
import gzip as gzip_module
import io
import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.subject import Subject
from fhir_adapter.testing.hospital.systems import BASE_URL

TYPES = (
    *("Patient", "Condition", "Observation"),
    *("MedicationStatement", "MedicationRequest", "MedicationAdministration", "Medication"),
    *("AllergyIntolerance", "Immunization", "Procedure", "AdverseEvent", "ResearchSubject", "ResearchStudy"),
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_ndjson(
    folder: Path, subjects: Iterable[Subject], *, gzip: bool = False, files_per_type: int = 1
) -> None:
    """Write `Patient.000.ndjson`, `Condition.000.ndjson`, ...; all types always: no file means not pulled.

    With several files per type one patient's resources, and versions of one id, lie in different files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {
            kind: [stack.enter_context(_open(folder, kind, k, gzip)) for k in range(files_per_type)]
            for kind in TYPES
        }
        written = dict.fromkeys(TYPES, 0)
        for subject in subjects:
            for resource in subject.resources:
                kind = resource["resourceType"]
                files[kind][written[kind] % files_per_type].write(_encode(resource) + "\n")
                written[kind] += 1


def _open(folder: Path, kind: str, number: int, gzip: bool) -> IO[str]:
    path = folder / f"{kind}.{number:03d}.ndjson"
    if not gzip:
        return path.open("w", encoding="utf-8", newline="\n")
    # no file name and no time in the header: the same seed gives the same bytes
    packed = gzip_module.GzipFile(f"{path}.gz", "wb", compresslevel=1, mtime=0)
    return io.TextIOWrapper(packed, encoding="utf-8", newline="\n")


def write_bundles(folder: Path, subjects: Iterable[Subject]) -> None:
    """Write one transaction Bundle per subject, `<id>.json`, whose own references are urn:uuid."""
    folder.mkdir(parents=True, exist_ok=True)
    for subject in subjects:
        own = {f"{r['resourceType']}/{r['id']}": f"urn:uuid:{r['id']}" for r in subject.resources}
        entries = [
            {
                "fullUrl": own[f"{resource['resourceType']}/{resource['id']}"],
                "resource": _relinked(resource, own),
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for resource in subject.resources
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        (folder / f"{subject.id}.json").write_text(_encode(bundle) + "\n", encoding="utf-8")


def _relinked(element: Any, own: dict[str, str]) -> Any:
    """A copy whose references to resources of the same Bundle are their fullUrls."""
    if isinstance(element, list):
        return [_relinked(item, own) for item in element]
    if not isinstance(element, dict):
        return element
    answer: Resource = {key: _relinked(value, own) for key, value in element.items()}
    if isinstance(element.get("reference"), str):
        target = element["reference"].removeprefix(f"{BASE_URL}/").split("/_history/")[0]
        answer["reference"] = own.get(target, element["reference"])
    return answer


def write_truth(path: Path, subjects: Iterable[Subject]) -> None:
    """Write the answers each line must give as CSV: subject (`Patient/<id>`), line, truth, reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("subject", "line", "truth", "reason"))
        for subject in subjects:
            for line, (truth, reason) in subject.truth.items():
                rows.writerow((f"Patient/{subject.id}", line, str(truth), str(reason or "")))
