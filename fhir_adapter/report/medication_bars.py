"""Owns the medications of the picture: a row per drug, solid where it was certainly taken, light where possibly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fhir_adapter.model.exposures import Ends, Exposure
from fhir_adapter.report.markup import element, empty, text
from fhir_adapter.report.timeline import LEFT, RIGHT, Scale
from fhir_adapter.report.words import OTHER_DRUGS, Words, dose_text, shortened

_ROW: Final = 17
_BAR: Final = 11
_ROWS_AT_MOST: Final = 10
_NAME_LENGTH: Final = 26  # in halves of a Chinese character
_WIDTH_OF_LETTER: Final = 5.2
_DAY: Final = timedelta(1)


@dataclass(frozen=True)
class _Row:
    drug: str
    exposures: tuple[Exposure, ...]


def height_of(exposures: Sequence[Exposure], scale: Scale) -> float:
    """How much room `bars` needs."""
    shown, left_out = _rows(exposures, scale)
    return 0 if not shown else (len(shown) + bool(left_out)) * _ROW + 12


def bars(exposures: Sequence[Exposure], scale: Scale, words: Words, top: float) -> Iterator[str]:
    """The rows, the drug that was taken last first."""
    shown, left_out = _rows(exposures, scale)
    y = top + 6
    for row in shown:
        name = words.drug(row.drug)
        label = element("title", text(name)) + text(_fitting(name))
        yield element("text", label, x=LEFT - 8, y=y + 10, class_="drug end")
        yield empty("line", x1=LEFT, x2=RIGHT, y1=y + _ROW - 3, y2=y + _ROW - 3, class_="row")
        for exposure in row.exposures:
            yield _bar(exposure, scale, y + 1, possible=True)
        for exposure in row.exposures:
            yield _bar(exposure, scale, y + 1, possible=False)
        if row.drug != OTHER_DRUGS:
            yield from _doses(row, scale, y + 1)
        y += _ROW
    if left_out:
        yield element("text", f"and {left_out} more drugs", x=LEFT - 8, y=y + 10, class_="note end")


def _rows(exposures: Sequence[Exposure], scale: Scale) -> tuple[list[_Row], int]:
    by_drug: dict[str, list[Exposure]] = {}
    for exposure in exposures:
        if exposure.possible_high >= scale.first.isoformat():
            by_drug.setdefault(exposure.drug, []).append(exposure)
    rows = [_Row(drug, tuple(_in_order(found))) for drug, found in by_drug.items()]
    rows.sort(key=lambda row: row.drug)
    # What was certainly taken last stands first; drugs of no line stand last.
    rows.sort(key=lambda row: max(one.certain_high or "" for one in row.exposures), reverse=True)
    rows.sort(key=lambda row: row.drug == OTHER_DRUGS)
    return rows[:_ROWS_AT_MOST], len(rows) - min(len(rows), _ROWS_AT_MOST)


def _in_order(exposures: Sequence[Exposure]) -> list[Exposure]:
    return sorted(exposures, key=lambda one: (one.certain_low or one.possible_low or "", one.evidence))


def _bar(exposure: Exposure, scale: Scale, y: float, *, possible: bool) -> str:
    days = _days(exposure, possible=possible)
    if days is None or days[1] < scale.first:
        return ""
    start, end = days
    x1, x2 = scale.x(start), scale.x(end + _DAY)
    width = max(round(x2 - x1, 1), 2.0)
    kind = "possible" if possible else "as-needed" if exposure.as_needed else "taken"
    bar = element(
        "rect", element("title", text(_told(exposure))), x=x1, y=y, width=width, height=_BAR, class_=kind
    )
    if possible:
        return bar
    marks = ""
    if start < scale.first:
        marks += _arrow(LEFT, y, -1)
    if exposure.ends is Ends.OPEN and end >= scale.last:
        marks += _arrow(RIGHT, y, 1)
    if exposure.stopped_for == "intolerance":
        marks += element("text", "✕", x=x1 + width + 2, y=y + 9.5, class_="stop")
    return bar + marks


def _days(exposure: Exposure, *, possible: bool) -> tuple[date, date] | None:
    if possible:
        low, high = exposure.possible_low or date.min.isoformat(), exposure.possible_high
    elif exposure.certain_low is None or exposure.certain_high is None:
        return None
    else:
        low, high = exposure.certain_low, exposure.certain_high
    # The bar of a day ends where the next one begins.
    return date.fromisoformat(low), min(date.fromisoformat(high), date.max - _DAY)


def _arrow(x: float, y: float, direction: int) -> str:
    tip = x + 7 * direction
    return empty("path", d=f"M{x} {y}L{tip} {y + _BAR / 2}L{x} {y + _BAR}Z", class_="arrow")


def _doses(row: _Row, scale: Scale, y: float) -> Iterator[str]:
    """The dose inside its bar, where there is room for it and no other dose is written there."""
    free_from: float = LEFT
    for exposure in row.exposures:
        days = _days(exposure, possible=False)
        if days is None or exposure.dose is None:
            continue
        words = f"{dose_text(exposure.dose)} mg/d{' as needed' if exposure.as_needed else ''}"
        x1, x2 = max(scale.x(days[0]), free_from), scale.x(days[1] + _DAY)
        width = len(words) * _WIDTH_OF_LETTER + 6
        if x2 - x1 >= width:
            yield element("text", text(words), x=round(x1 + 4, 1), y=y + 8.6, class_="dose")
            free_from = x1 + width


def _told(exposure: Exposure) -> str:
    low, high = exposure.certain_low or exposure.possible_low, exposure.certain_high or exposure.possible_high
    ends = {Ends.OPEN: "still going on", Ends.UNKNOWN: "end not recorded", Ends.SUPPLY: "supply ended"}
    dose = f"{dose_text(exposure.dose)} mg a day" if exposure.dose is not None else "dose not coded"
    told: Mapping[str, bool] = {
        f"{low or 'since ever'} to {high}": True,
        ends.get(exposure.ends, ""): exposure.ends in ends,
        dose: True,
        "as needed": exposure.as_needed,
        "injection": exposure.route == "injection",
        f"stopped for {exposure.stopped_for}": exposure.stopped_for is not None,
        exposure.evidence: True,
    }
    return ", ".join(words for words, is_so in told.items() if is_so)


def _fitting(name: str) -> str:
    """As much of a name as the margin holds; a Chinese character is as wide as two letters."""
    width = 0
    for length, character in enumerate(name):
        width += 2 if character > "\u2e7f" else 1
        if width > _NAME_LENGTH:
            return shortened(name, length)
    return name
