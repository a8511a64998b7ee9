"""Owns the words for what a request asks, by which a fault profile chooses: `search`, `page`, `write`, `export-file`.

https://hl7.org/fhir/R4/http.html#summary, https://hl7.org/fhir/uv/bulkdata/export.html. HAPI's addresses are known
besides the harness's own, so that a profile reads the same in front of a real server.
"""

from __future__ import annotations

from fhir_adapter.testing.server.messages import Request
from fhir_adapter.testing.server.problems import Problem

WORDS = (
    "capabilities", "discovery", "token",
    "read", "vread", "history", "search", "page", "everything", "operation",
    "create", "update", "patch", "delete", "batch", "transaction", "write", "conditional",
    "export", "export-status", "export-file", "export-cancel",
)  # fmt: skip

_PAGE_KEYS = frozenset({"_page", "_getpages", "_getpagesoffset", "_cursor", "_offset", "page", "ct"})
_CONDITIONS = ("If-None-Exist", "If-Match", "If-None-Match")


def words(request: Request) -> frozenset[str]:
    """Every word that fits a request: a conditional create is `create`, `write` and `conditional`."""
    found = _special(request) or _operation(request)
    if not found:
        found = _reading(request) if request.method in ("GET", "HEAD") else _writing(request)
    if any(request.header(name) for name in _CONDITIONS):
        found = found | {"conditional"}
    return frozenset(found)


def is_transaction(request: Request) -> bool:
    """Whether a body is a Bundle of type transaction."""
    try:
        return request.json().get("type") == "transaction"
    except Problem:
        return False


def _special(request: Request) -> set[str]:
    """What is not an interaction with resources."""
    if request.path == "metadata":
        return {"capabilities"}
    if request.path.startswith(".well-known/"):
        return {"discovery"}
    if request.method == "POST" and request.parts[-1:] == ["token"]:
        return {"token"}
    return set()


def _operation(request: Request) -> set[str]:
    """Operations, the Bulk Data ones by their own words."""
    named = [part for part in request.parts if part.startswith("$")]
    if not named:
        return set()
    if named[0] == "$export":
        return {"export"}
    if named[0] == "$export-file":
        return {"export-file"}
    if named[0].startswith("$export"):
        return {"export-cancel" if request.method == "DELETE" else "export-status"}
    return {"operation", "everything"} if named[0] == "$everything" else {"operation"}


def _reading(request: Request) -> set[str]:
    parts = request.parts
    if any(key in _PAGE_KEYS for key, _ in request.query):
        return {"page"}
    if "_history" in parts:
        return {"vread"} if parts.index("_history") < len(parts) - 1 else {"history"}
    if len(parts) == 2 and parts[1] != "_search":
        return {"read", "export-file"} if parts[0] == "Binary" else {"read"}
    return {"search"}


def _writing(request: Request) -> set[str]:
    if request.method == "POST":
        if request.parts[-1:] == ["_search"]:
            return {"search"}
        if not request.parts:
            return {"write", "transaction" if is_transaction(request) else "batch"}
        return {"write", "create"}
    word = {"PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(request.method)
    found = {"write", word} if word else set()
    return found | {"conditional"} if found and len(request.parts) == 1 else found
