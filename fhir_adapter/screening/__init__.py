"""Owns writing what a screening found: the same rows, in the same order, from whichever engine."""

from fhir_adapter.screening.writing import write_computed, write_json, write_screening, write_small_files

__all__ = ["write_computed", "write_json", "write_screening", "write_small_files"]
