"""Owns what a row's condition answers, and how possible answers (*worlds*) become one (semantics §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from fhir_adapter.model.criteria import Comparison
from fhir_adapter.model.facts import Fact
from fhir_adapter.model.truth import Reason, Truth, all_of, negate


class Numbers(Protocol):
    """Anything with bounds: a fact, or one variant of a score."""

    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def low_open(self) -> bool: ...
    @property
    def high_open(self) -> bool: ...


@dataclass(frozen=True)
class Bounds:
    """An interval of numbers; None is unbounded."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class World:
    """One possible answer; UNKNOWN with its reason."""

    truth: Truth
    reason: str | None = None


NONE = World(Truth.FALSE)
"""The world in which there is no result."""


@dataclass(frozen=True)
class Trail:
    """What an empty answer left behind: why there is no result, although there is something."""

    reason: Reason
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The answer of one condition."""

    truth: Truth
    reason: str | None = None
    evidence: tuple[str, ...] = ()
    value: float | None = None
    unit: str | None = None
    valid_until: date | None = None
    notes: tuple[str, ...] = ()
    trail: Trail | None = None
    about: str = ""  # the input that a row's condition asks for


def unknown(reason: Reason) -> World:
    """An UNKNOWN world."""
    return World(Truth.UNKNOWN, reason.value)


def decided(truth: bool) -> World:
    """A world without doubt."""
    return World(Truth.TRUE if truth else Truth.FALSE)


def agree(worlds: Iterable[World]) -> Truth:
    """All TRUE: TRUE; all FALSE: FALSE; else UNKNOWN."""
    seen = {world.truth for world in worlds}
    return seen.pop() if len(seen) == 1 else Truth.UNKNOWN


def common_reason(worlds: Sequence[World]) -> str | None:
    """The reason, if all worlds are UNKNOWN with one and the same."""
    reasons = {world.reason for world in worlds}
    return reasons.pop() if len(reasons) == 1 and all(w.truth is Truth.UNKNOWN for w in worlds) else None


def conjunction(worlds: Sequence[World]) -> World:
    """Kleene AND with the reason of the first UNKNOWN; TRUE of none."""
    truth = all_of(world.truth for world in worlds)
    if truth is not Truth.UNKNOWN:
        return World(truth)
    return next(world for world in worlds if world.truth is Truth.UNKNOWN)


def compare(numbers: Numbers, operator: str, threshold: float) -> Truth:
    """TRUE if every value of the interval satisfies the comparator, FALSE if none does, else UNKNOWN."""
    match operator:
        case "below":
            return _below(numbers, threshold)
        case "at_least":
            return negate(_below(numbers, threshold))
        case "above":
            return _above(numbers, threshold)
        case "at_most":
            return negate(_above(numbers, threshold))
        case "equals":
            return _equals(numbers, threshold)
    raise ValueError(f"{operator!r} is no comparator")


def _below(numbers: Numbers, t: float) -> Truth:
    if numbers.high is not None and (numbers.high < t or (numbers.high == t and numbers.high_open)):
        return Truth.TRUE
    return Truth.FALSE if numbers.low is not None and numbers.low >= t else Truth.UNKNOWN


def _above(numbers: Numbers, t: float) -> Truth:
    if numbers.low is not None and (numbers.low > t or (numbers.low == t and numbers.low_open)):
        return Truth.TRUE
    return Truth.FALSE if numbers.high is not None and numbers.high <= t else Truth.UNKNOWN


def _equals(numbers: Numbers, t: float) -> Truth:
    if numbers.low == t and numbers.high == t:
        return Truth.TRUE
    return Truth.FALSE if Truth.TRUE in (_below(numbers, t), _above(numbers, t)) else Truth.UNKNOWN


def compare_fact(fact: Fact, comparison: Comparison) -> World:
    """§6.1.4: one comparator on a readable result; with `uln` the threshold is times the result's own ULN."""
    if not comparison.times_uln:
        return _censored(compare(fact, comparison.operator, comparison.threshold))
    if fact.uln is None or fact.uln_high is None:
        return unknown(Reason.NO_REFERENCE_RANGE)
    lowest = compare(fact, comparison.operator, comparison.threshold * fact.uln)
    highest = compare(fact, comparison.operator, comparison.threshold * fact.uln_high)
    return _censored(lowest) if lowest is highest else unknown(Reason.CONFLICTING_VALUES)


def _censored(truth: Truth) -> World:
    return unknown(Reason.CENSORED_VALUE) if truth is Truth.UNKNOWN else World(truth)


def is_near(numbers: Numbers, near: float, distance: float, strict: bool) -> World:
    """|value - near| <= distance (`strict`: <) for every value of the interval, for none, or for some."""
    return _censored(compare(_away_from(numbers, near), "below" if strict else "at_most", distance))


def _away_from(numbers: Numbers, near: float) -> Bounds:
    """How far the values of an interval are from a point: the nearest and the farthest."""
    low, high = numbers.low, numbers.high
    gaps = [(abs(end - near), is_open) for end, is_open in _ends(numbers) if end is not None]
    farthest, farthest_open = (
        max(gaps, key=lambda gap: (gap[0], not gap[1])) if len(gaps) == 2 else (None, False)
    )
    if low is not None and low >= near:
        return Bounds(low - near, farthest, numbers.low_open, farthest_open)
    if high is not None and high <= near:
        return Bounds(near - high, farthest, numbers.high_open, farthest_open)
    return Bounds(0.0, farthest, False, farthest_open)


def _ends(numbers: Numbers) -> tuple[tuple[float | None, bool], tuple[float | None, bool]]:
    return (numbers.low, numbers.low_open), (numbers.high, numbers.high_open)


def sorted_evidence(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The references of facts, sorted, without repeats."""
    return tuple(sorted({fact.evidence for fact in facts}))


def by_evidence(fact: Fact) -> tuple[str, str]:
    """The order in which "the first by evidence" is meant."""
    return fact.evidence, fact.element


def first_problem(facts: Iterable[Fact]) -> str | None:
    """The problem of the first unreadable fact, by evidence."""
    return next((fact.problem for fact in sorted(facts, key=by_evidence) if fact.problem is not None), None)


def exact_value(facts: Sequence[Fact]) -> float | None:
    """The value, if all facts have the same exact one."""
    values = {fact.low if fact.low == fact.high and fact.problem is None else None for fact in facts}
    return values.pop() if len(values) == 1 else None


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """Without repeats, order kept."""
    return tuple(dict.fromkeys(items))
