"""Owns what a check found: the findings, their levels and their stable JSON; no patient's value ever enters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

VERSION = 1

YES, NO, SILENT = "yes", "no", "—"
NOT_TRIED = "not tried"
NO_DATA = "no data to try"

GROUPS = ("reach", "data", "search", "filters", "paging", "versions", "export", "writes")


class Level(StrEnum):
    """What a finding weighs.

    `ok`: as the standard says. `differs`: it works, but otherwise than the standard or the server's own statement says,
    so an integration must know. `trouble`: an integration that does not know loses, doubles or misreads data.
    `unknown`: it could not be tried.
    """

    OK = "ok"
    DIFFERS = "differs"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what the server claims, what it did, how that is known, and what it means."""

    group: str
    name: str
    observed: str
    level: Level
    type: str = ""
    claimed: str = SILENT
    basis: str = ""
    advice: str = ""


@dataclass
class Report:
    """All that one check found, in the order it was found."""

    url: str
    started: datetime
    write: bool = False
    findings: list[Finding] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0
    throttled: int = 0
    left_behind: list[str] = field(default_factory=list)

    def add(self, *findings: Finding) -> None:
        """Keep findings."""
        self.findings += findings

    def of(self, group: str) -> list[Finding]:
        """The findings of one group."""
        return [finding for finding in self.findings if finding.group == group]

    def named(self, name: str, type: str | None = None) -> list[Finding]:  # noqa: A002 - a FHIR word
        """The findings of one name, of any type or of one."""
        return [found for found in self.findings if found.name == name and type in (None, found.type)]

    def counts(self) -> dict[str, int]:
        """How many findings of each level."""
        return {str(level): sum(found.level is level for found in self.findings) for level in Level}

    @property
    def trouble(self) -> int:
        """How many findings would cost an unaware integration data; 0 is a clean server."""
        return self.counts()[Level.TROUBLE]

    def as_json(self) -> dict[str, object]:
        """The report for machines. `version` grows when a key changes its meaning or goes; new keys may come."""
        return {
            "version": VERSION,
            "url": self.url,
            "started": self.started.isoformat(),
            "write": self.write,
            "requests": self.requests,
            "seconds": round(self.seconds, 1),
            "throttled": self.throttled,
            "counts": self.counts(),
            "left_behind": list(self.left_behind),
            "findings": [_plain(finding) for finding in self.findings],
        }


def joined(names: Iterable[str]) -> str:
    """Names in one cell."""
    return ", ".join(names)


def _plain(finding: Finding) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(finding).items()}
