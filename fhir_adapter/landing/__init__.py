"""Opening a folder of FHIR files as one landing: clean files by type, and what is incomplete."""

from fhir_adapter.landing.cleaning import clean_lines
from fhir_adapter.landing.landed import LandedFile, Landing, Quarantined, TypePull
from fhir_adapter.landing.opening import open_input
from fhir_adapter.landing.quoting import quote

__all__ = [
    "LandedFile",
    "Landing",
    "Quarantined",
    "TypePull",
    "clean_lines",
    "open_input",
    "quote",
]
