"""Owns comparing an export's manifest with the files that are really there.

https://hl7.org/fhir/uv/bulkdata/export.html (response, complete status)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.ndjson import Receipt, Source
from fhir_adapter.landing.resource_types import RESOURCE_TYPES, WRAPPERS, type_in_name

# CI builds of the Bulk Data guide call `error` `outcome`.
_SECTIONS = ("output", "deleted", "error", "outcome")
_FILTER = re.compile(r"[?&](_since|_until|_typeFilter|_elements)=")


@dataclass(frozen=True)
class Claim:
    """Files that a manifest lists together, and the lines it says each has."""

    section: str
    resource_type: str | None
    files: tuple[str, ...]
    counts: tuple[int | None, ...]


class Manifests:
    """All manifests of a folder: which file is what, and what is missing."""

    def __init__(self, landing: Landing, sources: list[Source]) -> None:
        self._landing = landing
        self._free = {source.name for source in sources}
        self._by_base: dict[str, list[str]] = {}
        for source in sources:
            self._by_base.setdefault(source.path.name, []).append(source.name)
        self._pages = 0
        self._continued = 0
        self._claims: dict[str, Claim] = {}

    def read(self, name: str, body: Mapping[str, Any]) -> None:
        """Find the files of one manifest; what is not found makes its type incomplete."""
        self._pages += 1
        filtered = _FILTER.search(str(body.get("request") or ""))
        if filtered:
            # what did not change, or did not fit, is not in it: silence in such an export says nothing
            self._landing.blame(
                None, f"{name}: the export was asked with {filtered[1]}, so it holds only a part"
            )
        links = body.get("link")
        following = [part for part in links if _is_next(part)] if isinstance(links, list) else []
        self._continued += bool(following)
        lost: dict[str | None, list[dict[str, Any]]] = {}
        for section in _SECTIONS:
            items = body.get(section) or []
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                self._landing.blame(None, f"{name}: {section} is not a list of files")
                continue
            for item in items:
                if not self._found(section, item, name) and section == "output":
                    lost.setdefault(_type(item), []).append(item)
        for resource_type, missing in lost.items():
            self._renamed(resource_type, missing, name)

    def claim_of(self, name: str) -> Claim | None:
        return self._claims.get(name)

    def check(self, receipts: Mapping[str, Receipt]) -> None:
        """Compare counts, and look for files no manifest lists; called when all files are landed."""
        for claim in dict.fromkeys(self._claims.values()):
            if claim.section == "output":
                self._compare(claim, [receipts[file] for file in claim.files if file in receipts])
        if self._pages == 0:
            return
        if self._continued >= self._pages:
            self._landing.blame(None, "the manifest has a next page, which is not in the folder")
        for name in sorted(self._free):
            if name in receipts:
                for resource_type in sorted(receipts[name].types):
                    self._landing.blame(resource_type, f"{name}: file not in the manifest")

    def _found(self, section: str, item: dict[str, Any], manifest: str) -> bool:
        count, resource_type = _count(item), _type(item)
        url = item.get("url")
        if not isinstance(url, str):
            if section == "output" and count == 0 and resource_type is not None:
                self._landing.pulled(resource_type)
            elif count != 0:
                self._landing.blame(
                    resource_type if section == "output" else None, f"{manifest} lists a file without its url"
                )
            return True
        base = _base(url)
        file = self._search(base, manifest)
        if file is not None:
            self._claim(section, resource_type, [file], [count])
        elif section != "output" and count != 0:
            self._landing.blame(None, f"{manifest} lists {base} under {section}; it is not in the folder")
        return file is not None

    def _search(self, base: str, manifest: str) -> str | None:
        """The file of that name, rather beside or below the manifest than elsewhere."""
        parent = manifest.rpartition("/")[0]
        listed = self._by_base.get(base, []) + self._by_base.get(f"{base}.gz", [])
        names = [name for name in listed if name in self._free]
        near = [name for name in names if not parent or name.startswith(f"{parent}/")]
        return next(iter(near or names), None)

    def _renamed(self, resource_type: str | None, missing: list[dict[str, Any]], manifest: str) -> None:
        # Servers that answer with Binary/<id> leave the naming of the file to the client.
        bases = [_base(item["url"]) for item in missing]
        files = [name for name in sorted(self._free) if resource_type and type_in_name(name) == resource_type]
        opaque = not any(base.lower().endswith((".ndjson", ".gz", ".json")) for base in bases)
        if opaque and len(files) == len(missing):
            self._claim("output", resource_type, files, [_count(item) for item in missing])
            return
        self._landing.blame(resource_type, f"{manifest} lists {bases[0]}, which is not in the folder")

    def _claim(
        self, section: str, resource_type: str | None, files: list[str], counts: list[int | None]
    ) -> None:
        claim = Claim(section, resource_type, tuple(files), tuple(counts))
        self._free.difference_update(files)
        self._claims.update(dict.fromkeys(files, claim))

    def _compare(self, claim: Claim, receipts: list[Receipt]) -> None:
        counts = [count for count in claim.counts if count is not None]
        if len(counts) != len(receipts) or any(receipt.damaged for receipt in receipts):
            return
        for receipt in receipts:
            # Renamed files come in no order: each takes the count it has.
            fitting = [count for count in counts if receipt.agrees(count)]
            if not fitting:
                self._landing.blame_all(
                    {claim.resource_type} if claim.resource_type else receipt.types,
                    f"{receipt.source.name} has {receipt.lines} lines, the manifest says {counts[0]}",
                )
                return
            counts.remove(fitting[0])


def _base(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return unquote(path.rstrip("/").rsplit("/", 1)[-1])


def _count(item: Mapping[str, Any]) -> int | None:
    count = item.get("count")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _type(item: Mapping[str, Any]) -> str | None:
    told = item.get("type")
    return told if isinstance(told, str) and told in RESOURCE_TYPES - WRAPPERS else None


def _is_next(link: Any) -> bool:
    return isinstance(link, dict) and link.get("relation") == "next"
