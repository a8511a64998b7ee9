"""A user's folder beside the shipped files, to break and to add to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.errors import DefinitionError

Write = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "ours"
    found.mkdir()
    return found


@pytest.fixture
def write(folder: Path) -> Write:
    def write_file(relative: str, text: str) -> None:
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write_file


@pytest.fixture
def complaints(folder: Path) -> Callable[..., list[str]]:
    """The lines of the error, the user's folder cut away, of all definitions or of one trial or site."""

    def load(*, trial: str | None = None, site: str | None = None) -> list[str]:
        search = SearchPath([folder])
        action = partial(load_definitions, search, site)
        if trial is not None:
            action = partial(load_trial, search, trial, load_definitions(SearchPath()))
        with pytest.raises(DefinitionError) as raised:
            action()
        return [line.removeprefix(folder.as_posix() + "/") for line in str(raised.value).splitlines()]

    return load
