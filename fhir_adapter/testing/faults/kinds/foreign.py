"""Owns addresses of another host, wherever a server hands one out: a client that follows must leave its token behind.

https://hl7.org/fhir/smart-app-launch/backend-services.html#security-considerations
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

from fhir_adapter.testing.faults.kinds.contents import (
    Resource,
    change_resources,
    json_object,
    manifest,
    moved,
    set_body,
    set_json,
)
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response

_ATTACHED = {"Patient": "photo", "DiagnosticReport": "presentedForm"}


@kind("redirect-to-trap", needs_trap=True, status=302)
def redirect_to_trap(call: Call) -> Response:
    """Redirect to the same path at another host (307 lets a POST be sent there with its body)."""
    if not call.fires():
        return call.proceed(call.request)
    return Response(call.option("status"), [("Location", moved(call.request.url, call.trap))])


@kind("header-to-trap", needs_trap=True, name=Choice("Location", "Content-Location"))
def header_to_trap(call: Call) -> Response:
    """Write another host's address in Location or Content-Location."""
    response = call.proceed(call.request)
    name = call.option("name")
    url = response.header(name)
    if url is not None and call.fires(response):
        response.set_header(name, moved(url, call.trap))
    return response


@kind("manifest-to-trap", needs_trap=True, list=Choice("output", "deleted", "error"))
def manifest_to_trap(call: Call) -> Response:
    """Put the files of one of the manifest's lists at another host; an empty list gets one file."""
    response = call.proceed(call.request)
    content = manifest(response)
    if content is None or not call.fires(response):
        return response
    which = call.option("list")
    type_ = {"output": "Patient", "deleted": "Bundle", "error": "OperationOutcome"}[which]
    listed = content.get(which) or [
        {"type": type_, "url": f"{call.request.base}/$export-file/{which}.ndjson"}
    ]
    content[which] = [{**one, "url": moved(one["url"], call.trap)} for one in listed]
    set_json(response, content)
    return response


@kind("discovery-to-trap", needs_trap=True, name=Choice("token_endpoint", "jwks_uri"))
def discovery_to_trap(call: Call) -> Response:
    """Name another host in the SMART discovery document; a `jwks_uri` is added where there is none."""
    response = call.proceed(call.request)
    content = json_object(response)
    name = call.option("name")
    if content is not None and "token_endpoint" in content and call.fires(response):
        url = content.get(name, f"{call.request.base}/.well-known/jwks.json")
        set_json(response, {**content, name: moved(url, call.trap)})
    return response


@kind("references-to-trap", needs_trap=True)
def references_to_trap(call: Call) -> Response:
    """Write references with another host's address."""
    return _change(call, lambda value: _with_references(value, call.trap))


@kind("attachments-to-trap", needs_trap=True)
def attachments_to_trap(call: Call) -> Response:
    """Put attachments at another host; a Patient without a photo and a report without a form get one there."""
    return _change(call, lambda value: _with_attachments(value, call.trap))


def _change(call: Call, change: Any) -> Response:
    response = call.proceed(call.request)
    if not call.rule.looks_at(response):
        return response

    def changed(resource: Resource) -> Resource | None:
        new = deepcopy(resource)
        return new if change(new) else None

    body = change_resources(response, changed)
    if body is not None and call.fires(response):
        set_body(response, body)
    return response


def _with_references(value: Any, trap: str) -> bool:
    """Change every literal reference in place; whether there was one."""
    if isinstance(value, list):
        return any([_with_references(one, trap) for one in value])
    if not isinstance(value, dict):
        return False
    found = any([_with_references(one, trap) for one in value.values()])
    reference = value.get("reference")
    if isinstance(reference, str) and "/" in reference and not urlsplit(reference).scheme:
        value["reference"] = f"{trap}/fhir/{reference}"
        return True
    return found


def _with_attachments(resource: Resource, trap: str) -> bool:
    """Move attachments in place, or add one; whether there is one now."""
    if _move_attachments(resource, trap):
        return True
    name = _ATTACHED.get(resource.get("resourceType", ""))
    if name is not None:
        url = f"{trap}/fhir/Binary/{resource.get('id', '1')}"
        resource[name] = [{"contentType": "image/png", "url": url}]
    return name is not None


def _move_attachments(value: Any, trap: str) -> bool:
    if isinstance(value, list):
        return any([_move_attachments(one, trap) for one in value])
    if not isinstance(value, dict):
        return False
    found = any([_move_attachments(one, trap) for one in value.values()])
    url = value.get("url")
    if "contentType" in value and isinstance(url, str):
        value["url"] = f"{trap}/fhir/{url.rpartition('/fhir/')[2]}" if "://" not in url else moved(url, trap)
        return True
    return found
