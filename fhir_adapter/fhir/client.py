"""Owns a hospital's server as the rest of the program asks it: what it offers, how many, one document, one file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote, urlencode

from fhir_adapter.errors import AuthError, ServerError
from fhir_adapter.fhir import outcomes
from fhir_adapter.fhir.auth import credentials_of
from fhir_adapter.fhir.retrying import Timing
from fhir_adapter.fhir.transport import FHIR_JSON, Answer, Asked, Transport
from fhir_adapter.model.servers import Server

_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}")


@dataclass(frozen=True)
class Offer:
    """What a CapabilityStatement says: the types that are there, and the server's own clock at that moment."""

    types: frozenset[str]
    date: str | None


@dataclass(frozen=True)
class Client:
    """Asks one hospital's server."""

    server: Server
    transport: Transport

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """An address below the base."""
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return f"{self.server.base_url}/{path}{asked}"

    def get(self, url: str, **headers: str) -> Answer:
        """A document; raises as Transport.get."""
        return self.transport.get(Asked(url, {"Accept": FHIR_JSON, **headers}))

    def download(self, url: str, into: BinaryIO, *, token: bool) -> Answer:
        """A file of an export, to disk; the token goes with it only if told so, and only to the base's own origin."""
        return self.transport.get(Asked(url, {"Accept": "application/fhir+ndjson"}, into, token))

    def offer(self) -> Offer:
        """What the server holds; ServerError for one that is not R4. https://hl7.org/fhir/R4/capabilitystatement.html"""
        answer = self.get(self.address("metadata"))
        told = answer.json()
        version = told.get("fhirVersion")
        if told.get("resourceType") != "CapabilityStatement":
            said = outcomes.codes(told)
            raise ServerError(f"metadata is no CapabilityStatement{f': {said}' if said else ''}")
        if not isinstance(version, str) or not version.startswith("4.0"):
            known = isinstance(version, str) and _VERSION.fullmatch(version)
            spoken = version if known else "of an unknown version"
            raise ServerError(f"the server speaks FHIR {spoken}: only R4 (4.0.1) is read")
        rest = told.get("rest")
        parts = [part for part in rest if isinstance(part, dict)] if isinstance(rest, list) else []
        held = [one for part in parts for one in part.get("resource") or [] if isinstance(one, dict)]
        return Offer(frozenset(str(one.get("type")) for one in held), answer.headers.get("Date"))

    def count(self, resource_type: str) -> int | None:
        """How many resources the server says it has; None when it does not say. AuthError passes."""
        try:
            told = self.get(self.address(resource_type, {"_summary": "count"})).json()
        except AuthError:
            raise
        except ServerError:
            return None
        total = told.get("total")
        return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


@contextmanager
def open_client(server: Server, timing: Timing | None = None) -> Iterator[Client]:
    """A client for one run; SettingsError when a secret or certificate file cannot be read."""
    with Transport(server, timing) as transport:
        transport.credentials = credentials_of(server, transport)
        yield Client(server, transport)
