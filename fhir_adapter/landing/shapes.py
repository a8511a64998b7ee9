"""Owns comparing a resource with the structure that the views read from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def misfit(value: Any, shape: Any, path: str = "") -> str | None:
    """Why a value does not have the shape, None if it has; null fits anything, unknown keys are ignored.

    A leaf takes any JSON value, as it is read as text; only a number must be one, or a string.
    """
    if value is None:
        return None
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{path or 'the resource'} is not an object"
        found = (
            misfit(value[name], part, f"{path}.{name}" if path else name)
            for name, part in shape.items()
            if name in value
        )
        return next((reason for reason in found if reason), None)
    if isinstance(shape, list | tuple):
        if not isinstance(value, list):
            return f"{path} is not a list"
        return next((reason for part in value if (reason := misfit(part, shape[0], path))), None)
    return f"{path} is not a number" if shape == "number" and not _numeric(value) else None


def _numeric(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
