"""Clients as they are written every day, with plain `requests`: right on a sound server, and on no other.

They are the measure of a fault: it is one if it harms them. Where such a client would go on for ever, the test
stops it (`Endless`); where it would sleep, the test is told how long.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

Resource = dict[str, Any]
TIMEOUT = 10


class Endless(Exception):
    """A client that had to be stopped by its test."""


@dataclass
class Caller:
    """What the clients share: the base address, what they always send, and how they wait."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)

    def get(self, url: str, **headers: str) -> requests.Response:
        """Ask any address, with everything the client always sends."""
        return requests.get(url, headers={**self.headers, **headers}, timeout=TIMEOUT)


def crawl(caller: Caller, query: str, most: int = 80) -> list[Resource]:
    """Follow the next links to the end."""
    found: list[Resource] = []
    url: str | None = f"{caller.base}/{query}"
    for _ in range(most):
        if url is None:
            return found
        page = caller.get(url).json()
        found += [entry["resource"] for entry in page.get("entry", [])]
        url = next((one["url"] for one in page.get("link", []) if one["relation"] == "next"), None)
    raise Endless


def crawl_while_ok(caller: Caller, query: str) -> list[Resource]:
    """Follow the next links; what is not 200 is taken for the end."""
    found: list[Resource] = []
    url: str | None = f"{caller.base}/{query}"
    while url is not None:
        answer = caller.get(url)
        if not answer.ok:
            break
        found += [entry["resource"] for entry in answer.json().get("entry", [])]
        url = next((one["url"] for one in answer.json()["link"] if one["relation"] == "next"), None)
    return found


def crawl_until_empty(caller: Caller, query: str) -> list[Resource]:
    """Follow the next links; an empty page is taken for the end."""
    found: list[Resource] = []
    url: str | None = f"{caller.base}/{query}"
    while url is not None:
        page = caller.get(url).json()
        if not page.get("entry"):
            break
        found += [entry["resource"] for entry in page["entry"]]
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), None)
    return found


def retry_when_told(caller: Caller, url: str, most: int = 4) -> requests.Response:
    """Ask again after Retry-After, as seconds."""
    for _ in range(most):
        answer = caller.get(url)
        if answer.status_code not in (429, 503):
            return answer
        caller.waited.append(float(answer.headers["Retry-After"]))
    raise Endless


def retry_until_ok(send: Callable[[], requests.Response], most: int = 6) -> requests.Response:
    """Try again whenever the server or the network has failed."""
    for _ in range(most):
        try:
            answer = send()
        except requests.ConnectionError:
            continue
        if answer.status_code < 500:
            return answer
    raise Endless


def post(caller: Caller, resource: Resource, **headers: str) -> requests.Response:
    """Create a resource, once."""
    content = {key: value for key, value in resource.items() if key != "id"}
    url = f"{caller.base}/{resource['resourceType']}"
    return requests.post(url, json=content, headers={**caller.headers, **headers}, timeout=TIMEOUT)


def put(caller: Caller, resource: Resource, **headers: str) -> requests.Response:
    """Update a resource, once."""
    url = f"{caller.base}/{resource['resourceType']}/{resource['id']}"
    return requests.put(url, json=resource, headers={**caller.headers, **headers}, timeout=TIMEOUT)


def post_bundle(caller: Caller, kind: str, resources: list[Resource]) -> requests.Response:
    """Send a Bundle of PUTs."""
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    return requests.post(caller.base, json=bundle, headers=caller.headers, timeout=TIMEOUT)


def edit(caller: Caller, path: str, change: Callable[[Resource], None]) -> requests.Response:
    """Read, change and write back, guarded by the ETag if there is one; once more when it was refused with 412."""
    for _ in range(2):
        read = caller.get(f"{caller.base}/{path}")
        resource = read.json()
        change(resource)
        tag = read.headers.get("ETag")
        answer = put(caller, resource, **({"If-Match": tag} if tag else {}))
        if answer.status_code != 412:
            break
    return answer


def kick_off(caller: Caller, query: str = "") -> str:
    """Begin an export; the address of its status."""
    headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
    answer = caller.get(f"{caller.base}/$export{query}", **headers)
    answer.raise_for_status()
    return answer.headers["Content-Location"]


def poll(caller: Caller, status_url: str, most: int = 30) -> Resource:
    """Ask for the manifest until it is there."""
    for _ in range(most):
        answer = caller.get(status_url)
        answer.raise_for_status()
        if answer.status_code == 200:
            manifest: Resource = answer.json()
            return manifest
        caller.waited.append(float(answer.headers.get("Retry-After", "1")))
    raise Endless


def download(caller: Caller, url: str) -> list[Resource]:
    """The resources of an export file."""
    answer = caller.get(url)
    return [json.loads(line) for line in answer.text.splitlines() if line] if answer.ok else []


def export(caller: Caller, query: str = "") -> list[Resource]:
    """Everything: begin, wait, download."""
    manifest = poll(caller, kick_off(caller, query))
    return [resource for file in manifest["output"] for resource in download(caller, file["url"])]
