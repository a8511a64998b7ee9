"""Owns following a search from page to page: it always ends, and stays on the hospital's own origin.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.errors import GoneError, ServerError
from fhir_adapter.fhir import bodies, outcomes
from fhir_adapter.fhir.client import Client
from fhir_adapter.fhir.origins import resolved

MOST_PAGES = 10_000
MOST_EMPTY = 100  # in a row; some servers give one here and there


@dataclass(frozen=True)
class Page:
    """One searchset Bundle as it was sent; `problem` when it says that something is missing."""

    text: str
    problem: str | None
    total: int | None


def pages(client: Client, url: str, most: int = MOST_PAGES) -> Iterator[Page]:
    """Every page of a search; one that expired (404, 410) makes the search begin again, once.

    ServerError when it loops, leaves the origin, never ends, or answers with something else than a searchset.
    """
    following: str | None = url
    seen: set[str] = set()
    contents: set[bytes] = set()
    restarted, asked, empty = False, 0, 0
    while following is not None:
        seen.add(following)
        asked += 1
        if asked > most:
            raise ServerError(f"the search has more than {most} pages: refused")
        try:
            text = client.get(following).text()
        except GoneError:
            if restarted or following == url:
                raise
            restarted, following = True, url
            seen, contents = set(), set()
            continue
        bundle = bodies.object_of(text)
        _check(bundle)
        content = _content(bundle)
        if content in contents:
            raise ServerError("the search does not end: a page comes again under another address")
        contents.update(() if content is None else (content,))
        empty = empty + 1 if content is None else 0
        if empty > MOST_EMPTY:
            raise ServerError(f"the search does not end: {empty} pages in a row are empty")
        yield Page(text, _problem(bundle), _total(bundle))
        following = _following(client, following, bundle, seen)


def _check(bundle: dict[str, Any]) -> None:
    told = bundle.get("resourceType")
    if told == "OperationOutcome":
        raise ServerError(f"the server answered 200 with an OperationOutcome: {outcomes.codes(bundle)}")
    if told != "Bundle" or bundle.get("type") != "searchset":
        raise ServerError("the server's answer is not a searchset Bundle")


def _following(client: Client, url: str, bundle: dict[str, Any], seen: set[str]) -> str | None:
    links = bundle.get("link", [])
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise ServerError("the page's links cannot be read")
    found = [link.get("url") for link in links if link.get("relation") == "next"]
    if not found:
        return None
    if len(found) > 1 or not isinstance(found[0], str):
        raise ServerError("the page's next link cannot be read")
    following = resolved(url, found[0])
    if not client.transport.allowed.is_base(following):
        raise ServerError(
            "the page's next link leads to another origin: it was not asked "
            "(a server behind a proxy must be told its public address)"
        )
    if following in seen:
        raise ServerError("the search does not end: a next link leads back to a page that was read")
    return following


def _entries(bundle: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Resources with their search mode."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            search = entry.get("search")
            yield entry["resource"], search.get("mode") if isinstance(search, dict) else None


def _problem(bundle: dict[str, Any]) -> str | None:
    for resource, mode in _entries(bundle):
        told = resource.get("resourceType") == "OperationOutcome" or mode == "outcome"
        if told and outcomes.says_incomplete(resource):
            return f"the server says that something is missing: {outcomes.codes(resource)}"
    return None


def _total(bundle: dict[str, Any]) -> int | None:
    total = bundle.get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _content(bundle: dict[str, Any]) -> bytes | None:
    """What a page holds, in short; None for an empty one, which may come again."""
    held = [
        [resource.get("resourceType"), resource.get("id"), resource.get("meta")]
        for resource, mode in _entries(bundle)
        if mode != "outcome"
    ]
    return hashlib.sha256(json.dumps(held).encode()).digest() if held else None
