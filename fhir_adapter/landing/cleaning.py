"""Owns the slow second look at one file: every line strictly, and against the structure the views need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fhir_adapter.landing import streams
from fhir_adapter.landing.blame import Where
from fhir_adapter.landing.intake import Intake
from fhir_adapter.landing.landed import LandedFile, Landing
from fhir_adapter.landing.pages import Page, check_pages
from fhir_adapter.landing.writing import Sorter, WorkFolder


def clean_lines(landing: Landing, file: LandedFile, shape: Mapping[str, Any], *, work: Path) -> LandedFile:
    """Copy the good lines of a file to a new one that takes its place; quarantine the others.

    Good lines of another type move to that type's files; they are judged when that type is read.
    """
    pages: list[Page] = []
    seen = 0
    with Sorter(landing, WorkFolder(work), file.origin) as sorter:
        intake = Intake(landing, sorter, pages, {file.resource_type: shape})
        for line in streams.lines(file.path):
            if line.raw.strip():
                seen += 1
                intake.line(line.raw, Where(file.origin, line.number, file.resource_type, line.whole))
        # Leaving the Sorter would append this file to its type; it takes the old one's place instead.
        new = sorter.detach(file.resource_type)
    if file.path in landing.split:
        # Its lines were counted when it was written, and again just now.
        landing.counts[file.resource_type] -= seen
    check_pages(pages, landing)
    landing.replace(file, new)
    return new
