"""Owns what one text becomes: a resource among its type's files, an opened Bundle, or a quarantine line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fhir_adapter.landing import outcomes, spans, strict
from fhir_adapter.landing.blame import Where, quarantine
from fhir_adapter.landing.bundles import BundleReader
from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.pages import Page
from fhir_adapter.landing.resource_types import RESOURCE_TYPES
from fhir_adapter.landing.shapes import misfit
from fhir_adapter.landing.writing import Sorter

_URN = re.compile(r"urn:uuid:([A-Za-z0-9.-]{1,64})")


class Intake:
    """Takes the texts of one source (or of all small documents together) into a landing."""

    def __init__(
        self,
        landing: Landing,
        sorter: Sorter,
        pages: list[Page],
        shapes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._shapes = shapes or {}
        self._landing = landing
        self._sorter = sorter
        self._bundles = BundleReader(landing, pages, self.text)

    def line(self, raw: bytes, where: Where) -> None:
        """One line of NDJSON."""
        if len(raw) > strict.MAX_RESOURCE or not where.whole:
            quarantine(self._landing, where, strict.TOO_LONG_LINE, raw)
            return
        try:
            text = strict.decode(raw)
        except strict.NotStrict as error:
            quarantine(self._landing, where, str(error), raw)
            return
        self.text(text, where)

    def text(self, text: str, where: Where, full_url: str | None = None) -> str | None:
        """One resource; "Type/id" if it is data now, None if it was opened, skipped or refused."""
        try:
            # A Bundle is judged entry by entry, not as one value: so look before the strict parse.
            if '"Bundle"' in text and self._opened(text, where):
                return None
            resource = strict.load_object(text)
            resource_type = type_of(resource)
            if resource_type == "Bundle":
                self._bundles.read(text, spans.members(text), where)
                return None
            return self._sort(resource, resource_type, text, where, full_url)
        except strict.NotStrict as error:
            quarantine(self._landing, where, str(error), text.encode())
            return None

    def _opened(self, text: str, where: Where) -> bool:
        fields = spans.members(text)
        told = fields.get("resourceType")
        if told is None or told.value != "Bundle":
            return False
        self._bundles.read(text, fields, where)
        return True

    def _sort(
        self, resource: dict[str, Any], resource_type: str, text: str, where: Where, full_url: str | None
    ) -> str | None:
        if resource_type in ("Parameters", "OperationOutcome"):
            self._landing.counts[resource_type] += 1
            if resource_type == "OperationOutcome" and outcomes.says_incomplete(resource):
                self._landing.blame(None, f"{where.file}: the server reports an error or left something out")
            return None
        identity = resource.get("id")
        if "id" not in resource and full_url and (urn := _URN.fullmatch(full_url)):
            identity = urn[1]
            text = _with_id(text, identity)
        if not isinstance(identity, str) or not identity:
            raise strict.NotStrict(strict.NO_ID)
        reason = misfit(resource, self._shapes.get(resource_type, {}))
        if reason is not None:
            raise strict.NotStrict(reason)
        raw = spans.one_line(text).encode()
        if len(raw) > strict.MAX_RESOURCE:
            raise strict.NotStrict(strict.TOO_LONG_LINE)
        self._landing.counts[resource_type] += 1
        self._sorter.put(resource_type, raw)
        return f"{resource_type}/{identity}"


def type_of(resource: dict[str, Any]) -> str:
    """The resource's type; NotStrict if it has none that FHIR knows."""
    told = resource.get("resourceType")
    if not isinstance(told, str) or not told:
        raise strict.NotStrict(strict.NO_TYPE)
    if told not in RESOURCE_TYPES:
        raise strict.NotStrict(strict.UNKNOWN_TYPE)
    return told


def _with_id(text: str, identity: str) -> str:
    start = text.index("{") + 1
    return f'{text[:start]}"id":{json.dumps(identity)},{text[start:]}'
