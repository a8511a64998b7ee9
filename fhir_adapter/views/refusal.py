"""Owns the refusal of a ViewDefinition (https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html)."""

from __future__ import annotations

from fhir_adapter.errors import DefinitionError


class UnsupportedViewError(DefinitionError):
    """The view is ill-formed or uses something this compiler does not support; the message names it."""
