"""Owns the list of everything that is wrong in definition files, so that all of it is said at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fhir_adapter.errors import DefinitionError


@dataclass
class Problems:
    """Collects `file: key: what was expected` lines while files are read."""

    lines: list[str] = field(default_factory=list)

    def add(self, file: str, key: str, expected: str) -> None:
        """Note one problem; `-` stands for the file as a whole."""
        self.lines.append(f"{file}: {key or '-'}: {expected}")

    def raise_if_any(self) -> None:
        """Raise one DefinitionError that names every problem, in the order of reading."""
        if self.lines:
            raise DefinitionError("\n".join(dict.fromkeys(self.lines)))


@dataclass(frozen=True)
class Place:
    """A key in a file: what a problem found there is reported under."""

    problems: Problems
    file: str
    key: str = ""

    def at(self, *steps: str | int) -> Place:
        """The place below this one: names are joined by dots, numbers stand in brackets."""
        return Place(self.problems, self.file, key_path((self.key, *steps) if self.key else steps))

    def expected(self, what: str) -> None:
        """Report that something else was expected here."""
        self.problems.add(self.file, self.key, what)

    def holds(self, other: Place) -> bool:
        """Whether the other place is this one or below it."""
        return other.key == self.key or other.key.startswith((f"{self.key}.", f"{self.key}["))


def key_path(steps: Iterable[str | int]) -> str:
    """`("line", 3, "rows", 1)` as `line[3].rows[1]`."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def one_of(names: Iterable[str]) -> str:
    """The names a person may choose from, sorted, for a message."""
    return "one of " + ", ".join(sorted(names)) if names else "nothing: there are none"
