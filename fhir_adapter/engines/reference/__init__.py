"""Owns the slow, obvious engine: plain Python over plain dicts, section by section of docs/semantics.md.

It knows no ViewDefinition and shares nothing with the fast engine but model/ and the definition files.
"""

from fhir_adapter.engines.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
