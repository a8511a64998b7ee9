"""Owns the two streams of a command: results on stdout, everything a person only watches on stderr."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import typer
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_PIPED_WIDTH = 100
_SECONDS_BETWEEN_LINES = 2.0
# C0 and C1 controls would drive the terminal, bidirectional marks would reorder what a person reads.
_UNSEEN = dict.fromkeys(
    [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)


@dataclass(frozen=True)
class Terminal:
    """Where one command writes."""

    out: Console
    err: Console

    def show(self, *results: RenderableType) -> None:
        """Write results to stdout."""
        for result in results:
            self.out.print(visible(result) if isinstance(result, str) else result)

    def json(self, document: Mapping[str, object]) -> None:
        """Write the one JSON document of a command to stdout."""
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2), file=self.out.file)

    def note(self, text: str) -> None:
        """Write a remark to stderr; never a patient's value, because logs are kept."""
        self.err.print(visible(text), soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """A spinner with the newest message; where nobody watches, a line from time to time."""
        if not self.err.is_terminal:
            yield _Lines(self).tell
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task("starting", total=None)
            yield lambda message: bar.update(task, description=str(visible(message)))


class _Lines:
    """Progress as lines, not more than one every two seconds: ten thousand Bundles are ten thousand messages."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._next = 0.0

    def tell(self, message: str) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._terminal.note(message)
            self._next = now + _SECONDS_BETWEEN_LINES


def open_terminal(environ: Mapping[str, str]) -> Terminal:
    """The streams as they are now; a pipe gets 100 columns, so that a log reads like the screen did."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A code page that cannot hold Chinese must not end a run that took an hour.
            stream.reconfigure(errors="replace")
    return Terminal(_console(sys.stdout, environ), _console(sys.stderr, environ))


def _console(stream: object, environ: Mapping[str, str]) -> Console:
    file = cast(io.TextIOWrapper, stream)
    width = None if file.isatty() or "COLUMNS" in environ else _PIPED_WIDTH
    return Console(file=file, width=width, markup=False, emoji=False, highlight=False, _environ=environ)


def terminal_of(context: typer.Context) -> Terminal:
    """The terminal that `main` opened."""
    return cast(Terminal, context.obj)


def visible(text: str, style: str = "") -> Text:
    """Text from a hospital or a file, which may hold anything, as it can safely be shown."""
    return Text(text.translate(_UNSEEN), style=style)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str | Text]], title: str | None = None, padding: int = 2
) -> Table:
    """A plain table; columns whose name begins with `#` are numbers."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        box=None,
        padding=(0, padding, 0, 0),
    )
    for name in columns:
        numeric = name.startswith("#")
        made.add_column(name.removeprefix("#"), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(visible(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def indented(text: str | Text, by: int = 4, label: str = "") -> Table:
    """A paragraph that keeps its indent when it wraps, with a label in the indent."""
    made = Table.grid(padding=0)
    made.add_column(min_width=by, no_wrap=True)
    made.add_column(overflow="fold")
    made.add_row(label, visible(text) if isinstance(text, str) else text)
    return made
