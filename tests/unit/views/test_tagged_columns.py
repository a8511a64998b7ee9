from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from fhir_adapter.views import compile_view

Run = Callable[..., list[dict[str, Any]]]

LAB = {
    "resourceType": "Observation",
    "id": "1",
    "status": "final",
    "code": {"coding": [{"system": "s", "code": "c", "display": "d", "version": "9"}], "text": "t"},
    "category": [{"coding": [{"code": "a"}]}, {"coding": [{"code": "b"}]}],
    "valueQuantity": {"value": 5.25, "unit": "mg/L", "code": "mg/L"},
    "referenceRange": [{"low": {"value": 1}, "high": {"value": 10.5, "unit": "mg/L"}}],
}
BARE = {"resourceType": "Observation", "id": "2"}


def column(name: str, path: str, elements: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "tag": [{"name": "fhir-adapter/elements", "value": elements}], **more}


def observations(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resource": "Observation", "select": [{"column": list(columns), **more}]}


def test_lists_of_structs_hold_the_named_elements_only(run: Run) -> None:
    view = observations(column("coding", "code.coding", "system code display", collection=True))
    assert run(view, LAB, BARE) == [
        {"coding": [{"code": "c", "display": "d", "system": "s"}]},
        {"coding": None},
    ]


def test_numbers_in_structs_are_text(run: Run) -> None:
    view = observations(
        column("value", "value.ofType(Quantity)", "value unit"),
        column("range", "referenceRange", "low.value high.value", collection=True),
    )
    assert run(view, LAB, BARE) == [
        {
            "value": {"unit": "mg/L", "value": "5.25"},
            "range": [{"high": {"value": "10.5"}, "low": {"value": "1"}}],
        },
        {"value": None, "range": None},
    ]


def test_a_plain_path_compiles_to_plain_access() -> None:
    view = compile_view(
        observations(
            {"name": "id", "path": "id"},
            {"name": "version", "path": "meta.versionId"},
            {"name": "subject", "path": "subject.reference"},
            column("coding", "code.coding", "code", collection=True),
            column("component", "component", "code.text valueQuantity.value", collection=True),
        )
    )
    assert view.sql("t") == (
        'SELECT _r."id" AS "id", _r."meta"."versionId" AS "version", _r."subject"."reference" AS "subject", '
        '_r."code"."coding" AS "coding", _r."component" AS "component" '
        "FROM t AS _r WHERE _r.\"resourceType\" = 'Observation'"
    )


def test_structs_behind_a_list_a_choice_or_an_iteration(run: Run) -> None:
    view = observations(
        column("first", "category.coding.first()", "code"),
        column("all", "category.coding", "code", collection=True),
        column("some", "category.coding.where(code = 'b')", "code"),
    )
    [row] = run(view, LAB)
    assert row == {"first": {"code": "a"}, "all": [{"code": "a"}, {"code": "b"}], "some": {"code": "b"}}
    view = observations(column("quantity", "high", "value unit"), forEach="referenceRange")
    assert run(view, LAB) == [{"quantity": {"unit": "mg/L", "value": "10.5"}}]


def test_one_struct_is_expected_without_collection(run: Run) -> None:
    with pytest.raises(duckdb.Error, match="more than one value"):
        run(observations(column("coding", "category.coding", "code")), LAB)


def test_a_number_scanned_as_text_is_still_a_number_elsewhere(run: Run) -> None:
    text = [{"name": "fhir-adapter/scan", "value": "text"}]
    path = "value.ofType(Quantity).value"
    view = observations(
        {"name": "text", "path": path, "tag": text},
        {"name": "number", "path": path},
        {"name": "high", "path": f"{path} > 5"},
    )
    assert run(view, LAB, BARE) == [
        {"text": "5.25", "number": 5.25, "high": True},
        {"text": None, "number": None, "high": None},
    ]


def test_other_tags_are_not_ours(run: Run) -> None:
    view = observations({"name": "id", "path": "id", "tag": [{"name": "ansi/type", "value": "TEXT"}]})
    assert run(view, LAB) == [{"id": "1"}]
