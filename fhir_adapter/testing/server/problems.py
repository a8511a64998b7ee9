"""Owns the server's refusals: an HTTP status with an OperationOutcome that says what was wrong.

https://hl7.org/fhir/R4/http.html#Status-Codes, https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

from typing import Any


def outcome(code: str, diagnostics: str, severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome with one issue."""
    issue = {"severity": severity, "code": code, "diagnostics": diagnostics}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


class Problem(Exception):
    """A request that is refused: `status` for HTTP, `code` from FHIR's issue types."""

    def __init__(
        self, status: int, code: str, diagnostics: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.headers = headers

    @property
    def outcome(self) -> dict[str, Any]:
        """What the client is told."""
        return outcome(self.code, self.diagnostics)
