from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

Run = Callable[..., list[dict[str, Any]]]

ANNA = {
    "resourceType": "Patient",
    "id": "anna",
    "name": [{"family": "Ito", "given": ["Anna", "May"]}, {"family": "Sato"}],
    "telecom": [{"value": "1"}, {"value": "2"}],
}
NOBODY = {"resourceType": "Patient", "id": "nobody"}
ID = {"name": "id", "path": "id"}


def patients(*select: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resource": "Patient", "select": [{"column": [ID]}, *select], **more}


def test_one_row_per_resource_of_the_type(run: Run) -> None:
    view = patients(where=[{"path": "name.exists()"}])
    assert run(view, ANNA, NOBODY) == [{"id": "anna"}]
    assert run(patients(), {"resourceType": "Group", "id": "g"}, NOBODY) == [{"id": "nobody"}]


def test_for_each_drops_and_for_each_or_null_keeps_resources_without_items(run: Run) -> None:
    columns = [{"name": "family", "path": "family"}, {"name": "at", "path": "%rowIndex"}]
    found = [{"id": "anna", "family": "Ito", "at": 0}, {"id": "anna", "family": "Sato", "at": 1}]
    assert run(patients({"forEach": "name", "column": columns}), ANNA, NOBODY) == found
    kept = run(patients({"forEachOrNull": "name", "column": columns}), ANNA, NOBODY)
    assert kept == [*found, {"id": "nobody", "family": None, "at": 0}]


def test_siblings_cross_and_do_not_zip(run: Run) -> None:
    view = patients(
        {"forEach": "name", "column": [{"name": "family", "path": "family"}]},
        {"forEach": "telecom", "column": [{"name": "phone", "path": "value"}]},
    )
    rows = {(row["family"], row["phone"]) for row in run(view, ANNA)}
    assert rows == {("Ito", "1"), ("Ito", "2"), ("Sato", "1"), ("Sato", "2")}


def test_nested_for_each_over_plain_values(run: Run) -> None:
    given = {
        "forEachOrNull": "given",
        "column": [{"name": "given", "path": "$this"}, {"name": "n", "path": "%rowIndex"}],
    }
    view = patients({"forEach": "name", "column": [{"name": "family", "path": "family"}], "select": [given]})
    assert [(row["family"], row["given"], row["n"]) for row in run(view, ANNA)] == [
        ("Ito", "Anna", 0),
        ("Ito", "May", 1),
        ("Sato", None, 0),
    ]


def test_for_each_over_one_element(run: Run) -> None:
    view = patients({"forEach": "maritalStatus", "column": [{"name": "text", "path": "text"}]})
    married = {**ANNA, "maritalStatus": {"text": "married"}}
    assert run(view, married, NOBODY) == [{"id": "anna", "text": "married"}]


def test_union_all_puts_branches_under_each_other(run: Run) -> None:
    branches = [
        {
            "forEach": "telecom",
            "column": [{"name": "what", "path": "'phone'"}, {"name": "v", "path": "value"}],
        },
        {"column": [{"name": "what", "path": "'id'"}, {"name": "v", "path": "id"}]},
    ]
    rows = run(patients({"unionAll": branches}), ANNA, NOBODY)
    assert [(row["id"], row["what"], row["v"]) for row in rows] == [
        ("anna", "phone", "1"),
        ("anna", "phone", "2"),
        ("anna", "id", "anna"),
        ("nobody", "id", "nobody"),
    ]


def test_column_names_do_not_meet_the_names_inside_the_query(run: Run) -> None:
    names = ["r", "x1", "x2", "row", "acc", "select", "Order", "unnest"]
    columns = [{"name": name, "path": "name.given.where($this = 'May').first()"} for name in names]
    rows = run(
        patients({"column": columns}, {"forEach": "name", "column": [{"name": "x3", "path": "family"}]}), ANNA
    )
    assert [row["x3"] for row in rows] == ["Ito", "Sato"]
    assert {row[name] for row in rows for name in names} == {"May"}


def test_several_values_without_collection_are_an_error(run: Run) -> None:
    with pytest.raises(duckdb.Error, match="collection is false: more than one value"):
        run(patients({"column": [{"name": "family", "path": "name.family"}]}), ANNA)


ANSWERS = {
    "resourceType": "QuestionnaireResponse",
    "id": "q",
    "item": [
        {"linkId": "1", "text": "A", "answer": [{"valueBoolean": False}, {"valueDecimal": 2.5}]},
        {"linkId": "2", "answer": [{"valueCoding": {"code": "c"}}, {"valueString": "s"}, None]},
        {"linkId": "3", "text": None},
    ],
}


@pytest.mark.parametrize(
    "path",
    [
        "linkId",
        "text",
        "text.exists()",
        "answer.exists()",
        "answer.count()",
        "answer.value.ofType(boolean)",
        "answer.value.ofType(decimal) > 2",
        "answer.value.ofType(decimal)",
        "answer.value.ofType(Coding).code",
        "answer.first().value.ofType(Coding).exists()",
        "answer.where(value.ofType(string) = 's').value.ofType(string)",
    ],
)
def test_repeat_reads_json_as_for_each_reads_structs(run: Run, path: str) -> None:
    column = [{"name": "v", "path": path, "collection": True}, {"name": "at", "path": "%rowIndex"}]
    view = {"resource": "QuestionnaireResponse"}
    repeated = run({**view, "select": [{"repeat": ["item", "answer.item"], "column": column}]}, ANSWERS)
    assert repeated == run({**view, "select": [{"forEach": "item", "column": column}]}, ANSWERS)
    assert len(repeated) == 3


def nested(depth: int) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": str(depth)}
    for level in reversed(range(1, depth)):
        item = {"linkId": str(level), "item": [item]}
    return {"resourceType": "Questionnaire", "id": "q", "item": [item]}


def test_repeat_is_guarded_against_depth(run: Run) -> None:
    column = [{"name": "at", "path": "%rowIndex"}, {"name": "link", "path": "linkId"}]
    view = {"resource": "Questionnaire", "select": [{"repeat": ["item"], "column": column}]}
    assert [row["link"] for row in run(view, nested(32))] == [str(level) for level in range(1, 33)]
    with pytest.raises(duckdb.Error, match="nested deeper than 32"):
        run(view, nested(40))
