"""Owns what an input folder became: clean files by type, what was refused, what is incomplete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LandedFile:
    """A clean NDJSON file of one type: the hospital's own where possible, else one written by us."""

    path: Path
    resource_type: str
    origin: str


@dataclass(frozen=True)
class Quarantined:
    """A line, entry or file that was refused; `reason` never quotes it."""

    file: str
    line: int | None
    reason: str
    resource_type: str | None
    subject: str | None


@dataclass(frozen=True)
class TypePull:
    """The files of one type; `problem` says why it is incomplete for everybody."""

    resource_type: str
    files: tuple[LandedFile, ...] = ()
    problem: str | None = None


@dataclass
class Landing:
    """One input folder, opened. A type without an entry in `types` was not pulled."""

    root: Path
    types: dict[str, TypePull] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    problem: str | None = None
    incomplete: set[tuple[str, str]] = field(default_factory=set)
    full_urls: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    # Files whose every line went through the strict parser, and so is in `counts`.
    split: set[Path] = field(default_factory=set, repr=False)

    def problem_of(self, resource_type: str) -> str | None:
        """Why this type is incomplete for everybody; None when silence in it may be believed."""
        pull = self.types.get(resource_type)
        if pull is not None and pull.problem is not None:
            return pull.problem
        if self.problem is not None:
            return self.problem
        return f"not pulled: the input holds no {resource_type}" if pull is None else None

    def files_of(self, resource_type: str) -> tuple[LandedFile, ...]:
        pull = self.types.get(resource_type)
        return pull.files if pull is not None else ()

    def replace(self, old: LandedFile, new: LandedFile) -> None:
        """Put a cleaned file where the unclean one stood."""
        pull = self.types[old.resource_type]
        files = tuple(new if file == old else file for file in pull.files)
        self.types[old.resource_type] = TypePull(pull.resource_type, files, pull.problem)

    def pulled(self, resource_type: str, *files: LandedFile) -> None:
        """Record that a type was asked for and answered, if only with nothing."""
        pull = self.types.get(resource_type) or TypePull(resource_type)
        self.types[resource_type] = TypePull(resource_type, pull.files + files, pull.problem)

    def blame_all(self, resource_types: Collection[str], problem: str) -> None:
        """Blame these types, or every type if none is known."""
        for resource_type in sorted(resource_types):
            self.blame(resource_type, problem)
        if not resource_types:
            self.blame(None, problem)

    def blame(self, resource_type: str | None, problem: str) -> None:
        """A type (None: every type) is incomplete for everybody; the first reason stays."""
        if resource_type is None:
            self.problem = self.problem or problem
            return
        pull = self.types.get(resource_type) or TypePull(resource_type)
        self.types[resource_type] = TypePull(resource_type, pull.files, pull.problem or problem)
