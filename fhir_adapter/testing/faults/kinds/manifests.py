"""Owns Bulk Data manifests that do not list what there is.

https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from fhir_adapter.testing.faults.kinds.contents import manifest, set_json
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response, json_response
from fhir_adapter.testing.server.problems import outcome
from fhir_adapter.testing.server.time import instant, to_milliseconds

_ABSENT = "$export-file/absent/Absent.ndjson"


@kind("manifest-lacks", what=Choice("last-file", "type", "error-list"))
def manifest_lacks(call: Call) -> Response:
    """Leave the last file out of the manifest, every file of one type, or the `error` list."""
    response = call.proceed(call.request)
    content = manifest(response)
    what = call.option("what")
    absent = "error" not in (content or {}) if what == "error-list" else not (content or {}).get("output")
    if content is None or absent or not call.fires(response):
        return response
    if what == "error-list":
        del content["error"]
    elif what == "type":
        last = content["output"][-1]["type"]
        content["output"] = [one for one in content["output"] if one["type"] != last]
    else:
        del content["output"][-1]
    set_json(response, content)
    return response


@kind("manifest-count", off_by=1)
def manifest_count(call: Call) -> Response:
    """Tell more resources of each file than it has."""
    response = call.proceed(call.request)
    content = manifest(response)
    counted = [one for one in (content or {}).get("output", []) if isinstance(one.get("count"), int)]
    if counted and call.fires(response):
        for one in counted:
            one["count"] += call.option("off_by")
        set_json(response, content)
    return response


@kind("manifest-extra-file")
def manifest_extra_file(call: Call) -> Response:
    """List a file that is not there: asked for it, the server answers 404."""
    if call.request.path == _ABSENT:
        return json_response(404, outcome("not-found", "no such file"))
    response = call.proceed(call.request)
    content = manifest(response)
    if content is not None and content["output"] and call.fires(response):
        url = f"{call.request.base}/{_ABSENT}"
        content["output"].append({"type": content["output"][-1]["type"], "url": url, "count": 1})
        set_json(response, content)
    return response


@kind("manifest-relative")
def manifest_relative(call: Call) -> Response:
    """Write the files' addresses without a host."""
    response = call.proceed(call.request)
    content = manifest(response)
    if content is not None and content["output"] and call.fires(response):
        for one in content["output"]:
            one["url"] = urlunsplit(("", "", *urlsplit(one["url"])[2:]))
        set_json(response, content)
    return response


@kind("manifest-time", to=Choice("end", "future"), seconds=3600)
def manifest_time(call: Call) -> Response:
    """Tell as transactionTime when the job ended, or an hour that has not come yet."""
    response = call.proceed(call.request)
    content = manifest(response)
    if content is not None and call.fires(response):
        content["transactionTime"] = _told(call)
        set_json(response, content)
    return response


def _told(call: Call) -> str:
    now: datetime = call.around.clock.now()
    if call.option("to") == "future":
        now += timedelta(seconds=call.option("seconds"))
    return instant(to_milliseconds(now))
