from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.views import UnsupportedViewError, compile_view

Run = Callable[..., list[dict[str, Any]]]

ORDER = {
    "resourceType": "MedicationRequest",
    "id": "1",
    "contained": [
        {"resourceType": "Practitioner", "id": "p", "name": [{"family": "x"}]},
        {"resourceType": "Medication", "id": "m", "code": {"text": "泼尼松片"}, "form": {"text": "片"}},
    ],
}
BARE = {"resourceType": "MedicationRequest", "id": "2"}
EMPTY = {"resourceType": "MedicationRequest", "id": "3", "contained": []}


def orders(*columns: dict[str, Any]) -> dict[str, Any]:
    return {"resource": "MedicationRequest", "select": [{"column": list(columns)}]}


def test_contained_resources_of_one_type_as_structs(run: Run) -> None:
    tag = [{"name": "fhir-adapter/elements", "value": "id code.text form.text"}]
    path = "contained.ofType(Medication)"
    view = orders({"name": "held", "path": path, "collection": True, "tag": tag})
    held = {"resourceType": "Medication", "id": "m", "code": {"text": "泼尼松片"}, "form": {"text": "片"}}
    assert run(view, ORDER, BARE, EMPTY) == [{"held": [held]}, {"held": None}, {"held": []}]


def test_paths_below_a_contained_resource(values: Callable[..., list[Any]]) -> None:
    assert values("contained.ofType(Medication).code.text", ORDER, BARE) == [["泼尼松片"], []]
    assert values("contained.ofType(Practitioner).name.family", ORDER) == [["x"]]


def test_contained_without_a_type_and_of_two_types_are_refused() -> None:
    with pytest.raises(UnsupportedViewError, match="path ends in ResourceList"):
        compile_view(orders({"name": "held", "path": "contained", "collection": True}))
    with pytest.raises(UnsupportedViewError, match=r"ofType\(Group\) beside ofType\(Medication\)"):
        compile_view(
            orders(
                {"name": "a", "path": "contained.ofType(Medication).id", "collection": True},
                {"name": "b", "path": "contained.ofType(Group).id", "collection": True},
            )
        )
