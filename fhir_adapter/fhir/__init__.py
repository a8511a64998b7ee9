"""Owns speaking HTTP with a hospital's FHIR server; no other room does. https://hl7.org/fhir/R4/http.html

Public: `Client` and `open_client`, `Timing`, `Page` and `pages`, `Export` and `exported`.
"""

from fhir_adapter.fhir.bulk import Export, ExportFile, exported
from fhir_adapter.fhir.client import Client, open_client
from fhir_adapter.fhir.paging import Page, pages
from fhir_adapter.fhir.retrying import Timing

__all__ = ["Client", "Export", "ExportFile", "Page", "Timing", "exported", "open_client", "pages"]
