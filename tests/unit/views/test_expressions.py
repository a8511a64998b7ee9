from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

Values = Callable[..., list[Any]]

ALT = {
    "resourceType": "Observation",
    "id": "alt",
    "status": "final",
    "code": {
        "coding": [
            {"system": "loinc", "code": "1742-6", "display": "ALT"},
            {"system": "local", "code": "L7"},
            {"display": "no code"},
        ],
        "text": "it's ALT",
    },
    "subject": {"reference": "http://hospital.example/fhir/Patient/7/_history/2"},
    "effectiveDateTime": "2024-05-01T10:00:00+08:00",
    "valueQuantity": {"value": 40.5, "unit": "U/L"},
    "component": [
        {"code": {"text": "a"}, "valueQuantity": {"value": 1}},
        {"code": {"text": "b"}, "valueString": "low"},
    ],
    "extension": [
        {"url": "urn:a", "valueCode": "one"},
        {"url": "urn:b", "extension": [{"url": "urn:c", "valueBoolean": False}]},
        {"url": "urn:a", "valueCode": "two"},
    ],
}
BARE = {"resourceType": "Observation", "id": "bare"}


@pytest.mark.parametrize(
    ("path", "alt", "bare"),
    [
        ("status", ["final"], []),
        ("Observation.status", ["final"], []),
        ("$this.status", ["final"], []),
        ("code.coding.code", ["1742-6", "L7"], []),
        ("code.coding[2].code", [], []),
        ("code.coding[1].code", ["L7"], []),
        ("code.coding[9].code", [], []),
        ("code[0].text", ["it's ALT"], []),
        ("code[1].text", [], []),
        ("code.coding.first().display", ["ALT"], []),
        ("code.coding.last().display", ["no code"], []),
        ("code.coding.where(code.empty()).display", ["no code"], []),
        ("code.coding.where(system = 'loinc' or code = 'L7').code", ["1742-6", "L7"], []),
        ("code.where(text = 'it\\'s ALT').coding.system", ["loinc", "local"], []),
        ("code.coding.exists(system = 'local')", [True], [False]),
        ("code.coding.count()", [3], [0]),
        ("code.coding.code.join('|')", ["1742-6|L7"], []),
        ("value.exists()", [True], [False]),
        ("value.empty()", [False], [True]),
        ("value.ofType(Quantity).value", [40.5], []),
        ("value.ofType(FHIR.string)", [], []),
        ("component.value.ofType(Quantity).value", [1.0], []),
        ("component.value.ofType(string)", ["low"], []),
        ("extension('urn:a').value.ofType(code)", ["one", "two"], []),
        ("extension('urn:b').extension('urn:c').value.ofType(boolean)", [False], []),
        ("(status = 'final').not()", [False], []),
        ("status != 'final'", [False], []),
        ("code.coding.code = 'L7'", [False], []),
        ("status = 'final' or value.ofType(boolean)", [True], []),
        ("status = 'final' and value.ofType(boolean)", [], []),
        ("status = 'x' and value.ofType(boolean)", [False], []),
        ("value.ofType(Quantity).value > 40", [True], []),
        ("value.ofType(Quantity).value / 0", [], []),
        ("value.ofType(Quantity).value * 2 - 1", [80.0], []),
        ("0.1 + 0.2 = 0.3", [True], [True]),
        ("-1 < 0", [True], [True]),
        ("status + '/' + id", ["final/alt"], []),
        ("{}", [], []),
        ("{} = 1", [], []),
        ("getResourceKey()", ["Observation/alt"], ["Observation/bare"]),
        ("subject.getReferenceKey()", ["Patient/7"], []),
        ("subject.getReferenceKey(Patient)", ["Patient/7"], []),
        ("subject.getReferenceKey(Group)", [], []),
    ],
)
def test_path(values: Values, path: str, alt: list[Any], bare: list[Any]) -> None:
    assert values(path, ALT, BARE) == [alt, bare]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("effective.ofType(dateTime) = @2024-05-01T02:00:00Z", [True]),
        ("effective.ofType(dateTime) < @2024-05-01T02:00:00.5Z", [True]),
        ("effective.ofType(dateTime) > @2023", [True]),
        ("effective.ofType(dateTime) != @2025-01-01", [True]),
        ("effective.ofType(dateTime) = @2024-03", [False]),
        ("effective.ofType(dateTime) >= @2024-05-01", []),  # the day depends on a time zone nobody named
        ("effective.ofType(dateTime) = @2024", []),
        ("@2024-05 < @2024-06-01", [True]),
        ("@2024-05 <= @2024-05-31", []),
        ("@2024-05 = @2024-05", [True]),
        ("@T10:00:00 = @T10:00:00.000", [True]),
        ("@T10:00 = @T10:00:00", []),
    ],
)
def test_dates_compare_only_where_their_precision_decides(
    values: Values, path: str, expected: list[Any]
) -> None:
    assert values(path, ALT) == [expected]


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ({"valueQuantity": {"value": 1}}, 0.5, 1.5),
        ({"valueQuantity": {"value": 2.5}}, 2.45, 2.55),
        ({"valueQuantity": {"value": -2.5}}, -2.55, -2.45),
        ({"valueDateTime": "2023"}, "2023-01-01T00:00:00.000+14:00", "2023-12-31T23:59:59.999-12:00"),
        ({"valueDateTime": "2024-02"}, "2024-02-01T00:00:00.000+14:00", "2024-02-29T23:59:59.999-12:00"),
        ({"valueDateTime": "2024-02-03T04:05:06Z"}, "2024-02-03T04:05:06.000Z", "2024-02-03T04:05:06.999Z"),
        (
            {"valueDateTime": "2024-02-03T04:05:06.7-05:00"},
            "2024-02-03T04:05:06.700-05:00",
            "2024-02-03T04:05:06.799-05:00",
        ),
        ({"valueDateTime": "2024-02-30"}, None, None),
        ({"valueTime": "12:34:56.5"}, "12:34:56.500", "12:34:56.599"),
    ],
)
def test_boundaries(values: Values, given: dict[str, Any], low: object, high: object) -> None:
    name = next(iter(given))
    path = {"valueQuantity": "ofType(Quantity).value", "valueTime": "ofType(time)"}.get(
        name, "ofType(dateTime)"
    )
    resource = {"resourceType": "Observation", "id": "1", **given}
    assert values(f"value.{path}.lowBoundary()", resource) == [[] if low is None else [low]]
    assert values(f"value.{path}.highBoundary()", resource) == [[] if high is None else [high]]


def test_nulls_in_arrays_are_no_items(values: Values) -> None:
    patient = {"resourceType": "Patient", "id": "1", "name": [None, {"given": [None, "A", None, "B"]}]}
    assert values("name.given", patient) == [["A", "B"]]
    assert values("name.given.first()", patient) == [["A"]]
    assert values("name.count()", patient) == [[1]]
    assert values("name[0].given[1]", patient) == [["B"]]


def test_json_nulls_are_empty(values: Values) -> None:
    patient = {"resourceType": "Patient", "id": "1", "name": None, "maritalStatus": None, "gender": None}
    assert values("name.exists() or maritalStatus.exists() or gender.exists()", patient) == [[False]]


def test_constants_keep_their_type(values: Values) -> None:
    constants = [
        {"name": "limit", "valueDecimal": 40.5},
        {"name": "since", "valueDate": "2024-04-30"},
        {"name": "text", "valueString": "it's ALT"},
        {"name": "at", "valueInteger": 1},
    ]
    assert values("value.ofType(Quantity).value >= %limit", ALT, constant=constants) == [[True]]
    assert values("code.text = %text", ALT, constant=constants) == [[True]]
    assert values("code.coding[%at].code", ALT, constant=constants) == [["L7"]]
    assert values("effective.ofType(dateTime) > %since", ALT, constant=constants) == [[]]


def test_one_value_is_expected_of_an_operand(values: Values) -> None:
    with pytest.raises(duckdb.Error, match="more than one value"):
        values("code.coding.code + 'x'", ALT)
