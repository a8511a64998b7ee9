"""The quick check says yes only where jsonschema finds no error, and says so of everything that is shipped."""

from __future__ import annotations

import copy
import json
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fhir_adapter.definitions import SearchPath, list_sites, list_trials, load_definitions, load_trial
from fhir_adapter.definitions import schema_check as checked
from fhir_adapter.definitions.quick_check import Check, Schema, quick_check

Documents = dict[str, list[object]]
Steps = tuple[str | int, ...]
Write = Callable[[str, str], None]
Complaints = Callable[..., list[str]]

SCHEMAS: dict[str, Schema] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(checked.__file__).parent / "schemas").glob("*.json")
}
TEXTS = (
    "",
    " ",
    "x",
    "x\n",
    "中文",
    "a b",
    "a-b",
    "28 d",
    "28 d\n",
    "0",
    "1/2",
    "-1.5",
    "5 %",
    "years",
    "text",
)
OTHERS: tuple[object, ...] = (
    0,
    1,
    -1,
    100,
    1.5,
    True,
    False,
    None,
    [],
    {},
    ["x"],
    ["x", "x"],
    ["x", "y"],
    [1, True],
    {"x": "y"},
    date(2020, 1, 1),
)
DOUBTS: tuple[object, ...] = (
    1.0,
    float("nan"),
    float("inf"),
    Decimal(1),
    OrderedDict(x="y"),
    ("x",),
    type("Text", (str,), {})("x"),
)
"""What jsonschema may accept and the quick check need not."""


@pytest.fixture(scope="module")
def shipped() -> Documents:
    """Every document that is checked when everything shipped is loaded, by its schema."""
    found: Documents = {}

    def recording(schema: str) -> Check:
        return lambda document: found.setdefault(schema, []).append(document) or True  # type: ignore[func-returns-value]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checked, "_quick", recording)
        for site in list_sites(SearchPath()):
            definitions = load_definitions(SearchPath(), site)
        for trial in list_trials(SearchPath()):
            load_trial(SearchPath(), trial, definitions)
    return found


def test_every_schema_has_shipped_documents_and_all_get_the_quick_yes(shipped: Documents) -> None:
    assert shipped.keys() == SCHEMAS.keys()
    for schema, documents in shipped.items():
        says_yes = quick_check(SCHEMAS[schema])
        assert [document for document in documents if not says_yes(document)] == [], schema


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_good_and_changed_documents_are_judged_as_jsonschema_does(schema: str, shipped: Documents) -> None:
    says_yes, validator = quick_check(SCHEMAS[schema]), Draft202012Validator(SCHEMAS[schema])
    verdicts = set()
    for changed in changed_documents(shipped[schema], random.Random(schema), (*TEXTS, *OTHERS)):
        is_valid = validator.is_valid(changed)
        assert says_yes(changed) == is_valid, changed
        verdicts.add(is_valid)
    assert verdicts == {True, False}
    for changed in changed_documents(shipped[schema], random.Random(schema), DOUBTS):
        assert not says_yes(changed) or validator.is_valid(changed), changed


def changed_documents(
    documents: list[object], draws: random.Random, values: tuple[object, ...], count: int = 300
) -> Iterator[object]:
    """Documents with one thing changed: a value at any depth, a key or item taken away or added."""
    small = [part for document in documents for part in one_line_each(document)]
    for _ in range(count):
        whole = {"": copy.deepcopy(draws.choice(small))}
        *above, last = draws.choice([steps for steps in places(whole) if steps])
        holder = whole
        for step in above:
            holder = holder[step]  # type: ignore[index,assignment]
        action = draws.choice(["replace", "replace", "replace", "remove", "add"]) if above else "replace"
        if action == "replace":
            holder[last] = draws.choice(values)  # type: ignore[index]
        elif action == "remove":
            del holder[last]  # type: ignore[arg-type]
        elif isinstance(holder, list):
            holder.append(draws.choice([*holder, *values]))
        else:
            holder[draws.choice(["", "x", "note", "reading"])] = draws.choice(values)
        yield whole[""]


def one_line_each(document: object) -> list[object]:
    """A trial's criteria line by line: jsonschema takes its time over all of them."""
    if isinstance(document, dict) and isinstance(lines := document.get("line"), list):
        return [{**document, "line": [line]} for line in lines]
    return [document]


def places(document: object, above: Steps = ()) -> Iterator[Steps]:
    yield above
    items = document.items() if isinstance(document, dict) else ()
    for step, value in enumerate(document) if isinstance(document, list) else items:
        yield from places(value, (*above, step))


@pytest.mark.parametrize("column", ["drug", "system", "match", "value", "exclude", "display", "source"])
def test_every_column_of_a_row_is_looked_at(column: str, shipped: Documents) -> None:
    says_yes, validator = quick_check(SCHEMAS["drug-row"]), Draft202012Validator(SCHEMAS["drug-row"])
    row = shipped["drug-row"][0]
    assert isinstance(row, dict)
    for value in (*TEXTS, *OTHERS, *DOUBTS[:-1]):
        assert says_yes({**row, column: value}) == validator.is_valid({**row, column: value}), value
    assert not says_yes({name: cell for name, cell in row.items() if name != column})
    assert not says_yes({**row, "more": ""})


TREE = {
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
            "required": ["below"],
        }
    },
    "$ref": "#/$defs/tree",
}


@pytest.mark.parametrize(
    ("schema", "good"),
    [
        (TREE, {"below": [{"below": []}]}),
        ({"properties": {"x": {"type": "string"}}}, {"x": "y", "z": 1}),
        ({"additionalProperties": {"minLength": 1}}, {"x": "y"}),
        ({"type": ["integer", "string"], "maximum": 1}, 1),
        ({"type": "number", "exclusiveMinimum": 0, "minimum": 0}, 0.5),
        ({"minItems": 1, "maxItems": 1, "uniqueItems": True}, ["x"]),
        ({"minProperties": 1, "minLength": 2, "pattern": "x$"}, {"x": "y"}),
        ({"const": True}, True),
        ({"enum": ["x"]}, "x"),
        ({}, None),
    ],
)
def test_keyword_is_understood_as_jsonschema_does(schema: Schema, good: object) -> None:
    says_yes, validator = quick_check(schema), Draft202012Validator(schema)
    assert says_yes(good)
    bad_tree: object = {"below": [{"below": [{}]}]}
    for found in (good, bad_tree, *TEXTS, *OTHERS, *DOUBTS):
        assert not says_yes(found) or validator.is_valid(found), found


@pytest.mark.parametrize(
    ("schema", "good"),
    [
        ({"not": {"type": "array"}}, "x"),
        ({"format": "date"}, "x"),
        ({"type": "null"}, None),
        ({"type": "string", "enum": ["x", 1]}, "x"),
        ({"const": 1}, 1),
        ({"uniqueItems": False}, []),
        ({"items": True}, []),
        (
            {
                "type": "object",
                "properties": {"x": True},
                "required": ["x"],
                "additionalProperties": False,
            },
            {"x": "y"},
        ),
        ({"$ref": "#/properties/x"}, "x"),
        ({"$ref": "#/$defs/missing"}, "x"),
        ({"properties": {"x": {"oneOf": [{"type": "string"}]}}}, {"x": "y"}),
        ({"patternProperties": {"^x": False}, "additionalProperties": False}, {}),
    ],
)
def test_schema_that_says_more_is_left_to_jsonschema(schema: Schema, good: object) -> None:
    assert not quick_check(schema)(good)


def test_messages_are_those_of_jsonschema(
    write: Write, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "drugs/ours.csv",
        "drug,system,match,value,exclude,display,confidence,source\n"
        "Our Drug,text,stem,ours,,Ours,verified,us\n"
        "ours,words,stem,,,Ours,surely,\n"
        "ours,text,stem,ours,,Ours,verified,us\n",
    )
    write("inputs/ours.toml", 'kind = "condition"\ntitle = ""\nvalue_set = 1\nmore = true\n')
    with_quick_check = complaints()
    monkeypatch.setattr(checked, "_quick", lambda schema: lambda document: False)
    assert with_quick_check == complaints()
    assert len(with_quick_check) == 8
