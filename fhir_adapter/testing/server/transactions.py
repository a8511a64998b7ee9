"""Owns transactions: all entries or none, in the order DELETE, POST, PUT, GET, with their references resolved.

https://hl7.org/fhir/R4/http.html#trules. Conditions are looked at after the deletes and before the first write.
A transaction holds the store, so its conditional creates are atomic even where single ones are racy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fhir_adapter.testing.server import conditional, interactions, references, validation
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.entries import Entry, Inside
from fhir_adapter.testing.server.messages import Pairs, Request, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.references import Identity
from fhir_adapter.testing.server.store import Stored

_CRITERIA = re.compile(r"([A-Z][A-Za-z]+)\?(.+)", re.DOTALL)
# Strings that are text even when they look like an entry's fullUrl: an Identifier's value above all.
_TEXTS = ("value", "display", "div", "text")


class EntryProblem(Problem):
    """The refusal of a transaction, with the entry that is to blame."""

    def __init__(self, problem: Problem, place: int) -> None:
        super().__init__(problem.status, problem.code, f"Bundle.entry[{place}]: {problem.diagnostics}")
        self._problem, self._place = problem, place

    @property
    def outcome(self) -> dict[str, Any]:
        """The entry's own issues, each with the entry in front of its place."""
        content = self._problem.outcome
        where = f"Bundle.entry[{self._place}]"
        for issue in content["issue"]:
            inner = [path.partition(".")[2] for path in issue.get("expression", [])]
            issue["expression"] = [f"{where}.resource.{path}".rstrip(".") for path in inner] or [where]
            issue["diagnostics"] = f"{where}: {issue['diagnostics']}"
        return content


@dataclass(frozen=True)
class _Write:
    """What is to be written for an entry; `found` instead where a conditional create has its resource already."""

    entry: Entry
    resource: dict[str, Any]
    id: str
    found: Stored | None = None


class Transaction:
    """One transaction; `run` is called once."""

    def __init__(self, context: Context, request: Request, inside: Inside) -> None:
        self._context, self._request, self._inside = context, request, inside
        self._claimed: set[Identity] = set()
        self._created: dict[tuple[str, Pairs], str] = {}
        self._names: dict[str, str] = {}
        self._answers: dict[int, Response] = {}

    def run(self, contents: list[Any]) -> list[Response]:
        """The answers in the entries' order; `EntryProblem` when one fails, and nothing is written."""
        entries = list(self._taken(contents))
        with self._context.store.transaction():
            deleted = [self._delete(entry) for entry in _of(entries, "DELETE")]
            writes = [self._prepare(entry) for entry in _of(entries, "POST", "PUT")]
            resolved = [self._resolve(write) for write in writes]
            for write in resolved:
                self._write(write)
            self._hold_references(resolved, [one for one in deleted if one])
            for entry in _of(entries, "GET", "HEAD"):
                self._read(entry)
        return [self._answers[entry.place] for entry in entries]

    def _taken(self, contents: list[Any]) -> Iterator[Entry]:
        """The entries, once each is a proper and permitted request with a valid resource."""
        for place, content in enumerate(contents):
            with _blaming(place):
                entry = Entry.of(self._request, place, content)
                self._inside.permit(entry.request)
                if entry.request.method in ("POST", "PUT"):
                    if entry.request.method == "POST" and len(entry.request.parts) > 1:
                        raise Problem(400, "not-supported", "a transaction posts resources only")
                    if not all(map(validation.is_id, entry.request.parts[1:])):
                        raise Problem(400, "value", "the address does not end in a FHIR id")
                    validation.accept(self._context, entry.resource, entry.request.parts[0])
                yield entry

    def _delete(self, entry: Entry) -> tuple[Entry, Identity] | None:
        with _blaming(entry.place):
            context, type_ = self._context, entry.request.parts[0]
            if len(entry.request.parts) == 2:
                id_ = entry.request.parts[1]
            else:
                found = conditional.only(
                    context, self._request.base, type_, conditional.criteria(entry.request.query)
                )
                if found is None:
                    self._answers[entry.place] = interactions.gone(context, entry.request, None)
                    return None
                id_ = found.id
            self._claim((type_, id_))
            conditional.guard(context.quirks, entry.conditions, context.store.current(type_, id_))
            stored = interactions.remove(context, type_, id_)
            self._answers[entry.place] = interactions.gone(context, entry.request, stored)
            return (entry, (type_, id_)) if stored else None

    def _prepare(self, entry: Entry) -> _Write:
        """Settle which id an entry writes to, before any reference to it is resolved."""
        with _blaming(entry.place):
            write = self._created_by(entry) if entry.request.method == "POST" else self._updated_by(entry)
            type_ = entry.request.parts[0]
            if write.found is None:
                self._claim((type_, write.id))
            if entry.full_url:
                if entry.full_url in self._names:
                    raise Problem(400, "duplicate", "another entry has the same fullUrl")
                self._names[entry.full_url] = f"{type_}/{write.id}"
                given = f"{type_}/{write.resource.get('id')}"
                if entry.full_url.endswith(f"/{given}"):
                    # Relative references between entries with http addresses mean each other.
                    self._names[given] = f"{type_}/{write.id}"
            return write

    def _created_by(self, entry: Entry) -> _Write:
        context, type_ = self._context, entry.request.parts[0]
        resource = entry.resource or {}
        pairs = conditional.if_none_exist(context.quirks, entry.conditions)
        if pairs is None:
            return _Write(entry, resource, conditional.free_id(context, type_))
        found = conditional.only(context, self._request.base, type_, pairs)
        id_ = found.id if found else conditional.free_id(context, type_)
        if self._created.setdefault((type_, pairs), id_) != id_:
            raise Problem(400, "duplicate", "another entry creates under the same criteria")
        return _Write(entry, resource, id_, found)

    def _updated_by(self, entry: Entry) -> _Write:
        context, parts = self._context, entry.request.parts
        resource = entry.resource or {}
        if len(parts) == 1:
            if not context.quirks.conditional_update:
                raise Problem(400, "not-supported", "conditional update is not supported")
            found = conditional.only(
                context, self._request.base, parts[0], conditional.criteria(entry.request.query)
            )
            id_ = conditional.updated_id(context, resource, found)
        else:
            id_ = parts[1]
            if resource.get("id") != id_:
                raise Problem(400, "invalid", "the resource's id is not the address's")
            interactions.check_may_create(context, context.store.current(parts[0], id_))
        conditional.guard(context.quirks, entry.conditions, context.store.current(parts[0], id_))
        return _Write(entry, resource, id_)

    def _claim(self, target: Identity) -> None:
        if target in self._claimed:
            raise Problem(400, "duplicate", f"two entries write the same {target[0]}")
        self._claimed.add(target)

    def _resolve(self, write: _Write) -> _Write:
        if write.found is not None:
            return write
        with _blaming(write.entry.place):
            resource = references.changed(write.resource, self._link)
            return _Write(write.entry, interactions.with_id(resource, write.id), write.id)

    def _link(self, name: str, text: str) -> str:
        """What a string of a resource becomes: the address of the entry, or of the match, that it stands for."""
        if name != "reference":
            return self._names.get(text, text) if text.startswith("urn:") and name not in _TEXTS else text
        if text in self._names:
            return self._names[text]
        if text.startswith(("urn:uuid:", "urn:oid:")):
            raise Problem(400, "not-found", "a reference leads to an entry that the Bundle does not have")
        criteria = _CRITERIA.fullmatch(text.removeprefix(f"{self._request.base}/"))
        return self._match(criteria[1], criteria[2]) if criteria else text

    def _match(self, type_: str, query: str) -> str:
        if type_ not in validation.types():
            raise Problem(400, "value", "a conditional reference has an unknown type")
        pairs = conditional.criteria(tuple(parse_qsl(query, keep_blank_values=True)))
        if (type_, pairs) in self._created:
            return f"{type_}/{self._created[type_, pairs]}"
        found = conditional.only(self._context, self._request.base, type_, pairs)
        if found is None:
            raise Problem(404, "not-found", f"a conditional reference matches no {type_}")
        return f"{type_}/{found.id}"

    def _write(self, write: _Write) -> None:
        context, request = self._context, write.entry.request
        with _blaming(write.entry.place):
            if write.found is not None:
                status, stored = 200, write.found
            elif request.method == "POST":
                status, stored = 201, interactions.add(context, write.resource, write.id)
            else:
                status, stored = interactions.place(context, write.resource)
            self._answers[write.entry.place] = interactions.written(context, request, status, stored)

    def _hold_references(self, writes: list[_Write], deleted: list[tuple[Entry, Identity]]) -> None:
        """Only now is everything there that a reference may lead to, and gone what is deleted together."""
        for write in writes:
            with _blaming(write.entry.place):
                if write.found is None:
                    interactions.check_references(self._context, self._request, write.resource)
        if self._context.quirks.referential:
            for entry, target in deleted:
                with _blaming(entry.place):
                    references.require_unreferenced(self._context.store, target, self._request.base)

    def _read(self, entry: Entry) -> None:
        response = self._inside.answer(entry.request)
        if response.status >= 400:
            issue = response.json()["issue"][0] if response.content() else {}
            with _blaming(entry.place):
                raise Problem(response.status, issue.get("code", "exception"), issue.get("diagnostics", ""))
        self._answers[entry.place] = response


def _of(entries: Iterable[Entry], *methods: str) -> list[Entry]:
    """The entries with one of some methods, those of the first method first."""
    return [entry for method in methods for entry in entries if entry.request.method == method]


@contextmanager
def _blaming(place: int) -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        raise EntryProblem(problem, place) from None
