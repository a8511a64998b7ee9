"""Owns writing what a screening found: the same rows, in the same order, from whichever engine; and explaining it."""

from fhir_adapter.screening.identities import identities_of
from fhir_adapter.screening.one_subject import PastRun, SubjectExplanation, explain_one
from fhir_adapter.screening.writing import write_computed, write_json, write_screening, write_small_files

__all__ = [
    "PastRun",
    "SubjectExplanation",
    "explain_one",
    "identities_of",
    "write_computed",
    "write_json",
    "write_screening",
    "write_small_files",
]
