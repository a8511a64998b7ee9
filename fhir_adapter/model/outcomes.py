"""Owns which issue types of an OperationOutcome say that something was left out.

https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

LEFT_OUT = frozenset({
    "incomplete", "throttled", "timeout", "too-costly", "transient", "exception", "lock-error", "no-store",
    "security", "login", "unknown", "expired", "forbidden", "suppressed",
})  # fmt: skip
"""A search or export that says one of these is not whole, whatever severity the server gives it."""
