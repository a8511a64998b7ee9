"""Owns running a whole screening of a folder into an out folder, and reading what it wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fhir_adapter.testing.hospital import SITE
from fhir_adapter.workflows import ScreenRequest, ScreenSummary, screen
from tests.screened import AS_OF, TRIAL

ANSWERS = ("verdicts.ndjson", "subjects.ndjson", "scores.ndjson")


def site_folder(folder: Path) -> Path:
    """A definitions folder with the synthetic hospital's site, as the hospital would write it down."""
    site = folder / "sites" / SITE.id
    site.mkdir(parents=True)
    systems = "".join(f'"{uri}" = "{name}"\n' for uri, name in SITE.systems.items())
    bases = json.dumps(list(SITE.base_urls))
    (site / "site.toml").write_text(
        f'title = "{SITE.title}"\ntime_zone = "{SITE.time_zone}"\nbase_urls = {bases}\n\n[systems]\n{systems}',
        encoding="utf-8",
    )
    rows = [
        f"{system},{code},,{to_system},{to_code},equivalent,"
        for (system, code), targets in SITE.code_maps.items()
        for to_system, to_code in targets
    ]
    header = "source_system,source_code,source_display,target_system,target_code,equivalence,note"
    (site / "codes.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def run(
    input_folder: Path, out: Path, *, engine: str = "duckdb", trial: str = TRIAL, **more: Any
) -> ScreenSummary:
    """Screen as a front door does."""
    return screen(ScreenRequest(input_folder, trial, out, as_of=AS_OF, engine=engine, **more))


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of an NDJSON file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def verdicts(out: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What verdicts.ndjson says, by subject and line."""
    return {(row["subject"], row["criterion"]): row for row in lines(out / "verdicts.ndjson")}


def answers(out: Path) -> dict[str, bytes]:
    """The bytes of the three files that hold answers."""
    return {name: (out / name).read_bytes() for name in ANSWERS}
