"""Owns one searchset: its matches, what came besides, its links, and in words why it is none.

https://hl7.org/fhir/R4/bundle.html#searchset
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from fhir_adapter.testing.check.asking import Answer
from fhir_adapter.testing.check.shapes import Json, inside, issue_code, objects, text


class Page:
    """A search's answer, whatever it was."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.bundle: Json = answer.content if answer.content.get("resourceType") == "Bundle" else {}
        self._entries = objects(self.bundle.get("entry"))

    @property
    def refusal(self) -> str:
        """Why this is no searchset; the empty string where it is one."""
        return "" if self.answer.ok and self.bundle else refusal(self.answer)

    @property
    def refused(self) -> bool:
        """Whether the server said no (a status of 4xx or 501), and not merely failed."""
        return 400 <= self.answer.status < 500 or self.answer.status == 501

    @property
    def matches(self) -> list[Json]:
        """The resources that were searched for."""
        return [found for mode, found in self._found() if mode in ("match", "")]

    @property
    def included(self) -> list[Json]:
        """The resources that _include and _revinclude brought."""
        return [found for mode, found in self._found() if mode == "include"]

    @property
    def warned(self) -> bool:
        """Whether an OperationOutcome came along."""
        return any(inside(entry, "resource", "resourceType") == "OperationOutcome" for entry in self._entries)

    @property
    def total(self) -> int | None:
        """Bundle.total, where given."""
        total = self.bundle.get("total")
        return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None

    def link(self, *relations: str) -> str | None:
        """The address of a link; None where there is none."""
        for link in objects(self.bundle.get("link")):
            if link.get("relation") in relations and isinstance(link.get("url"), str):
                return text(link.get("url"))
        return None

    def echoes(self, name: str) -> bool | None:
        """Whether the self link still holds a parameter; None without a self link."""
        link = self.link("self")
        if link is None:
            return None
        try:
            query = urlsplit(link).query
        except ValueError:
            return None
        return name in {key for key, _ in parse_qsl(query, keep_blank_values=True)}

    def _found(self) -> list[tuple[str, Json]]:
        return [
            (text(inside(entry, "search", "mode")), resource)
            for entry in self._entries
            for resource in objects(entry.get("resource"))
            if resource.get("resourceType") != "OperationOutcome"
        ]


def refusal(answer: Answer) -> str:
    """In words why an answer is not what was asked for; never the server's own sentences."""
    if answer.problem:
        return f"{answer.status}, {answer.problem}" if answer.status else answer.problem
    code = issue_code(answer.content)
    kind = text(answer.content.get("resourceType"))
    if answer.ok:
        if kind == "OperationOutcome":
            return f"{answer.status} with an OperationOutcome"
        return f"{answer.status}, {answer.unread}" if answer.unread else f"{answer.status}, not a Bundle"
    verb = "refused" if 400 <= answer.status < 500 or answer.status == 501 else "failed"
    return f"{verb} {answer.status}" + (f" ({code})" if code else "")
