"""HL7's validator, offline: what the cases write is valid R4, and the validator does refuse what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interop.hapi_process import HapiUnavailable, validate
from tests.interop.making import (
    adverse_event,
    enrolment,
    identifier,
    observation,
    patient,
    provenance,
    quantity,
    study,
)
from tests.interop.target import Resource

pytestmark = pytest.mark.interop

VALID = (
    patient("t", identifier=identifier("1"), gender="female", birthDate="1970"),
    observation("t", "Patient/1", valueQuantity=quantity(5)),
    study("t"),
    enrolment("t", "Patient/1", "ResearchStudy/1"),
    adverse_event("t", "Patient/1"),
    provenance("t", "Observation/1/_history/1"),
)
INVALID = (
    observation("t", "Patient/1", status=None),
    observation("t", "Patient/1", status="nonsense"),
    {**patient("t"), "favouriteColour": "blue"},
    patient("t", birthDate="2024-13-01"),
)


def checked(tmp_path: Path, rows: tuple[Resource, ...]) -> tuple[int, list[str]]:
    """The validator's exit status and its lines."""
    file = tmp_path / "rows.ndjson"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    try:
        done = validate([file])
    except HapiUnavailable as error:
        pytest.exit(f"the validator cannot run: {error}", returncode=1)
    return done.returncode, done.stdout.splitlines()


def test_only_what_is_not_valid_is_refused(tmp_path: Path) -> None:
    status, lines = checked(tmp_path, VALID + INVALID)
    assert status == 1
    refused = range(len(VALID) + 1, len(VALID) + len(INVALID) + 1)
    assert {int(line.split(":")[1]) for line in lines} == set(refused)


def test_valid_resources_are_a_success(tmp_path: Path) -> None:
    assert checked(tmp_path, VALID[:1]) == (0, [])


def test_nothing_looked_at_is_no_success(tmp_path: Path) -> None:
    assert checked(tmp_path, ())[0] == 2
