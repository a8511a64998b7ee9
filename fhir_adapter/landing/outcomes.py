"""Owns reading OperationOutcomes: does one say that something is missing?

https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.model.outcomes import LEFT_OUT


def says_incomplete(outcome: dict[str, Any]) -> bool:
    """True also when the issues cannot be read: an outcome that says nothing is no comfort."""
    issues = outcome.get("issue")
    if not isinstance(issues, list) or not issues:
        return True
    return any(not isinstance(issue, dict) or _bad(issue) for issue in issues)


def _bad(issue: dict[str, Any]) -> bool:
    severity, code = issue.get("severity"), issue.get("code")
    known = severity in ("information", "warning", "success")
    return not known or (isinstance(code, str) and code in LEFT_OUT)
