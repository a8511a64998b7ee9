"""Owns what was seen but not used: each fact that decided nothing, with the reason, its time and its value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fhir_adapter.cli.evidence import status_as_sent, value_as_sent
from fhir_adapter.cli.protocol import Protocol
from fhir_adapter.model.criteria import Line, Silence
from fhir_adapter.model.dates import local_day
from fhir_adapter.model.facts import Fact
from fhir_adapter.report.reasons import LATER, REFUTED, why_not_used
from fhir_adapter.report.records import Run

_EVERY_CONDITION = "condition"


@dataclass(frozen=True)
class UnusedFact:
    """A fact that is there but decides nothing."""

    input: str
    why: str  # a Reason, NOT_A_RESULT, REFUTED or LATER
    in_words: str
    when: str
    text: str | None  # what the record calls itself
    value: str | None  # as it was sent
    evidence: str
    element: str


@dataclass(frozen=True)
class Unused:
    """The unused facts of one patient: those of each line's inputs, and those that no line reads."""

    by_line: Mapping[str, tuple[UnusedFact, ...]]
    elsewhere: tuple[UnusedFact, ...]

    def __bool__(self) -> bool:
        return bool(self.elsewhere) or any(self.by_line.values())


def readers_of(protocol: Protocol | None, criteria: Iterable[str]) -> dict[str, frozenset[str]]:
    """The inputs that each of these lines reads."""
    lines = [line for name in criteria if protocol and (line := protocol.line(name))]
    return {line.id: frozenset(_inputs_of(line, protocol)) for line in lines if protocol}


def unused_of(
    facts: Iterable[Fact], quotes: Mapping[str, str], run: Run, readers: Mapping[str, frozenset[str]]
) -> Unused:
    """Sort the facts that decided nothing by the lines that would have read them."""
    newest_first = sorted(
        _unused(facts, quotes, run), key=lambda fact: (fact.when, *_place(fact)), reverse=True
    )
    found = sorted(newest_first, key=lambda fact: (fact.input == _EVERY_CONDITION, fact.input))
    by_line = {
        line: _once(fact for fact in found if fact.input in inputs) for line, inputs in readers.items()
    }
    shown = {_place(fact) for of_line in by_line.values() for fact in of_line}
    return Unused(by_line, _once(fact for fact in found if _place(fact) not in shown))


def _inputs_of(line: Line, protocol: Protocol) -> Iterator[str]:
    yield from protocol.inputs_of(line)
    if any(condition.silence is Silence.FALSE_IF_RECORDED for condition in line.conditions()):
        # Whether silence may be believed depends on every diagnosis.
        yield _EVERY_CONDITION


def _unused(facts: Iterable[Fact], quotes: Mapping[str, str], run: Run) -> Iterator[UnusedFact]:
    zone = ZoneInfo(run.zone)
    for fact in facts:
        why = _why(fact, run.index)
        if why is not None:
            raw = quotes.get(fact.evidence)
            yield UnusedFact(
                input=fact.input,
                why=why,
                in_words=why_not_used(why, fact.kind, status_as_sent(raw) if raw else ""),
                when=_when(*_times(fact), zone),
                text=fact.text,
                value=value_as_sent(raw, fact.element) if raw else None,
                evidence=fact.evidence,
                element=fact.element,
            )


def _why(fact: Fact, index: int) -> str | None:
    if fact.certainty == REFUTED:
        return REFUTED
    if fact.problem is not None:
        return fact.problem
    low, _ = _times(fact)
    return LATER if low is not None and low > index else None


def _times(fact: Fact) -> tuple[int | None, int | None]:
    """When it was so; of a diagnosis, when it was recorded."""
    if fact.kind == "condition":
        return fact.recorded_low, fact.recorded_high
    return fact.start_low, fact.start_high


def _when(low: int | None, high: int | None, zone: ZoneInfo) -> str:
    first, last = (None if end is None else local_day(end, zone).isoformat() for end in (low, high))
    if first == last:
        return first or "no date"
    return f"{first} to {last}" if first and last else f"not after {last}" if last else f"not before {first}"


def _once(found: Iterable[UnusedFact]) -> tuple[UnusedFact, ...]:
    """A diagnosis is a fact of `condition` too: it is listed under the input that it belongs to."""
    kept: list[UnusedFact] = []
    places: set[tuple[str, str]] = set()
    for fact in found:
        if fact.input != _EVERY_CONDITION or _place(fact) not in places:
            places.add(_place(fact))
            kept.append(fact)
    return tuple(kept)


def _place(fact: UnusedFact) -> tuple[str, str]:
    return fact.evidence, fact.element
