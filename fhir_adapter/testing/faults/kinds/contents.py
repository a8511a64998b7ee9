"""Owns how a kind looks into an answer and puts something else there: Bundles, manifests, NDJSON lines, links."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from fhir_adapter.testing.server.messages import Request, Response

Resource = dict[str, Any]


def json_object(response: Response) -> Resource | None:
    """The answer's JSON object; None when it is none."""
    if "json" not in (response.header("Content-Type") or "json"):
        return None
    try:
        content = json.loads(response.content())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def bundle(response: Response, *types: str) -> Resource | None:
    """The answer's Bundle, of one of some types (default: searchset); None when it is none."""
    content = json_object(response)
    if content is None or content.get("resourceType") != "Bundle":
        return None
    return content if content.get("type") in (types or ("searchset",)) else None


def manifest(response: Response) -> Resource | None:
    """The answer's Bulk Data manifest; None when it is none."""
    content = json_object(response)
    return content if content is not None and isinstance(content.get("output"), list) else None


def ndjson_lines(response: Response) -> list[str] | None:
    """The lines of an export file; None when the body is something else."""
    try:
        lines = response.content().decode("utf-8").split("\n")
        found = [line for line in lines if line.strip()]
        return found if all(isinstance(json.loads(line), dict) for line in found[:1]) else None
    except ValueError:
        return None


def resources(content: Resource) -> list[Resource]:
    """The resources of a Bundle, or the one resource itself."""
    if content.get("resourceType") == "Bundle":
        return [entry["resource"] for entry in content.get("entry", []) if "resource" in entry]
    return [content] if "resourceType" in content else []


def set_body(response: Response, body: bytes, content_type: str | None = None) -> None:
    """Another body; headers that told of the old one go."""
    response.body = body
    for name in ("Content-Length", "Content-Encoding"):
        response.set_header(name, None)
    if content_type is not None:
        response.set_header("Content-Type", content_type)


def set_json(response: Response, content: Any) -> None:
    """Another JSON body."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    set_body(response, text.encode("utf-8", "surrogatepass"))


def set_lines(response: Response, lines: Iterable[str]) -> None:
    """Other lines of an export file."""
    set_body(response, "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"))


def change_resources(response: Response, change: Callable[[Resource], Resource | None]) -> bytes | None:
    """The body with resources changed, of a resource, a Bundle or an export file; None when nothing changed.

    `change` gives the new resource, or None to leave it as it is.
    """
    content = json_object(response)
    if content is None:
        lines = ndjson_lines(response) or []
        changed = [change(json.loads(line)) for line in lines]
        if not any(changed):
            return None
        kept = (dumps(new) if new else line for new, line in zip(changed, lines, strict=True))
        return "".join(line + "\n" for line in kept).encode("utf-8")
    return _changed_object(content, change)


def dumps(content: Any) -> str:
    """JSON as the server writes it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _changed_object(content: Resource, change: Callable[[Resource], Resource | None]) -> bytes | None:
    if content.get("resourceType") != "Bundle":
        new = change(content) if "resourceType" in content else None
        return dumps(new).encode("utf-8") if new else None
    found = False
    for entry in content.get("entry", []):
        new = change(entry["resource"]) if "resource" in entry else None
        if new:
            entry["resource"] = new
            found = True
    return dumps(content).encode("utf-8") if found else None


def link(content: Resource, relation: str) -> str | None:
    """A Bundle's link of a relation."""
    return next((one["url"] for one in content.get("link", []) if one.get("relation") == relation), None)


def set_link(content: Resource, relation: str, url: str | None) -> None:
    """Replace a Bundle's link; None takes it away."""
    kept = [one for one in content.get("link", []) if one.get("relation") != relation]
    content["link"] = kept if url is None else [*kept, {"relation": relation, "url": url}]


def own_url(request: Request, content: Resource) -> str:
    """The address under which a GET gives this page: its self link, else the request's."""
    return link(content, "self") or request.url


def with_marker(url: str, name: str, value: str) -> str:
    """An address with one more query parameter, by which a kind knows its own links again."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode({name: value})}"


def moved(url: str, origin: str) -> str:
    """The same path and query at another origin."""
    there, here = urlsplit(origin), urlsplit(url)
    return urlunsplit((there.scheme, there.netloc, here.path, here.query, here.fragment))
