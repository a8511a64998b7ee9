"""Owns the DuckDB connection: bounded memory, a spill folder of its own, nothing fetched from anywhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from fhir_adapter.errors import SettingsError

DEFAULT_MEMORY = "1GB"


def is_tight(memory: str) -> bool:
    """Whether so little memory is given that steps should not run side by side."""
    return _megabytes(memory) < TIGHT_MB


def _megabytes(memory: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+) ?([KMGT])i?B", memory).groups()  # type: ignore[union-attr]  # checked by connect
    return float(number) * {"K": 1e-3, "M": 1, "G": 1e3, "T": 1e6}[unit]


TIGHT_MB = 600
LEAST_MB = 200


def connect(
    work: Path, memory: str = DEFAULT_MEMORY, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that spills under `work` when it passes `memory` (such as "300MB").

    Raises SettingsError when `memory` is no size.
    """
    if not re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)? ?([KMGT]i?B)", memory):
        raise SettingsError(f"--memory {memory!r} is no size: write it as 300MB or 2GB")
    if _megabytes(memory) < LEAST_MB:
        raise SettingsError(
            f"--memory {memory} is too little to read one large resource: give at least {LEAST_MB}MB"
        )
    spill = work / "spill"
    spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    con = duckdb.connect(
        config={
            "memory_limit": memory,
            "temp_directory": str(spill),
            "threads": str(threads or len(os.sched_getaffinity(0))),
            "preserve_insertion_order": "false",
            # a hospital's machine cannot download, and must not try
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    return con
