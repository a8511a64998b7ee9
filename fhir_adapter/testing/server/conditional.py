"""Owns an interaction's conditions: entity tags, guards, and the criteria that stand for an id.

https://hl7.org/fhir/R4/http.html#concurrency, #ccreate, #cond-update, #cdelete, #cread
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.messages import Pairs, Request
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.search import matching
from fhir_adapter.testing.server.store import Stored
from fhir_adapter.testing.server.time import to_milliseconds
from fhir_adapter.testing.server.validation import is_id

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG = re.compile(r'"([^"]*)"')
_PRESENTATION = ("_format", "_pretty", "_summary", "_elements")


@dataclass(frozen=True)
class Conditions:
    """What must hold for an interaction, as sent: in headers, or in an entry of a Bundle."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_none_exist: str | None = None

    @classmethod
    def of(cls, request: Request) -> Conditions:
        """The conditions of a request."""
        return cls(
            request.header("If-Match"),
            request.header("If-None-Match"),
            request.header("If-Modified-Since"),
            request.header("If-None-Exist"),
        )

    @classmethod
    def of_entry(cls, asked: dict[str, Any]) -> Conditions:
        """The conditions of `Bundle.entry.request`; Problem 400 when one is no string."""
        names = ("ifMatch", "ifNoneMatch", "ifModifiedSince", "ifNoneExist")
        for name in names:
            if not isinstance(asked.get(name, ""), str):
                raise Problem(400, "structure", f"request.{name} is not a string")
        return cls(*(asked.get(name) for name in names))

    def headers(self) -> Pairs:
        """The conditions as a request's headers."""
        pairs = (
            ("If-Match", self.if_match),
            ("If-None-Match", self.if_none_match),
            ("If-Modified-Since", self.if_modified_since),
            ("If-None-Exist", self.if_none_exist),
        )
        return tuple((name, value) for name, value in pairs if value is not None)


def etag(quirks: Quirks, version: int) -> str | None:
    """The entity tag of a version, in the server's form; None where it sends none."""
    return {"weak": f'W/"{version}"', "strong": f'"{version}"'}.get(quirks.etag)


def is_unchanged(asked: Conditions, stored: Stored) -> bool:
    """Whether a read is answered 304; Problem 400 for a malformed If-None-Match, a malformed date is not looked at."""
    if asked.if_none_match is not None:
        return _names(asked.if_none_match, stored.version)
    try:
        since = to_milliseconds(parsedate_to_datetime(asked.if_modified_since or ""))
    except (ValueError, TypeError):
        return False
    return stored.updated // 1000 * 1000 <= since


def guard(quirks: Quirks, asked: Conditions, current: Stored | None) -> None:
    """Problem (412, or the server's own status) when a write's If-Match or If-None-Match fails; 400 if malformed."""
    if not quirks.guards:
        return
    there = current if current is not None and not current.deleted else None
    if asked.if_match is not None and not _names(asked.if_match, there.version if there else None):
        raise Problem(quirks.guard_status, "conflict", "If-Match does not name the current version")
    if asked.if_none_match is not None and _names(asked.if_none_match, there.version if there else None):
        raise Problem(412, "conflict", "If-None-Match names the current version: the resource exists")


def if_none_exist(quirks: Quirks, asked: Conditions) -> Pairs | None:
    """The criteria of a conditional create; None for a plain one. Problem 400 when malformed or not supported."""
    if asked.if_none_exist is None or quirks.conditional_create == "ignored":
        return None
    if quirks.conditional_create == "refused":
        raise Problem(400, "not-supported", "If-None-Exist is not supported")
    text = asked.if_none_exist
    query = text.partition("?")[2] if "?" in text else text
    return criteria(tuple(parse_qsl(query, keep_blank_values=True)))


def criteria(query: Pairs) -> Pairs:
    """The search of a conditional interaction; Problem 400 when nothing is searched for, as that is everything."""
    pairs = tuple((name, value) for name, value in query if name not in _PRESENTATION)
    if not any(value for _, value in pairs):
        raise Problem(400, "required", "a conditional interaction needs search criteria")
    return pairs


def only(context: Context, base: str, type_: str, pairs: Pairs) -> Stored | None:
    """The one resource that searches show for the criteria; None for none, Problem 412 for several."""
    context.settle()
    found = matching.find(context, type_, pairs, base)
    if len(found) > 1:
        raise Problem(412, "multiple-matches", f"the criteria match {len(found)} resources")
    return context.store.by_seq(found)[0] if found else None


def updated_id(context: Context, resource: dict[str, Any], found: Stored | None) -> str:
    """The id that a conditional update writes to: the match's, the body's, or a new one.

    Problem 400 when body and match differ, 409 when the body's id belongs to a resource that does not match, 405
    when the server gives ids itself.
    """
    given = resource.get("id")
    if given is not None and not is_id(given):
        raise Problem(400, "value", "the resource's id is not a FHIR id")
    if found is not None:
        if given not in (None, found.id):
            raise Problem(400, "invalid", "the resource's id is not that of the resource that matches")
        return found.id
    if given is None:
        return free_id(context, resource["resourceType"])
    if context.store.current(resource["resourceType"], given) is not None:
        raise Problem(409, "conflict", "the resource's id exists, but does not match the criteria")
    if not context.quirks.update_create:
        raise Problem(405, "not-supported", "this server gives ids itself")
    return str(given)


def free_id(context: Context, type_: str) -> str:
    """A new id; those of an earlier run with the same seed may be in the store already."""
    while context.store.current(type_, id_ := context.new_id()) is not None:
        pass
    return id_


def _names(header: str, version: int | None) -> bool:
    """Whether entity tags name a version; `*` names any that there is. Problem 400 when they are malformed."""
    if header.strip() == "*":
        return version is not None
    if not _TAGS.fullmatch(header):
        raise Problem(400, "value", 'an entity tag must be W/"..." or "..."')
    return str(version) in _TAG.findall(header) and version is not None
