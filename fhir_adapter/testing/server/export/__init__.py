"""Owns Bulk Data export: kick-off, status, files and cancelling. http://hl7.org/fhir/uv/bulkdata/export.html"""

from fhir_adapter.testing.server.export.bulk import BulkExport

__all__ = ["BulkExport"]
