"""Owns what a server says of itself: the codes of OperationOutcomes and OAuth errors as one short line.

Free text is not passed on: servers quote a request's token, or a patient, in it.

https://hl7.org/fhir/R4/operationoutcome.html, https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fhir_adapter.model.outcomes import LEFT_OUT

_MOST = 5
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_OAUTH = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_token", "insufficient_scope", "server_error", "temporarily_unavailable",
})  # fmt: skip


def codes_of(body: bytes) -> str:
    """What an error answer says, '' if it says nothing that is FHIR or OAuth."""
    try:
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    return codes(told) if isinstance(told, dict) else ""


def codes(told: Mapping[str, Any]) -> str:
    """The codes of an OperationOutcome or an OAuth error, on one line."""
    said = [text for issue in _issues(told) for text in (_codes_of_issue(issue),) if text]
    if told.get("error") in _OAUTH:
        said.append(str(told["error"]))
    return "; ".join(said[:_MOST])


def says_incomplete(outcome: Mapping[str, Any]) -> bool:
    """Whether something is missing; also when the issues cannot be read: an outcome that says nothing is no comfort."""
    issues = outcome.get("issue")
    if not isinstance(issues, list) or not issues:
        return True
    return any(not isinstance(issue, dict) or _is_bad(issue) for issue in issues)


def _is_bad(issue: Mapping[str, Any]) -> bool:
    code = issue.get("code")
    known = issue.get("severity") in ("information", "warning", "success")
    return not known or (isinstance(code, str) and code in LEFT_OUT)


def _issues(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    issues = told.get("issue")
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict):
            yield issue


def _codes_of_issue(issue: Mapping[str, Any]) -> str:
    details = issue.get("details")
    coding = details.get("coding") if isinstance(details, dict) else None
    codings = [one.get("code") for one in coding if isinstance(one, dict)] if isinstance(coding, list) else []
    found = [issue.get("severity"), issue.get("code"), *codings]
    return " ".join(one for one in found if isinstance(one, str) and _CODE.fullmatch(one))
