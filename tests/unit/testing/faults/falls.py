"""Which profile each test of a naive client is about, so that none is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

PROVEN: set[str] = set()


def falls_into(*profiles: str, fixture: str = "hospital") -> Any:
    """The test shows that a naive client is harmed by each of these profiles, and by none where there is no fault.

    The last run of each test has no profile, and must fail: else the harm would not be the fault's.
    """
    PROVEN.update(profiles)
    sound = pytest.param(None, id="sound", marks=pytest.mark.xfail(strict=True))
    return pytest.mark.parametrize(fixture, [*profiles, sound], indirect=True)
