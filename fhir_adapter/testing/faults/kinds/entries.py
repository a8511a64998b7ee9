"""Owns batches that are answered 200 although some of their entries failed.

https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fhir_adapter.testing.faults.kinds.contents import bundle, dumps, set_json
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.problems import Problem, outcome


@kind("fail-entries", entry_every=3, status="503 Service Unavailable")
def fail_entries(call: Call) -> Response:
    """Leave every n-th entry of a batch undone, and say so only in that entry's response."""
    content = _batch(call.request)
    entries = content.get("entry", []) if content else []
    failed = [number for number in range(len(entries)) if (number + 1) % call.option("entry_every") == 0]
    if content is None or not failed or not call.fires():
        return call.proceed(call.request)
    asked = {**content, "entry": [one for number, one in enumerate(entries) if number not in failed]}
    response = call.proceed(replace(call.request, body=dumps(asked).encode("utf-8", "surrogatepass")))
    answer = bundle(response, "batch-response")
    if answer is not None:
        told = {"status": call.option("status"), "outcome": outcome("transient", "try again later")}
        for number in failed:
            answer.setdefault("entry", []).insert(number, {"response": told})
        set_json(response, answer)
    return response


def _batch(request: Request) -> dict[str, Any] | None:
    if request.method != "POST" or request.parts:
        return None
    try:
        content = request.json()
    except Problem:
        return None
    return content if content.get("type") == "batch" and isinstance(content.get("entry"), list) else None
