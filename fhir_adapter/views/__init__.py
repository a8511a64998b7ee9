"""Owns the compiler of HL7 SQL on FHIR v2 views (https://sql-on-fhir.org/ig/) into DuckDB scans and SQL."""

from fhir_adapter.views.compiler import CompiledView, compile_view
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.shapes import Shape, duckdb_type, merge_shapes

__all__ = ["CompiledView", "Shape", "UnsupportedViewError", "compile_view", "duckdb_type", "merge_shapes"]
