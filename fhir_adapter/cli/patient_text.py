"""Owns how one patient's answers look in a terminal: blocks instead of a table, because evidence is long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from fhir_adapter.cli.console import Terminal, indented, table, visible
from fhir_adapter.cli.evidence import quoted_values
from fhir_adapter.cli.protocol import joined
from fhir_adapter.cli.unused import UnusedFact
from fhir_adapter.model.criteria import Line
from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Score, Verdict
from fhir_adapter.report.reasons import in_words, note_in_words
from fhir_adapter.report.records import Dossier, Run
from fhir_adapter.report.words import (
    OTHER_DRUGS,
    Words,
    against,
    components_text,
    confirm,
    dose_text,
    missing,
    score_text,
    shortened,
    value_text,
    variant_text,
)

_TEXT_LENGTH = 180
_SHORT = 60
_NEWEST_SCORES = 8
_STYLES = {Truth.TRUE: "bold", Truth.FALSE: "bold", Truth.UNKNOWN: "bold yellow"}


def show_subject(terminal: Terminal, run: Run, dossier: Dossier, words: Words) -> None:
    """The patient's standing, and what a person does next."""
    result, verdicts = dossier.listed.result, dossier.verdicts
    terminal.show(visible(f"{result.subject}: {result.eligibility.upper()}", "bold"))
    not_built = [verdict.criterion for verdict in verdicts if verdict.reason is Reason.NOT_BUILT]
    score = dossier.listed.score
    told = [
        ("trial", [f"{run.trial} as of {run.as_of}"]),
        ("blocked by", [*against(words, result, verdicts), *(["near miss"] if result.near_miss else [])]),
        ("missing", [str(one) for one in missing(words, result, verdicts)]),
        ("not built", [joined(not_built)]),
        ("to confirm", confirm(words, result, verdicts)),
        ("DAS28", [_score_line(score)] if score else []),
        ("flags", [joined(result.flags)]),
    ]
    for name, lines in told:
        for number_of_line, line in enumerate(filter(None, lines)):
            terminal.show(indented(line, 13, label="" if number_of_line else f"  {name}"))
    for resource_type, problem in run.types.items():
        if problem:
            terminal.show(f"  insufficient data: {resource_type}: {problem}")


def _score_line(score: Score) -> str:
    return f"{score_text(score)} ({variant_text(score)}) on {score.effective}: {components_text(score)}"


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
    found += [
        f"note: {note_in_words(note)}"
        for note in verdict.notes
        # the reason says it already, and the note comes from a row that asked something else
        if not (note == "preliminary" and verdict.reason is Reason.PRELIMINARY)
    ]
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
            variant_text(score),
            score_text(score),
            components_text(score),
            joined(score.flags),
        )
        for score in shown
    ]
    terminal.show("", table(("on", "variant", "#DAS28", "inputs", "flags"), rows, "DAS28 over time"))
    if len(shown) < len(scores):
        terminal.show(f"and {len(scores) - len(shown)} older (--why shows all)")


def show_medications(terminal: Terminal, exposures: Sequence[Exposure], words: Words) -> None:
    """Every drug as the records tell it, the newest first."""
    if not exposures:
        return
    newest = sorted(exposures, key=lambda one: (one.certain_high or "", one.possible_high), reverse=True)
    newest.sort(key=lambda one: one.drug == OTHER_DRUGS)
    columns = ("drug", "certainly", "possibly", "end", "#mg/d", "record")
    rows = [
        (
            words.drug(one.drug),
            _days(one.certain_low, one.certain_high),
            _days(one.possible_low or "ever", one.possible_high),
            str(one.ends) + (f", {one.stopped_for}" if one.stopped_for else ""),
            " ".join(
                [
                    *([dose_text(one.dose)] if one.dose is not None else []),
                    *(["as needed"] if one.as_needed else []),
                ]
            ),
            one.source_type,
        )
        for one in newest
    ]
    terminal.show("", table(columns, rows, "Medications", padding=1))


def _days(low: str | None, high: str | None) -> str:
    return f"{low} to {high}" if low and high else "-"


def show_unused(
    terminal: Terminal, unused: Sequence[UnusedFact], quotes: Mapping[str, str], *, raw: bool
) -> None:
    """What was seen for a line but decided nothing, one record a paragraph."""
    if not unused:
        return
    terminal.show(indented("seen but not used"))
    for fact in unused:
        name = f"“{fact.text}”" if fact.text else None
        what = " ".join(filter(None, (f"{fact.input}, {fact.when},", name, fact.value)))
        record = " ".join(filter(None, (fact.evidence, fact.element)))
        terminal.show(indented(f"{what} ({record}): {fact.in_words}", 8))
        if raw and fact.evidence in quotes:
            _show_quote(terminal, quotes[fact.evidence], raw=True)


def show_unused_elsewhere(
    terminal: Terminal, unused: Sequence[UnusedFact], quotes: Mapping[str, str], *, raw: bool
) -> None:
    """The same for what no line reads."""
    if unused:
        terminal.show("", visible("Read by no line", "bold"))
        show_unused(terminal, unused, quotes, raw=raw)


def show_change(terminal: Terminal, *, input_changed: bool, answers_changed: bool) -> None:
    """Whether what is quoted is what decided."""
    if input_changed:
        words = "The input has changed since this run: what is quoted here need not be what decided. Screen again."
    elif answers_changed:
        words = (
            "The input is the same, but today it is answered differently: the definitions or the program have "
            "changed since this run. Screen again."
        )
    else:
        return
    terminal.show("", visible(words, "bold yellow"))
