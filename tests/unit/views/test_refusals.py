"""Everything outside the supported subset is refused when the view is compiled, by name."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.errors import DefinitionError
from fhir_adapter.views import UnsupportedViewError, compile_view

ID = {"name": "id", "path": "id"}


def elements(value: str) -> dict[str, Any]:
    return {"name": "fhir-adapter/elements", "value": value}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("nmae", "Observation has no element 'nmae'"),
        ("code.coding.kode", "Coding has no element 'kode'"),
        ("valueQuantity.value", r"write value\.ofType\(Quantity\)"),
        ("value", r"use value\.ofType\(\)"),
        ("value.unit", r"use value\.ofType\(\)"),
        ("value.first()", r"use value\.ofType\(\)"),
        ("value.ofType(Money)", r"ofType\(Money\)"),
        ("value.ofType('Quantity')", "name of a FHIR type"),
        ("code.ofType(Coding)", r"ofType\(Coding\)"),
        ("status.extension('u')", "primitive type code"),
        ("code", "path ends in CodeableConcept"),
        ("code.trace('x')", r"trace\(\)"),
        ("subject.resolve()", r"resolve\(\)"),
        ("status.first(1)", r"first\(\) does not take 1"),
        ("status | id", r"'\|'"),
        ("status & id", "'&'"),
        ("status ~ id", "'~'"),
        ("status in id", "'in'"),
        ("status xor id", "'xor'"),
        ("status implies id", "'implies'"),
        ("1 div 2", "'div'"),
        ("status = 1", "between code and integer"),
        ("issued = '2024'", "between instant and string"),
        ("status + 1", "between code and integer"),
        ("code = code", "between CodeableConcept"),
        ("-status", "needs a number"),
        ("status and true", "a boolean was expected, not code"),
        ("status.not()", "a boolean was expected, not code"),
        ("component.where(code.text)", "a boolean was expected, not string"),
        ("component[%n]", "%n is not a constant"),
        ("component[-1]", "whole number"),
        ("component['1']", "whole number"),
        ("extension(id)", "url must be written out"),
        ("code.getReferenceKey()", "is for a Reference"),
        ("code.getResourceKey()", "is for the resource"),
        ("status.lowBoundary()", "lowBoundary"),
        ("(1.5).lowBoundary()", "computed number"),
        ("component.value.ofType(Quantity).value.join(',')", "join"),
        ("$this", "path ends in Observation"),
        ("%context", "%context is not a constant"),
    ],
)
def test_path(path: str, named: str) -> None:
    with pytest.raises(UnsupportedViewError, match=named) as refusal:
        compile_view(
            {"name": "labs", "resource": "Observation", "select": [{"column": [{"name": "c", "path": path}]}]}
        )
    assert str(refusal.value).startswith("view labs: column 'c': ")


@pytest.mark.parametrize(
    ("column", "named"),
    [
        ({"path": "id"}, "no column name"),
        ({"name": "_row", "path": "id"}, "no column name"),
        ({"name": 'a"b', "path": "id"}, "no column name"),
        ({"name": "a", "path": "id", "colection": True}, "'colection'"),
        ({"name": "a", "path": "id", "collection": "yes"}, "collection"),
        ({"name": "a"}, "FHIRPath expression was expected"),
        ({"name": "a", "path": "code", "tag": [elements("kode")]}, "CodeableConcept has no element 'kode'"),
        ({"name": "a", "path": "code", "tag": [elements("coding")]}, "'coding' ends in Coding"),
        ({"name": "a", "path": "code", "tag": [elements("text.x")]}, "goes below string"),
        ({"name": "a", "path": "code", "tag": [elements(" ")]}, "names no elements"),
        ({"name": "a", "path": "component", "tag": [elements("value")]}, "value is a choice"),
        ({"name": "a", "path": "status", "tag": [elements("x")]}, "scanned complex element"),
        (
            {"name": "a", "path": "id", "tag": [{"name": "fhir-adapter/scan", "value": "text"}]},
            "scanned number",
        ),
        (
            {"name": "a", "path": "id", "tag": [{"name": "fhir-adapter/scan", "value": "x"}]},
            "fhir-adapter/scan",
        ),
        (
            {"name": "a", "path": "id", "tag": [{"name": "fhir-adapter/other", "value": "x"}]},
            "fhir-adapter/other",
        ),
        ({"name": "a", "path": "id", "tag": "x"}, "tag"),
    ],
)
def test_column(column: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedViewError, match=named):
        compile_view({"resource": "Observation", "select": [{"column": [column]}]})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"resource": None}, "resource"),
        ({"resource": "Patients"}, "Patients"),
        ({"resource": "HumanName"}, "HumanName"),
        ({"select": None}, "select"),
        ({"select": []}, "select"),
        ({"wher": []}, "'wher'"),
        ({"where": [{"path": "name.family"}]}, "a boolean was expected, not string"),
        ({"where": [{}]}, "where"),
        ({"where": "active"}, "where"),
        ({"constant": [{"name": "c"}]}, "constant 'c'"),
        ({"constant": [{"name": "c", "valueString": 1}]}, "is no string"),
        ({"constant": [{"name": "c", "valueInteger": True}]}, "is no integer"),
        ({"constant": [{"name": "c", "valueCoding": {}}]}, "valueCoding"),
        ({"constant": [{"name": "c", "valueCode": "a"}, {"name": "c", "valueCode": "b"}]}, "name of its own"),
        ({"select": [{}]}, "column, select or unionAll"),
        ({"select": ["id"]}, "an object"),
        ({"select": [{"column": "id"}]}, "column"),
        ({"select": [{"column": [ID], "where": []}]}, "'where'"),
        ({"select": [{"forEach": "name", "repeat": ["name"], "column": [ID]}]}, "forEach and repeat"),
        ({"select": [{"forEach": 1, "column": [ID]}]}, "FHIRPath expression"),
        ({"select": [{"forEach": "deceased", "column": [ID]}]}, "deceased.ofType"),
        ({"select": [{"repeat": "link", "column": [ID]}]}, "repeat: a list"),
        ({"select": [{"repeat": ["name.first()"], "column": [ID]}]}, "repeat: only paths"),
        ({"select": [{"repeat": ["gender"], "column": [ID]}]}, "repeat: gender"),
        ({"select": [{"repeat": ["name", "address"], "column": [ID]}]}, "Address, HumanName"),
        ({"select": [{"column": [ID, ID]}]}, "'id' is used twice"),
        ({"select": [{"column": [ID]}, {"column": [{"name": "ID", "path": "id"}]}]}, "'ID' is used twice"),
        (
            {"select": [{"unionAll": [{"column": [ID]}, {"column": [{"name": "x", "path": "id"}]}]}]},
            "columns differ",
        ),
        (
            {"select": [{"unionAll": [{"column": [ID]}, {"column": [{"name": "id", "path": "active"}]}]}]},
            "VARCHAR and BOOLEAN",
        ),
    ],
)
def test_view(change: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedViewError, match=named):
        compile_view({"resource": "Patient", "select": [{"column": [ID]}], **change})


def test_a_refusal_is_an_error_of_a_definition_file() -> None:
    with pytest.raises(DefinitionError):
        compile_view({})
    with pytest.raises(UnsupportedViewError):
        compile_view([])  # type: ignore[arg-type]
