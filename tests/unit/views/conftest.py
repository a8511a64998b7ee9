"""Runs a view over resources given in the test, as the product does: typed scan of NDJSON, then SQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest

from fhir_adapter.views import compile_view

Row: TypeAlias = dict[str, Any]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., list[Row]]:
    def run_view(view: Row, *resources: Row) -> list[Row]:
        compiled = compile_view(view)
        file = tmp_path / "resources.ndjson"
        file.write_text("".join(json.dumps(resource) + "\n" for resource in resources), encoding="utf-8")
        scan = f"read_ndjson('{file}', columns={compiled.scan_columns()})"
        with duckdb.connect() as connection:
            result = connection.execute(compiled.sql(scan))
            names = tuple(column[0] for column in result.description or [])
            assert names == compiled.columns
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return run_view


@pytest.fixture
def values(run: Callable[..., list[Row]]) -> Callable[..., list[Any]]:
    """All values of one path, in each resource."""

    def values_of(path: str, *resources: Row, **more: Any) -> list[Any]:
        column = {"name": "v", "path": path, "collection": True}
        view = {"resource": resources[0]["resourceType"], "select": [{"column": [column]}], **more}
        return [row["v"] for row in run(view, *resources)]

    return values_of
