from __future__ import annotations

import pytest

from fhir_adapter.views import UnsupportedViewError
from fhir_adapter.views.fhirpath import Call, Constant, Index, Literal, Name, Operation, This, parse


@pytest.mark.parametrize(
    ("path", "tree"),
    [
        ("status", Name(None, "status")),
        ("`class`.code", Name(Name(None, "class"), "code")),
        ("$this", This()),
        ("%limit", Constant("limit")),
        ("component[1]", Index(Name(None, "component"), Literal("integer", "1"))),
        (r"'it\'s \u00e9\n'", Literal("string", "it's é\n")),
        ("@2024-05", Literal("date", "2024-05")),
        ("@2024-05-01T10:00:00Z", Literal("dateTime", "2024-05-01T10:00:00Z")),
        ("@T10:30", Literal("time", "10:30")),
        ("{}", Literal("", "")),
        ("(issued).empty()", Call(Name(None, "issued"), "empty", ())),
        ("1 + 2.5", Operation("+", (Literal("integer", "1"), Literal("decimal", "2.5")))),
        ("-1", Operation("-", (Literal("integer", "1"),))),
        (
            "value.ofType(FHIR.Quantity)",
            Call(Name(None, "value"), "ofType", (Name(Name(None, "FHIR"), "Quantity"),)),
        ),
    ],
)
def test_tree(path: str, tree: object) -> None:
    assert parse(path) == tree


@pytest.mark.parametrize(
    "path",
    [
        "status code",
        "status =",
        "@@",
        "code.",
        "code.coding(",
        "a b.c",
        "'open",
        "",
        "   ",
        None,
        1,
        ["status"],
        "a)",
    ],
)
def test_what_is_not_fhirpath_is_refused(path: object) -> None:
    with pytest.raises(UnsupportedViewError, match="FHIRPath"):
        parse(path)


@pytest.mark.parametrize(
    ("path", "named"),
    [("value is Quantity", "'is'"), ("value as Quantity", "'as'"), ("$index", "index"), ("1 'mg'", "1'mg'")],
)
def test_syntax_that_is_not_supported_is_named(path: str, named: str) -> None:
    with pytest.raises(UnsupportedViewError, match=named):
        parse(path)
