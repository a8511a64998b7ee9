"""Owns landing one .json file: a resource, a Bundle, an array of resources, or an export's manifest."""

from __future__ import annotations

from typing import Any

from fhir_adapter.landing import spans, streams, strict
from fhir_adapter.landing.blame import Where, quarantine, quarantine_file
from fhir_adapter.landing.intake import Intake
from fhir_adapter.landing.landed import Landing
from fhir_adapter.landing.ndjson import Source, read_array
from fhir_adapter.landing.resource_types import type_in_name


def read_document(source: Source, landing: Landing, intake: Intake) -> dict[str, Any] | None:
    """Land one file; if it is a manifest, land nothing and return it."""
    if source.path.stat().st_size > strict.MAX_DOCUMENT:
        quarantine_file(landing, source.name, None, strict.TOO_LONG_DOCUMENT)
        return None
    raw = source.path.read_bytes().removeprefix(streams.BOM)
    where = Where(source.name, None, type_in_name(source.name))
    try:
        text = strict.decode(raw)
        if '"transactionTime"' in text and {"transactionTime", "output"} <= spans.members(text).keys():
            return strict.load_object(text)
        if text.startswith("[", strict.skip_blank(text, 0)):
            # An array holds any type, whatever its file is called.
            where = where._replace(named=None)
            read_array(intake, text, where)
            return None
    except strict.NotStrict as error:
        quarantine(landing, where, str(error), raw)
        return None
    intake.text(text, where)
    return None
