"""Owns how one patient's answers look in a terminal: blocks instead of a table, because evidence is long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from fhir_adapter.cli.console import Terminal, indented, table, visible
from fhir_adapter.cli.evidence import quoted_values
from fhir_adapter.cli.listing import score_text, value_text
from fhir_adapter.cli.protocol import joined, shortened
from fhir_adapter.cli.reasons import in_words, note_in_words, why_not_used
from fhir_adapter.cli.records import Run, UnusedFact
from fhir_adapter.cli.rules import number
from fhir_adapter.model.criteria import Line
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Score, SubjectResult, Verdict

_TEXT_LENGTH = 180
_SHORT = 60
_NEWEST_SCORES = 8
_STYLES = {Truth.TRUE: "bold", Truth.FALSE: "bold", Truth.UNKNOWN: "bold yellow"}
_MICROSECONDS = 1_000_000


def show_subject(terminal: Terminal, run: Run, result: SubjectResult) -> None:
    """The patient's standing."""
    terminal.show(visible(f"{result.subject}: {result.eligibility.upper()}", "bold"))
    rows = [
        ("trial", f"{run.trial} as of {run.as_of}"),
        ("blocked by", joined(result.blocked_by, "-") + (" (near miss)" if result.near_miss else "")),
        ("missing", joined(result.missing, "-")),
        ("to confirm", joined(result.confirm, "-")),
        ("flags", joined(result.flags)),
    ]
    for name, value in rows:
        if value:
            terminal.show(f"  {name:<11}{value}")
    for resource_type, problem in run.types.items():
        if problem:
            terminal.show(f"  insufficient data: {resource_type}: {problem}")


def show_line(
    terminal: Terminal, verdict: Verdict, line: Line | None, quotes: Mapping[str, str], *, raw: bool
) -> None:
    """One line: the protocol's words, the answer, why, and the records; `quotes` where they were read."""
    if verdict.reason is Reason.NOT_BUILT:
        words = shortened(line.text, _SHORT) if line else ""
        terminal.show("", Text.assemble(_head(verdict, line), "  ", visible(words, "dim")))
        return
    terminal.show("", _head(verdict, line))
    if line is not None:
        terminal.show(indented(visible(shortened(line.text, _TEXT_LENGTH), "dim")))
    for sentence in _sentences(verdict):
        terminal.show(indented(sentence))
    for reference in verdict.evidence:
        terminal.show(indented(f"evidence {reference}"))
        if reference in quotes:
            _show_quote(terminal, quotes[reference], raw=raw)


def _head(verdict: Verdict, line: Line | None) -> Text:
    kind = f"  {line.kind}" if line else ""
    head = Text.assemble(
        (verdict.criterion, "bold"), kind, "  ", (verdict.truth.upper(), _STYLES[verdict.truth])
    )
    head.append(f"  {verdict.reason}" if verdict.reason else "")
    return head.append("  to confirm" if verdict.review else "", "magenta")


def show_not_built(terminal: Terminal, verdicts: Sequence[Verdict]) -> None:
    """Once for all lines, instead of the same sentence nine times."""
    lines = [verdict.criterion for verdict in verdicts if verdict.reason is Reason.NOT_BUILT]
    if lines:
        terminal.show("", f"{joined(lines)}: {in_words(Reason.NOT_BUILT)}")


def _sentences(verdict: Verdict) -> list[str]:
    found = [in_words(verdict.reason)]
    if verdict.value is not None:
        found.append(f"value {value_text(verdict.value, verdict.unit)}")
    if verdict.valid_until:
        found.append(f"holds until {verdict.valid_until}: then time alone can change it")
    found += [f"note: {note_in_words(note)}" for note in verdict.notes]
    return [sentence for sentence in found if sentence]


def _show_quote(terminal: Terminal, text: str, *, raw: bool) -> None:
    if raw:
        # Not wrapped: it is to be copied.
        terminal.out.print(visible(text), soft_wrap=True)
        return
    for element in quoted_values(text):
        terminal.show(indented(visible(element, "cyan"), 8))


def show_scores(terminal: Terminal, scores: Sequence[Score], *, all_of_them: bool) -> None:
    """DAS28 over time, newest first."""
    if not scores:
        return
    shown = scores if all_of_them else scores[:_NEWEST_SCORES]
    rows = [
        (
            score.effective,
            score.variant.removeprefix("das28-"),
            score_text(score),
            joined(f"{name} {number(float(value))}" for name, value in score.inputs if value is not None),
            joined(score.flags),
        )
        for score in shown
    ]
    terminal.show("", table(("on", "variant", "#DAS28", "inputs", "flags"), rows, "DAS28 over time"))
    if len(shown) < len(scores):
        terminal.show(f"and {len(scores) - len(shown)} older (--why shows all)")


def show_unused(
    terminal: Terminal, unused: Sequence[UnusedFact] | None, quotes: Mapping[str, str], zone: str
) -> None:
    """What is recorded but decided nothing."""
    if unused is None:
        terminal.show("", "This out folder keeps no facts: what was seen but not used cannot be shown.")
        return
    if not unused:
        terminal.show("", "Nothing was seen that could not be used.")
        return
    terminal.show("", visible("Seen but not used", "bold"))
    for fact in unused:
        record = " ".join(filter(None, (fact.evidence, fact.element)))
        terminal.show(indented(f"{fact.input}, {_day(fact.when, zone)}, {record}: {why_not_used(fact.why)}"))
        if fact.evidence in quotes:
            _show_quote(terminal, quotes[fact.evidence], raw=False)


def _day(instant: int | None, zone: str) -> str:
    if instant is None:
        return "?"
    return datetime.fromtimestamp(instant // _MICROSECONDS, ZoneInfo(zone)).date().isoformat()
