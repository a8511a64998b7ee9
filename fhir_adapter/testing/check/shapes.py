"""Owns reading what a server sent without trusting its shape: whatever is not what it should be reads as absent."""

from __future__ import annotations

import json
import re
from typing import TypeGuard

Json = dict[str, object]

_CODE = re.compile(r"[a-z][a-z-]{0,30}")


def parsed(body: bytes) -> tuple[Json, str]:
    """A body as a JSON object, and in words why it is none; a large NDJSON file is simply none."""
    if not body:
        return {}, "empty"
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {}, "not UTF-8"
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}, "not JSON"
    return (content, "") if isinstance(content, dict) else ({}, "not a JSON object")


def is_object(value: object) -> TypeGuard[Json]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def objects(value: object) -> list[Json]:
    """The objects of a list, or the one object itself."""
    if is_object(value):
        return [value]
    return [item for item in value if is_object(item)] if isinstance(value, list) else []


def inside(value: object, *path: str) -> object:
    """What stands below a path of names; None where the path breaks off."""
    for name in path:
        if not is_object(value):
            return None
        value = value.get(name)
    return value


def text(value: object) -> str:
    """A string, or the empty one."""
    return value if isinstance(value, str) else ""


def issue_code(content: Json) -> str:
    """The first issue's code of an OperationOutcome; never its diagnostics, which quote what was sent."""
    issues = objects(content.get("issue")) if content.get("resourceType") == "OperationOutcome" else []
    code = text(issues[0].get("code")) if issues else ""
    return code if _CODE.fullmatch(code) else ""
