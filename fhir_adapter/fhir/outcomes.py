"""Owns a server's own words: OperationOutcome and OAuth errors as one short line.

https://hl7.org/fhir/R4/operationoutcome.html, https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST = 300
# With these a server says that it left something out, whatever severity it gives them.
_LEFT_OUT = frozenset({"incomplete", "throttled", "timeout", "too-costly", "transient", "suppressed"})


def words_of(body: bytes) -> str:
    """What an error answer says, '' if it says nothing that is FHIR or OAuth."""
    try:
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    return words(told) if isinstance(told, dict) else ""


def words(told: Mapping[str, Any]) -> str:
    """What an OperationOutcome or an OAuth error says, on one line."""
    said = [text for issue in _issues(told) for text in (_text(issue),) if text]
    said += [str(told[key]) for key in ("error", "error_description") if isinstance(told.get(key), str)]
    line = "; ".join(" ".join(text.split()) for text in said)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def says_incomplete(outcome: Mapping[str, Any]) -> bool:
    """Whether something is missing; also when the issues cannot be read: an outcome that says nothing is no comfort."""
    issues = outcome.get("issue")
    if not isinstance(issues, list) or not issues:
        return True
    return any(not isinstance(issue, dict) or _is_bad(issue) for issue in issues)


def _is_bad(issue: Mapping[str, Any]) -> bool:
    return (
        issue.get("severity") not in ("information", "warning", "success") or issue.get("code") in _LEFT_OUT
    )


def _issues(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    issues = told.get("issue")
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict):
            yield issue


def _text(issue: Mapping[str, Any]) -> str:
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    found = next((one for one in (issue.get("diagnostics"), text) if isinstance(one, str) and one), None)
    return found or str(issue.get("code") or "")
