"""Owns the fast engine: every step is SQL over whole tables; meaning comes from model/, once per distinct value."""

from fhir_adapter.engines.duckdb.engine import DuckDBEngine, Tables

__all__ = ["DuckDBEngine", "Tables"]
