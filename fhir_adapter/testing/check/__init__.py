"""Owns `harness check`: probes that tell what a FHIR server really does, beside what it says of itself."""

from fhir_adapter.testing.check.asking import Limits
from fhir_adapter.testing.check.checking import check_server
from fhir_adapter.testing.check.report import Finding, Level, Report
from fhir_adapter.testing.check.table import render

__all__ = ["Finding", "Level", "Limits", "Report", "check_server", "render"]
