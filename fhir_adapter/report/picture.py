"""Owns the picture of one patient: DAS28 over time with its categories, and the medications below, as inline SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Final

from fhir_adapter.model.das28 import CUTOFFS, VARIANTS
from fhir_adapter.model.exposures import Exposure
from fhir_adapter.model.verdicts import Score
from fhir_adapter.report.markup import element, empty, text
from fhir_adapter.report.medication_bars import bars, height_of
from fhir_adapter.report.timeline import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Scale, scale_of
from fhir_adapter.report.words import Words, components_text, score_text, variant_text

_BANDS: Final = ("remission", "low", "moderate", "high")
_LETTERS: Final = 11  # half the width of a number
_AXIS: Final = 20  # height of the dates below the scores


def picture(today: date, scores: Sequence[Score], exposures: Sequence[Exposure], words: Words) -> str:
    """ "" if there is neither a score nor a medication."""
    if not scores and not exposures:
        return ""
    scale = scale_of(today, scores, exposures)
    days = [day for day in _best_of_each_day(scores) if date.fromisoformat(day.effective) >= scale.first]
    height = BOTTOM + _AXIS + height_of(exposures, scale)
    drawn = [
        element("title", text(f"DAS28 and medications until {today}")),
        *_bands(scale),
        *_dates(scale, height),
        *_lines(days, scale),
        *(_point(day, scale) for day in days),
        *_values(days, scale),
        *bars(exposures, scale, words, BOTTOM + _AXIS),
    ]
    return element("svg", "".join(drawn), viewBox=f"0 0 {WIDTH:g} {height:g}", role="img", class_="picture")


def _best_of_each_day(scores: Sequence[Score]) -> list[Score]:
    """Oldest first; of one day the variant that the rules prefer."""
    ranked = sorted(scores, key=lambda score: (score.effective, _rank(score)))
    return [next(group) for _, group in groupby(ranked, key=lambda score: score.effective)]


def _rank(score: Score) -> int:
    name = score.variant.rpartition("-")[2]
    return VARIANTS.index(name) if name in VARIANTS else len(VARIANTS)


def _bands(scale: Scale) -> Iterator[str]:
    cutoffs = CUTOFFS["das28"]
    edges = (0.0, *cutoffs, scale.highest)
    for name, (low, high) in zip(_BANDS, pairwise(edges), strict=True):
        top, bottom = scale.y(high), scale.y(low)
        yield empty(
            "rect", x=LEFT, y=top, width=RIGHT - LEFT, height=round(bottom - top, 1), class_=f"band-{name}"
        )
        yield element("text", name, x=RIGHT + 6, y=round((top + bottom) / 2 + 3, 1), class_="note")
    for cutoff in cutoffs:
        y = scale.y(cutoff)
        yield empty("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="cutoff")
        yield element("text", f"{cutoff:g}", x=LEFT - 5, y=y + 3, class_="axis end")
    yield element("text", "DAS28", x=0, y=TOP + 8, class_="head")


def _dates(scale: Scale, height: float) -> Iterator[str]:
    for day, name in scale.ticks():
        x = scale.x(day)
        yield empty("line", x1=x, x2=x, y1=TOP, y2=height, class_="grid")
        # A name at the edge would be cut off, or run into the line of today.
        if LEFT + 18 <= x <= RIGHT - 40:
            yield element("text", name, x=x, y=BOTTOM + 13, class_="axis middle")
    x = scale.x(scale.last)
    yield empty("line", x1=x, x2=x, y1=TOP, y2=height, class_="today")
    yield element("text", text(scale.last), x=x, y=BOTTOM + 13, class_="axis middle over")


def _lines(days: Sequence[Score], scale: Scale) -> Iterator[str]:
    """A solid line joins scores of one variant; a dashed one says that two different ones stand beside each other."""
    for before, after in pairwise(day for day in days if day.value is not None):
        kind = "joined" if before.variant == after.variant else "joined mixed"
        (x1, y1), (x2, y2) = _place(before, scale), _place(after, scale)
        yield empty("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _values(days: Sequence[Score], scale: Scale) -> Iterator[str]:
    """The number above its point, the newest ones first, where there is room."""
    free_to = RIGHT + _LETTERS
    for day in reversed([day for day in days if day.value is not None]):
        x, y = _place(day, scale)
        if x + _LETTERS <= free_to:
            yield element(
                "text", score_text(day), x=min(x, RIGHT - _LETTERS), y=round(y - 6, 1), class_="value"
            )
            free_to = x - _LETTERS


def _place(score: Score, scale: Scale) -> tuple[float, float]:
    return scale.x(date.fromisoformat(score.effective)), scale.y(score.value or 0.0)


def _point(score: Score, scale: Scale) -> str:
    told = f"{score.effective}: DAS28 {score_text(score)} ({variant_text(score)}; {components_text(score)})"
    title = element("title", text(told))
    x, y = _place(score, scale)
    if score.value is None:
        low = scale.y(score.low if score.low is not None else 0.0)
        high = scale.y(score.high if score.high is not None else scale.highest)
        return element(
            "path",
            title,
            d=f"M{x - 4} {low}H{x + 4}M{x} {low}V{high}M{x - 4} {high}H{x + 4}",
            class_="bounds",
        )
    kind = "full" if score.variant.endswith("4") else "three"
    if "-crp" in score.variant:
        return element(
            "rect", title, x=round(x - 3.2, 1), y=round(y - 3.2, 1), width=6.4, height=6.4, class_=kind
        )
    return element("circle", title, cx=x, cy=y, r=3.6, class_=kind)
