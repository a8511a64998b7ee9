"""Owns how the list looks in a terminal: a row per patient, what to do in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from fhir_adapter.cli.console import Terminal, table
from fhir_adapter.cli.names import NOBODY
from fhir_adapter.cli.protocol import joined
from fhir_adapter.model.identities import Identity
from fhir_adapter.model.verdicts import Score, Verdict
from fhir_adapter.report.records import Dossier
from fhir_adapter.report.words import (
    Words,
    against,
    components_text,
    decided_by,
    missing,
    score_text,
    variant_text,
    worth_work,
)

_WHOLE = {
    0: 36,
    1: 12,
    2: 21,
}  # column -> the length up to which its cells stay in one piece: a UUID, a verdict, a score


@dataclass(frozen=True)
class Shown:
    """What a list is shown with: the words of the run, the names that were found, and the line asked for."""

    words: Words
    names: Mapping[str, Identity]
    not_built: Sequence[str]
    criterion: str | None = None


def show_list(terminal: Terminal, found: Sequence[Dossier], total: int, shown: Shown) -> None:
    """The list as a table; lines that are missing for everybody stand below it once, not in every row."""
    if not found:
        terminal.show("No patient matches.")
        return
    names = ("patient", "verdict", shown.criterion or "DAS28", "what to do")
    rows = [_cells(dossier, shown) for dossier in found]
    made = table(names, rows, padding=1)
    for place, length in _WHOLE.items():
        # Half an id finds nobody; a cell that is longer than this is folded all the same.
        lines = [line for row in rows for line in row[place].split("\n")]
        made.columns[place].width = min(length, max(map(cell_len, (names[place], *lines))))
    made.show_lines = False
    terminal.show(made, "")
    told = f"{len(found)} of {total} patients" if len(found) < total else f"{total} patients"
    terminal.show(told + (" (--limit shows more)" if len(found) < total else ""))
    if shown.not_built:
        terminal.show(f"Missing for everybody, because not built yet: {joined(shown.not_built)}")


def _cells(dossier: Dossier, shown: Shown) -> list[str]:
    result = dossier.listed.result
    who = shown.names.get(result.subject, NOBODY)
    name = "  ".join(filter(None, (who.name, who.record_number)))
    answer = _answer_text(dossier.listed.verdict) if shown.criterion else _score_cell(dossier.listed.score)
    return [
        "\n".join(filter(None, (name, result.subject.removeprefix("Patient/")))),
        "\n".join([str(result.eligibility), *(["near miss"] if result.near_miss else [])]),
        answer,
        "\n".join(_to_do(dossier, shown.words)),
    ]


def _to_do(dossier: Dossier, words: Words) -> list[str]:
    result, verdicts = dossier.listed.result, dossier.verdicts
    found = against(words, result, verdicts)
    if worth_work(result):
        found += map(str, missing(words, result, verdicts))
    if result.confirm and worth_work(result):
        found.append(f"to confirm: {joined(result.confirm)}")
    return found


def _answer_text(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    said = " ".join(filter(None, (verdict.truth.upper(), decided_by(verdict))))
    return "\n".join(filter(None, (said, verdict.reason)))


def _score_cell(score: Score | None) -> str:
    if score is None:
        return ""
    return f"{score_text(score)} {variant_text(score)}\n{score.effective}\n{components_text(score)}"
