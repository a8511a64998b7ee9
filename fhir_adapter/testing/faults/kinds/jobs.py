"""Owns Bulk Data jobs that fail, never end, or cannot be cancelled.

https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request
"""

from __future__ import annotations

from fhir_adapter.testing.faults.interaction import words
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Response, json_response
from fhir_adapter.testing.server.problems import outcome


@kind("job-fails", status=500)
def job_fails(call: Call) -> Response:
    """Answer a status request with an error: the job is dead, after a while of good hope."""
    if "export-status" not in words(call.request) or not call.fires():
        return call.proceed(call.request)
    return json_response(call.option("status"), outcome("exception", "the export job failed"))


@kind("job-pending", retry_after="1")
def job_pending(call: Call) -> Response:
    """Answer a status request 202, whatever the job does."""
    if "export-status" not in words(call.request) or not call.fires():
        return call.proceed(call.request)
    return _pending(call.option("retry_after"))


@kind("job-survives-cancel")
def job_survives_cancel(call: Call) -> Response:
    """Accept a cancellation, and go on answering 202."""
    asked, cancelled = words(call.request), call.rule.state
    key = (call.request.path, call.request.query)
    if "export-cancel" in asked:
        response = call.proceed(call.request)
        if response.status == 202:
            cancelled[key] = True
        return response
    if "export-status" in asked and key in cancelled and call.fires():
        return _pending("1")
    return call.proceed(call.request)


def _pending(retry_after: str) -> Response:
    return Response(202, [("Retry-After", retry_after), ("X-Progress", "in progress")])
