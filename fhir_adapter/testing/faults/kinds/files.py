"""Owns export files that are not what the manifest says: short, empty, gone, an array, one line without end.

https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request
"""

from __future__ import annotations

import json

from fhir_adapter.testing.faults.kinds.contents import dumps, ndjson_lines, set_body, set_lines
from fhir_adapter.testing.faults.kinds.registry import Call, kind
from fhir_adapter.testing.server.messages import Response

_MEGABYTE = 1_000_000


@kind("file-lacks-lines", missing=1)
def file_lacks_lines(call: Call) -> Response:
    """End the file some lines early, every line whole and the Content-Length right; `missing` 0 leaves none."""
    response = call.proceed(call.request)
    lines = ndjson_lines(response)
    if lines and call.fires(response):
        missing = call.option("missing")
        set_lines(response, lines[:-missing] if missing else ())
    return response


@kind("file-as-array")
def file_as_array(call: Call) -> Response:
    """Send one JSON array in place of lines."""
    response = call.proceed(call.request)
    lines = ndjson_lines(response)
    if lines and call.fires(response):
        set_body(response, f"[{','.join(lines)}]".encode())
    return response


@kind("huge-line", megabytes=20)
def huge_line(call: Call) -> Response:
    """Give the first resource of the file a narrative of many megabytes."""
    response = call.proceed(call.request)
    lines = ndjson_lines(response)
    if lines and call.fires(response):
        filler = "x" * (call.option("megabytes") * _MEGABYTE)
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{filler}</div>'
        first = {**json.loads(lines[0]), "text": {"status": "generated", "div": div}}
        set_lines(response, [dumps(first), *lines[1:]])
    return response
