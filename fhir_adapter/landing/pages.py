"""Owns whether the searchset pages of a folder are all there.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.resource_types import RESOURCE_TYPES, WRAPPERS


@dataclass
class Page:
    """One searchset Bundle: what it links to, and what it held."""

    file: str
    own: str | None
    following: str | None
    previous: str | None
    total: int | None
    matches: int = 0
    types: set[str] = field(default_factory=set)

    def saw(self, resource_type: Any, mode: Any) -> None:
        """Count one entry; `total` of a searchset counts matches only, not what was included with them."""
        if mode in (None, "match"):
            self.matches += 1
        if isinstance(resource_type, str) and resource_type in RESOURCE_TYPES - WRAPPERS:
            self.types.add(resource_type)


def page_of(head: dict[str, Any], file: str) -> Page:
    links = dict(_links(head.get("link")))
    own = links.get("self")
    total = head.get("total")
    page = Page(
        file,
        own,
        _absolute(own, links.get("next")),
        _absolute(own, links.get("previous") or links.get("prev")),
        total if isinstance(total, int) and not isinstance(total, bool) else None,
    )
    if own is not None:
        # [base]/Observation?patient=1, whatever the base is and however wrong.
        searched = own.partition("?")[0].rpartition("/")[2]
        if searched in RESOURCE_TYPES - WRAPPERS:
            page.types.add(searched)
    return page


def check_pages(pages: list[Page], landing: Landing) -> None:
    """Blame the types of every page whose neighbours, or whose matches, are missing."""
    by_own = {page.own: page for page in reversed(pages) if page.own}
    pointed_at = {page.following for page in pages if page.following and page.following != page.own}
    for page in pages:
        reason = _missing(page, by_own, pointed_at)
        if reason is None:
            continue
        landing.blame_all(page.types, f"{page.file} is not the whole answer of its search: {reason}")


def _missing(page: Page, by_own: dict[str, Page], pointed_at: set[str]) -> str | None:
    if page.following is not None and (page.following == page.own or page.following not in by_own):
        return "its next page is not in the folder"
    if page.own in pointed_at:
        return None
    if page.previous is not None:
        return "the page before it is not in the folder"
    found = sum(part.matches for part in _chain(page, by_own))
    if page.total is not None and page.total > found:
        return f"its total is {page.total}, the folder has {found}"
    return None


def _chain(page: Page, by_own: dict[str, Page]) -> Iterator[Page]:
    seen: set[int] = set()
    part: Page | None = page
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        yield part
        part = by_own.get(part.following) if part.following else None


def _links(links: Any) -> Iterator[tuple[str, str]]:
    for link in links if isinstance(links, list) else []:
        if (
            isinstance(link, dict)
            and isinstance(link.get("relation"), str)
            and isinstance(link.get("url"), str)
        ):
            yield link["relation"], link["url"]


def _absolute(own: str | None, url: str | None) -> str | None:
    try:
        return urljoin(own or "", url) if url is not None else None
    except ValueError:
        return url
