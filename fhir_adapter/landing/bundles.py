"""Owns taking a Bundle apart: entries that are data, deletions, failures and pages.

https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fhir_adapter.landing import spans, strict
from fhir_adapter.landing.blame import Where, quarantine
from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.pages import Page, page_of
from fhir_adapter.landing.resource_types import RESOURCE_TYPES

# Takes one resource's text; answers "Type/id" if it became data.
Take = Callable[[str, Where, str | None], str | None]

_INSTANCE = re.compile(r"(?:.*/)?([A-Za-z]+)/([^/?#\s]+)(?:/_history/[^/?#\s]+)?")
_CONDITIONAL = re.compile(r"(?:.*/)?([A-Za-z]+)(?:\?.*)?", re.DOTALL)
_FAILED = re.compile(r"\s*[45][0-9][0-9]\b")
_GONE = re.compile(r"\s*4(?:04|10)\b")


@dataclass
class _Bundle:
    """What the entries of one Bundle have in common."""

    page: Page | None
    # A history is told newest first: what it has named already.
    newer: set[str] | None


class BundleReader:
    """Reads Bundles entry by entry: one bad entry costs itself, not the Bundle."""

    def __init__(self, landing: Landing, pages: list[Page], take: Take) -> None:
        self._landing = landing
        self._pages = pages
        self._take = take

    def read(self, text: str, fields: dict[str, spans.Span], where: Where) -> None:
        """Take one Bundle apart; NotStrict if its own head cannot be trusted."""
        span = fields.pop("entry", None)
        head = {name: strict.load(text[field.start : field.end]) for name, field in fields.items()}
        if span is not None and span.value is not None and not isinstance(span.value, list):
            raise strict.NotStrict("Bundle.entry is not a list")
        bundle = _Bundle(None, set() if head.get("type") == "history" else None)
        if head.get("type") == "searchset":
            bundle.page = page_of(head, where.file)
            self._pages.append(bundle.page)
        if span is None or span.value is None:
            return
        start = span.start
        del span  # and with it the values of all entries
        line, counted = where.line or 1, 0
        for entry in spans.elements(text, start):
            line += text.count("\n", counted, entry.start)
            counted = entry.start
            place = where._replace(line=line, named=None)
            self._entry(text[entry.start : entry.end], entry.value, place, bundle)

    def _entry(self, raw: str, value: Any, where: Where, bundle: _Bundle) -> None:
        try:
            fields = spans.members(raw)
            if strict.too_deep(value):
                raise strict.NotStrict(strict.TOO_DEEP)
            rest = {
                name: strict.load(raw[field.start : field.end])
                for name, field in fields.items()
                if name != "resource"
            }
        except strict.NotStrict as error:
            quarantine(self._landing, where, str(error), raw.encode())
            if bundle.page is not None:
                bundle.page.saw(None, None)
            return
        resource = fields.get("resource")
        if _text(rest, "request", "method").upper() == "DELETE":
            self._delete(_text(rest, "request", "url"), raw, where, bundle)
        elif _FAILED.match(_text(rest, "response", "status")):
            self._failed(_text(rest, "response", "status"), where)
        elif resource is not None and resource.value is not None:
            self._note(resource.value, rest, bundle.page)
            if _text(rest, "search", "mode") != "outcome" or _is_outcome(resource.value):
                self._resource(raw[resource.start : resource.end], rest, where, bundle)

    def _note(self, value: Any, rest: dict[str, Any], page: Page | None) -> None:
        mode = _text(rest, "search", "mode") or None
        if page is not None and mode != "outcome" and not _is_outcome(value):
            page.saw(value.get("resourceType") if isinstance(value, dict) else None, mode)

    def _resource(self, text: str, rest: dict[str, Any], where: Where, bundle: _Bundle) -> None:
        full_url = rest.get("fullUrl") if isinstance(rest.get("fullUrl"), str) else None
        key = self._take(text, where, full_url)
        if key is None:
            return
        if full_url:
            known = self._landing.full_urls.setdefault(full_url, key)
            if known != key:
                self._landing.full_urls[full_url] = ""
        if bundle.newer is not None:
            bundle.newer.add(key)

    def _delete(self, url: str, raw: str, where: Where, bundle: _Bundle) -> None:
        named = _INSTANCE.fullmatch(url)
        if named and named[1] in RESOURCE_TYPES:
            key = f"{named[1]}/{named[2]}"
            # What a history wrote again after a deletion is there.
            if bundle.newer is None or key not in bundle.newer:
                self._landing.deleted.add(key)
            return
        searched = _CONDITIONAL.fullmatch(url)
        known = searched[1] if searched and searched[1] in RESOURCE_TYPES else None
        quarantine(
            self._landing, where._replace(named=known), "a deletion that names no resource", raw.encode()
        )

    def _failed(self, status: str, where: Where) -> None:
        if not _GONE.match(status):
            self._landing.blame(None, f"{where.file}, line {where.line}: a request failed at the server")


def _is_outcome(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "OperationOutcome"


def _text(entry: dict[str, Any], name: str, key: str) -> str:
    part = entry.get(name)
    value = part.get(key) if isinstance(part, dict) else None
    return value if isinstance(value, str) else ""
