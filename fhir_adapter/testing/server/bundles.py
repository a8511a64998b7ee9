"""Owns what is posted to the server's base: batches, whose entries stand alone, and transactions.

https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.testing.server import documents, media
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.entries import Entry, Inside, answered
from fhir_adapter.testing.server.messages import Request, Response, json_response, text_response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.transactions import Transaction

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024


def process(context: Context, request: Request, inside: Inside) -> Response:
    """The answers to a Bundle's entries, in their order. Problem 400, 413, 415; in a transaction any entry's."""
    media.check_json(request)
    bundle = documents.read(request.body, MAX_BYTES)
    if bundle.get("resourceType") != "Bundle":
        raise Problem(400, "invalid", "only a Bundle can be posted here")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise Problem(400, "structure", "Bundle.entry is not a list")
    if len(entries) > MAX_ENTRIES:
        raise Problem(413, "too-long", f"the Bundle has more than {MAX_ENTRIES} entries")
    match bundle.get("type"):
        case "batch":
            responses = [_alone(request, place, content, inside) for place, content in enumerate(entries)]
        case "transaction":
            if not context.quirks.transactions:
                raise Problem(400, "not-supported", "transactions are not supported")
            responses = Transaction(context, request, inside).run(entries)
        case _:
            raise Problem(400, "value", "the Bundle's type must be batch or transaction")
    return _together(f"{bundle['type']}-response", [answered(one, request.base) for one in responses])


def _alone(request: Request, place: int, content: Any, inside: Inside) -> Response:
    try:
        entry = Entry.of(request, place, content)
    except Problem as problem:
        return json_response(problem.status, problem.outcome, problem.headers)
    return inside.answer(entry.whole())


def _together(type_: str, entries: list[str]) -> Response:
    listed = f',"entry":[{",".join(entries)}]' if entries else ""
    return text_response(200, f'{{"resourceType":"Bundle","type":"{type_}"{listed}}}')
