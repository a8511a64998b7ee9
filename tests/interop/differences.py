"""Owns the list of differences between the servers: reading it, and the page of docs/ that shows it.

`python -m tests.interop.differences` writes the page's table again.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("differences.toml")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "hapi-differences.md"
BEGIN, END = "<!-- differences: begin -->", "<!-- differences: end -->"


@dataclass(frozen=True)
class Difference:
    """Where a target does otherwise than the textbook, and why that is not held against it."""

    id: str
    case: str
    target: str
    value: Any
    differs: str
    why: str


def read_differences() -> list[Difference]:
    """Every listed difference, in the order of the file."""
    with LIST.open("rb") as file:
        return [Difference(**row) for row in tomllib.load(file)["difference"]]


def table(target: str) -> str:
    """The differences of one target, a row each."""
    rows = [
        f"| {_cell(row.differs)} | {_cell(row.why)} |" for row in read_differences() if row.target == target
    ]
    return "\n".join(["| what it does | what a client makes of it |", "|---|---|", *rows])


def tables() -> str:
    """What stands between the marks of the page."""
    return f"### HAPI FHIR\n\n{table('hapi')}\n\n### The harness\n\n{table('harness')}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write_page() -> None:
    """Write the tables of the page again."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_page()
