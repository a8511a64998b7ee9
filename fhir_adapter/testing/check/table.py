"""Owns how a report looks in a terminal: claimed beside observed, and below it what an integration should do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fhir_adapter.testing.check.report import GROUPS, Finding, Level, Report, joined

_TITLES = {
    "reach": "The door",
    "data": "What is there",
    "search": "How it searches",
    "filters": "What really filters",
    "paging": "Pages",
    "versions": "Versions",
    "export": "Bulk export",
    "writes": "Writing",
}
_STYLES = {Level.OK: "green", Level.DIFFERS: "yellow", Level.TROUBLE: "bold red", Level.UNKNOWN: "dim"}
# Controls would drive the terminal, bidirectional marks would reorder what a person reads.
_UNSEEN = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd"
)


def render(report: Report, console: Console) -> None:
    """Print a report: a table per group, then what to do about it, then the sum."""
    for group in GROUPS:
        findings = report.of(group)
        if findings:
            known = {finding.basis for finding in findings}
            # What is known in one way only is said once.
            once = known.pop() if len(known) == 1 else ""
            console.print(
                Text(_TITLES[group], style="bold") + Text(f"  ({once})" if once else "", style="dim")
            )
            console.print(_table(findings, with_basis=not once))
            console.print()
    _advice(report, console)
    if report.left_behind:
        told = f"Could not be removed, please remove by hand: {joined(report.left_behind)}"
        console.print(_visible(told, "bold red"))
    console.print(_visible(_sum(report)))


def _table(findings: Sequence[Finding], *, with_basis: bool) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("what", "claimed", "observed", "", *(("how we know",) if with_basis else ())):
        made.add_column(name, overflow="fold")
    for merged in _merged(findings):
        first = merged[0]
        names = joined(finding.name for finding in merged)
        what = f"{first.type}: {names}" if first.type and first.type != names else names
        level = Text(str(first.level), style=_STYLES[first.level])
        cells = [_visible(cell) for cell in (what, first.claimed, first.observed)]
        made.add_row(*cells, level, *([_visible(first.basis, "dim")] if with_basis else []))
    return made


def _merged(findings: Sequence[Finding]) -> list[list[Finding]]:
    """What differs in nothing but its name is one row."""
    by_row: dict[tuple[str, ...], list[Finding]] = {}
    for found in findings:
        key = (found.type, found.claimed, found.observed, found.level, found.basis)
        by_row.setdefault(key, []).append(found)
    kinds = {found.type: place for place, found in reversed(list(enumerate(findings)))}
    return sorted(by_row.values(), key=lambda row: kinds[row[0].type])


def _advice(report: Report, console: Console) -> None:
    """One sentence once, with all that it is said of; the troubles first."""
    told = [
        found for found in report.findings if found.advice and found.level in (Level.TROUBLE, Level.DIFFERS)
    ]
    if not told:
        return
    console.print(Text("What it means for an integration", style="bold"))
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    told.sort(key=lambda found: (found.level is not Level.TROUBLE, found.level, found.advice))
    for (level, advice), same in groupby(told, key=lambda found: (found.level, found.advice)):
        named = joined(dict.fromkeys(_name(found) for found in same))
        rows.add_row(
            Text(str(level), style=_STYLES[level]), _visible(advice) + Text(f" ({named})", style="dim")
        )
    console.print(rows)
    console.print()


def _name(found: Finding) -> str:
    if found.group == "filters":
        return f"{found.type}?{found.name}"
    return f"{found.group}: {found.name}" if found.group != found.name else found.name


def _sum(report: Report) -> str:
    counts = joined(f"{number} {level}" for level, number in report.counts().items())
    wrote = "" if report.write else "; nothing was written, so writing was not tried"
    return f"{report.url}: {counts}; {report.requests} requests in {report.seconds:.0f} s{wrote}"


def _visible(text: str, style: str = "") -> Text:
    return Text(text.translate(_UNSEEN), style=style)
