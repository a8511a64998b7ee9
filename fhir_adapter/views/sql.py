"""Owns how names and values are written in DuckDB SQL (https://sql-on-fhir.org/ig/functional-model.html)."""

from __future__ import annotations

import re

_CHAIN = re.compile(r'[a-z_][a-z0-9_]*(\."[A-Za-z0-9_]+")*')


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def field(struct: str, name: str) -> str:
    target = struct if _CHAIN.fullmatch(struct) else f"({struct})"
    return f"{target}.{identifier(name)}"


def struct(fields: dict[str, str]) -> str:
    return "struct_pack(" + ", ".join(f"{identifier(k)} := {v}" for k, v in fields.items()) + ")"


def json_field(document: str, name: str) -> str:
    return f"json_extract({document}, {text('$.' + name)})"


def json_text(document: str, name: str) -> str:
    return f"json_extract_string({document}, {text('$.' + name)})"


def json_list(document: str) -> str:
    """The items of a JSON array; a lone object counts as a list of one, as XML-born servers send it."""
    return (
        f"(CASE json_type({document}) WHEN 'ARRAY' THEN CAST({document} AS JSON[]) "
        f"WHEN 'NULL' THEN NULL WHEN 'OBJECT' THEN [{document}] "
        f"ELSE CAST({document} AS JSON[]) END)"
    )


def rows_error(message: str) -> str:
    return f"error({text(message)})"
