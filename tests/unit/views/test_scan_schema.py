from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.views import Shape, UnsupportedViewError, compile_view, duckdb_type, merge_shapes


def shape(resource: str, *paths: str, **more: Any) -> Any:
    columns = [{"name": f"c{n}", "path": path, "collection": True} for n, path in enumerate(paths)]
    return compile_view({"resource": resource, "select": [{"column": columns}], **more}).shape


ALWAYS = {"resourceType": "string", "id": "string"}


def test_only_what_the_view_reads_is_scanned() -> None:
    assert shape("Patient", "id") == ALWAYS
    assert shape(
        "Patient", "name.where(use = 'official').given.first()", "multipleBirth.ofType(integer)"
    ) == {
        **ALWAYS,
        "name": [{"use": "string", "given": ["string"]}],
        "multipleBirthInteger": "number",
    }
    assert shape("Patient", "id", where=[{"path": "active"}]) == {**ALWAYS, "active": "boolean"}


def test_presence_alone_scans_no_elements() -> None:
    assert shape("Patient", "name.exists()", "maritalStatus.empty()") == {
        **ALWAYS,
        "name": [{}],
        "maritalStatus": {},
    }
    assert duckdb_type([{}]) == "JSON[]"


def test_what_repeat_walks_is_scanned_as_json_wherever_it_is_read() -> None:
    select = [
        {"column": [{"name": "first", "path": "item.first().linkId"}]},
        {"repeat": ["item"], "column": [{"name": "link", "path": "linkId"}]},
    ]
    assert compile_view({"resource": "Questionnaire", "select": select}).shape == {**ALWAYS, "item": "json"}


def test_scan_columns_are_a_duckdb_literal() -> None:
    view = compile_view(
        {"resource": "Patient", "select": [{"column": [{"name": "f", "path": "name.family.first()"}]}]}
    )
    assert view.scan_columns() == (
        "{'id': 'VARCHAR', 'name': 'STRUCT(\"family\" VARCHAR)[]', 'resourceType': 'VARCHAR'}"
    )
    assert (view.name, view.resource, view.columns) == ("Patient", "Patient", ("f",))


def test_duckdb_types() -> None:
    given: Shape = {"a": "number", "b": ["string"], "c": [{"d": "boolean"}], "e": "json"}
    assert duckdb_type(given) == 'STRUCT("a" DOUBLE, "b" VARCHAR[], "c" STRUCT("d" BOOLEAN)[], "e" JSON)'


def test_merged_shapes_serve_every_view() -> None:
    first: Shape = {"id": "string", "v": {"value": "number"}, "name": [{}]}
    second: Shape = {"v": {"value": "string", "unit": "string"}, "name": [{"family": "string"}]}
    merged = {"id": "string", "v": {"value": "string", "unit": "string"}, "name": [{"family": "string"}]}
    assert merge_shapes([first, second]) == merged
    assert merge_shapes([second, first]) == merged
    assert merge_shapes([first]) == first
    assert merge_shapes([]) == {}


def test_shapes_that_no_scan_can_serve_are_refused() -> None:
    with pytest.raises(UnsupportedViewError, match=r"item: .*JSON"):
        merge_shapes([{"item": "json"}, {"item": [{"linkId": "string"}]}])
